"""Agents come and go, pause, rest, wrap up, and take calls of their own."""

from __future__ import annotations

from queue_strategies.events import (
    AgentFreed,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentOccupied,
    AgentPaused,
    AgentReady,
    AgentUnpaused,
    PhoneChanged,
)
from queue_strategies.facts import WrapUpEnded
from queue_strategies.floor import offers
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.not_taking import pause, serve_all
from queue_strategies.model import AgentState, OfferOutcome, QueueName


def logged_in(hall: Hall, event: AgentLoggedIn) -> None:
    """Let an agent begin to work, ready for callers."""
    desk = hall.desks.get(event.agent)
    if desk is None or desk.logged_in or desk.removed:
        return
    desk.logged_in = True
    desk.idle_since = hall.now
    hall.refresh_desk(desk)


def logged_out(hall: Hall, event: AgentLoggedOut) -> None:
    """Let an agent go home, if there is one of that name."""
    desk = hall.desks.get(event.agent)
    if desk is not None:
        log_out(hall, desk)


def log_out(hall: Hall, desk: Desk) -> None:
    """Let an agent go home: no ringing, no wrap-up, no pause; who has picked up already talks to the end."""
    if not desk.logged_in:
        return
    desk.logged_in = False
    desk.pause_reason = None
    serve_all(hall, desk)
    end_wrap_up(hall, desk, "logout")
    end_rest(hall, desk)
    _give_back(hall, desk, OfferOutcome.WITHDRAWN)
    hall.refresh_desk(desk)


def paused(hall: Hall, event: AgentPaused) -> None:
    """Let an agent pause, or stop serving one queue; asked for while the phone rings it is a refusal."""
    desk = hall.desks.get(event.agent)
    if desk is None or not desk.logged_in:
        return
    if event.queue is not None:
        _stop_serving(hall, desk, event.queue, event.reason)
        return
    desk.pause_reason = event.reason
    _give_back(hall, desk, OfferOutcome.DECLINED)
    hall.refresh_desk(desk)


def unpaused(hall: Hall, event: AgentUnpaused) -> None:
    """End an agent's pause, or take back one that has not begun; or let the agent serve one queue again."""
    desk = hall.desks.get(event.agent)
    if desk is None:
        return
    if event.queue is not None:
        if (seat := desk.seat_in(event.queue)) is not None:
            pause(hall, seat, None)
        return
    if desk.pause_reason is not None or desk.not_responding:
        desk.pause_reason = None
        desk.idle_since = hall.now
    serve_all(hall, desk)
    hall.refresh_desk(desk)


def _stop_serving(hall: Hall, desk: Desk, queue: QueueName, reason: str) -> None:
    if (seat := desk.seat_in(queue)) is not None:
        pause(hall, seat, reason)
    if desk.offer is not None and desk.offer.visit.line.queue.name == queue:
        _give_back(hall, desk, OfferOutcome.DECLINED)


def ready(hall: Hall, event: AgentReady) -> None:
    """End an agent's wrap-up, rest and pause; an agent who is ready already is not moved."""
    desk = hall.desks.get(event.agent)
    if desk is None or not desk.logged_in:
        return
    if desk.state is AgentState.READY:
        serve_all(hall, desk)
        return
    if desk.pause_reason is not None or desk.not_responding:
        desk.pause_reason = None
        desk.idle_since = hall.now
    serve_all(hall, desk)
    if event.forced or desk.wrap_up is None or not desk.wrap_up.owes:
        end_wrap_up(hall, desk, "supervisor" if event.forced else "agent")
    end_rest(hall, desk)
    hall.refresh_desk(desk)


def phone_changed(hall: Hall, event: PhoneChanged) -> None:
    """Note whether the phone is there; one that is back is tried again at once."""
    desk = hall.desks.get(event.agent)
    if desk is None:
        return
    desk.reachable = event.reachable
    if event.reachable and desk.resting_from is OfferOutcome.UNREACHABLE:
        end_rest(hall, desk)
    hall.refresh_desk(desk)


def occupied(hall: Hall, event: AgentOccupied) -> None:
    """Note a call that no queue gave; the call a queue did give is known already."""
    desk = hall.desks.get(event.agent)
    if desk is None or event.contact in _contacts_given(desk):
        return
    desk.own_calls.add(event.contact)
    hall.refresh_desk(desk)


def freed(hall: Hall, event: AgentFreed) -> None:
    """Note the end of a call that no queue gave."""
    desk = hall.desks.get(event.agent)
    if desk is None or event.contact not in desk.own_calls:
        return
    desk.own_calls.discard(event.contact)
    desk.idle_since = hall.now
    hall.refresh_desk(desk)


def time_is_up(hall: Hall, desk: Desk) -> None:
    """End the wrap-up or the rest that has lasted long enough."""
    if desk.wrap_up is None or not desk.wrap_up.owes:
        end_wrap_up(hall, desk, "timer")
    end_rest(hall, desk)
    hall.refresh_desk(desk)


def _contacts_given(desk: Desk) -> set[str]:
    given = [desk.offer, None if desk.talk is None else desk.talk.offer]
    return {offer.visit.caller.contact for offer in given if offer is not None}


def _give_back(hall: Hall, desk: Desk, outcome: OfferOutcome) -> None:
    """Take back the offer that rings, unless the agent has picked up."""
    if desk.offer is not None and desk.offer.picked_up is None:
        offers.end(hall, desk.offer, outcome)


def end_rest(hall: Hall, desk: Desk) -> None:
    """Let a resting agent have offers again."""
    if desk.resting_from is not None:
        desk.resting_from = None
        hall.deadlines.drop(desk)


def end_wrap_up(hall: Hall, desk: Desk, ended_by: str) -> None:
    """Let the work after the last visit be done: by timer, agent, logout or supervisor."""
    wrap_up = desk.wrap_up
    if wrap_up is None:
        return
    ended = hall.now if wrap_up.owes else min(hall.now, wrap_up.until)
    desk.wrap_up = None
    if (seat := wrap_up.visit.line.seats.get(desk.agent.id)) is not None:
        seat.handle_s += ended - wrap_up.began
    desk.idle_since = ended
    hall.deadlines.drop(desk)
    queue = wrap_up.visit.line.queue
    hall.tell(
        WrapUpEnded(
            moment=ended,
            visit=wrap_up.visit.caller.visit,
            queue=queue.name,
            agent=desk.agent.id,
            wrap_up_s=ended - wrap_up.began,
            ended_by=ended_by,
            direct=queue.direct,
        )
    )
