"""Go on with the calls that were found: those who wait, those who talk, and those who are somewhere else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import Ari
from ari_apps.ari.messages import Channel
from ari_apps.call import Call, Waiting
from ari_apps.calling_back import CallingBack
from ari_apps.desks import desk_beside
from ari_apps.destinations import HANGUP, Destination, DestinationError, DestinationKind
from ari_apps.directory import Directory
from ari_apps.dispatcher import Dispatcher
from ari_apps.inbound import Inbound
from ari_apps.legs import Leg
from ari_apps.numbers import plain_number
from ari_apps.queueing import Queueing, desk_of
from ari_apps.reaching import Attempt, Party, Reached, absent
from ari_apps.reception import Reception
from ari_apps.reconcile.differences import queue_destination
from ari_apps.reconcile.farewells import caller_of, kept_place, talk_of
from ari_apps.reconcile.missed import Ending
from ari_apps.reconcile.phones_of_agents import fell_silent, ring_on, stay_reserved
from ari_apps.reconcile.remembered import RememberedCallback, RememberedVisit
from ari_apps.reconcile.whereabouts import Arrival, Customer, Kept, LetGo, Talk, Third
from ari_apps.reconcile.whereabouts import Waiting as WaitingCustomer
from ari_apps.switchboard import Switchboard
from ari_apps.third_party import ThirdParty
from ari_apps.traces import LegTrace
from queue_strategies.callback import CalledFirst
from queue_strategies.commands import CallBack
from queue_strategies.events import Event, TalkRestored
from queue_strategies.model import (
    AgentId,
    Caller,
    ContactId,
    OfferId,
    QueueName,
    Skill,
    VisitId,
    VisitOutcome,
)

log = structlog.get_logger()


class TakingUp:
    """Make calls of what was found, and let each go its way as if nothing had been."""

    def __init__(
        self,
        *,
        ari: Ari,
        dispatcher: Dispatcher,
        reception: Reception,
        inbound: Inbound,
        switchboard: Switchboard,
        queueing: Queueing,
        directory: Directory,
        clock: Clock,
        calling_back: CallingBack,
        new_call: Callable[[Channel, ContactId | None, float | None], Call],
    ) -> None:
        self._calling_back = calling_back
        self._ari = ari
        self._dispatcher = dispatcher
        self._reception = reception
        self._inbound = inbound
        self._switchboard = switchboard
        self._queueing = queueing
        self._directory = directory
        self._clock = clock
        self._new_call = new_call

    # -- those who are somewhere else -----------------------------------------------------------------------

    def dismiss(self, customer: Customer) -> None:
        """Bid a customer goodbye whose agent has left."""
        call = self._call(customer)
        call.ended_by = "agent"
        self._lead(call, customer, self._begin_anew(call, HANGUP))

    def send_on(self, let_go: LetGo) -> None:
        """Lead a customer on who has left a queue."""
        customer = let_go.customer
        call = self._call(customer)
        onward = self._directory.instead_of(self._place(call, customer), let_go.outcome, call.came_from)
        self._lead(call, customer, self._begin_anew(call, onward))

    def begin_anew(self, customer: Customer) -> None:
        """Let a customer begin anew in a menu, a voicemail box, or ringing a number."""
        call = self._call(customer)
        self._lead(call, customer, self._begin_anew(call, self._place(call, customer)))

    def greet(self, arrival: Arrival) -> None:
        """Greet who was not greeted by the process before."""
        args = application_arguments(arrival.channel)
        self._reception.greet(arrival.channel, args, late=True, known=arrival.contact)

    # -- those who wait -------------------------------------------------------------------------------------

    def wait(self, waiting: WaitingCustomer, ended: Mapping[str, Ending]) -> None:
        """Let a caller keep the place, and phones that ring ring on."""
        customer = waiting.customer
        call, caller = self._call(customer), self._caller(customer)
        to = self._place(call, customer)
        offers = customer.visit.offers if customer.visit is not None else {}
        ringing = ring_on(caller, waiting.legs, offers, self._clock, waiting.picked_up)
        visit = self._queueing.join(call.party, caller, ringing)
        there = {leg.offer for leg in waiting.legs}
        silent = [one for one in offers.values() if one.offer not in there]
        self._tell_all(fell_silent(caller, silent, ended, self._clock))
        if self._directory.queue_of(to) == caller.queue:
            self._lead(call, customer, self._go_on(call, self._inbound.wait_and_talk(call, to, visit)))
        else:  # the queue was removed
            visit.left(VisitOutcome.WITHDRAWN)
            self._lead(call, customer, self._begin_anew(call, to))

    def keep(self, kept: Kept, ended: Mapping[str, Ending]) -> None:
        """Keep the place of a caller who has no line, and go on with the call to the customer, if any."""
        visit, callback = kept.visit, kept.visit.callback
        caller = caller_of(visit, self._clock)
        if callback is None or caller.kept is None:
            return
        if not self._directory.knows(Destination.parse(queue_destination(visit.queue))):
            log.warning(
                "adoption.callback_withdrawn",
                contact=visit.contact,
                number=callback.number,
                why=f"there is no queue {visit.queue} in floor.toml any more; call the number yourself",
            )
        if kept.line is not None:
            caller = replace(caller, kept=replace(caller.kept, dialled_moment=self._clock.moment()))
        ringing = ring_on(caller, kept.legs, visit.offers, self._clock, kept.picked_up)
        self._queueing.join(absent(caller.contact, callback.number), caller, ringing)
        there = {leg.offer for leg in kept.legs}
        silent = [one for one in visit.offers.values() if one.offer not in there]
        rules = self._directory.callback_of(Destination.parse(queue_destination(visit.queue)))
        if rules is not None and rules.first is CalledFirst.CUSTOMER:
            self._tell_all(stay_reserved(caller, silent, self._clock))
        else:
            self._tell_all(fell_silent(caller, silent, ended, self._clock))
        if kept.line is not None:
            self._calling_back.follow(self._call_back(visit, callback, kept.legs), kept.line)

    def _call_back(
        self, visit: RememberedVisit, callback: RememberedCallback, legs: Sequence[LegTrace]
    ) -> CallBack:
        return CallBack(
            visit=visit.visit,
            contact=visit.contact,
            queue=visit.queue,
            number=callback.number,
            attempt=callback.tries + 1,
            timeout_s=0.0,
            language=callback.language,
            hears=OfferId(legs[0].offer) if legs else None,
        )

    def _tell_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._queueing.tell(event)

    # -- those who talk -------------------------------------------------------------------------------------

    def talk(self, talk: Talk) -> None:
        """Let a talk go on, and a consultation with it."""
        call = self._call(talk.customer)
        to = self._place(call, talk.customer)
        attempt, met = self._take_up_leg(
            call.party, call, talk.leg, talk.leg_trace, talk.desk, self._talk(talk), to
        )
        third = self._take_up_third(call, talk, met)
        if talk.held:
            call.hears = Waiting.MUSIC
        way = self._inbound.wait_and_talk(call, to, attempt, met, held=talk.held, third=third)
        self._lead(call, talk.customer, self._go_on(call, way))

    def _take_up_leg(
        self,
        party: Party,
        call: Call,
        channel: Channel,
        trace: LegTrace | None,
        desk: str | None,
        talk: TalkRestored | None,
        to: Destination,
    ) -> tuple[Attempt, Reached]:
        """Own the leg of whoever is talked with."""
        leg = Leg(self._ari, self._dispatcher, channel.id, call.mailbox)
        if trace is None or talk is None:
            attempt: Attempt = self._switchboard.outside(leg, party, to)
            return attempt, Reached(attempt.id, leg, desk or desk_beside(leg.id))
        attempt = self._queueing.resume(party, talk)
        return attempt, Reached(attempt.id, leg, desk_of(talk.agent), talk.offer, talk.agent)

    def _talk(self, talk: Talk) -> TalkRestored | None:
        visit, trace, leg = talk.customer.visit, talk.customer.trace, talk.leg_trace
        if visit is not None:
            return talk_of(visit, self._clock)
        if leg is None:
            return None
        answered = self._moment(trace.answered_at) if trace.answered_at else self._clock.moment()
        return TalkRestored(self._caller(talk.customer), AgentId(leg.agent), OfferId(leg.offer), answered)

    def _take_up_third(self, call: Call, talk: Talk, met: Reached) -> ThirdParty | None:
        """Let the agent go on consulting, or waiting for whom to consult."""
        party = Party(call.contact, met.leg.id, call.caller_id, call.mailbox)
        if talk.third is not None:
            return self._third(call, party, talk.third, talk.desk)
        return self._sought(call, party, talk.sought) if talk.sought is not None else None

    def _sought(self, call: Call, party: Party, visit: RememberedVisit) -> ThirdParty:
        caller = caller_of(visit, self._clock)
        legs = [LegTrace(one.agent, one.offer, visit.visit) for one in visit.offers.values()]
        ringing = ring_on(caller, legs, visit.offers, self._clock)
        attempt = self._queueing.join(party, caller, ringing)
        return ThirdParty(attempt, Destination.parse(queue_destination(visit.queue)))

    def _third(self, call: Call, party: Party, third: Third, desk: str | None) -> ThirdParty:
        if third.visit is not None:
            to = Destination.parse(queue_destination(third.visit.queue))
            restored: TalkRestored | None = talk_of(third.visit, self._clock)
        else:
            number = plain_number(third.leg.caller.number)
            to, restored = Destination(DestinationKind.NUMBER, number), None
        attempt, met = self._take_up_leg(party, call, third.leg, third.leg_trace, desk, restored, to)
        return ThirdParty(attempt, to, met)

    # -- what all have in common ----------------------------------------------------------------------------

    async def _begin_anew(self, call: Call, to: Destination) -> None:
        await call.hush()
        if to.kind is not DestinationKind.VOICEMAIL:
            call.resumes = ""
        await self._inbound.handle(call, to)

    async def _go_on(self, call: Call, way: Coroutine[Any, Any, Destination]) -> None:
        await self._inbound.handle(call, await way)

    def _lead(self, call: Call, customer: Customer, way: Coroutine[Any, Any, None]) -> None:
        self._reception.go_on(call, application_arguments(customer.channel), way)

    def _call(self, customer: Customer) -> Call:
        channel, trace = customer.channel, customer.trace
        call = self._new_call(channel, ContactId(trace.contact), self._moment(trace.started_at))
        call.priority, call.language, call.skills = trace.priority, trace.language, dict(trace.skills)
        call.answered = channel.state == "Up"
        call.came_from = parsed(trace.came_from)
        call.at = parsed(trace.to)
        return call

    def _place(self, call: Call, customer: Customer) -> Destination:
        """Say where a call is; where it would begin, if the floor has no such place any more."""
        if call.at is not None and self._directory.knows(call.at):
            return call.at
        called, at = call.called_number, self._clock.wall()
        match application_arguments(customer.channel):
            case ["phone", account, *_]:
                route = self._directory.dialled(account, called, at)
            case _:
                route = self._directory.route(called, call.caller_number, at)
        log.warning(
            "adoption.place_removed",
            contact=call.contact,
            number=call.caller_number,
            was=customer.trace.to,
            now=route.destination,
        )
        return Destination.parse(route.destination)

    def _caller(self, customer: Customer) -> Caller:
        trace = customer.trace
        return Caller(
            contact=ContactId(trace.contact),
            visit=VisitId(trace.visit or ""),
            queue=QueueName(trace.queue or ""),
            joined_moment=self._moment(trace.joined_at or trace.started_at),
            waited_before_s=trace.waited_before_s,
            priority=trace.priority,
            skills={Skill(skill): level for skill, level in trace.skills.items()},
            kept=None if customer.visit is None else kept_place(customer.visit, self._clock),
            adopted=True,
        )

    def _moment(self, seconds: float) -> float:
        return self._clock.moment_at(dt.datetime.fromtimestamp(seconds, dt.UTC))


def parsed(to: str | None) -> Destination | None:
    """Read a destination that a channel carries; None where there is none."""
    try:
        return Destination.parse(to) if to else None
    except DestinationError:
        return None


def application_arguments(channel: Channel) -> list[str]:
    """Return the arguments with which the dialplan sent a channel to our application."""
    return (channel.dialplan.app_data or "").split(",")[1:]
