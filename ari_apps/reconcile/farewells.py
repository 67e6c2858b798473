"""Tell the ends that nobody was there to see: of calls under way, and of calls that came and went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping

import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import messages
from ari_apps.destinations import Destination
from ari_apps.directory import Directory
from ari_apps.ids import new_id
from ari_apps.numbers import plain_name, plain_number
from ari_apps.queueing import leg_id
from ari_apps.reconcile.missed import Ending
from ari_apps.reconcile.remembered import RememberedContact, RememberedVisit
from queue_strategies.callback import KeptPlace
from queue_strategies.events import CallerJoined, CallerLeft, Event, OfferRestored, TalkEnded, TalkRestored
from queue_strategies.facts import ContactEnded, ContactStarted, Fact
from queue_strategies.model import AgentId, Caller, ContactId, OfferId, VisitId, VisitOutcome

log = structlog.get_logger()


class Farewells:
    """Say goodbye in the names of those who are gone.

    What Asterisk kept tells when a caller hung up. Where it kept nothing, the end is told as of now, and as
    the caller's doing; but as LOST, and as of Asterisk's start, if that was since the call began.
    """

    def __init__(
        self,
        *,
        tell: Callable[[Event], None],
        remember: Callable[[Fact], None],
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._tell = tell
        self._remember = remember
        self._directory = directory
        self._clock = clock

    def of_contact(
        self,
        contact: RememberedContact,
        ended: Mapping[str, Ending],
        there: Collection[str],
        booted_at: dt.datetime,
    ) -> None:
        """End everything that is not over of a contact whose line is gone; `there` are the lines that are."""
        heard, by = ended.get(contact.channel), "caller"
        line = heard
        if heard is None and booted_at > contact.started_at:
            by, line = "lost", Ending(booted_at, 0)
        for visit in contact.visits:
            if visit.talks:
                by = self._end_talk(visit, ended, there, by, line)
            elif visit.waits and not visit.off_line:
                self._end_wait(visit, by, line)
        if not contact.ended:
            self._end_contact(contact, by, line)
        log.info("farewell.told", contact=contact.contact, ended_by=by, heard=heard is not None)

    def end_talk(self, visit: RememberedVisit, ended: Mapping[str, Ending], by: str = "agent") -> None:
        """End a talk whose agent has left, while the customer is still there."""
        leg = ended.get(leg_id(visit.offer)) if visit.offer else None
        self._talked(visit, by, leg)

    def to_passer_by(self, came: messages.StasisStart, went: Ending) -> None:
        """Tell of a call that came and went while nobody greeted anybody: it waited where it would have."""
        channel, contact = came.channel, ContactId(new_id())
        called, by = plain_number(channel.dialplan.exten), plain_number(channel.caller.number)
        started = self._clock.moment_at(channel.creationtime)
        direction = "inbound" if came.args[:1] == ["inbound"] else "internal"
        self._remember(
            ContactStarted(
                moment=started,
                contact=contact,
                channel=channel.id,
                caller_number=by,
                caller_name=plain_name(channel.caller.name),
                called_number=called,
                direction=direction,
            )
        )
        route = self._directory.route(called, by, channel.creationtime)
        queue = self._directory.queue_of(Destination.parse(route.destination))
        if queue is not None and direction == "inbound":
            visit = VisitId(new_id())
            caller = Caller(
                contact=contact, visit=visit, queue=queue, joined_moment=started, priority=route.priority
            )
            self._tell(CallerJoined(caller))
            self._tell(CallerLeft(visit, VisitOutcome.ABANDONED, self._moment(went)))
        moment = self._moment(went) or self._clock.moment()
        self._remember(
            ContactEnded(
                moment=moment,
                contact=contact,
                ended_by="caller",
                cause=went.cause,
                duration_s=max(0.0, moment - started),
            )
        )

    # -- one after the other --------------------------------------------------------------------------------

    def _end_talk(
        self,
        visit: RememberedVisit,
        ended: Mapping[str, Ending],
        there: Collection[str],
        by: str,
        line: Ending | None,
    ) -> str:
        """End a talk by whoever hung up first; return who that was.

        Of an agent who is gone, and whose end was not kept, an earlier process has heard.
        """
        name = leg_id(visit.offer) if visit.offer else ""
        leg = ended.get(name)
        if leg is not None and (line is None or leg.at < line.at):
            by, line = "agent", leg
        elif leg is None and by == "caller" and line is not None and name not in there:
            by = "agent"
        self._talked(visit, by, line)
        return by

    def _talked(self, visit: RememberedVisit, by: str, end: Ending | None) -> None:
        self._tell(talk_of(visit, self._clock))
        self._tell(TalkEnded(visit.visit, by, happened_moment=self._moment(end)))

    def _end_wait(self, visit: RememberedVisit, by: str, line: Ending | None) -> None:
        caller = caller_of(visit, self._clock)
        self._tell(CallerJoined(caller))
        for offer in visit.offers.values():
            made = self._clock.moment_at(offer.made_at)
            self._tell(OfferRestored(caller, offer.agent, offer.offer, made))
        outcome = VisitOutcome.LOST if by == "lost" else VisitOutcome.ABANDONED
        self._tell(CallerLeft(visit.visit, outcome, self._moment(line)))

    def _end_contact(self, contact: RememberedContact, by: str, line: Ending | None) -> None:
        moment = self._moment(line) or self._clock.moment()
        started = self._clock.moment_at(contact.started_at)
        self._remember(
            ContactEnded(
                moment=moment,
                contact=contact.contact,
                ended_by=by,
                cause=line.cause if line else 0,
                duration_s=max(0.0, moment - started),
            )
        )

    def _moment(self, ending: Ending | None) -> float | None:
        return self._clock.moment_at(ending.at) if ending else None


def caller_of(visit: RememberedVisit, clock: Clock) -> Caller:
    """Make the Floor's caller of a visit that an earlier process has begun."""
    return Caller(
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        joined_moment=clock.moment_at(visit.joined_at),
        waited_before_s=visit.waited_before_s,
        priority=visit.priority,
        skills={} if visit.callback is None else visit.callback.skills,
        kept=kept_place(visit, clock),
        adopted=True,
    )


def kept_place(visit: RememberedVisit, clock: Clock) -> KeptPlace | None:
    """Make the Floor's kept place of one that an earlier process has promised to keep."""
    callback = visit.callback
    if callback is None:
        return None
    return KeptPlace(
        number=callback.number,
        taken_moment=clock.moment_at(callback.taken_at),
        language=callback.language,
        tries=callback.tries,
        failures=callback.failures,
        tried_moment=clock.moment_at(callback.tried_at) if callback.tried_at else None,
        answered_moment=clock.moment_at(callback.back_at) if callback.back_at else None,
    )


def talk_of(visit: RememberedVisit, clock: Clock) -> TalkRestored:
    """Make the Floor's talk of one that an earlier process has begun."""
    return TalkRestored(
        caller_of(visit, clock),
        visit.agent or AgentId(""),
        visit.offer or OfferId(""),
        clock.moment_at(visit.answered_at or visit.joined_at),
        hold_s=visit.hold_s,
        held_since_moment=clock.moment_at(visit.held_at) if visit.held_at else None,
        disposed=visit.disposed,
    )
