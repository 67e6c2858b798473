"""The line of one queue: who waits in it, who serves it, and who of them is ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from queue_strategies.absence import AWAY, LOGGED_OUT, PAUSED, PENALTY, bits_of
from queue_strategies.floor.kept import is_dialled_first
from queue_strategies.floor.outlook import Outlook
from queue_strategies.floor.ranking import Rank, Ranking
from queue_strategies.floor.returning import Absent
from queue_strategies.floor.roster import Roster
from queue_strategies.floor.row import Row
from queue_strategies.floor.visit import Place, Visit
from queue_strategies.model import AgentId, AgentState, Queue, Skill
from queue_strategies.orders import Order
from queue_strategies.requirement import ANYBODY, Requirement, penalty_for
from queue_strategies.strategies import Strategy

if TYPE_CHECKING:
    from queue_strategies.floor.desk import Desk

SPARE_ROWS = 16
"""So many rows without callers are kept, because the same requirements come again."""


@dataclass(slots=True, eq=False)
class Seat:
    """An agent's place in one queue; what a strategy sees of the agent."""

    desk: Desk
    line: Line
    penalty: int
    place: int
    answered: int = 0
    last_ended_moment: float | None = None
    paused: str | None = None
    """Why the agent does not serve this queue for now, while serving others."""
    standing: int | None = None
    """The absences of the agent that matter here, as they are counted."""
    handled: int = 0
    handle_s: float = 0.0
    ranks: dict[Row, Rank] = field(default_factory=dict)
    """The order of ringing in each row, while the agent is ready."""

    @property
    def agent(self) -> AgentId:
        """Name the agent."""
        return self.desk.agent.id

    @property
    def skills(self) -> Mapping[Skill, int]:
        """Tell what the agent can do."""
        return self.desk.agent.skills

    @property
    def idle_since_moment(self) -> float:
        """Tell when the agent's last work of any queue ended."""
        return self.desk.idle_since

    @property
    def at_work(self) -> bool:
        """Tell whether this member takes callers: here, not paused, the phone there."""
        return self.standing is not None and not self.standing & AWAY

    @property
    def is_open(self) -> bool:
        """Tell whether this member may be rung."""
        if self.paused is not None:
            return False
        if self.desk.state is AgentState.READY:
            return True
        return self.line.queue.ring_in_use and self.desk.could_be_rung_while_busy

    @property
    def answered_anywhere(self) -> int:
        """Count the callers of any queue whom the agent has talked to."""
        return self.desk.answered

    @property
    def talk_anywhere_s(self) -> float:
        """Sum up the agent's talk with callers of any queue."""
        return self.desk.talk_s


