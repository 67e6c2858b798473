"""Put a caller before an agent: ring, pick up, connect, or take it back.

An offer is on a lease at every step: until the phone reports that it rings, until it has rung long enough,
until the two are bridged. Whoever stays silent past that has not taken the offer.
"""

from __future__ import annotations

from queue_strategies.commands import Connect, Ring, StopRinging
from queue_strategies.events import AgentAnswered, AgentRang, CallerConnected, OfferFailed
from queue_strategies.facts import OfferEnded, OfferMade
from queue_strategies.floor import demands, kept, talks
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Seat
from queue_strategies.floor.not_taking import not_taken
from queue_strategies.floor.reasons import Choice, note_choice, note_end, why_there
from queue_strategies.floor.row import Row
from queue_strategies.floor.visit import Offer, Place, Visit
from queue_strategies.model import OfferId, OfferOutcome

NOT_TAKEN = frozenset(
    {OfferOutcome.RANG_OUT, OfferOutcome.DECLINED, OfferOutcome.UNREACHABLE, OfferOutcome.FAILED}
)
"""Outcomes after which the agent is spared the next offer for a while, and goes to the end of the idle."""

LONGEST_SPARING_S = 30.0


def make(hall: Hall, row: Row, visit: Visit, seat: Seat) -> None:
    """Reserve an agent for a caller, and have the phone ring."""
    line, desk, caller = row.line, seat.desk, visit.caller
    queue = line.queue
    offer = Offer(OfferId(hall.new_id()), visit, desk, seat, hall.now)
    choice = Choice.of(row, visit, seat, hall.now, offer.id)
    because = f"{'callback, ' if visit.off_line else ''}{_because(hall, choice)}"
    note_choice(visit, choice)
    penalty = int(seat.ranks[row][0])
    line.strategy.offered(seat, visit, row, penalty)
    if not visit.attempts:
        line.order.served(visit)
    hall.offers[offer.id] = offer
    desk.offer = offer
    visit.attempts += 1
    begin(hall, offer, penalty)
    hall.refresh_desk(desk)
    if kept.is_dialled_first(visit):
        offer.reserved = True
        kept.dial(hall, visit, offer)
    else:
        ring(hall, offer)
    hall.tell(
        OfferMade(
            moment=hall.now,
            contact=caller.contact,
            visit=caller.visit,
            queue=queue.name,
            agent=desk.agent.id,
            offer=offer.id,
            because=because,
        )
    )


def ring(hall: Hall, offer: Offer) -> None:
    """Have the phone of an agent ring who is reserved."""
    caller, queue = offer.visit.caller, offer.visit.line.queue
    bound_s = queue.ring_timeout_s + hall.lease_s
    offer.reserved = False
    hall.deadlines.set(offer, hall.now + hall.lease_s)
    hall.order(Ring(offer.id, caller.visit, caller.contact, queue.name, offer.desk.agent.id, bound_s))


def _because(hall: Hall, choice: Choice) -> str:
    why = why_there(choice.strategy, choice.rank, hall.now)
    return f"{choice.name}: {why}, one of {choice.ready} ready"


def begin(hall: Hall, offer: Offer, penalty: int) -> None:
    """Count a phone that rings for a caller, of an agent who stands at this penalty."""
    visit = offer.visit
    strategy = visit.line.strategy
    visit.offers.append(offer)
    visit.line.engaged.add(visit)
    if visit.ringing_since is None:
        visit.ringing_since = hall.now
        if strategy.another_phone_after_s is not None:
            hall.arm(visit)
    if strategy.one_penalty_at_a_time and visit.penalty_ringing is None:
        visit.penalty_ringing = penalty
        hall.place(visit)
    else:
        hall.refresh_visit(visit)


def _fall_silent(hall: Hall, offer: Offer, outcome: OfferOutcome) -> None:
    """Count no longer a phone that has rung for a caller, and remember who does not take this caller."""
    visit = offer.visit
    visit.offers.remove(offer)
    if outcome in NOT_TAKEN:
        _count_refusal(visit, offer.desk)
        if visit.line.queue.retry_s > 0:
            visit.spared_until = max(visit.spared_until or 0.0, hall.now + visit.line.queue.retry_s)
    if not visit.offers:
        visit.ringing_since = visit.penalty_ringing = None
        visit.phones = 1
        hall.disengage(visit)
    if visit.place is Place.WAITING:
        demands.change(visit, hall.now)
        hall.place(visit)
        hall.arm(visit)


def _count_refusal(visit: Visit, desk: Desk) -> None:
    """Ring an agent for this caller no more who did not take it too often."""
    line, agent = visit.line, desk.agent.id
    limit = line.queue.offers_per_agent
    if limit is None:
        return
    visit.not_taken = visit.not_taken or {}
    visit.not_taken[agent] = visit.not_taken.get(agent, 0) + 1
    if visit.not_taken[agent] >= limit:
        visit.never |= {agent}
        line.refused = True
        if visit.wants_agent == agent:
            visit.wants_agent = None


