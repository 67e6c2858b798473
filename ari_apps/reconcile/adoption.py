"""Take up the calls that an earlier process, or a lost connection, left behind in Asterisk."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import Ari, AriError, Conflict, Gone
from ari_apps.ari.messages import Bridge, Channel
from ari_apps.calls import Calls
from ari_apps.crew import Crew
from ari_apps.desks import Desks
from ari_apps.dispatcher import Dispatcher
from ari_apps.hanging_up import hang_up_surely
from ari_apps.legs import EVENTS_MISSED, LineLost
from ari_apps.monitoring.names import is_alone_with_customer, is_of_supervisor
from ari_apps.queueing import Queueing
from ari_apps.reconcile.differences import differences
from ari_apps.reconcile.farewells import Farewells, caller_of
from ari_apps.reconcile.legs_found import is_leg, is_made_by_us, is_of_number
from ari_apps.reconcile.missed import Ending, came_and_went, endings
from ari_apps.reconcile.remembered import Memory
from ari_apps.reconcile.taking_up import TakingUp
from ari_apps.reconcile.whereabouts import Differences, Found, Kept
from ari_apps.traces import VARIABLE, read, read_leg
from queue_strategies.events import RestoringBegan, RestoringEnded, WrapUpRestored

log = structlog.get_logger()
T = TypeVar("T")

QUESTIONS_AT_ONCE = 16
"""Channels that are asked for their traces at the same time."""
AGAIN_S = 0.5
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Looked:
    """What there is in Asterisk."""

    differences: Differences
    there: frozenset[str]
    """All channels."""
    booted_at: dt.datetime


class Adoption:
    """Find out what Asterisk has, and give every channel an owner again."""

    def __init__(
        self,
        *,
        ari: Ari,
        app: str,
        dispatcher: Dispatcher,
        queueing: Queueing,
        desks: Desks,
        calls: Calls,
        taking_up: TakingUp,
        farewells: Farewells,
        clock: Clock,
        crew: Crew,
    ) -> None:
        self._ari = ari
        self._app = app
        self._dispatcher = dispatcher
        self._queueing = queueing
        self._desks = desks
        self._calls = calls
        self._taking_up = taking_up
        self._farewells = farewells
        self._clock = clock
        self._crew = crew
        self._one_at_a_time = asyncio.Lock()
        self._asked = 0
        self._seen = Looked(Differences(), frozenset(), NEVER)
        """What there was when we looked last."""
        self._ended: Mapping[str, Ending] = {}
        """What had ended by then."""
        self.memory = Memory()
        """What an earlier process has told; believed once."""
        self.settled = False
        """Everybody who was there when events began to come has been found."""

    async def reconcile(self) -> None:
        """Bring belief and truth together; events that came meanwhile are handed on at the end."""
        self._asked = asked = self._asked + 1
        async with self._one_at_a_time:
            self._dispatcher.put_by()
            looked = await self._look_until_seen()
            try:
                self._settle(looked)
            finally:
                self._dispatcher.catch_up()
                self.memory = Memory()
                if asked == self._asked:
                    self.settled = self._let_it_ring()

    @property
    def unsettled(self) -> str:
        """Say that it is not known yet who is on the line, as long as that is so."""
        return "" if self.settled else "it is not known yet who is on the line"

    def _let_it_ring(self) -> bool:
        """End restoring, if answers would be heard; else the next reconciling does."""
        if hears := self._ari.health().connected:
            self._queueing.tell(RestoringEnded())
        return hears

    def part_late(self, memory: Memory, started: float) -> None:
        """End what began before the moment we started and is not there, when that is learnt late."""
        self._queueing.tell(RestoringBegan())
        for contact in memory.contacts.values():
            is_ours = self._clock.moment_at(contact.started_at) >= started
            if not is_ours and self._calls.of_contact(contact.contact) is None:
                self._farewells.of_contact(contact, self._ended, self._seen.there, self._seen.booted_at)
            if contact.off_line is not None and self._queueing.visit(contact.off_line.visit) is None:
                self._taking_up.keep(Kept(contact.off_line), self._ended)
        self._let_it_ring()

    async def _look_until_seen(self) -> Looked:
        while True:
            try:
                if await self._ari.caught_up():
                    return await self._look()
                log.warning("adoption.cannot_look", why="Asterisk's events do not come")
            except AriError as error:
                log.warning("adoption.cannot_look", why=str(error))
            except Exception:  # rather serve those who come than nobody
                log.exception("adoption.failed")
                return Looked(Differences(), frozenset(), self._seen.booted_at)
            await asyncio.sleep(AGAIN_S)

    async def _look(self) -> Looked:
        owned = self._dispatcher.owned()
        info = await self._ari.asterisk_info()
        channels = await self._ari.list_channels()
        bridges = await self._ari.list_bridges()
        there = frozenset(one.id for one in channels)
        unowned = [one for one in channels if one.id not in self._dispatcher.owned()]
        ours = [one for one in unowned if self._is_ours(one, bridges)]
        found = await self._read_all(ours)
        for bridge in bridges:
            self._desks.found(bridge.id)
        return Looked(
            differences(owned, there, found, bridges, self.memory),
            there,
            info.status.startup_time if info.status else NEVER,
        )

    def _is_ours(self, channel: Channel, bridges: Iterable[Bridge]) -> bool:
        """Tell whether a channel is in our application, waits to enter it, or is a leg of our making."""
        if is_of_supervisor(channel.id):  # monitoring clears the others away, and gives back what they took
            return is_alone_with_customer(channel.id, bridges)
        plan = channel.dialplan
        in_app = plan.app_name == "Stasis" and (plan.app_data or "").partition(",")[0] == self._app
        return in_app or is_made_by_us(channel)

    async def _read_all(self, channels: Iterable[Channel]) -> list[Found]:
        limit = asyncio.Semaphore(QUESTIONS_AT_ONCE)
        reading = [asyncio.create_task(self._read(one, limit)) for one in channels]
        try:
            return [found for found in await asyncio.gather(*reading) if found is not None]
        finally:
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)

    async def _read(self, channel: Channel, limit: asyncio.Semaphore) -> Found | None:
        """Read what a channel carries; None for one that has not come into our hands, or is not any more."""
        if is_leg(channel) and not is_of_number(channel):
            return Found(channel, read_leg(channel.dialplan.app_data or ""))
        async with limit:
            try:
                value = await self._ari.channel(channel.id).get_variable(VARIABLE)
            except Gone:  # the variable, as a rule
                value = None
            except Conflict:
                if not is_made_by_us(channel):
                    return None
                value = None  # nobody has picked up yet
        return Found(channel, read(value))

    # -- what follows ---------------------------------------------------------------------------------------

    def _settle(self, looked: Looked) -> None:
        found = looked.differences
        log.info(
            "adoption.found",
            lost=len(found.lost),
            talking=len(found.talks),
            deserted=len(found.deserted),
            waiting=len(found.waiting),
            kept=len(found.kept),
            elsewhere=len(found.elsewhere) + len(found.let_go),
            arrivals=len(found.arrivals),
            gone=len(found.gone),
            strays=len(found.strays),
        )
        failed, self._seen = looked.booted_at > self._seen.booted_at, looked
        for channel_id in found.lost:
            self._dispatcher.send(channel_id, LineLost(channel_id, failed))
        self._dispatcher.tell_all(EVENTS_MISSED)
        self._ended = ended = endings(self._dispatcher.kept)
        self._queueing.tell(RestoringBegan())
        self._wrap_up()
        taking_up = self._taking_up
        one_by_one(found.talks, taking_up.talk)
        one_by_one(found.waiting, lambda waiting: taking_up.wait(waiting, ended))
        one_by_one(found.kept, lambda kept: taking_up.keep(kept, ended))
        self._part(looked, ended)
        one_by_one(found.deserted, taking_up.dismiss)
        one_by_one(found.let_go, taking_up.send_on)
        one_by_one(found.elsewhere, taking_up.begin_anew)
        one_by_one(found.arrivals, taking_up.greet)
        for channel in found.strays:
            hang_up = self._ari.channel(channel.id).hangup
            self._crew.start(hang_up_surely(hang_up, channel.id), f"hang up stray {channel.id}")

    def _wrap_up(self) -> None:
        """Let agents go on wrapping up after their last visit."""
        told = sorted(self.memory.wrap_ups, key=lambda visit: visit.handled_at or NEVER)
        last = {visit.agent: visit for visit in told}
        for agent, visit in last.items():
            if agent is not None and visit.handled_at is not None:
                caller = caller_of(visit, self._clock)
                began = self._clock.moment_at(visit.handled_at)
                self._queueing.tell(WrapUpRestored(caller, agent, began, visit.disposed))

    def _part(self, looked: Looked, ended: Mapping[str, Ending]) -> None:
        """End what is over without anybody having seen it."""
        farewells = self._farewells
        talks = [
            one.visit for one in looked.differences.deserted if one.visit is not None and one.visit.talks
        ]
        one_by_one(talks, lambda visit: farewells.end_talk(visit, ended))
        one_by_one(
            looked.differences.gone,
            lambda gone: farewells.of_contact(gone, ended, looked.there, looked.booted_at),
        )
        known = looked.there | {contact.channel for contact in self.memory.contacts.values()}
        passed_by = came_and_went(self._dispatcher.kept, ended, known | self._dispatcher.owned())
        self._dispatcher.forget({came.channel.id for came, _ in passed_by})
        customers = [(came, went) for came, went in passed_by if not is_made_by_us(came.channel)]
        one_by_one(customers, lambda pair: farewells.to_passer_by(*pair))


def one_by_one(found: Iterable[T], follow: Callable[[T], None]) -> None:
    """Do what follows for each; one that cannot be dealt with must not keep the others from it."""
    for one in found:
        try:
            follow(one)
        except Exception:
            log.exception("adoption.failed", found=one)
