"""A caller's stay in a queue, the offers made for it, and the talk it may come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from queue_strategies.floor.ranking import Rank
from queue_strategies.model import Caller, OfferId

if TYPE_CHECKING:
    from queue_strategies.floor.desk import Desk
    from queue_strategies.floor.line import Line, Seat


class Place(Enum):
    """Where a caller is; exactly one holds."""

    WAITING = auto()
    """In line, whether or not a phone rings."""
    CONNECTING = auto()
    """An agent has picked up, and the two are being bridged."""
    TALKING = auto()
    GONE = auto()
    """Being let go."""


@dataclass(slots=True, eq=False)
class Visit:
    """One caller in one queue."""

    caller: Caller
    line: Line
    number: int
    """Unique; callers who joined at the same moment are served by it."""
    priority: int
    joined: float
    place: Place = Place.WAITING
    offers: list[Offer] = field(default_factory=list)
    talk: Talk | None = None
    attempts: int = 0
    failures: int = 0
    """How often an agent picked up and could not be bridged."""
    spared_until: float | None = None
    """After repeated failures: no further offer before this moment."""

    @property
    def rank(self) -> Rank:
        """Return the order of service within the queue."""
        return (-self.priority, self.joined, self.number)

    @property
    def gives_up_at(self) -> float | None:
        """Return the moment at which the queue lets go of the caller."""
        max_wait_s = self.line.queue.max_wait_s
        return None if max_wait_s is None else self.joined + max_wait_s


@dataclass(slots=True, eq=False)
class Offer:
    """One caller put before one agent: reserved, ringing, picked up, talking."""

    id: OfferId
    visit: Visit
    desk: Desk
    seat: Seat
    made: float
    rang: float | None = None
    picked_up: float | None = None

    @property
    def talking(self) -> bool:
        """Tell whether this offer has become a talk."""
        return self.visit.talk is not None and self.visit.talk.offer is self

    def rang_s(self, now: float) -> float:
        """Return how long the phone has rung, or rang until it was picked up."""
        end = now if self.picked_up is None else self.picked_up
        return 0.0 if self.rang is None else end - self.rang


@dataclass(slots=True, eq=False)
class Talk:
    """An agent and a caller who are bridged."""

    offer: Offer
    began: float
    held_since: float | None = None
    hold_s: float = 0.0