def agent_rang(hall: Hall, event: AgentRang) -> None:
    """Let the phone ring for the queue's ring timeout from now on."""
    offer = hall.offers.get(event.offer)
    if offer is None:
        hall.order(StopRinging(event.offer, OfferOutcome.WITHDRAWN))
    elif offer.rang is None and offer.picked_up is None:
        offer.rang = hall.now
        hall.deadlines.set(offer, hall.now + offer.visit.line.queue.ring_timeout_s)


def agent_answered(hall: Hall, event: AgentAnswered) -> None:
    """Have caller and agent bridged; an agent who picks up for an offer that is over is let go."""
    offer = hall.offers.get(event.offer)
    if offer is None:
        hall.order(StopRinging(event.offer, OfferOutcome.WITHDRAWN))
    elif offer.picked_up is None:
        _pick_up(hall, offer)
        visit = offer.visit
        if visit.off_line:
            kept.dial(hall, visit, offer)
            return
        hall.order(Connect(offer.id, visit.caller.visit, visit.caller.contact, offer.desk.agent.id))


def _pick_up(hall: Hall, offer: Offer) -> None:
    visit = offer.visit
    offer.picked_up = hall.now
    offer.desk.missed = 0
    visit.place = Place.CONNECTING
    for other in [other for other in visit.offers if other is not offer]:
        end(hall, other, OfferOutcome.ANSWERED_ELSEWHERE)
    hall.deadlines.drop(visit)
    hall.deadlines.set(offer, hall.now + hall.lease_s + visit.line.queue.briefing_s)
    hall.refresh_visit(visit)


def caller_connected(hall: Hall, event: CallerConnected) -> None:
    """Let the talk begin; an agent bridged for an offer that is over is let go."""
    offer = hall.offers.get(event.offer)
    if offer is None:
        hall.order(StopRinging(event.offer, OfferOutcome.WITHDRAWN))
    elif not offer.talking:
        if offer.picked_up is None:
            _pick_up(hall, offer)
        talks.begin(hall, offer)


def offer_failed(hall: Hall, event: OfferFailed) -> None:
    """Let the caller go back to the old place, and spare the agent for a while."""
    offer = hall.offers.get(event.offer)
    if offer is None:
        return
    outcome = event.outcome if event.outcome in NOT_TAKEN else OfferOutcome.FAILED
    if visit_talk := offer.visit.talk:
        if outcome in (OfferOutcome.FAILED, OfferOutcome.UNREACHABLE):
            talks.end(hall, visit_talk, "lost")
    else:
        end(hall, offer, outcome, stop=offer.picked_up is not None)


def lease_is_over(hall: Hall, offer: Offer) -> None:
    """Take back an offer that has rung long enough, or of which nothing was heard."""
    if offer.picked_up is not None:
        end(hall, offer, OfferOutcome.FAILED)
    elif offer.rang is not None:
        end(hall, offer, OfferOutcome.RANG_OUT)
    elif offer.reserved:
        end(hall, offer, OfferOutcome.NOT_REACHED)
    else:
        end(hall, offer, OfferOutcome.UNREACHABLE)


def end(hall: Hall, offer: Offer, outcome: OfferOutcome, *, stop: bool = True) -> None:
    """End an offer that has not become a talk; `stop` also ends the leg."""
    visit, desk = offer.visit, offer.desk
    if stop:
        hall.order(StopRinging(offer.id, outcome))
    hall.tell(
        OfferEnded(
            moment=hall.now,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=visit.line.queue.name,
            agent=desk.agent.id,
            offer=offer.id,
            outcome=outcome,
            rang_s=offer.rang_s(hall.now),
        )
    )
    del hall.offers[offer.id]
    hall.deadlines.drop(offer)
    note_end(visit, offer, outcome, hall.now)
    desk.offer = None
    if outcome in NOT_TAKEN:
        not_taken(hall, offer, outcome)
    kept.offer_ended(hall, offer)
    if offer.picked_up is not None and visit.place is Place.CONNECTING:
        _return_to_line(hall, visit)
    hall.returned[visit] = None
    _fall_silent(hall, offer, outcome)
    hall.refresh_desk(desk)


def _return_to_line(hall: Hall, visit: Visit) -> None:
    """Let a caller wait again who could not be bridged; after repeated failures only after a while."""
    visit.place = Place.WAITING
    visit.failures += 1
    if visit.failures > 1:
        sparing_s = min(2.0 ** (visit.failures - 1), LONGEST_SPARING_S)
        visit.spared_until = hall.now + sparing_s
