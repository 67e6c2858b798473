"""The line of one queue: who waits in it, who serves it, and who of them is ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queue_strategies.floor.ranking import Rank, Ranking
from queue_strategies.floor.visit import Place, Visit
from queue_strategies.model import AgentId, EmptyRule, Queue
from queue_strategies.strategy import Strategy

if TYPE_CHECKING:
    from queue_strategies.floor.desk import Desk, Standing


@dataclass(slots=True, eq=False)
class Seat:
    """An agent's place in one queue; what a strategy sees of the agent."""

    desk: Desk
    line: Line
    penalty: int
    place: int
    answered: int = 0
    last_answered_moment: float | None = None
    talk_s: float = 0.0
    rank: Rank | None = None
    """The order of ringing, while the agent is ready."""

    @property
    def agent(self) -> AgentId:
        """Name the agent."""
        return self.desk.agent.id

    @property
    def idle_since_moment(self) -> float:
        """Tell when the agent's last work of any queue ended."""
        return self.desk.idle_since


class Line:
    """Callers in the order of service, members in the order of ringing.

    While nothing is being decided, `wanting` or `ready` is empty: nobody waits while a member is ready.
    """

    def __init__(self, queue: Queue, strategy: Strategy) -> None:
        self.queue = queue
        self.strategy = strategy
        self.unanswered: Ranking[Visit] = Ranking()
        """Everybody who waits, is being offered or is being connected."""
        self.wanting: Ranking[Visit] = Ranking()
        """Those of them for whom one more phone may ring."""
        self.seats: dict[AgentId, Seat] = {}
        self.ready: Ranking[Seat] = Ranking()
        self.talking = 0
        self.empty = True
        """Whether `leave_when_empty` held when it was last looked at."""
        self.closed = False
        """The queue is no longer configured."""
        self._logged_in = self._unpaused = self._reachable = 0

    # -- members --------------------------------------------------------------------------------------------

    def stand(self, seat: Seat) -> None:
        """Put a member who is ready at the place the strategy gives."""
        rank = (seat.penalty, *self.strategy.score(seat), seat.desk.number)
        seat.rank = rank
        self.ready.add(rank, seat)

    def leave(self, seat: Seat) -> None:
        """Take out a member who is no longer ready."""
        if seat.rank is not None:
            self.ready.discard(seat.rank)
            seat.rank = None

    def stand_up(self) -> dict[AgentId, Seat]:
        """Empty all seats, and return who sat in them."""
        seats, self.seats = self.seats, {}
        for seat in seats.values():
            seat.rank = None
        self.ready.clear()
        self._logged_in = self._unpaused = self._reachable = 0
        return seats

    def count(self, standing: Standing, by: int) -> None:
        """Add a member to the counts of those who are there, or take one out."""
        self._logged_in += by * standing.logged_in
        self._unpaused += by * standing.unpaused
        self._reachable += by * standing.reachable

    def nobody(self, rule: EmptyRule) -> bool:
        """Tell whether the queue is empty of agents by this rule."""
        match rule:
            case EmptyRule.NEVER:
                return False
            case EmptyRule.NOBODY_LOGGED_IN:
                return self._logged_in == 0
            case EmptyRule.NOBODY_UNPAUSED:
                return self._unpaused == 0
            case EmptyRule.NOBODY_REACHABLE:
                return self._reachable == 0

    @property
    def logged_in(self) -> int:
        """Count the members who are logged in."""
        return self._logged_in

    # -- callers --------------------------------------------------------------------------------------------

    def wants(self, visit: Visit) -> bool:
        """Tell whether one more phone may ring for this caller."""
        return (
            visit.place is Place.WAITING
            and len(visit.offers) < self.strategy.phones_at_once
            and visit.spared_until is None
        )

    @property
    def matchable(self) -> bool:
        """Tell whether somebody wants an agent whom a ready agent could have."""
        return bool(self.wanting) and bool(self.ready)

    def call(self) -> Rank:
        """Return how urgently the first caller is to be served, compared with those of other queues."""
        return (-self.queue.weight, *self.wanting.first_rank())
