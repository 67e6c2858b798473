"""Callers come, wait, and go."""

from __future__ import annotations

from queue_strategies.absence import PENALTY
from queue_strategies.commands import Release
from queue_strategies.events import CallerJoined, CallerLeft, CallerPressed, PriorityChanged, TalkEnded
from queue_strategies.facts import PriorityGiven, QueueJoined, VisitEnded
from queue_strategies.floor import announcing, demands, kept, offers, outlook, returning, talks
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Line
from queue_strategies.floor.ranking import Rank
from queue_strategies.floor.visit import Place, Visit
from queue_strategies.model import Caller, OfferOutcome, Queue, QueueName, VisitOutcome
from queue_strategies.requirement import ANYBODY, Requirement
from queue_strategies.strategies import strategy_of

HUNG_UP = frozenset({VisitOutcome.ABANDONED, VisitOutcome.LOST})
"""Outcomes after which there is no caller to be released."""


def joined(hall: Hall, event: CallerJoined) -> None:
    """Let a caller wait, unless the queue does not take one more; a visit known already stays as it is."""
    caller = event.caller
    if caller.visit in hall.visits:
        return
    _leave_other_line(hall, caller)
    visit = enter(hall, caller)
    line = visit.line
    visit.wants_agent = demands.wanted_agent(line, caller.wants_agent, hall.now - visit.joined)
    line.unanswered.add(visit.rank, visit)
    kept.stand(visit)
    hall.place(visit)
    refusal = _refusal(line, visit)
    if refusal in (None, VisitOutcome.FULL) and not caller.adopted and caller.number in line.kept:
        inherit(hall, line.kept[caller.number], visit)
        hall.place(visit)
        refusal = None
    if not caller.adopted:
        _tell_joined(hall, visit)
    if refusal is not None and hall.restoring and caller.adopted:
        hall.returned[visit] = None  # there may be more to tell of this visit, its end among it
    elif refusal is not None:
        let_go(hall, visit, refusal)
    else:
        hall.arm(visit)


def enter(hall: Hall, caller: Caller) -> Visit:
    """Know a caller; one for a queue that is not configured stands in a closed line of its own."""
    line = hall.lines.get(caller.queue)
    if line is None:
        queue = Queue(name=caller.queue)
        line = Line(queue, strategy_of(queue, hall.chance), hall.order_of_service)
        line.closed = True
    began = min(caller.joined_moment, hall.now)
    visit = Visit(
        caller=caller,
        line=line,
        number=hall.number(),
        priority=caller.priority,
        began=began,
        joined=began - caller.waited_before_s,
        attempts=caller.attempts,
        kept=kept.restored(caller.kept),
        spared_until=kept.earliest(caller.kept, line.queue),
    )
    if not caller.adopted and (before := returning.joined_before(line, caller.number, hall.now)) is not None:
        visit.joined = min(visit.joined, before)
    visit.rank = rank(visit)
    hall.welcome(visit)
    return visit


def rank(visit: Visit) -> Rank:
    """Return the order of service of a caller within the queue."""
    return (*visit.line.order.rank(visit), visit.number)


def inherit(hall: Hall, before: Visit, visit: Visit) -> None:
    """Give a caller the place that was kept for the same person, who is not called back any more."""
    visit.joined = min(visit.joined, before.joined)
    visit.priority = max(visit.priority, before.priority)
    let_go(hall, before, VisitOutcome.WITHDRAWN)
    stand_elsewhere(hall, visit)


def stand_elsewhere(hall: Hall, visit: Visit) -> None:
    """Let a caller who is not answered yet stand where the caller belongs by now."""
    line, row = visit.line, visit.row
    line.unanswered.discard(visit.rank)
    if row is not None:
        row.wanting.discard(visit.rank)
    visit.rank = rank(visit)
    line.unanswered.add(visit.rank, visit)
    hall.refresh_visit(visit)


def _leave_other_line(hall: Hall, caller: Caller) -> None:
    """A contact waits in one queue at a time: coming to another one withdraws from the first."""
    for other in list(hall.contacts.get(caller.contact, ())):
        if other.talk is None:
            let_go(hall, other, VisitOutcome.WITHDRAWN)


def _refusal(line: Line, visit: Visit) -> VisitOutcome | None:
    if visit.caller.adopted and not line.closed:
        return None
    ready, asked = (False, ANYBODY) if visit.row is None else (bool(visit.row.ready), visit.row.asked)
    return _refusal_of(line, asked, len(line.unanswered), served_at_once=ready)


def refusal(hall: Hall, queue: QueueName) -> VisitOutcome | None:
    """Say how one more caller would be let go of who asks for nothing but this queue; None: let in."""
    line = hall.lines.get(queue)
    if line is None:
        return VisitOutcome.WITHDRAWN
    return _refusal_of(line, ANYBODY, len(line.unanswered) + 1, served_at_once=bool(line.ready))


def _refusal_of(line: Line, asked: Requirement, length: int, *, served_at_once: bool) -> VisitOutcome | None:
    if line.closed:
        return VisitOutcome.WITHDRAWN
    if line.nobody(line.join_rule, asked):
        return VisitOutcome.LEFT_EMPTY
    limit = line.queue.max_length
    if limit is not None and length > limit and not served_at_once:
        return VisitOutcome.FULL
    return None


def left(hall: Hall, event: CallerLeft) -> None:
    """Let go of a caller who hung up, wherever that is; a talk ends with it."""
    visit = hall.visits.get(event.visit)
    if visit is None:
        return
    outcome = VisitOutcome.ABANDONED if event.outcome is VisitOutcome.ANSWERED else event.outcome
    if visit.off_line and outcome in HUNG_UP:
        return
    if visit.talk is not None:
        by = "lost" if outcome is VisitOutcome.LOST else "caller"
        talks.end(hall, visit.talk, by, moment=event.happened_moment)
    else:
        let_go(hall, visit, outcome, moment=event.happened_moment)


