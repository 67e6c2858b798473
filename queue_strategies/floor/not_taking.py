"""What follows for an agent who did not take an offer: a rest, a pause, or counting as not responding."""

from __future__ import annotations

from queue_strategies.facts import MembershipPauseChanged
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Seat
from queue_strategies.floor.visit import Offer
from queue_strategies.model import Autopause, OfferOutcome, Queue

AUTOPAUSE = "autopause"
"""The reason of a pause that nobody asked for."""

LEAST_REST_S = 1.0
"""After a fault even where no rest is configured, so that a fault cannot spin."""

NOBODY_PICKED_UP = frozenset({OfferOutcome.RANG_OUT, OfferOutcome.UNREACHABLE})


def not_taken(hall: Hall, offer: Offer, outcome: OfferOutcome) -> None:
    """Spare an agent the next offers for a while, or until the agent says so; all count as idle from now."""
    desk, queue = offer.desk, offer.visit.line.queue
    desk.idle_since = hall.now
    if not desk.logged_in:
        return
    _rest(hall, desk, queue, outcome)
    if outcome in NOBODY_PICKED_UP:
        desk.missed += 1
        desk.not_responding = (
            queue.not_responding_after is not None and desk.missed >= queue.not_responding_after
        )
    if _pauses(offer, outcome, hall.now):
        if queue.autopause == Autopause.ALL:
            desk.pause_reason = desk.pause_reason or AUTOPAUSE
        else:
            pause(hall, offer.seat, AUTOPAUSE)


def _rest(hall: Hall, desk: Desk, queue: Queue, outcome: OfferOutcome) -> None:
    rest_s = queue.rest_s
    if outcome is OfferOutcome.UNREACHABLE:
        rest_s = max(queue.unreachable_rest_s, LEAST_REST_S)
    elif outcome is OfferOutcome.FAILED:
        rest_s = max(queue.rest_s, LEAST_REST_S)
    if rest_s > 0:
        desk.resting_from = outcome
        hall.deadlines.set(desk, hall.now + rest_s)


def _pauses(offer: Offer, outcome: OfferOutcome, now: float) -> bool:
    """Tell whether an outcome pauses the agent: ring no answer, and what the queue adds (app_queue)."""
    queue, ended = offer.visit.line.queue, offer.seat.last_ended_moment
    counts = {
        OfferOutcome.RANG_OUT: True,
        OfferOutcome.DECLINED: queue.autopause_declined,
        OfferOutcome.UNREACHABLE: queue.autopause_unreachable,
    }
    if queue.autopause == Autopause.NO or not counts.get(outcome, False):
        return False
    return ended is None or now - ended >= queue.autopause_delay_s


def pause(hall: Hall, seat: Seat, reason: str | None) -> None:
    """Let an agent not serve one queue, or serve it again (None), whatever the others."""
    if seat.paused == reason:
        return
    seat.paused = reason
    desk = seat.desk
    hall.refresh_seats(desk)
    hall.count(desk)
    hall.tell(
        MembershipPauseChanged(
            moment=hall.now,
            agent=desk.agent.id,
            queue=seat.line.queue.name,
            paused=reason is not None,
            reason=reason or "",
        )
    )


def serve_all(hall: Hall, desk: Desk) -> None:
    """Let an agent serve every queue again, and count as responding."""
    desk.missed, desk.not_responding = 0, False
    for seat in desk.seats:
        pause(hall, seat, None)
