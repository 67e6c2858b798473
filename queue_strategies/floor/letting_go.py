"""Callers are let go of: the visit ends without an answer."""

from __future__ import annotations

from queue_strategies.absence import PENALTY
from queue_strategies.commands import Release
from queue_strategies.facts import VisitEnded
from queue_strategies.floor import kept, offers, outlook, returning
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Line
from queue_strategies.floor.visit import Place, Visit
from queue_strategies.model import OfferOutcome, VisitOutcome

HUNG_UP = frozenset({VisitOutcome.ABANDONED, VisitOutcome.LOST})
"""Outcomes after which there is no caller to be released."""


def let_go_hopeless(hall: Hall) -> None:
    """Let go of those for whom there is nobody any more, or no queue."""
    for line in list(hall.touched):
        was_empty, line.empty = line.empty, line.nobody(line.leave_rule)
        if line.empty and not was_empty:
            for visit in list(line.unanswered):
                _let_go_if_hopeless(hall, visit, line.empty)
        elif line.leave_rule & PENALTY:
            _let_go_by_rows(hall, line)
    hall.touched.clear()
    for visit in list(hall.returned):
        hopeless = visit.line.empty
        if not hopeless and visit.row is not None and visit.line.leave_rule & PENALTY:
            hopeless = visit.line.nobody(visit.line.leave_rule, visit.row.asked)
        _let_go_if_hopeless(hall, visit, hopeless)
    hall.returned.clear()


def _let_go_by_rows(hall: Hall, line: Line) -> None:
    """Let go of those for whom, by what they ask for, there is nobody."""
    hopeless = {row for row in line.rows() if row.visits and line.nobody(line.leave_rule, row.asked)}
    if hopeless:
        for visit in list(line.unanswered):
            _let_go_if_hopeless(hall, visit, visit.row in hopeless)


def _let_go_if_hopeless(hall: Hall, visit: Visit, hopeless: bool) -> None:
    deserted = visit.line.deserted
    if visit.off_line and not deserted:
        return
    if (hopeless or deserted) and visit.place is Place.WAITING and not visit.offers:
        let_go(hall, visit, VisitOutcome.WITHDRAWN if deserted else VisitOutcome.LEFT_EMPTY)


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
