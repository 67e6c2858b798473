"""Explain why a caller is where the caller is: who was considered, who was not and why."""

from __future__ import annotations

from dataclasses import dataclass

from queue_strategies.floor.desk import Desk
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Seat
from queue_strategies.floor.visit import Offer, Place, Visit
from queue_strategies.model import AgentId, AgentState, ContactId, OfferOutcome, QueueName, VisitId
from queue_strategies.requirement import ANYBODY, why_unfit


@dataclass(frozen=True, slots=True)
class Considered:
    """An agent whose phone rings for the caller, or could."""

    agent: AgentId
    why: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """An agent who cannot be rung for the caller now."""

    agent: AgentId
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a caller is, and what every agent has to do with it."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    position: int | None
    """1 for the next to be served; None for a caller who talks."""
    sentence: str
    considered: tuple[Considered, ...]
    """In the order in which they ring or would ring."""
    excluded: tuple[Excluded, ...]


def explain(hall: Hall, contact: ContactId, now: float) -> Explanation | None:
    """Explain the contact's latest visit; None when the floor knows none that goes on."""
    visits = hall.contacts.get(contact)
    if not visits:
        return None
    visit = visits[-1]
    considered = _considered(visit, now)
    named = {entry.agent for entry in considered}
    desks = [desk for desk in hall.desks.values() if desk.agent.id not in named]
    return Explanation(
        contact=contact,
        visit=visit.caller.visit,
        queue=visit.line.queue.name,
        position=None if visit.talk is not None else visit.line.unanswered.position(visit.rank),
        sentence=_sentence(visit, len(considered), now),
        considered=considered,
        excluded=tuple(Excluded(desk.agent.id, why_not(hall, visit, desk, now)) for desk in desks),
    )


def _considered(visit: Visit, now: float) -> tuple[Considered, ...]:
    if visit.talk is not None:
        return (Considered(visit.talk.offer.desk.agent.id, f"talks, {now - visit.talk.began:.0f} s"),)
    offered = [Considered(offer.desk.agent.id, _step(offer, now)) for offer in visit.offers]
    ready = [] if visit.row is None else list(visit.row.ready)
    return (*offered, *(Considered(seat.agent, _ready(visit, seat, now)) for seat in ready))


def _step(offer: Offer, now: float) -> str:
    if offer.picked_up is not None:
        return f"picked up, being connected for {now - offer.picked_up:.0f} s"
    if offer.rang is not None:
        return f"rings, {now - offer.rang:.0f} s"
    return f"being dialled, {now - offer.made:.0f} s"


def _ready(visit: Visit, seat: Seat, now: float) -> str:
    penalty = f", penalty {seat.penalty}" if seat.penalty else ""
    asked = ANYBODY if visit.row is None else visit.row.asked
    return f"ready, {visit.line.strategy.because(seat, asked, now)}{penalty}"


def why_not(hall: Hall, visit: Visit, desk: Desk, now: float) -> str:
    """Say in a few words why this agent's phone does not ring for this caller."""
    seat = visit.line.seats.get(desk.agent.id)
    if seat is None:
        return "not a member"
    if visit.row is not None and (unfit := why_unfit(visit.row.asked, seat)) is not None:
        return unfit
    lasted = f"{now - desk.since:.0f} s"
    match desk.state:
        case AgentState.TALKING:
            return f"talks to another caller, {lasted}"
        case AgentState.RINGING:
            return f"reserved for another caller, {lasted}"
        case AgentState.LOGGED_OUT:
            return "logged out"
        case AgentState.WRAP_UP:
            return f"wrap-up, {_left(hall, desk, now)}"
        case AgentState.BUSY:
            return f"on a call of their own, {lasted}"
        case AgentState.PAUSED:
            return f"paused: {desk.pause_reason}" if desk.pause_reason else "paused"
        case AgentState.UNREACHABLE if not desk.reachable:
            return "phone cannot be reached"
        case AgentState.UNREACHABLE:
            return f"phone did not respond, {_left(hall, desk, now)}"
        case AgentState.RESTING:
            return f"{_missed(desk)}, {_left(hall, desk, now)}"
        case AgentState.READY:
            return "ready"


def _left(hall: Hall, desk: Desk, now: float) -> str:
    until = hall.deadlines.of(desk)
    return "no end set" if until is None else f"{max(0.0, until - now):.0f} s left"


def _missed(desk: Desk) -> str:
    match desk.resting_from:
        case OfferOutcome.RANG_OUT:
            return "let the last caller ring"
        case OfferOutcome.DECLINED:
            return "declined the last caller"
        case _:
            return "could not be connected with the last caller"


def _sentence(visit: Visit, considered: int, now: float) -> str:
    queue, members = visit.line.queue, len(visit.line.seats)
    if visit.talk is not None:
        return f"Talks to {visit.talk.offer.desk.agent.id} since {now - visit.talk.began:.0f} s."
    place = f"Number {visit.line.unanswered.position(visit.rank)} in {queue.name}"
    if visit.place is Place.CONNECTING:
        return f"{place}: {visit.offers[0].desk.agent.id} has picked up."
    if visit.offers:
        return f"{place}: {', '.join(offer.desk.agent.id for offer in visit.offers)} by {queue.strategy}."
    if visit.spared_until is not None:
        left_s = visit.spared_until - now
        return f"{place}: could not be connected {visit.failures} times, next try in {left_s:.0f} s."
    return f"{place}: {considered or 'none'} of {members} members can be rung."
