"""Find somebody for a party who waits on a channel: through the Floor, or by dialling a number.

Both ways tell the waiting party's mailbox `Reached` or `NotReached`, and take the same verbs afterwards, so
that a conversation need not know which way its partner came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ari_apps.crew import Crew
from ari_apps.desks import desk_beside
from ari_apps.legs import Failure, Leg, Progress
from ari_apps.mailbox import Mailbox
from queue_strategies.events import (
    AnnouncementEnded,
    CallbackChosen,
    CallerConnected,
    CallerHeld,
    CallerJoined,
    CallerLeft,
    CallerPressed,
    CallerResumed,
    CustomerAnswered,
    Event,
    OfferFailed,
    PriorityChanged,
    TalkEnded,
)
from queue_strategies.model import AgentId, Caller, ContactId, OfferId, OfferOutcome, VisitId, VisitOutcome

FIRST_RING_S = 0.5
ClearAway = Callable[[str], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who waits on a channel to be connected."""

    contact: ContactId
    channel_id: str
    caller_id: str
    """What those who are rung are shown: `"Name" <number>`."""
    mailbox: Mailbox


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody picked up; the leg's events go to the party's mailbox from now on."""

    attempt: str
    leg: Leg
    desk: str
    """The bridge in which the two are to meet."""
    offer: OfferId | None = None
    agent: AgentId | None = None
    """None: nobody of the Floor's."""


@dataclass(frozen=True, slots=True)
class NotReached:
    """Nobody will."""

    attempt: str
    outcome: VisitOutcome | OfferOutcome
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """The party will be called back, and needs the line no more."""

    attempt: str


class Attempt(Protocol):
    """One try to find somebody for a party."""

    id: str
    to: str

    def now_for(self, party: Party) -> None:
        """Somebody else waits in the party's place."""

    def pressed(self, key: str) -> None:
        """Note a key of the waiting party."""

    def heard(self) -> None:
        """The party has heard an announcement, or as much of it as could be played."""

    def left(self, outcome: VisitOutcome) -> None:
        """The party waits no more."""

    def connected(self, reached: Reached) -> None:
        """The two hear each other."""

    def could_not_connect(self, reached: Reached) -> None:
        """Somebody picked up and was gone before the two were bridged; the party waits on."""

    def held(self) -> None:
        """The party was put on hold."""

    def resumed(self) -> None:
        """The party was taken back from hold."""

    def ended(self, by: str, to: str | None = None, kind: str | None = None) -> None:
        """The two have parted; `to` and `kind` say where the party was transferred."""


