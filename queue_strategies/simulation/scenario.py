"""The floor that a day is lived on: its queues and agents, when they work, and how they take their calls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from queue_strategies.model import Agent, AgentId, OfferOutcome, Queue, QueueName, VisitOutcome
from queue_strategies.simulation.chance import Streams
from queue_strategies.simulation.customers import CustomerKind
from queue_strategies.simulation.distributions import AT_ONCE, Distribution


@dataclass(frozen=True, slots=True)
class Shift:
    """When an agent is logged in, or pauses, in seconds since the day began."""

    agent: AgentId
    begins_s: float = 0.0
    ends_s: float = math.inf
    """A call in progress is finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How agents treat a phone that rings; the shares are of offers."""

    ring: Distribution = AT_ONCE
    """Until they pick up or refuse."""
    declined: float = 0.0
    rung_out: float = 0.0
    """The agent is not at the desk."""
    unreachable: float = 0.0
    """The phone is dead."""
    paces: Mapping[AgentId, float] = field(default_factory=dict)
    """How long an agent talks, in units of what the customer would take; 1 where nothing is said."""

    def treat(self, name: str, streams: Streams) -> tuple[float, OfferOutcome]:
        """Draw what becomes of an offer, and after how many seconds."""
        if not (self.declined or self.rung_out or self.unreachable):
            if self.ring is AT_ONCE:
                return 0.0, OfferOutcome.ANSWERED
            return self.ring.draw(streams(name)), OfferOutcome.ANSWERED
        own = streams(name)
        luck, rings_s = own.random(), self.ring.draw(own)
        for outcome, share in (
            (OfferOutcome.DECLINED, self.declined),
            (OfferOutcome.RANG_OUT, self.rung_out),
            (OfferOutcome.UNREACHABLE, self.unreachable),
        ):
            if luck < share:
                return rings_s, outcome
            luck -= share
        return rings_s, OfferOutcome.ANSWERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A floor to be lived on."""

    queues: Sequence[Queue]
    agents: Sequence[Agent]
    order: str = "priority"
    """Who of those who wait is served next, as in FloorConfigured."""
    ageing_s: float = 60.0
    shifts: Sequence[Shift] | None = None
    """None: everybody works the whole day."""
    pauses: Sequence[Shift] = ()
    opens_s: float = 0.0
    """Nobody works before."""
    habits: Habits = Habits()
    overflow: Mapping[tuple[QueueName, VisitOutcome], QueueName] = field(default_factory=dict)
    """The queue to which a caller goes on whom another one let go of."""
    strangers: Mapping[QueueName, CustomerKind] = field(default_factory=dict)
    """What those are like who come from another queue; without one they are like before."""

    def all_shifts(self) -> Sequence[Shift]:
        """Return when everybody works."""
        return [Shift(agent.id) for agent in self.agents] if self.shifts is None else self.shifts
