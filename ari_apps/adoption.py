"""Take up the calls that an earlier process, or a lost connection, left behind in Asterisk."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import Ari, Gone
from ari_apps.ari.messages import Channel
from ari_apps.call import Call, Waiting
from ari_apps.crew import Crew
from ari_apps.desks import Desks
from ari_apps.destinations import Destination
from ari_apps.dispatcher import Dispatcher
from ari_apps.inbound import Inbound
from ari_apps.legs import EVENTS_MISSED, Leg, LineLost
from ari_apps.queueing import Queueing
from ari_apps.reaching import Attempt, Reached
from ari_apps.reception import Reception
from ari_apps.reconcile import Differences, Found, Talk, differences, is_leg
from ari_apps.switchboard import Switchboard
from ari_apps.traces import VARIABLE, CallTrace, read, read_leg
from queue_strategies.model import AgentId, Caller, ContactId, OfferId, QueueName, VisitId

log = structlog.get_logger()

QUESTIONS_AT_ONCE = 16
"""Channels that are asked for their traces at the same time."""


class Adoption:
    """Find out what Asterisk has, and give every channel an owner again."""

    def __init__(
        self,
        *,
        ari: Ari,
        app: str,
        dispatcher: Dispatcher,
        reception: Reception,
        inbound: Inbound,
        switchboard: Switchboard,
        queueing: Queueing,
        desks: Desks,
        clock: Clock,
        crew: Crew,
        new_call: Callable[[Channel, ContactId | None, float | None], Call],
    ) -> None:
        self._ari = ari
        self._app = app
        self._dispatcher = dispatcher
        self._reception = reception
        self._inbound = inbound
        self._switchboard = switchboard
        self._queueing = queueing
        self._desks = desks
        self._clock = clock
        self._crew = crew
        self._new_call = new_call

    async def reconcile(self) -> None:
        """Bring belief and truth together; events that came meanwhile are handed on at the end."""
        try:
            self._dispatcher.tell_all(EVENTS_MISSED)
            self._settle(await self._look())
        finally:
            self._dispatcher.catch_up()

    async def _look(self) -> Differences:
        channels = await self._ari.list_channels()
        bridges = await self._ari.list_bridges()
        owned = self._dispatcher.owned()
        ours = [one for one in channels if one.id not in owned and self._is_ours(one)]
        limit = asyncio.Semaphore(QUESTIONS_AT_ONCE)
        found = await asyncio.gather(*(self._read(one, limit) for one in ours))
        for bridge in bridges:
            self._desks.found(bridge.id)
        return differences(owned, {one.id for one in channels}, found, bridges)

    def _is_ours(self, channel: Channel) -> bool:
        """Tell whether a channel is in our application, waits to enter it, or is a leg of our making."""
        plan = channel.dialplan
        in_app = plan.app_name == "Stasis" and (plan.app_data or "").partition(",")[0] == self._app
        return in_app or is_leg(channel)

    async def _read(self, channel: Channel, limit: asyncio.Semaphore) -> Found:
        if is_leg(channel):
            return Found(channel, read_leg(channel.dialplan.app_data or ""))
        async with limit:
            try:
                value = await self._ari.channel(channel.id).get_variable(VARIABLE)
            except Gone:
                value = None
        return Found(channel, read(value))

    # -- what follows ---------------------------------------------------------------------------------------

    def _settle(self, found: Differences) -> None:
        log.info(
            "adoption.found",
            lost=len(found.lost),
            talking=len(found.talks),
            waiting=len(found.waiting),
            elsewhere=len(found.elsewhere),
            arrivals=len(found.arrivals),
            strays=len(found.strays),
        )
        for channel_id in found.lost:
            self._dispatcher.send(channel_id, LineLost(channel_id))
        for talk in found.talks:
            self._take_up_talk(talk)
        for channel, trace in found.waiting:
            self._take_up_wait(channel, trace)
        for channel, trace in found.elsewhere:
            call = self._call(channel, trace)
            self._lead(call, self._inbound.handle(call, Destination.parse(trace.to)))
        for channel in found.arrivals:
            self._reception.greet(channel, (channel.dialplan.app_data or "").split(",")[1:])
        for channel in found.strays:
            self._crew.start(self._ari.channel(channel.id).hangup(), f"hang up stray {channel.id}")

    def _take_up_wait(self, channel: Channel, trace: CallTrace) -> None:
        call, to = self._call(channel, trace), Destination.parse(trace.to)
        visit = self._queueing.join(call.party, self._caller(trace))
        self._lead(call, self._go_on(call, self._inbound.wait_and_talk(call, to, visit)))

    def _take_up_talk(self, talk: Talk) -> None:
        call, to = self._call(talk.customer, talk.trace), Destination.parse(talk.trace.to)
        leg = Leg(self._ari, self._dispatcher, talk.leg.id, call.mailbox)
        call.hears = Waiting.MUSIC if talk.held else None
        if talk.leg_trace is None:
            attempt: Attempt = self._switchboard.outside(leg, call.party, to)
            met = Reached(attempt.id, leg, talk.desk)
        else:
            offer = OfferId(talk.leg_trace.offer)
            attempt = self._queueing.resume(
                call.party,
                self._caller(talk.trace),
                AgentId(talk.leg_trace.agent),
                offer,
                self._moment(talk.trace.answered_at or self._now()),
            )
            met = Reached(attempt.id, leg, talk.desk, offer)
        way = self._inbound.wait_and_talk(call, to, attempt, met, held=talk.held)
        self._lead(call, self._go_on(call, way))

    async def _go_on(self, call: Call, way: Coroutine[Any, Any, Destination]) -> None:
        await self._inbound.handle(call, await way)

    def _lead(self, call: Call, way: Coroutine[Any, Any, None]) -> None:
        self._reception.lead(call, way, new=False)

    def _call(self, channel: Channel, trace: CallTrace) -> Call:
        call = self._new_call(channel, ContactId(trace.contact), self._moment(trace.started_at))
        call.priority, call.language = trace.priority, trace.language
        call.answered = channel.state == "Up"
        call.came_from = Destination.parse(trace.came_from) if trace.came_from else None
        return call

    def _caller(self, trace: CallTrace) -> Caller:
        return Caller(
            contact=ContactId(trace.contact),
            visit=VisitId(trace.visit or ""),
            queue=QueueName(trace.queue or ""),
            joined_moment=self._moment(trace.joined_at or trace.started_at),
            priority=trace.priority,
            adopted=True,
        )

    def _now(self) -> float:
        return self._clock.wall().timestamp()

    def _moment(self, seconds: float) -> float:
        return self._clock.moment_at(dt.datetime.fromtimestamp(seconds, dt.UTC))
