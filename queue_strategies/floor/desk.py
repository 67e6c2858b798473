"""An agent's desk: everything that decides what the agent is doing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from queue_strategies.absence import LOGGED_OUT, NOT_RESPONDING, OF_STATE, PAUSED, UNREACHABLE
from queue_strategies.estimates import Pace
from queue_strategies.floor.line import Seat
from queue_strategies.floor.visit import Offer, Talk, Visit
from queue_strategies.model import Agent, AgentState, ContactId, OfferOutcome, QueueName

HISTORY = 64
"""So many states are kept to explain choices that are past."""


class Told(NamedTuple):
    """What the last fact said about an agent."""

    state: AgentState
    logged_in: bool
    pause_reason: str | None


@dataclass(slots=True)
class WrapUp:
    """The work after a visit."""

    visit: Visit
    began: float
    until: float
    """When it is over at the latest; while it `owes`, not before that is settled."""
    owes: bool = False
    """It is still to be said what the call was about."""


@dataclass(slots=True, eq=False)
class Desk:
    """One agent; `state` follows from the rest."""

    agent: Agent
    number: int
    """Unique; decides between equal scores."""
    since: float
    """When the state began."""
    idle_since: float
    """When the last work ended; never changes while the agent is ready."""
    told_moment: float
    seats: list[Seat] = field(default_factory=list)
    logged_in: bool = False
    removed: bool = False
    """No longer configured, and here only until the call in progress is over."""
    pause_reason: str | None = None
    reachable: bool = True
    resting_from: OfferOutcome | None = None
    """How the last offer ended, while the agent is spared the next."""
    missed: int = 0
    """How often in a row nobody picked up."""
    not_responding: bool = False
    wrap_up: WrapUp | None = None
    offer: Offer | None = None
    talk: Talk | None = None
    answered: int = 0
    talk_s: float = 0.0
    own_calls: set[ContactId] = field(default_factory=set)
    """Calls no queue gave."""
    absences: int = 0
    """What keeps the agent away."""
    watched: int = 0
    """What of it matters to any queue served."""
    state: AgentState = AgentState.LOGGED_OUT
    pace: Pace = field(default_factory=Pace)
    """Callers taken, over the time occupied."""
    counted_until: float = 0.0
    """Up to when the time of an agent who is occupied is counted there."""
    history: deque[tuple[float, AgentState, str]] = field(default_factory=lambda: deque(maxlen=HISTORY))
    """What was told of the agent's state: since when, what, and what led to it."""
    spoken_of: bool = False
    """Something was told about this agent since the floor began."""
    told: Told = Told(AgentState.LOGGED_OUT, False, None)  # noqa: RUF009 - immutable

    def present_state(self) -> AgentState:
        """Derive the state: the first that applies, in the order of AgentState."""
        if self.talk is not None:
            return AgentState.TALKING
        if self.offer is not None:
            return AgentState.RINGING
        if not self.logged_in:
            return AgentState.LOGGED_OUT
        if self.wrap_up is not None:
            return AgentState.WRAP_UP
        if self.own_calls:
            return AgentState.BUSY
        if self.pause_reason is not None:
            return AgentState.PAUSED
        if self.not_responding:
            return AgentState.NOT_RESPONDING
        if not self.phone_responds:
            return AgentState.UNREACHABLE
        if self.resting_from is not None:
            return AgentState.RESTING
        return AgentState.READY

    @property
    def phone_responds(self) -> bool:
        """Tell whether the phone is there, as far as is known."""
        return self.reachable and self.resting_from is not OfferOutcome.UNREACHABLE

    @property
    def could_be_rung_while_busy(self) -> bool:
        """Tell whether nothing but a call of the agent's own keeps the agent from being ready."""
        return (
            self.state is AgentState.BUSY
            and self.pause_reason is None
            and not self.not_responding
            and self.phone_responds
            and self.resting_from is None
        )

    def present_absences(self) -> int:
        """Derive what keeps the agent away; a pause asked for in mid-call counts already."""
        bits = OF_STATE[self.state]
        if not self.logged_in:
            bits |= LOGGED_OUT
        if self.pause_reason is not None:
            bits |= PAUSED
        if self.not_responding:
            bits |= NOT_RESPONDING
        return bits if self.phone_responds else bits | UNREACHABLE

    def seat_in(self, queue: QueueName) -> Seat | None:
        """Return the agent's seat in a queue; None for one who is no member."""
        return next((seat for seat in self.seats if seat.line.queue.name == queue), None)

    def stood_at(self, moment: float) -> tuple[float, AgentState, str] | None:
        """Return since when which state held at a moment past, and why; None: not known any more."""
        return next((entry for entry in reversed(self.history) if entry[0] <= moment), None)

    def reason(self) -> str:
        """Say what led to the present state, where the state alone does not."""
        match self.state:
            case AgentState.PAUSED:
                return self.pause_reason or ""
            case AgentState.RESTING:
                return "" if self.resting_from is None else self.resting_from.value
            case AgentState.UNREACHABLE:
                return "phone gone" if not self.reachable else "phone did not respond"
            case _:
                return ""
