"""A place that is kept for a caller who is called back: what is known of it, and how it comes to the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queue_strategies.callback import CallbackRules, CalledFirst, KeptPlace, pause_s
from queue_strategies.commands import CallBack, StopCallingBack

if TYPE_CHECKING:
    from queue_strategies.floor.hall import Hall
    from queue_strategies.floor.visit import Offer, Visit
    from queue_strategies.model import Queue

DEFAULT_RULES = CallbackRules()
"""For those who took a callback before the queue's rules were removed."""


@dataclass(slots=True)
class Kept:
    """One caller's place that is kept."""

    number: str
    taken: float
    language: str = ""
    tries: int = 0
    """Calls that were not answered."""
    failures: int = 0
    """Calls, the last in a row, that could not be made."""
    dialled: float | None = None
    """Since when the customer's phone is to ring."""
    answered: float | None = None
    """Since when the customer is on the line again."""


def rules_of(queue: Queue) -> CallbackRules:
    """Return how a queue calls back."""
    return queue.callback or DEFAULT_RULES


def restored(place: KeptPlace | None) -> Kept | None:
    """Take up a place that was kept before a restart."""
    if place is None:
        return None
    return Kept(
        place.number,
        place.taken_moment,
        place.language,
        place.tries,
        place.failures,
        place.dialled_moment,
        place.answered_moment,
    )


def earliest(place: KeptPlace | None, queue: Queue) -> float | None:
    """Return the moment before which a customer is not called back, after a restart."""
    if place is None or place.answered_moment is not None:
        return None
    rules = rules_of(queue)
    if place.tried_moment is not None:
        return place.tried_moment + pause_s(rules, place.failures)
    return place.taken_moment + rules.earliest_s


def is_dialled_first(visit: Visit) -> bool:
    """Tell whether this customer is called before the agent's phone rings."""
    return visit.off_line and rules_of(visit.line.queue).first is CalledFirst.CUSTOMER


def is_dialled(visit: Visit) -> bool:
    """Tell whether the customer's phone rings, as far as is known."""
    return visit.kept is not None and visit.kept.dialled is not None


def over_at(hall: Hall, visit: Visit) -> float | None:
    """Return when a customer's phone has rung long enough, should nobody tell of it."""
    if visit.kept is None or visit.kept.dialled is None:
        return None
    return visit.kept.dialled + rules_of(visit.line.queue).ring_s + 2 * hall.lease_s


def dial(hall: Hall, visit: Visit, offer: Offer) -> None:
    """Have the customer called, for an agent who is reserved or has picked up already."""
    kept, queue = visit.kept, visit.line.queue
    if kept is None:
        return
    rules, caller = rules_of(queue), visit.caller
    hall.deadlines.set(offer, hall.now + rules.ring_s + 3 * hall.lease_s)
    if kept.dialled is not None:
        return
    kept.dialled = hall.now
    hall.order(
        CallBack(
            visit=caller.visit,
            contact=caller.contact,
            queue=queue.name,
            number=kept.number,
            attempt=kept.tries + 1,
            timeout_s=rules.ring_s,
            language=kept.language,
            hears=offer.id if offer.picked_up is not None else None,
        )
    )
    hall.refresh_visit(visit)


def stop(hall: Hall, visit: Visit) -> None:
    """Let the customer's phone fall silent."""
    if visit.kept is not None and visit.kept.dialled is not None:
        visit.kept.dialled = None
        hall.order(StopCallingBack(visit.caller.visit))


def offer_ended(hall: Hall, offer: Offer) -> None:
    """Let the customer's phone fall silent whose agent has hung up; one who was reserved is replaced."""
    visit = offer.visit
    if visit.kept is not None and not offer.reserved and len(visit.offers) == 1:
        stop(hall, visit)


def stand(visit: Visit) -> None:
    """Let a kept place be found by its number."""
    if visit.off_line and visit.kept is not None:
        visit.line.kept[visit.kept.number] = visit


def leave(visit: Visit) -> None:
    """Let a place be kept no longer, for its caller is on the line or gone."""
    if visit.kept is not None and visit.line.kept.get(visit.kept.number) is visit:
        del visit.line.kept[visit.kept.number]


def on_line(hall: Hall, visit: Visit) -> None:
    """Let a customer be on the line again."""
    if visit.kept is not None and visit.kept.answered is None:
        leave(visit)
        visit.kept.dialled, visit.kept.answered = None, hall.now


def sentence(visit: Visit, now: float) -> str | None:
    """Say what the caller waits for who is not on the line; None for one who is."""
    kept = visit.kept
    if kept is None or not visit.off_line:
        return None
    tried = f", not reached {kept.tries} times" if kept.tries else ""
    tried += f", could not be called {kept.failures} times in a row" if kept.failures else ""
    if kept.dialled is not None:
        return f"is being called back at {kept.number}, {now - kept.dialled:.0f} s{tried}"
    if not visit.line.calls_back:
        return f"is to be called back at {kept.number} in the hours for that{tried}"
    if visit.spared_until is not None:
        return f"is called back at {kept.number} in {visit.spared_until - now:.0f} s at the earliest{tried}"
    return f"is to be called back at {kept.number}{tried}"
