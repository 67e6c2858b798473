"""Explain where a caller is: who was considered, who was not and why, now and at each offer."""

from __future__ import annotations

from dataclasses import dataclass

from queue_strategies.floor import demands, kept
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.reasons import SHOWN, Choice, why_there
from queue_strategies.floor.visit import Offer, Place, Visit
from queue_strategies.model import (
    AgentId,
    AgentState,
    ContactId,
    OfferId,
    OfferOutcome,
    QueueName,
    VisitId,
)
from queue_strategies.requirement import in_words, why_unfit


@dataclass(frozen=True, slots=True)
class Considered:
    """An agent whose phone rings for the caller, or could."""

    agent: AgentId
    why: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """An agent who cannot be rung for the caller."""

    agent: AgentId
    why: str


@dataclass(frozen=True, slots=True)
class OfferExplained:
    """Why one agent was chosen at one moment."""

    offer: OfferId
    agent: AgentId
    moment: float
    asked: str
    """What the caller asked for; empty: anybody would do."""
    strategy: str
    why: str
    """What the chosen one's score was made of."""
    ready: int
    """How many could have been chosen."""
    considered: tuple[Considered, ...]
    """The first of them, in the order of their scores."""
    excluded: tuple[Excluded, ...]
    outcome: OfferOutcome | None
    """None: it goes on."""
    lasted_s: float | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a caller is or was last, and what every agent has to do with it."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    position: int | None
    """1 for the next to be served; None for a caller who talks or is gone."""
    sentence: str
    considered: tuple[Considered, ...]
    """Now: in the order in which they ring or would ring."""
    excluded: tuple[Excluded, ...]
    offers: tuple[OfferExplained, ...]
    """The last offers that this process has made for the visit, in order."""


def explain(hall: Hall, contact: ContactId, now: float) -> Explanation | None:
    """Explain the contact's latest visit; None when the floor remembers none."""
    visits = hall.contacts.get(contact)
    visit = visits[-1] if visits else hall.past.of(contact)
    if visit is None:
        return None
    goes_on = bool(visits)
    considered = _considered(visit, now) if goes_on else ()
    named = {entry.agent for entry in considered}
    desks = [desk for desk in hall.desks.values() if desk.agent.id not in named] if goes_on else []
    waits = goes_on and visit.talk is None
    return Explanation(
        contact=contact,
        visit=visit.caller.visit,
        queue=visit.line.queue.name,
        position=visit.line.unanswered.position(visit.rank) if waits else None,
        sentence=_sentence(visit, len(considered), now) if goes_on else _past_sentence(visit),
        considered=considered,
        excluded=tuple(Excluded(desk.agent.id, why_not(hall, visit, desk, now)) for desk in desks),
        offers=tuple(_explained(hall, visit, choice) for choice in visit.choices),
    )


# -- now ----------------------------------------------------------------------------------------------------


def _considered(visit: Visit, now: float) -> tuple[Considered, ...]:
    if visit.talk is not None:
        return (Considered(visit.talk.offer.desk.agent.id, f"talks, {now - visit.talk.began:.0f} s"),)
    offered = [Considered(offer.desk.agent.id, _step(offer, now)) for offer in visit.offers]
    row = visit.row
    if row is None:
        return tuple(offered)
    strategy = row.line.strategy
    ready = [
        Considered(seat.agent, f"ready, {why_there(strategy, seat.ranks[row], now)}") for seat in row.ready
    ]
    return (*offered, *ready)


def _step(offer: Offer, now: float) -> str:
    if offer.picked_up is not None:
        return f"picked up, being connected for {now - offer.picked_up:.0f} s"
    if offer.rang is not None:
        return f"rings, {now - offer.rang:.0f} s"
    return f"being dialled, {now - offer.made:.0f} s"


def why_not(hall: Hall, visit: Visit, desk: Desk, now: float) -> str:
    """Say in a few words why this agent's phone does not ring for this caller."""
    seat = visit.line.seats.get(desk.agent.id)
    if seat is None:
        return "not a member"
    if visit.row is not None and (unfit := why_unfit(visit.row.asked, seat)) is not None:
        return unfit
    if seat.paused is not None:
        return f"paused for this queue: {seat.paused}"
    lasted = f"{now - desk.since:.0f} s"
    match desk.state:
        case AgentState.WRAP_UP:
            return f"wrap-up, {_left(hall, desk, now)}"
        case AgentState.UNREACHABLE if desk.reachable:
            return f"phone did not respond, {_left(hall, desk, now)}"
        case AgentState.RESTING:
            return f"{_missed(desk.reason())}, {_left(hall, desk, now)}"
        case state:
            return _in_state(state, desk.reason(), lasted)


