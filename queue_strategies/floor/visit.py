"""A caller's stay in a queue, the offers made for it, and the talk it may come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from queue_strategies.floor.kept import Kept
from queue_strategies.floor.outlook import Forecast
from queue_strategies.floor.ranking import Rank
from queue_strategies.model import AgentId, Caller, OfferId, QueueName

if TYPE_CHECKING:
    from queue_strategies.floor.announcing import Notice
    from queue_strategies.floor.desk import Desk
    from queue_strategies.floor.line import Line, Seat
    from queue_strategies.floor.reasons import Choice
    from queue_strategies.floor.row import Row


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
    began: float
    """When the caller came to this queue: what is counted is counted from here."""
    joined: float
    """Since when the caller waits, here or elsewhere: the place in line follows from it."""
    rank: Rank = ()
    """The order of service within the queue."""
    row: Row | None = None
    """Where the caller stands until answered."""
    place: Place = Place.WAITING
    offers: list[Offer] = field(default_factory=list)
    ringing_since: float | None = None
    """Since when at least one phone has been asked to ring."""
    phones: int = 1
    """How many may, where there are more of them the longer they ring."""
    talk: Talk | None = None
    attempts: int = 0
    failures: int = 0
    """How often an agent picked up and could not be bridged."""
    spared_until: float | None = None
    """After repeated failures: no further offer before this moment."""
    choices: list[Choice] = field(default_factory=list)
    """What was considered for each of the last offers, in order."""
    turn: tuple[float, ...] = ()
    """Kept for the strategy."""
    not_taken: dict[AgentId, int] | None = None
    """How often agents did not take this caller, where the queue wants it counted."""
    never: frozenset[AgentId] = frozenset()
    """Agents who did not take this caller so often that they are not rung again."""
    wants_agent: AgentId | None = None
    """Waits for this agent alone."""
    penalty_ringing: int | None = None
    """The penalty of those who ring, where no other may join them."""
    notice: Notice | None = None
    """What was announced."""
    forecasts: list[Forecast] = field(default_factory=list)
    """What was expected of the wait."""
    kept: Kept | None = None
    """The caller has taken a callback."""

    @property
    def queue_name(self) -> QueueName:
        """Name the queue."""
        return self.line.queue.name

    @property
    def target_s(self) -> float:
        """Tell within which wait the queue wants its callers answered."""
        return self.line.queue.service_level_s

    @property
    def share(self) -> float:
        """Tell the queue's share of the agents' attention."""
        return self.line.queue.share

    @property
    def before_s(self) -> float:
        """Return how long a caller who was moved, or took over a kept place, has waited before."""
        return self.began - self.joined

    @property
    def gives_up_at(self) -> float | None:
        """Return the moment at which the queue lets go of the caller."""
        max_wait_s = self.line.queue.max_wait_s
        return None if max_wait_s is None or self.kept is not None else self.began + max_wait_s

    @property
    def off_line(self) -> bool:
        """Tell whether the caller keeps the place without the line."""
        return self.kept is not None and self.kept.answered is None

    @property
    def may_be_offered(self) -> bool:
        """Tell whether the caller is on the line, or may be called back now."""
        kept = self.kept
        return kept is None or not self.off_line or (self.line.calls_back and kept.dialled is None)

    def callback_s(self, now: float) -> float | None:
        """Return how long the caller has kept the place without the line; None: never did."""
        if self.kept is None:
            return None
        return (now if self.kept.answered is None else self.kept.answered) - self.kept.taken

    def lasted_s(self, now: float) -> float:
        """Return how long ago the caller came."""
        return max(0.0, now - self.began)

    def waited_s(self, now: float) -> float:
        """Return how long the caller has waited on a line."""
        return max(0.0, self.lasted_s(now) - (self.callback_s(now) or 0.0))


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
    reserved: bool = False
    """The phone is to ring once the customer is on the line who is called back."""

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
    disposed: bool = False
    """It was said what the call is about."""
