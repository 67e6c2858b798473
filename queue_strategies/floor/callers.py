"""What those who wait do, and what time does to them."""

from __future__ import annotations

from queue_strategies.events import CallerLeft, CallerPressed, PriorityChanged, TalkEnded
from queue_strategies.facts import PriorityGiven
from queue_strategies.floor import announcing, demands, offers, talks
from queue_strategies.floor.entrance import stand_elsewhere
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.letting_go import HUNG_UP, let_go
from queue_strategies.floor.visit import Place, Visit
from queue_strategies.model import OfferOutcome, VisitOutcome


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
    row = visit.row
    hall.place(visit)
    if visit.row is not row:
        hall.returned[visit] = None
    announcing.speak(hall, visit)
    hall.arm(visit)
