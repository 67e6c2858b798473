"""Go on after a restart where the process before left off: nothing that is restored is told again."""

from __future__ import annotations

from queue_strategies.events import AgentRestored, TalkRestored
from queue_strategies.floor import offers, talks
from queue_strategies.floor.agents import end_rest, end_wrap_up
from queue_strategies.floor.callers import enter
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Seat
from queue_strategies.floor.visit import Offer
from queue_strategies.model import Agent, OfferOutcome


def agent_restored(hall: Hall, event: AgentRestored) -> None:
    """Put an agent back into the state before; an agent of whom something was told since is left alone."""
    desk = hall.desks.get(event.agent)
    if desk is None or desk.removed or desk.spoken_of:
        return
    desk.logged_in = event.logged_in
    desk.pause_reason = event.pause_reason if event.logged_in else None
    desk.reachable = event.reachable
    desk.idle_since = min(event.idle_since_moment, hall.now)
    hall.refresh_desk(desk)
    if desk.talk is None:
        hall.trust(desk, hall.now if event.since_moment is None else min(event.since_moment, hall.now))
    else:
        hall.trust(desk, desk.since)


def talk_restored(hall: Hall, event: TalkRestored) -> None:
    """Let an agent and a caller go on talking, even if queue or agent are no longer configured."""
    if event.caller.visit in hall.visits or event.offer in hall.offers:
        return
    desk = hall.desks.get(event.agent) or _stranger(hall, event)
    if desk.talk is not None:
        return
    untouched = not desk.spoken_of
    _clear(hall, desk)
    visit = enter(hall, event.caller)
    seat = visit.line.seats.get(event.agent) or Seat(desk, visit.line, penalty=0, place=0)
    offer = Offer(event.offer, visit, desk, seat, made=hall.now, picked_up=hall.now)
    hall.offers[offer.id] = offer
    began = min(event.answered_moment, hall.now)
    talks.seat_down(hall, offer, began)
    desk.since = began
    if untouched:
        hall.trust(desk, began)


def _clear(hall: Hall, desk: Desk) -> None:
    """Make room for a talk that was found, whatever the floor took the agent to be doing."""
    if desk.offer is not None:
        offers.end(hall, desk.offer, OfferOutcome.WITHDRAWN)
    end_wrap_up(hall, desk, "agent")
    end_rest(hall, desk)


def _stranger(hall: Hall, event: TalkRestored) -> Desk:
    desk = Desk(Agent(id=event.agent), hall.number(), hall.now, hall.now, hall.now)
    desk.removed = True
    hall.desks[event.agent] = desk
    return desk
