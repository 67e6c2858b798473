"""Everything the floor knows: who stands where, until when, and what has been decided just now."""

from __future__ import annotations

import math
from collections.abc import Callable

from queue_strategies.absence import LOGGED_OUT
from queue_strategies.commands import Command
from queue_strategies.facts import AgentStateChanged, Fact
from queue_strategies.floor import announcing, demands, kept, outlook
from queue_strategies.floor.deadlines import Deadlines
from queue_strategies.floor.desk import Desk, Told
from queue_strategies.floor.line import Line
from queue_strategies.floor.reasons import Past
from queue_strategies.floor.row import Row
from queue_strategies.floor.visit import Offer, Place, Visit
from queue_strategies.model import AgentId, AgentState, ContactId, OfferId, QueueName, VisitId
from queue_strategies.orders import Order, order_named
from queue_strategies.strategies import Chance

MAY_RING = frozenset({AgentState.READY, AgentState.BUSY})
"""States in which some queue may ring the agent."""


class Hall:
    """The lines, desks, visits and offers, and the pen with which decisions are written down."""

    def __init__(self, new_id: Callable[[], str], chance: Chance, lease_s: float) -> None:
        self.new_id = new_id
        self.chance = chance
        self.lease_s = lease_s
        self.now = float("-inf")
        self.lines: dict[QueueName, Line] = {}
        self.desks: dict[AgentId, Desk] = {}
        self.visits: dict[VisitId, Visit] = {}
        self.contacts: dict[ContactId, list[Visit]] = {}
        """The visits of each contact, the latest last; all but one of them talk."""
        self.offers: dict[OfferId, Offer] = {}
        """Those that ring, are being connected or have become a talk that goes on."""
        self.deadlines: Deadlines[Offer | Visit | Desk] = Deadlines()
        self.commands: list[Command] = []
        self.facts: list[Fact] = []
        self.order_chosen = ("priority", 0.0)
        self.order_of_service: Order = order_named(*self.order_chosen)
        self.touched: dict[Line, None] = {}
        """Lines in which more or fewer members count as being there."""
        self.calling: dict[Row, None] = {}
        """Rows in which somebody began to wait or to be ready."""
        self.returned: dict[Visit, None] = {}
        """Callers who lost the offer they had."""
        self.restoring = False
        """Between RestoringBegan and RestoringEnded nobody is rung and nobody is let go of."""
        self.unsettled: dict[Desk, None] = {}
        """Agents of whom it is not known yet whether they still do what was told of them."""
        self.overdue: dict[Visit, None] = {}
        """Callers whose time was up while restoring."""
        self.past = Past()
        self._changed: dict[Desk, None] = {}
        self._count = 0

    # -- writing down ---------------------------------------------------------------------------------------

    def order(self, command: Command) -> None:
        """Have something done."""
        self.commands.append(command)

    def tell(self, fact: Fact) -> None:
        """Let something be remembered."""
        self.facts.append(fact)

    def advance(self, moment: float) -> None:
        """Go on to a later moment; an earlier one changes nothing."""
        if moment > self.now:
            if self._changed:
                self.tell_changes()
            self.now = moment

    def number(self) -> int:
        """Return a number that was not given before."""
        self._count += 1
        return self._count

    # -- who is here ----------------------------------------------------------------------------------------

    def welcome(self, visit: Visit) -> None:
        """Know a visit from now on."""
        self.visits[visit.caller.visit] = visit
        self.contacts.setdefault(visit.caller.contact, []).append(visit)

    def forget(self, visit: Visit) -> None:
        """Know a visit no longer."""
        del self.visits[visit.caller.visit]
        self.past.keep(visit)
        visits = self.contacts[visit.caller.contact]
        visits.remove(visit)
        if not visits:
            del self.contacts[visit.caller.contact]
        if visit.line.closed:
            self.dissolve(visit.line)

    def dissolve(self, line: Line) -> None:
        """Let a queue that nobody may join any more be gone as soon as nobody is in it."""
        if line.unanswered or line.talking or self.lines.get(line.queue.name) is not line:
            return
        del self.lines[line.queue.name]
        for seat in line.stand_up().values():
            seat.desk.seats.remove(seat)

    def arm(self, visit: Visit) -> None:
        """Set the moment at which something changes for a waiting caller without anybody's doing."""
        dues = (
            visit.gives_up_at,
            visit.spared_until,
            demands.change_at(visit, self.now),
            announcing.due(self, visit),
            kept.over_at(self, visit),
        )
        moments = [moment for moment in dues if moment is not None]
        if moments:
            self.deadlines.set(visit, min(moments))
        else:
            self.deadlines.drop(visit)

    # -- keeping in order -----------------------------------------------------------------------------------

    def refresh_visit(self, visit: Visit) -> None:
        """Let a caller who wants an agent stand where agents look, and nobody else."""
        row = visit.row
        if row is None:
            return
        if visit.line.wants(visit):
            row.wanting.add(visit.rank, visit)
            self.calling[row] = None
        else:
            row.wanting.discard(visit.rank)

    def place(self, visit: Visit) -> None:
        """Let a caller stand in the row of those who ask for the same, and say what is wanted there."""
        row = visit.line.row(demands.of(visit, self.now))
        if row is not visit.row:
            visit.line.enter_row(visit, row)
        self.refresh_visit(visit)

    def refresh_desk(self, desk: Desk) -> None:
        """Draw the consequences of whatever has changed at a desk."""
        self._changed[desk] = None
        state, was = desk.present_state(), desk.state
        if state is not was:
            desk.state = state
            desk.since = self.now
            if state in MAY_RING or was in MAY_RING:
                self.refresh_seats(desk)
        elif state is AgentState.BUSY:
            self.refresh_seats(desk)
        absences = desk.present_absences()
        changed = absences ^ desk.absences
        if changed:
            desk.absences = absences
            if changed & desk.watched:
                self.count(desk)
            if changed & LOGGED_OUT:
                self._reconsider(desk)
        if desk.removed and desk.talk is None and desk.offer is None:
            self.desks.pop(desk.agent.id, None)
            self.deadlines.drop(desk)

    def _reconsider(self, desk: Desk) -> None:
        """Let callers who care who is here ask anew when an agent comes or goes."""
        for seat in desk.seats:
            for visit in seat.line.picky():
                if visit.wants_agent == desk.agent.id and not desk.logged_in:
                    visit.wants_agent = None
                self.place(visit)
                if visit.place is Place.WAITING:
                    self.arm(visit)

    def refresh_seats(self, desk: Desk) -> None:
        """Let an agent stand, with the score of now, among the ready of every queue that may ring them."""
        could = desk.state in MAY_RING
        for seat in desk.seats:
            line = seat.line
            if seat in line.ready:
                line.leave(seat)
            if could and seat.is_open:
                for row in line.stand(seat):
                    self.calling[row] = None

    def count(self, desk: Desk) -> None:
        """Let every queue know what keeps an agent away."""
        for seat in desk.seats:
            if seat.line.count(seat, desk.absences):
                self.touched[seat.line] = None

    def disengage(self, visit: Visit) -> None:
        """Count a caller no longer among those served; another may be in the caller's stead."""
        line = visit.line
        line.engaged.discard(visit)
        if line.queue.max_talking is not None:
            self.calling.update(dict.fromkeys(line.rows()))

    def tell_changes(self) -> None:
        """Tell what became of each agent at this moment; states that did not last are not told."""
        if not self._changed:
            return
        for desk in self._changed:
            state, logged_in, pause_reason = desk.told
            if desk.state is state and desk.logged_in is logged_in and desk.pause_reason == pause_reason:
                continue
            if desk not in self.unsettled:
                self._tell_change(desk, Told(desk.state, desk.logged_in, desk.pause_reason))
        self._changed.clear()

    def _tell_change(self, desk: Desk, present: Told) -> None:
        outlook.worked(desk, self.now)
        reason = desk.reason()
        self.tell(
            AgentStateChanged(
                moment=self.now,
                agent=desk.agent.id,
                was=desk.told.state,
                lasted_s=self.now - desk.told_moment,
                state=desk.state,
                reason=reason,
                logged_in=desk.logged_in,
                pause_reason=desk.pause_reason,
            )
        )
        desk.told = present
        desk.told_moment = self.now
        desk.history.append((self.now, desk.state, reason))
        desk.spoken_of = True

    def trust(self, desk: Desk, since: float) -> None:
        """Take the present state of a desk for known since then: nothing is told about it."""
        desk.since = since
        if desk not in self.unsettled:
            desk.told_moment = desk.counted_until = since
            desk.told = Told(desk.state, desk.logged_in, desk.pause_reason)

    def doubt(self, desk: Desk, state: AgentState, since: float) -> None:
        """Take another state than the present for told since then; whether it holds, restoring shows."""
        desk.told_moment = desk.counted_until = since
        desk.told = Told(state, desk.logged_in, desk.pause_reason)
        self.unsettled[desk] = None
        if not self.restoring:
            self.settle()

    def settle(self) -> None:
        """Take every desk for what it is, and see to those whose time was up."""
        desks, self.unsettled = self.unsettled, {}
        for desk in desks:
            self.refresh_desk(desk)
        overdue, self.overdue = self.overdue, {}
        for visit in overdue:
            if visit.place is Place.WAITING:
                self.deadlines.set(visit, self.now)

    def late(self, moment: float | None, after: float = -math.inf) -> float:
        """Return the moment of something that may be told late: not before `after`, and not in the future."""
        return self.now if moment is None else min(self.now, max(moment, after))
