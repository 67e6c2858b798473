"""What a call was about is said: by an agent who talks or wraps up, whom that lets go on."""

from __future__ import annotations

from queue_strategies.events import DispositionNoted
from queue_strategies.floor.agents import end_wrap_up
from queue_strategies.floor.desk import Desk, WrapUp
from queue_strategies.floor.hall import Hall


def noted(hall: Hall, event: DispositionNoted) -> None:
    """Take note for a visit that the agent talks with, or wraps up; of an earlier one it changes nothing."""
    desk = hall.desks.get(event.agent)
    if desk is None:
        return
    if desk.talk is not None and desk.talk.offer.visit.caller.visit == event.visit:
        desk.talk.disposed = True
    elif desk.wrap_up is not None and desk.wrap_up.visit.caller.visit == event.visit:
        settle(hall, desk, desk.wrap_up)


def demand_no_more(hall: Hall) -> None:
    """Let wrap-ups end whose queue asks for no disposition any more."""
    for desk in hall.desks.values():
        if desk.wrap_up is not None and not desk.wrap_up.visit.line.queue.disposition_required:
            settle(hall, desk, desk.wrap_up)


def settle(hall: Hall, desk: Desk, wrap_up: WrapUp) -> None:
    """Let a wrap-up that owes nothing any more end when its time is up, which may be now."""
    if not wrap_up.owes:
        return
    wrap_up.owes = False
    wrap_up.until = max(wrap_up.until, hall.now)
    if wrap_up.until <= hall.now:
        end_wrap_up(hall, desk, "agent")
        hall.refresh_desk(desk)
    else:
        hall.deadlines.set(desk, wrap_up.until)
