"""Agent and caller talk: from being bridged to the wrap-up that follows."""

from __future__ import annotations

from queue_strategies.events import CallerHeld, CallerResumed
from queue_strategies.facts import Answered, Handled, HoldEnded, HoldStarted, OfferEnded, Transferred
from queue_strategies.floor import kept, outlook
from queue_strategies.floor.desk import Desk, WrapUp
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.reasons import note_end
from queue_strategies.floor.visit import Offer, Place, Talk, Visit
from queue_strategies.model import OfferOutcome


def begin(hall: Hall, offer: Offer) -> None:
    """Let agent and caller talk: the visit is answered."""
    visit, queue = offer.visit, offer.visit.line.queue
    note_end(visit, offer, OfferOutcome.ANSWERED, hall.now)
    seat_down(hall, offer, hall.now)
    hall.tell(
        OfferEnded(
            moment=hall.now,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=queue.name,
            agent=offer.desk.agent.id,
            offer=offer.id,
            outcome=OfferOutcome.ANSWERED,
            rang_s=offer.rang_s(hall.now),
        )
    )
    hall.tell(
        Answered(
            moment=hall.now,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=queue.name,
            agent=offer.desk.agent.id,
            offer=offer.id,
            wait_s=visit.waited_s(hall.now),
            within_service_level=visit.lasted_s(hall.now) <= queue.service_level_s,
            direct=queue.direct,
            callback_s=visit.callback_s(hall.now),
        )
    )
    outlook.answered(hall, visit)


def seat_down(hall: Hall, offer: Offer, moment: float) -> Talk:
    """Put caller and agent where those who talk are, since the given moment."""
    visit, desk = offer.visit, offer.desk
    visit.place = Place.TALKING
    kept.on_line(hall, visit)
    visit.talk = desk.talk = talk = Talk(offer, moment)
    visit.offers.clear()
    visit.line.unanswered.discard(visit.rank)
    visit.line.talking += 1
    visit.line.engaged.add(visit)
    desk.offer = None
    visit.line.leave_row(visit)
    offer.seat.answered += 1
    desk.answered += 1
    hall.deadlines.drop(offer)
    hall.refresh_desk(desk)
    return talk


def caller_held(hall: Hall, event: CallerHeld) -> None:
    """Note that the agent put the caller on hold."""
    visit = hall.visits.get(event.visit)
    if visit is None or visit.talk is None or visit.talk.held_since is not None:
        return
    visit.talk.held_since = hall.now
    hall.tell(
        HoldStarted(
            moment=hall.now,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            agent=visit.talk.offer.desk.agent.id,
        )
    )


def caller_resumed(hall: Hall, event: CallerResumed) -> None:
    """Note that the agent took the caller back from hold."""
    visit = hall.visits.get(event.visit)
    if visit is not None and visit.talk is not None:
        _end_hold(hall, visit, visit.talk, hall.now)


def _end_hold(hall: Hall, visit: Visit, talk: Talk, moment: float) -> None:
    if talk.held_since is None:
        return
    hold_s = moment - talk.held_since
    talk.hold_s += hold_s
    talk.held_since = None
    hall.tell(
        HoldEnded(
            moment=moment,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            agent=talk.offer.desk.agent.id,
            hold_s=hold_s,
        )
    )


def end(
    hall: Hall,
    talk: Talk,
    ended_by: str,
    to: str | None = None,
    kind: str | None = None,
    moment: float | None = None,
) -> None:
    """Let agent and caller part, at a moment that may be past; wrap-up follows, unless there is none."""
    visit, desk = talk.offer.visit, talk.offer.desk
    ended = hall.late(moment, after=talk.began if talk.held_since is None else talk.held_since)
    _end_hold(hall, visit, talk, ended)
    if to is not None:
        _tell_transfer(hall, talk, to, kind or "blind", ended)
    limit_s, owes = wrap_up_s(desk, visit), owes_disposition(desk, visit, disposed=talk.disposed)
    _tell_handled(hall, talk, ended_by, ended, wrap_up_follows=limit_s > 0 or owes)
    _count(talk, ended)
    visit.talk = desk.talk = None
    visit.line.talking -= 1
    hall.disengage(visit)
    hall.forget(visit)
    del hall.offers[talk.offer.id]
    desk.idle_since = ended
    if limit_s > 0 or owes:
        wrap_up(hall, desk, visit, ended, limit_s, owes=owes)
    hall.refresh_desk(desk)


def _count(talk: Talk, ended: float) -> None:
    """Count at the agent's seat what strategies go by."""
    seat, talk_s = talk.offer.seat, ended - talk.began
    seat.last_ended_moment = ended
    seat.handled += 1
    seat.handle_s += talk_s
    seat.desk.talk_s += talk_s


def wrap_up(hall: Hall, desk: Desk, visit: Visit, began: float, limit_s: float, *, owes: bool) -> None:
    """Let an agent do the work after a visit; no timer ends it while it owes a disposition."""
    desk.wrap_up = WrapUp(visit, began, began + limit_s, owes)
    if not owes:
        hall.deadlines.set(desk, max(hall.now, began + limit_s))


def owes_disposition(desk: Desk, visit: Visit, *, disposed: bool) -> bool:
    """Tell whether an agent is still to say what a visit was about."""
    return visit.line.queue.disposition_required and desk.logged_in and not disposed


def wrap_up_s(desk: Desk, visit: Visit) -> float:
    """Return for how long an agent may work after a visit."""
    if not desk.logged_in:
        return 0.0
    own = desk.agent.wrap_up_s
    return visit.line.queue.wrap_up_s if own is None else own


def _tell_transfer(hall: Hall, talk: Talk, to: str, kind: str, moment: float) -> None:
    visit = talk.offer.visit
    hall.tell(
        Transferred(
            moment=moment,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=visit.line.queue.name,
            agent=talk.offer.desk.agent.id,
            kind=kind,
            to=to,
            direct=visit.line.queue.direct,
        )
    )


def _tell_handled(hall: Hall, talk: Talk, ended_by: str, moment: float, *, wrap_up_follows: bool) -> None:
    visit = talk.offer.visit
    hall.tell(
        Handled(
            moment=moment,
            contact=visit.caller.contact,
            visit=visit.caller.visit,
            queue=visit.line.queue.name,
            agent=talk.offer.desk.agent.id,
            talk_s=moment - talk.began - talk.hold_s,
            hold_s=talk.hold_s,
            ended_by=ended_by,
            wrap_up_follows=wrap_up_follows,
            direct=visit.line.queue.direct,
        )
    )
