"""Go on after a restart where the process before left off: nothing that is restored is told again."""

from __future__ import annotations

from queue_strategies.commands import StopRinging
from queue_strategies.events import (
    AgentRestored,
    CallerJoined,
    MembershipPauseRestored,
    OfferRestored,
    TalkRestored,
    WrapUpRestored,
)
from queue_strategies.facts import OfferEnded
from queue_strategies.floor import kept, offers, talks
from queue_strategies.floor.agents import end_rest, end_wrap_up
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.entrance import enter, joined
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Seat
from queue_strategies.floor.visit import Offer, Place, Visit
from queue_strategies.model import Agent, AgentId, AgentState, OfferOutcome


def agent_restored(hall: Hall, event: AgentRestored) -> None:
    """Put an agent back into the state before; an agent of whom something was told since is left alone."""
    desk = hall.desks.get(event.agent)
    if desk is None:
        _dismiss(hall, event)
        return
    if desk.removed or desk.spoken_of:
        return
    desk.logged_in = event.logged_in
    desk.pause_reason = event.pause_reason if event.logged_in else None
    desk.reachable = event.reachable
    desk.not_responding = event.logged_in and event.told_state is AgentState.NOT_RESPONDING
    desk.idle_since = min(event.idle_since_moment, hall.now)
    hall.refresh_desk(desk)
    since = hall.late(event.since_moment)
    if event.told_state is not None and event.told_state is not desk.state:
        hall.doubt(desk, event.told_state, since)
    else:
        hall.trust(desk, since if desk.talk is None else desk.since)


def membership_pause_restored(hall: Hall, event: MembershipPauseRestored) -> None:
    """Let an agent go on not serving a queue; nothing is told, because it was told before."""
    desk = hall.desks.get(event.agent)
    if desk is None or not desk.logged_in:
        return
    if (seat := desk.seat_in(event.queue)) is not None:
        seat.paused = event.reason
        hall.refresh_seats(desk)
        hall.count(desk)


def _dismiss(hall: Hall, event: AgentRestored) -> None:
    """Let an agent have gone home who is no longer configured, unless a talk is found that goes on."""
    if event.told_state in (None, AgentState.LOGGED_OUT):
        return
    desk = _stranger(hall, event.agent)
    hall.doubt(desk, event.told_state, hall.late(event.since_moment))


def wrap_up_restored(hall: Hall, event: WrapUpRestored) -> None:
    """Let an agent go on working after a visit; what is over is told as of then."""
    desk = hall.desks.get(event.agent)
    if desk is None or desk.spoken_of or desk.wrap_up is not None:
        return
    if desk.talk is not None or desk.offer is not None:  # that comes after it
        return
    visit = enter(hall, event.caller)
    hall.forget(visit)
    limit_s = talks.wrap_up_s(desk, visit)
    owes = talks.owes_disposition(desk, visit, disposed=event.disposed)
    if limit_s > 0 or owes:
        began = min(event.began_moment, hall.now)
        talks.wrap_up(hall, desk, visit, began, limit_s, owes=owes)
        hall.refresh_desk(desk)
        hall.trust(desk, began)


def talk_restored(hall: Hall, event: TalkRestored) -> None:
    """Let an agent and a caller go on talking, even if queue or agent are no longer configured."""
    if event.caller.visit in hall.visits or event.offer in hall.offers:
        return
    desk = hall.desks.get(event.agent) or _stranger(hall, event.agent)
    if desk.talk is not None:
        return
    untouched = not desk.spoken_of
    _clear(hall, desk)
    hall.desks[event.agent] = desk  # one no longer configured has gone with the offer
    visit = enter(hall, event.caller)
    offer = Offer(event.offer, visit, desk, _seat(desk, visit), made=hall.now, picked_up=hall.now)
    hall.offers[offer.id] = offer
    began = min(event.answered_moment, hall.now)
    talk = talks.seat_down(hall, offer, began)
    talk.hold_s, talk.disposed = event.hold_s, event.disposed
    if event.held_since_moment is not None:
        talk.held_since = hall.late(event.held_since_moment, after=began)
    desk.since = began
    if untouched:
        hall.trust(desk, began)


def offer_restored(hall: Hall, event: OfferRestored) -> None:
    """Let an agent's phone ring on, or the agent be reserved; what cannot go on is taken back."""
    if event.offer in hall.offers:
        return
    joined(hall, CallerJoined(event.caller))
    visit, desk = hall.visits.get(event.caller.visit), hall.desks.get(event.agent)
    free = desk is not None and desk.offer is None and desk.talk is None and not desk.removed
    if visit is None or desk is None or not free or visit.place is not Place.WAITING:
        _silence(hall, event)
        return
    if event.reserved and not kept.is_dialled(visit):
        _silence(hall, event)
        return
    untouched = not desk.spoken_of
    _clear(hall, desk)
    made = hall.late(event.rang_moment, after=visit.began)
    offer = Offer(event.offer, visit, desk, _seat(desk, visit), made, reserved=event.reserved)
    hall.offers[offer.id] = desk.offer = offer
    visit.attempts += 1
    if offer.reserved:
        kept.dial(hall, visit, offer)
    elif event.rang_moment is None:
        hall.deadlines.set(offer, hall.now + hall.lease_s)
    else:
        offer.rang = made
        hall.deadlines.set(offer, max(hall.now, made + visit.line.queue.ring_timeout_s))
    offers.begin(hall, offer, offer.seat.penalty)
    hall.refresh_desk(desk)
    if untouched:
        hall.trust(desk, offer.made)


def _silence(hall: Hall, event: OfferRestored) -> None:
    """Take back an offer that was made and cannot go on."""
    caller = event.caller
    hall.order(StopRinging(event.offer, OfferOutcome.WITHDRAWN))
    hall.tell(
        OfferEnded(
            moment=hall.now,
            contact=caller.contact,
            visit=caller.visit,
            queue=caller.queue,
            agent=event.agent,
            offer=event.offer,
            outcome=OfferOutcome.WITHDRAWN,
            rang_s=0.0 if event.reserved else hall.now - hall.late(event.rang_moment),
        )
    )


def _seat(desk: Desk, visit: Visit) -> Seat:
    return visit.line.seats.get(desk.agent.id) or Seat(desk, visit.line, penalty=0, place=0)


def _clear(hall: Hall, desk: Desk) -> None:
    """Make room for a talk that was found, whatever the floor took the agent to be doing."""
    if desk.offer is not None:
        offers.end(hall, desk.offer, OfferOutcome.WITHDRAWN)
    end_wrap_up(hall, desk, "agent")
    end_rest(hall, desk)


def _stranger(hall: Hall, agent: AgentId) -> Desk:
    desk = Desk(Agent(id=agent), hall.number(), hall.now, hall.now, hall.now)
    desk.removed = True
    hall.desks[agent] = desk
    return desk