def _left(hall: Hall, desk: Desk, now: float) -> str:
    until = hall.deadlines.of(desk)
    return "no end set" if until is None else f"{max(0.0, until - now):.0f} s left"


def _in_state(state: AgentState, reason: str, lasted: str) -> str:
    match state:
        case AgentState.TALKING:
            return f"talks to another caller, {lasted}"
        case AgentState.RINGING:
            return f"reserved for another caller, {lasted}"
        case AgentState.LOGGED_OUT:
            return "logged out"
        case AgentState.WRAP_UP:
            return f"wrap-up, {lasted}"
        case AgentState.BUSY:
            return f"on a call of their own, {lasted}"
        case AgentState.PAUSED:
            return f"paused: {reason}" if reason else "paused"
        case AgentState.NOT_RESPONDING:
            return "did not pick up several times in a row"
        case AgentState.UNREACHABLE:
            return "phone cannot be reached" if reason == "phone gone" else "phone did not respond"
        case AgentState.RESTING:
            return _missed(reason)
        case AgentState.READY:
            return "ready"


def _missed(outcome: str) -> str:
    match outcome:
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
    place += ", which nobody may join any more" if visit.line.closed else ""
    if (waits_for := kept.sentence(visit, now)) is not None:
        return f"{place}: {waits_for}."
    if visit.place is Place.CONNECTING:
        return f"{place}: {visit.offers[0].desk.agent.id} has picked up."
    if visit.offers:
        return f"{place}: {', '.join(offer.desk.agent.id for offer in visit.offers)} by {queue.strategy}."
    if visit.spared_until is not None:
        because = (
            f"could not be connected {visit.failures} times" if visit.failures else "nobody took the call"
        )
        return f"{place}: {because}, next try in {visit.spared_until - now:.0f} s."
    if not visit.line.has_room(visit):
        return f"{place}: {queue.max_talking} callers are served, more may not be at once."
    told = [f"{place}: {considered or 'none'} of {members} members can be rung"]
    if visit.row is not None and (asked := in_words(visit.row.asked)):
        change_at = demands.change_at(visit, now)
        told.append(asked if change_at is None else f"{asked}, which changes in {change_at - now:.0f} s")
    return f"{'; '.join(told)}."


# -- what is past -------------------------------------------------------------------------------------------


def _past_sentence(visit: Visit) -> str:
    return f"No longer in {visit.line.queue.name}; {len(visit.choices) or 'no'} offers were made."


def _explained(hall: Hall, visit: Visit, choice: Choice) -> OfferExplained:
    by_number = {desk.number: desk.agent.id for desk in hall.desks.values()}
    considered = tuple(
        Considered(agent, why_there(choice.strategy, rank, choice.moment))
        for rank in choice.ranks
        if (agent := by_number.get(int(rank[-1]))) is not None
    )
    named = {entry.agent for entry in considered} | {choice.agent}
    excluded = [
        Excluded(desk.agent.id, _why_not_then(visit, choice, desk))
        for desk in hall.desks.values()
        if desk.agent.id not in named
    ]
    return OfferExplained(
        offer=choice.offer,
        agent=choice.agent,
        moment=choice.moment,
        asked=in_words(choice.asked),
        strategy=choice.name,
        why=why_there(choice.strategy, choice.rank, choice.moment),
        ready=choice.ready,
        considered=considered,
        excluded=tuple(excluded),
        outcome=choice.outcome,
        lasted_s=None if choice.ended is None else choice.ended - choice.moment,
    )


def _why_not_then(visit: Visit, choice: Choice, desk: Desk) -> str:
    seat = visit.line.seats.get(desk.agent.id)
    if seat is None:
        return "not a member"
    if (unfit := why_unfit(choice.asked, seat)) is not None:
        return unfit
    if any(_rang_meanwhile(other, choice) for other in visit.choices if other.agent == desk.agent.id):
        return "rings for this caller already"
    stood = desk.stood_at(choice.moment)
    if stood is None:
        return "not known any more"
    since, state, reason = stood
    if state is AgentState.READY:
        return f"ready, behind the first {SHOWN}"
    return _in_state(state, reason, f"{choice.moment - since:.0f} s")


def _rang_meanwhile(other: Choice, choice: Choice) -> bool:
    """Tell whether a phone rang for the caller while another choice was made."""
    return other.moment <= choice.moment and (other.ended is None or choice.moment < other.ended)
