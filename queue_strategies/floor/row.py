"""One row of a line: the callers who may be served by the same members, and those of them who are ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queue_strategies.floor.ranking import Rank, Ranking
from queue_strategies.floor.roster import Roster
from queue_strategies.floor.visit import Visit
from queue_strategies.requirement import Requirement, penalty_for

if TYPE_CHECKING:
    from queue_strategies.floor.line import Line, Seat
    from queue_strategies.floor.outlook import Staff


class Row:
    """Callers in the order of service, members in the order of ringing.

    While nothing is being decided, nobody for whom there is room waits while a member is ready.
    """

    __slots__ = ("asked", "line", "ready", "staff", "visits", "wanting")

    def __init__(self, line: Line, asked: Requirement) -> None:
        self.line = line
        self.asked = asked
        self.visits = 0
        """How many unanswered callers stand here."""
        self.wanting: Ranking[Visit] = Ranking()
        """Those of them for whom one more phone may ring."""
        self.ready: Ranking[Seat] = Ranking()
        self.staff: Staff | None = None
        """Who could serve these callers, when it was last asked."""

    def stand(self, seat: Seat) -> bool:
        """Put a member who is ready where the strategy says; tell whether the member is fit at all."""
        penalty = penalty_for(self.asked, seat)
        if penalty is None:
            return False
        rank = (penalty, *self.line.strategy.score(seat, self.asked), seat.desk.number)
        seat.ranks[self] = rank
        self.ready.add(rank, seat)
        return True

    def after(self, turn: int, penalty: int, place: int) -> int:
        """Return whose turn it is among these members, as `Roster.after` does."""
        if not (self.asked.raise_penalty or self.asked.any_penalty):
            return self.line.roster.after(turn, penalty, place)
        standing = ((penalty_for(self.asked, seat), seat.place) for seat in self.line.seats.values())
        return Roster((at, where) for at, where in standing if at is not None).after(turn, penalty, place)

    def first(self) -> Visit | None:
        """Return the caller to be put before a ready agent; None: there is no such caller, or no such agent.

        Where no more callers may be served at once, it is the first of those who are served already.
        """
        if not self.ready.order or not self.wanting.order:
            return None
        if self.line.queue.max_talking is None or self.line.has_room():
            return self.wanting.first()
        return self._first_of_the_served()

    def _first_of_the_served(self) -> Visit | None:
        line = self.line
        if line.strategy.phones_at_once == 1:
            return None
        served = (visit for visit in line.engaged if visit.row is self and line.wants(visit))
        return min(served, key=lambda visit: visit.rank, default=None)

    def call(self, first: Visit, now: float) -> Rank:
        """Return how urgently the first caller is to be served, compared with those of other rows."""
        return (-self.line.queue.weight, *self.line.order.urgency(first, now), first.number)
