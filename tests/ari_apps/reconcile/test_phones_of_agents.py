"""Since when the phones of agents are taken to ring that a new process finds."""

from __future__ import annotations

import datetime as dt

from ami_listeners.clock import Clock
from ari_apps.reconcile.phones_of_agents import ring_on, stay_reserved
from ari_apps.reconcile.remembered import RememberedOffer
from ari_apps.traces import LegTrace
from queue_strategies.callback import KeptPlace
from queue_strategies.events import OfferRestored
from queue_strategies.model import AgentId, Caller, ContactId, OfferId, QueueName, VisitId

NOON = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)
CLOCK = Clock(wall=lambda: NOON, moment=lambda: 100.0)
OFFER = RememberedOffer(OfferId("o1"), AgentId("anna"), NOON - dt.timedelta(seconds=40))
LEG = LegTrace("anna", "o1", "v1")


def eva(back: float | None = None) -> Caller:
    kept = KeptPlace(number="1", taken_moment=1.0, answered_moment=back)
    return Caller(
        contact=ContactId("c1"), visit=VisitId("v1"), queue=QueueName("sales"), joined_moment=0.0, kept=kept
    )


def found(caller: Caller, picked_up: frozenset[str] = frozenset()) -> float | None:
    (restored,) = ring_on(caller, [LEG], {OFFER.offer: OFFER}, CLOCK, picked_up)
    return restored.rang_moment


def test_a_phone_has_rung_since_the_offer_or_since_the_customer_who_was_called_first_answered() -> None:
    assert (found(eva()), found(eva(back=95.0))) == (60.0, 95.0)


def test_a_phone_that_was_picked_up_rings_no_more() -> None:
    assert found(eva(), picked_up=frozenset({"o1"})) is None


def test_an_agent_whose_phone_is_not_to_ring_yet_was_reserved_with_the_offer() -> None:
    (reserved,) = stay_reserved(eva(), [OFFER], CLOCK)
    assert reserved == OfferRestored(eva(), OFFER.agent, OFFER.offer, 60.0, reserved=True)