class Line:
    """Everybody who waits in a queue, in rows of those who may be served by the same members."""

    def __init__(self, queue: Queue, strategy: Strategy, order: Order) -> None:
        self.obey(queue)
        self.strategy = strategy
        self.order = order
        self.unanswered: Ranking[Visit] = Ranking()
        """Everybody who waits, is being offered or is being connected."""
        self.seats: dict[AgentId, Seat] = {}
        self.roster = Roster()
        self.ready: dict[Seat, None] = {}
        self.talking = 0
        self.outlook = Outlook()
        self.empty = True
        """Whether `leave_when_empty` held when it was last looked at."""
        self.refused = False
        """Somebody here was not taken by an agent so often that this agent is rung for them no more."""
        self.closed = False
        """The queue is no longer configured: nobody may join, and who is in it is served to the end."""
        self.kept: dict[str, Visit] = {}
        """Those who keep their places without the line, by the number at which they are called back."""
        self.absent: dict[str, Absent] = {}
        """By their numbers those who hung up a while ago, the latest last."""
        self.calls_back = True
        """It is the hour to call back."""
        self.engaged: set[Visit] = set()
        """Callers for whom a phone rings, and those who talk."""
        self._standings: Counter[int] = Counter()
        self._everybody = Row(self, ANYBODY)
        self._rows: dict[Requirement, Row] = {ANYBODY: self._everybody}
        self._common: dict[Row, None] = {self._everybody: None}
        """Rows that more than one agent may serve."""
        self._personal: dict[AgentId, dict[Row, None]] = {}
        """Rows that wait for one agent alone."""
        self._spare: dict[Row, None] = {}

    def obey(self, queue: Queue) -> None:
        """Go by these rules from now on."""
        self.queue = queue
        self.join_rule, self.leave_rule = bits_of(queue.join_when_empty), bits_of(queue.leave_when_empty)
        self.watched = self.join_rule | self.leave_rule | AWAY

    # -- rows -----------------------------------------------------------------------------------------------

    def row(self, asked: Requirement) -> Row:
        """Return the row of those who ask for this."""
        if asked is ANYBODY:
            return self._everybody
        row = self._rows.get(asked)
        if row is None:
            row = self._rows[asked] = Row(self, asked)
            self._rows_beside(row)[row] = None
            for seat in self.ready:
                row.stand(seat)
        return row

    def rows(self) -> Iterable[Row]:
        """Return all rows."""
        return self._rows.values()

    def enter_row(self, visit: Visit, row: Row) -> None:
        """Let a caller stand in this row, and no longer in another one."""
        self.leave_row(visit)
        visit.row = row
        row.visits += 1
        self._spare.pop(row, None)

    def leave_row(self, visit: Visit) -> None:
        """Let a caller stand in no row."""
        row, visit.row = visit.row, None
        if row is None:
            return
        row.wanting.discard(visit.rank)
        row.visits -= 1
        if not row.visits and row is not self._everybody:
            self._spare[row] = None
            if len(self._spare) > SPARE_ROWS:
                self._clear_away(next(iter(self._spare)))

    def _clear_away(self, row: Row) -> None:
        for seat in row.ready:
            del seat.ranks[row]
        row.ready.clear()
        del self._spare[row]
        del self._rows[row.asked]
        beside = self._rows_beside(row)
        del beside[row]
        if row.asked.only is not None and not beside:
            del self._personal[row.asked.only]

    def _rows_beside(self, row: Row) -> dict[Row, None]:
        only = row.asked.only
        return self._common if only is None else self._personal.setdefault(only, {})

    # -- members --------------------------------------------------------------------------------------------

    def stand(self, seat: Seat) -> list[Row]:
        """Put a member who is ready into all rows the member is fit for, and return them."""
        self.ready[seat] = None
        rows = [row for row in self._common if row.stand(seat)]
        if self._personal:
            rows += [row for row in self._personal.get(seat.agent, ()) if row.stand(seat)]
        return rows

    def leave(self, seat: Seat) -> None:
        """Take out a member who is no longer ready."""
        if seat in self.ready:
            del self.ready[seat]
            for row, rank in seat.ranks.items():
                row.ready.discard(rank)
            seat.ranks.clear()

    def stand_up(self) -> dict[AgentId, Seat]:
        """Empty all seats, and return who sat in them."""
        seats, self.seats = self.seats, {}
        for seat in seats.values():
            self.leave(seat)
            seat.standing = None
        self._standings.clear()
        return seats

    def picky(self) -> list[Visit]:
        """Return the callers who want one agent alone, or do not want those who refused them."""
        if len(self._rows) == 1 and not self.refused:
            return []
        return [visit for visit in self.unanswered if visit.wants_agent is not None or visit.never]

    def count(self, seat: Seat, absences: int) -> bool:
        """Count a member by what keeps the agent away; tell whether that has changed anything."""
        standing = (absences if seat.paused is None else absences | PAUSED) & self.watched
        if standing == seat.standing:
            return False
        if seat.standing is not None:
            self._standings[seat.standing] -= 1
        self._standings[standing] += 1
        seat.standing = standing
        return True

    def nobody(self, rule: int, asked: Requirement = ANYBODY) -> bool:
        """Tell whether the queue has nobody for such a caller, by the absences that a rule heeds."""
        if rule & PENALTY and asked is not ANYBODY:
            fit = (seat for seat in self.seats.values() if penalty_for(asked, seat) is not None)
            return not any(seat.standing is not None and not seat.standing & rule for seat in fit)
        return bool(rule) and not any(
            count and not standing & rule for standing, count in self._standings.items()
        )

    @property
    def logged_in(self) -> int:
        """Count the members who are logged in."""
        return sum(count for standing, count in self._standings.items() if not standing & LOGGED_OUT)

    @property
    def at_work(self) -> int:
        """Count the members who take callers: logged in, not paused, the phone there."""
        return sum(count for standing, count in self._standings.items() if not standing & AWAY)

    @property
    def deserted(self) -> bool:
        """Tell whether nobody may join any more, and no member is left who could serve those who wait."""
        return self.closed and not self.seats

    # -- callers --------------------------------------------------------------------------------------------

    def has_room(self, visit: Visit | None = None) -> bool:
        """Tell whether a phone may ring for this caller, or for a new one, as far as `max_talking` goes."""
        limit = self.queue.max_talking
        return limit is None or len(self.engaged) < limit or visit in self.engaged

    @property
    def wanting(self) -> int:
        """Count the callers for whom one more phone may ring."""
        return sum(len(row.wanting) for row in self._rows.values())

    def wants(self, visit: Visit) -> bool:
        """Tell whether one more phone may ring for this caller."""
        if visit.place is not Place.WAITING or visit.spared_until is not None:
            return False
        strategy = self.strategy
        phones = strategy.phones_at_once if strategy.another_phone_after_s is None else visit.phones
        if visit.kept is not None and is_dialled_first(visit):
            phones = 1
        return len(visit.offers) < phones and (visit.kept is None or visit.may_be_offered)
