"""Callers keep their places without the line, and are called back when it is their turn.

    waiting ── CallbackChosen ──▶ kept: in the line as before, but neither hang-up nor a wait too long ends it
    kept ── an agent picks up, or is reserved ──▶ dialled
    dialled ── CustomerAnswered ──▶ on the line, and connected as every caller is
    dialled ── CustomerNotReached ──▶ kept, and spared for a while; after too many such calls over

A call that could not be made is no fault of the customer's: such calls are counted apart, and spared for ever
longer, since whatever is amiss concerns the next call as well.

The agent is let go without blame when the customer is not reached.
"""

from __future__ import annotations

from queue_strategies.callback import pause_s
from queue_strategies.commands import Connect
from queue_strategies.events import (
    CallbackChosen,
    CallbackHoursChanged,
    CustomerAnswered,
    CustomerNotReached,
)
from queue_strategies.facts import CallbackTaken, CallbackTried, CalledBack
from queue_strategies.floor import entrance, kept, letting_go, offers
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.kept import Kept, rules_of
from queue_strategies.floor.visit import Place, Visit
from queue_strategies.model import OfferOutcome, VisitOutcome


def chosen(hall: Hall, event: CallbackChosen) -> None:
    """Keep a waiting caller's place; whoever had taken a callback at this number is that caller.

    The caller was promised it, so it is kept even where the queue has ceased to call back meanwhile.
    """
    visit = hall.visits.get(event.visit)
    if visit is None or visit.place is not Place.WAITING or visit.kept is not None or not event.number:
        return
    line = visit.line
    if line.deserted:
        return
    if (before := line.kept.get(event.number)) is not None:
        entrance.inherit(hall, before, visit)
    visit.kept = Kept(event.number, hall.now, event.language)
    for offer in list(visit.offers):
        offers.end(hall, offer, OfferOutcome.WITHDRAWN)
    visit.spared_until = hall.now + rules_of(line.queue).earliest_s
    visit.forecasts.clear()
    kept.stand(visit)
    _tell_taken(hall, visit, visit.kept)
    _wait_on(hall, visit)


def customer_answered(hall: Hall, event: CustomerAnswered) -> None:
    """Let a customer who was called back be connected, or have the agent's phone ring.

    One who answers in the moment in which the call is given up is on the line all the same.
    """
    visit = hall.visits.get(event.visit)
    if visit is None or visit.kept is None or not visit.off_line:
        return
    kept.on_line(hall, visit)
    caller, queue = visit.caller, visit.line.queue
    hall.tell(
        CalledBack(
            moment=hall.now,
            contact=caller.contact,
            visit=caller.visit,
            queue=queue.name,
            number=visit.kept.number,
            channel=event.channel,
            attempt=visit.kept.tries + 1,
            callback_s=visit.callback_s(hall.now) or 0.0,
        )
    )
    if visit.place is Place.CONNECTING:
        offer = visit.offers[0]
        hall.deadlines.set(offer, hall.now + hall.lease_s + queue.briefing_s)
        hall.order(Connect(offer.id, caller.visit, caller.contact, offer.desk.agent.id))
        return
    for offer in visit.offers:
        if offer.reserved:
            offers.ring(hall, offer)
    visit.spared_until = None
    hall.returned[visit] = None
    _wait_on(hall, visit)


def customer_not_reached(hall: Hall, event: CustomerNotReached) -> None:
    """Let a customer who did not answer be called again later, unless that has failed too often."""
    visit = hall.visits.get(event.visit)
    if visit is not None and visit.kept is not None and visit.kept.dialled is not None:
        visit.kept.dialled = None
        _try_later(hall, visit, visit.kept, event.outcome)


def dial_is_over(hall: Hall, visit: Visit) -> None:
    """Give up a call to a customer of which nothing was heard."""
    if visit.kept is not None:
        kept.stop(hall, visit)
        _try_later(hall, visit, visit.kept, OfferOutcome.FAILED)


def hours_changed(hall: Hall, event: CallbackHoursChanged) -> None:
    """Begin or cease to call back; calls to customers that are under way go on."""
    line = hall.lines.get(event.queue)
    if line is not None and line.calls_back is not event.open:
        line.calls_back = event.open
        for visit in line.kept.values():
            hall.refresh_visit(visit)


def _try_later(hall: Hall, visit: Visit, place: Kept, outcome: OfferOutcome) -> None:
    """Count a call that was not answered, or could not be made, unless Asterisk has just been away."""
    rules = rules_of(visit.line.queue)
    if not hall.restoring:
        _count(place, outcome)
    hall.tell(
        CallbackTried(
            moment=hall.now,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=visit.line.queue.name,
            number=place.number,
            tries=place.tries,
            failures=place.failures,
            outcome=outcome,
        )
    )
    visit.place = Place.WAITING
    visit.spared_until = hall.now + pause_s(rules, place.failures)
    for offer in list(visit.offers):
        offers.end(hall, offer, OfferOutcome.NOT_REACHED)
    if place.tries >= rules.tries or place.failures >= rules.failures:
        letting_go.let_go(hall, visit, VisitOutcome.CALLBACK_FAILED)
    else:
        _wait_on(hall, visit)


def _count(place: Kept, outcome: OfferOutcome) -> None:
    if outcome is OfferOutcome.FAILED:
        place.failures += 1
    else:
        place.tries += 1
        place.failures = 0


def _wait_on(hall: Hall, visit: Visit) -> None:
    hall.place(visit)
    hall.arm(visit)


def _tell_taken(hall: Hall, visit: Visit, place: Kept) -> None:
    caller = visit.caller
    hall.tell(
        CallbackTaken(
            moment=hall.now,
            contact=caller.contact,
            visit=caller.visit,
            queue=visit.line.queue.name,
            number=place.number,
            language=place.language,
            skills=caller.skills,
            position=visit.line.unanswered.position(visit.rank),
            wait_s=visit.waited_s(hall.now),
            waited_before_s=visit.before_s,
        )
    )