def talk_ended(hall: Hall, event: TalkEnded) -> None:
    """Let agent and caller part, also when they were not bridged yet."""
    visit = hall.visits.get(event.visit)
    if visit is None or visit.off_line:
        return
    if visit.talk is not None:
        talks.end(
            hall,
            visit.talk,
            event.ended_by,
            event.transferred_to,
            event.transfer_kind,
            event.happened_moment,
        )
    elif event.ended_by == "caller":
        let_go(hall, visit, VisitOutcome.ABANDONED, moment=event.happened_moment)
    elif visit.place is Place.CONNECTING:
        offers.end(hall, visit.offers[0], OfferOutcome.FAILED)


def pressed(hall: Hall, event: CallerPressed) -> None:
    """Let a waiting caller out by an exit key; any other key, or one pressed too late, does nothing."""
    visit = hall.visits.get(event.visit)
    if visit is None or visit.place is not Place.WAITING or visit.off_line:
        return
    if event.key in visit.line.queue.exit_keys:
        let_go(hall, visit, VisitOutcome.EXITED_BY_KEY, event.key)


def priority_changed(hall: Hall, event: PriorityChanged) -> None:
    """Move a caller who is not answered yet to where the new priority belongs."""
    visit = hall.visits.get(event.visit)
    if visit is None or visit.talk is not None:
        return
    if visit.priority == event.priority:
        return
    visit.priority = event.priority
    stand_elsewhere(hall, visit)
    hall.tell(
        PriorityGiven(
            moment=hall.now,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=visit.line.queue.name,
            priority=visit.priority,
        )
    )


def time_is_up(hall: Hall, visit: Visit) -> None:
    """Let go of a caller who has waited long enough, or let one wait on who asks for something else now."""
    if hall.restoring:  # who is found to have left before has not waited too long
        hall.overdue[visit] = None
        return
    gives_up_at = visit.gives_up_at
    if gives_up_at is not None and gives_up_at <= hall.now:
        let_go(hall, visit, VisitOutcome.TIMED_OUT)
        return
    if visit.spared_until is not None and visit.spared_until <= hall.now:
        visit.spared_until = None
    demands.change(visit, hall.now)
    hall.place(visit)
    announcing.speak(hall, visit)
    hall.arm(visit)


def let_go_hopeless(hall: Hall) -> None:
    """Let go of those for whom there is nobody any more, or no queue."""
    for line in list(hall.touched):
        was_empty, line.empty = line.empty, line.nobody(line.leave_rule)
        if (line.empty and not was_empty) or line.leave_rule & PENALTY:
            for visit in list(line.unanswered):
                _let_go_if_hopeless(hall, visit)
    hall.touched.clear()
    for visit in list(hall.returned):
        _let_go_if_hopeless(hall, visit)
    hall.returned.clear()


def _let_go_if_hopeless(hall: Hall, visit: Visit) -> None:
    line = visit.line
    if visit.off_line and not line.closed:
        return
    hopeless = line.closed or line.empty
    if not hopeless and visit.row is not None and line.leave_rule & PENALTY:
        hopeless = line.nobody(line.leave_rule, visit.row.asked)
    if hopeless and visit.place is Place.WAITING and not visit.offers:
        let_go(hall, visit, VisitOutcome.WITHDRAWN if visit.line.closed else VisitOutcome.LEFT_EMPTY)


def let_go(
    hall: Hall,
    visit: Visit,
    outcome: VisitOutcome,
    key: str | None = None,
    moment: float | None = None,
) -> None:
    """End a visit without an answer, at a moment that may be past; its offers are taken back."""
    line, caller = visit.line, visit.caller
    position = line.unanswered.position(visit.rank)
    visit.place = Place.GONE
    kept.stop(hall, visit)
    kept.leave(visit)
    lost_by = OfferOutcome.CALLER_LEFT if outcome in HUNG_UP else OfferOutcome.WITHDRAWN
    for offer in list(visit.offers):
        offers.end(hall, offer, lost_by)
    line.unanswered.discard(visit.rank)
    line.leave_row(visit)
    hall.deadlines.drop(visit)
    hall.forget(visit)
    ended = hall.late(moment, after=visit.began)
    returning.left(visit, outcome, ended)
    _tell_ended(hall, visit, outcome, ended, position, key)
    outlook.left(hall, visit, outcome)
    if outcome not in HUNG_UP:
        hall.order(Release(caller.visit, caller.contact, outcome, key))


def _tell_joined(hall: Hall, visit: Visit) -> None:
    hall.tell(
        QueueJoined(
            moment=visit.began,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=visit.line.queue.name,
            priority=visit.priority,
            position=visit.line.unanswered.position(visit.rank),
            waited_before_s=visit.before_s,
        )
    )


def _tell_ended(
    hall: Hall, visit: Visit, outcome: VisitOutcome, moment: float, position: int, key: str | None
) -> None:
    queue, wait_s = visit.line.queue, visit.waited_s(moment)
    hall.tell(
        VisitEnded(
            moment=moment,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=queue.name,
            outcome=outcome,
            wait_s=wait_s,
            short=outcome is VisitOutcome.ABANDONED and wait_s <= queue.short_abandon_s,
            within_service_level=visit.lasted_s(moment) <= queue.service_level_s,
            position=position,
            key=key,
            direct=queue.direct,
            callback_s=visit.callback_s(moment),
        )
    )
