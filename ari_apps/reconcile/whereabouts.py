"""Where everybody was found to be, and what has to be done about it."""

from __future__ import annotations

from dataclasses import dataclass

from ari_apps.ari.messages import Channel
from ari_apps.reconcile.remembered import RememberedContact, RememberedVisit
from ari_apps.traces import CallTrace, LegTrace
from queue_strategies.model import VisitOutcome


@dataclass(frozen=True, slots=True)
class Found:
    """A channel of our application, and what it carries."""

    channel: Channel
    trace: CallTrace | LegTrace | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer's line that nobody leads."""

    channel: Channel
    trace: CallTrace
    visit: RememberedVisit | None = None
    """The stay in a queue, or the talk, that the trace tells of, as it is remembered."""


@dataclass(frozen=True, slots=True)
class Third:
    """Whom the agent consults."""

    leg: Channel
    leg_trace: LegTrace | None
    visit: RememberedVisit | None


@dataclass(frozen=True, slots=True)
class Talk:
    """A customer and an agent, or a customer and a number outside, who are connected."""

    customer: Customer
    leg: Channel
    leg_trace: LegTrace | None
    """None for a leg that is no agent's."""
    desk: str | None
    """The bridge in which the leg sits."""
    held: bool
    """The customer is not in that bridge."""
    third: Third | None = None
    sought: RememberedVisit | None = None
    """A consultation that nobody had answered."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A customer who waits in a queue, and the phones that ring meanwhile, or were picked up."""

    customer: Customer
    legs: tuple[LegTrace, ...] = ()
    picked_up: frozenset[str] = frozenset()
    """The offers of those that were."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A caller who keeps the place without the line, and the phones of agents that ring or were picked up."""

    visit: RememberedVisit
    legs: tuple[LegTrace, ...] = ()
    picked_up: frozenset[str] = frozenset()
    """The offers of those that were."""
    line: str | None = None
    """The channel on which the customer's phone rings, or was picked up."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """A customer whose visit is over, and who has not been led on."""

    customer: Customer
    outcome: VisitOutcome


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer of whom nothing is known but, perhaps, that the contact has begun."""

    channel: Channel
    contact: RememberedContact | None = None


@dataclass(frozen=True, slots=True)
class Differences:
    """What has to be done for belief and truth to agree."""

    lost: frozenset[str] = frozenset()
    """Channels we own that are no more."""
    talks: tuple[Talk, ...] = ()
    deserted: tuple[Customer, ...] = ()
    """Customers whose agent has left."""
    waiting: tuple[Waiting, ...] = ()
    """In the order of their joining."""
    kept: tuple[Kept, ...] = ()
    let_go: tuple[LetGo, ...] = ()
    elsewhere: tuple[Customer, ...] = ()
    """In a menu, a voicemail box, or ringing a number: they begin there anew."""
    arrivals: tuple[Arrival, ...] = ()
    """In the order of their coming."""
    gone: tuple[RememberedContact, ...] = ()
    """Contacts without a line."""
    strays: tuple[Channel, ...] = ()
    """Channels that serve nobody."""
