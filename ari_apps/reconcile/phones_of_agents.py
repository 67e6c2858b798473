"""Agents' phones after a restart: which ring on, which ring no more, which are yet to ring. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ami_listeners.clock import Clock
from ari_apps.legs import failure
from ari_apps.queueing import leg_id
from ari_apps.reconcile.missed import Ending
from ari_apps.reconcile.remembered import RememberedOffer
from ari_apps.traces import LegTrace
from queue_strategies.events import OfferFailed, OfferRestored
from queue_strategies.model import AgentId, Caller, OfferId


def ring_on(
    caller: Caller,
    legs: Iterable[LegTrace],
    offers: Mapping[OfferId, RememberedOffer],
    clock: Clock,
    picked_up: frozenset[str] = frozenset(),
) -> list[OfferRestored]:
    """Take a phone to have rung since it was to ring; just when it began nobody was told.

    For a customer who was called back first it was to ring when the customer answered. One that was picked
    up, by its offer in `picked_up`, rings no more, however long ago it began.
    """
    back = caller.kept.answered_moment if caller.kept is not None else None
    restored = []
    for leg in legs:
        made = offers.get(OfferId(leg.offer))
        rang = clock.moment_at(made.made_at) if made else clock.moment()
        since = rang if back is None else max(rang, back)
        known = None if leg.offer in picked_up else since
        restored.append(OfferRestored(caller, AgentId(leg.agent), OfferId(leg.offer), known))
    return restored


def stay_reserved(caller: Caller, offers: Iterable[RememberedOffer], clock: Clock) -> Iterator[OfferRestored]:
    """Let agents stay reserved while the customer's phone rings; else the Floor lets go of them."""
    for offer in offers:
        made = clock.moment_at(offer.made_at)
        yield OfferRestored(caller, offer.agent, offer.offer, made, reserved=True)


def fell_silent(
    caller: Caller, offers: Iterable[RememberedOffer], ended: Mapping[str, Ending], clock: Clock
) -> Iterator[OfferRestored | OfferFailed]:
    """End offers whose legs have ended."""
    for offer in offers:
        ending = ended.get(leg_id(offer.offer))
        yield OfferRestored(caller, offer.agent, offer.offer, clock.moment_at(offer.made_at))
        yield OfferFailed(offer.offer, failure(ending.cause if ending else 0).outcome)
