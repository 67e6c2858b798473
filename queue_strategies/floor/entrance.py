"""Callers come: they are let in or refused, and stand where they belong."""

from __future__ import annotations

from queue_strategies.events import CallerJoined
from queue_strategies.facts import QueueJoined
from queue_strategies.floor import demands, kept, returning
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.letting_go import let_go
from queue_strategies.floor.line import Line
from queue_strategies.floor.ranking import Rank
from queue_strategies.floor.visit import Visit
from queue_strategies.model import Caller, Queue, QueueName, VisitOutcome
from queue_strategies.requirement import ANYBODY, Requirement
from queue_strategies.strategies import strategy_of


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
    """Know a caller; one for a queue that there is not stands in a deserted line of its own."""
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
    hall.place(visit)


def _leave_other_line(hall: Hall, caller: Caller) -> None:
    """A contact waits in one queue at a time: coming to another one withdraws from the first."""
    for other in list(hall.contacts.get(caller.contact, ())):
        if other.talk is None:
            let_go(hall, other, VisitOutcome.WITHDRAWN)


def _refusal(line: Line, visit: Visit) -> VisitOutcome | None:
    if visit.caller.adopted and not line.deserted:
        return None
    ready, asked = (False, ANYBODY) if visit.row is None else (bool(visit.row.ready), visit.row.asked)
    return _refusal_of(line, asked, len(line.unanswered), served_at_once=ready and line.has_room(visit))


def refusal(hall: Hall, queue: QueueName) -> VisitOutcome | None:
    """Say how one more caller would be let go of who asks for nothing but this queue; None: let in."""
    line = hall.lines.get(queue)
    if line is None:
        return VisitOutcome.WITHDRAWN
    return _refusal_of(
        line, ANYBODY, len(line.unanswered) + 1, served_at_once=bool(line.ready) and line.has_room()
    )


def _refusal_of(line: Line, asked: Requirement, length: int, *, served_at_once: bool) -> VisitOutcome | None:
    if line.closed:
        return VisitOutcome.WITHDRAWN
    if line.nobody(line.join_rule, asked):
        return VisitOutcome.LEFT_EMPTY
    limit = line.queue.max_length
    if limit is not None and length > limit and not served_at_once:
        return VisitOutcome.FULL
    return None


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
