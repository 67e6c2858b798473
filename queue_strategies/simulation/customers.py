"""Those who will call, and all that chance decides about them before the floor decides anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

from queue_strategies.model import QueueName, Skill
from queue_strategies.simulation.chance import Chance, Streams
from queue_strategies.simulation.distributions import AT_ONCE, NEVER, Distribution

NOTHING: Mapping[Skill, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Asked:
    """A skill that some customers ask of the agent."""

    skill: Skill
    level: int = 1
    share: float = 1.0
    """How many of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerKind:
    """What customers of one sort are like."""

    queue: QueueName
    """Where they ask."""
    talk: Distribution
    patience: Distribution = NEVER
    """How long one waits, ringing included, before hanging up."""
    priority: int = 0
    asks: Sequence[Asked] = ()
    """Beyond what the queue asks of an agent for everybody."""
    transfer_share: float = 0.0
    """How many of the answered are passed on to `transfer_to`."""
    transfer_to: QueueName | None = None
    redial_share: float = 0.0
    """How many of those who were not served call again, each time anew."""
    redial_after: Distribution = AT_ONCE

    @property
    def is_fated(self) -> bool:
        """Tell whether chance decides what becomes of them afterwards."""
        return bool(self.transfer_share or self.redial_share)

    def draw_skills(self, chance: Chance) -> Mapping[Skill, int]:
        """Draw what one of them asks of the agent."""
        return {asked.skill: asked.level for asked in self.asks if chance.random() < asked.share}


class Customer(NamedTuple):
    """One who will call."""

    number: int
    """Unique within the day."""
    kind: CustomerKind
    arrives_s: float
    """Since the day began."""
    talk_s: float
    patience_s: float = math.inf
    transferred: bool = False
    redials: bool = False
    """Calls again if not served."""
    priority: int = 0
    skills: Mapping[Skill, int] = NOTHING
    attempt: int = 1


class Demand(Protocol):
    """A source of customers."""

    def customers(self, streams: Streams) -> Sequence[Customer]:
        """Draw the customers of one day, the earliest first."""


@dataclass(frozen=True, slots=True)
class RateProfile:
    """How many calls come an hour, interval by interval; after the last interval nobody comes."""

    interval_s: float
    calls_per_hour: Sequence[float]

    @property
    def ends_s(self) -> float:
        """Return the length of the day."""
        return self.interval_s * len(self.calls_per_hour)

    def arrivals(self, chance: Chance) -> list[float]:
        """Draw the arrivals of a Poisson process of this rate, ascending.

        One stream of unit-rate arrivals is stretched to the rate of each interval, so that a busier profile
        brings the same luck faster.
        """
        arrivals: list[float] = []
        owed = chance.expovariate(1.0)
        for place, an_hour in enumerate(self.calls_per_hour):
            rate, moment, ends = an_hour / 3600, place * self.interval_s, (place + 1) * self.interval_s
            while rate and moment + owed / rate < ends:
                moment += owed / rate
                arrivals.append(moment)
                owed = chance.expovariate(1.0)
            owed -= (ends - moment) * rate
        return arrivals


@dataclass(frozen=True, slots=True)
class PoissonDemand:
    """Customers of one kind who know nothing of each other."""

    kind: CustomerKind
    profile: RateProfile

    def customers(self, streams: Streams) -> Sequence[Customer]:
        """Draw the customers of one day."""
        kind, name = self.kind, self.kind.queue
        arrivals = self.profile.arrivals(streams(f"{name}/arrivals"))
        talks, patiences = streams(f"{name}/talk"), streams(f"{name}/patience")
        skills, fates = streams(f"{name}/skills"), streams(f"{name}/fate")
        fated, draw_talk, draw_patience = kind.is_fated, kind.talk.draw, kind.patience.draw
        return [
            Customer(
                number,
                kind,
                arrives_s,
                draw_talk(talks),
                draw_patience(patiences),
                fated and fates.random() < kind.transfer_share,
                fated and fates.random() < kind.redial_share,
                kind.priority,
                kind.draw_skills(skills) if kind.asks else NOTHING,
            )
            for number, arrives_s in enumerate(arrivals, 1)
        ]


def who_comes(demands: Sequence[Demand], streams: Streams) -> list[Customer]:
    """Draw the customers of one day from all sources, the earliest first."""
    if len(demands) == 1:
        return list(demands[0].customers(streams))
    everybody = [customer for demand in demands for customer in demand.customers(streams)]
    return sorted(everybody, key=lambda customer: customer.arrives_s)


def asks_again(customer: Customer, kind: CustomerKind, now_s: float, streams: Streams) -> Customer:
    """Let a customer come once more, to the queue of this kind, with new patience and a new concern.

    One who was passed on comes at once, one who was not served after the time that this takes.
    """
    own = streams(f"{customer.kind.queue}/{customer.number}/{customer.attempt}")
    passed_on = customer.transferred
    return Customer(
        number=customer.number,
        kind=kind,
        arrives_s=now_s if passed_on else now_s + kind.redial_after.draw(own),
        talk_s=kind.talk.draw(own),
        patience_s=kind.patience.draw(own),
        transferred=not passed_on and own.random() < kind.transfer_share,
        redials=own.random() < kind.redial_share,
        priority=customer.priority,
        skills=customer.skills,
        attempt=customer.attempt + 1,
    )