class Visit:
    """A stay in a queue: the Floor finds the agent."""

    def __init__(
        self, tell: Callable[[Event], None], over: Callable[[VisitId], None], caller: Caller, party: Party
    ) -> None:
        self._tell = tell
        self._over = over
        self.caller = caller
        self.party = party
        self.id: str = caller.visit
        self.to: str = caller.queue
        self.let_go = False
        """The Floor does not have the caller, or no longer."""
        self.considered = asyncio.Event()
        """Set once the Floor has decided about the newcomer, and a phone that is to ring has been dialled."""
        self.promised = caller.kept is not None
        """The caller keeps the place, or has kept it, without the line."""
        self.number = caller.kept.number if caller.kept is not None else ""
        """Where the caller is to be called back."""
        self.on_line = caller.kept is None or caller.kept.answered_moment is not None

    def begin(self) -> None:
        """Join the queue."""
        self._tell(CallerJoined(self.caller))

    async def after_first_ring(self) -> None:
        """Wait until the first phone has been dialled, if one is free: nothing else must delay its INVITE."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_RING_S):
                await self.considered.wait()

    def now_for(self, party: Party) -> None:
        """Let somebody else wait in the party's place."""
        self.party = party

    def pressed(self, key: str) -> None:
        """Note a key of the waiting caller."""
        self._tell(CallerPressed(self.caller.visit, key))

    def heard(self) -> None:
        """Note that an announcement is over."""
        self._tell(AnnouncementEnded(self.caller.visit))

    def preferred(self, priority: int) -> None:
        """Give the waiting caller another priority."""
        self.caller = replace(self.caller, priority=priority)
        self._tell(PriorityChanged(self.caller.visit, priority))

    def keep_place(self, number: str, language: str) -> None:
        """Keep the place for a caller who is about to hang up."""
        self.promised, self.on_line, self.number = True, False, number
        self._tell(CallbackChosen(self.caller.visit, number, language))

    def go_on_line(self) -> None:
        """Note that the caller needs the line, for somebody came in time."""
        self.promised, self.on_line = False, True

    def leave_line(self) -> None:
        """Wait on in the name of a caller who has hung up, unless one is back on another line."""
        if not self.on_line:
            self.party = absent(self.caller.contact, self.number)

    def back_on_line(self, party: Party) -> None:
        """Let a caller wait and talk who was called back."""
        self.on_line = True
        self.party = party
        self._tell(CustomerAnswered(self.caller.visit, party.channel_id))

    def left(self, outcome: VisitOutcome) -> None:
        """Leave the queue without an answer."""
        self._tell(CallerLeft(self.caller.visit, outcome))
        if self.on_line:
            self._over(self.caller.visit)
        else:
            self.leave_line()

    def connected(self, reached: Reached) -> None:
        """Caller and agent hear each other."""
        if reached.offer is not None:
            self._tell(CallerConnected(reached.offer))

    def could_not_connect(self, reached: Reached) -> None:
        """The agent was gone before the bridge stood."""
        if reached.offer is not None:
            self._tell(OfferFailed(reached.offer, OfferOutcome.FAILED))

    def held(self) -> None:
        """The agent put the caller on hold."""
        self._tell(CallerHeld(self.caller.visit))

    def resumed(self) -> None:
        """The agent took the caller back."""
        self._tell(CallerResumed(self.caller.visit))

    def ended(self, by: str, to: str | None = None, kind: str | None = None) -> None:
        """Caller and agent have parted."""
        self._tell(TalkEnded(self.caller.visit, by, transferred_to=to, transfer_kind=kind))
        self._over(self.caller.visit)


def absent(contact: ContactId, number: str) -> Party:
    """Return the party to a place that is kept: on no line, and shown to agents by the number."""
    return Party(contact, "", f'"Callback" <{number}>', Mailbox())


class OutsideCall:
    """A number or a phone that is no agent's: dialled at once, known to no queue."""

    def __init__(self, crew: Crew, leg: Leg, party: Party, to: str, clear_away: ClearAway) -> None:
        self._crew = crew
        self._clear_away = clear_away
        self._leg = leg
        self._party = party
        self.id = leg.id
        self.to = to
        self.desk = desk_beside(leg.id)

    def begin(self, endpoint: str, timeout_s: float) -> None:
        """Dial."""
        self._crew.start(self._ring(endpoint, timeout_s), f"dial {self.to}")

    async def _ring(self, endpoint: str, timeout_s: float) -> None:
        async for progress in self._leg.ring(
            endpoint,
            caller=self._party.channel_id,
            caller_id=self._party.caller_id,
            timeout_s=timeout_s,
        ):
            match progress:
                case Progress.ANSWERED:
                    self._leg.hand_to(self._party.mailbox)
                    self._party.mailbox.put(Reached(self.id, self._leg, self.desk))
                case Failure(outcome=outcome):
                    self._party.mailbox.put(NotReached(self.id, outcome))
                case Progress.DIALLED | Progress.RANG:
                    pass

    def now_for(self, party: Party) -> None:
        """Let somebody else be told of the answer."""
        self._party = party

    def pressed(self, key: str) -> None:
        """Ignore keys: there is no queue to exit from."""

    def heard(self) -> None:
        """Nobody announces anything here."""

    def left(self, outcome: VisitOutcome) -> None:
        """Stop dialling."""
        self._crew.start(self._leg.end(), f"stop dialling {self.to}")

    def connected(self, reached: Reached) -> None:
        """Nobody counts these."""

    def could_not_connect(self, reached: Reached) -> None:
        """Tell the party that nobody will come; the number is not tried again."""
        self._party.mailbox.put(NotReached(self.id, OfferOutcome.FAILED))

    def held(self) -> None:
        """Nobody counts these."""

    def resumed(self) -> None:
        """Nobody counts these."""

    def ended(self, by: str, to: str | None = None, kind: str | None = None) -> None:
        """Clear the bridge away."""
        self._crew.start(self._clear_away(self.desk), f"clear away {self.desk}")
