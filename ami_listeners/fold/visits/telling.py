"""The facts of a visit, told of how things stand."""

from __future__ import annotations

from ami_listeners.fold.visits.visit import Offer, Talk, Visit
from queue_strategies.facts import (
    Answered,
    Handled,
    HoldEnded,
    HoldStarted,
    OfferEnded,
    OfferMade,
    QueueJoined,
    Transferred,
    VisitEnded,
)
from queue_strategies.model import OfferOutcome, Queue, VisitOutcome


def joined(visit: Visit) -> QueueJoined:
    """Tell that a caller is in the line."""
    return QueueJoined(
        moment=visit.joined,
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        priority=0,
        position=visit.position,
    )


def ended(visit: Visit, rules: Queue, moment: float, outcome: VisitOutcome, key: str | None) -> VisitEnded:
    """Tell that a caller is in the line no more, and was not answered."""
    wait_s = max(0.0, moment - visit.joined)
    return VisitEnded(
        moment=moment,
        heard=not visit.unheard,
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        outcome=outcome,
        wait_s=wait_s,
        short=outcome is VisitOutcome.ABANDONED and wait_s <= rules.short_abandon_s,
        within_service_level=wait_s <= rules.service_level_s,
        position=visit.position,
        key=key if outcome is VisitOutcome.EXITED_BY_KEY else None,
    )


def offered(visit: Visit, offer: Offer, interface: str) -> OfferMade:
    """Tell that a member was called."""
    return OfferMade(
        moment=offer.made,
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        agent=offer.agent,
        offer=offer.offer,
        because=f"app_queue called {interface}",
    )


def offer_ended(visit: Visit, offer: Offer, moment: float, outcome: OfferOutcome) -> OfferEnded:
    """Tell what became of a call to a member."""
    return OfferEnded(
        moment=moment,
        heard=offer.missed is None or offer.cause > 0,
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        agent=offer.agent,
        offer=offer.offer,
        outcome=outcome,
        rang_s=max(0.0, moment - offer.made),
    )


def answered(visit: Visit, talk: Talk, rules: Queue) -> Answered:
    """Tell that member and caller were bridged."""
    wait_s = max(0.0, talk.began - visit.joined)
    return Answered(
        moment=talk.began,
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        agent=talk.offer.agent,
        offer=talk.offer.offer,
        wait_s=wait_s,
        within_service_level=wait_s <= rules.service_level_s,
    )


def handled(visit: Visit, talk: Talk, moment: float, ended_by: str) -> Handled:
    """Tell that member and caller have parted."""
    return Handled(
        moment=moment,
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        agent=talk.offer.agent,
        talk_s=max(0.0, moment - talk.began - talk.hold_s),
        hold_s=talk.hold_s,
        ended_by=ended_by,
    )


def hold_began(visit: Visit, talk: Talk, moment: float) -> HoldStarted:
    """Tell that the caller was put on hold."""
    return HoldStarted(moment=moment, contact=visit.contact, visit=visit.visit, agent=talk.offer.agent)


def hold_ended(visit: Visit, talk: Talk, moment: float, hold_s: float) -> HoldEnded:
    """Tell that the caller is on hold no more."""
    agent = talk.offer.agent
    return HoldEnded(moment=moment, contact=visit.contact, visit=visit.visit, agent=agent, hold_s=hold_s)


def transferred(visit: Visit, talk: Talk, moment: float, kind: str, to: str) -> Transferred:
    """Tell that the member gave the caller away."""
    return Transferred(
        moment=moment,
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        agent=talk.offer.agent,
        kind=kind,
        to=to,
    )
