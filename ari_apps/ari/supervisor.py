"""Keeps the connection for events up, and gives up only where trying further is vain."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import NoReturn

import structlog

from ari_apps.ari import operations
from ari_apps.ari.errors import ApplicationTaken, ApplicationUnknown, AriError
from ari_apps.ari.figures import AriHealth
from ari_apps.ari.greeting import Greeting
from ari_apps.ari.hearing import Hearing
from ari_apps.ari.inbound import Dialler
from ari_apps.ari.outbound import Listener
from ari_apps.ari.reader import Reader, Sink, WebSocket
from ari_apps.ari.rest import Rest
from ari_apps.ari.settings import AriSettings
from ari_apps.ari.wire import trace

log = structlog.get_logger(__name__)

_LOOK_S = 2.0
_STOPPED = "stopped"
"""Why a connection ends that we end ourselves."""
_AGAIN = (
    "say on Asterisk's command line `module reload res_ari.so`, `ari shutdown websocket session NAME` and "
    "`ari start outbound-websocket NAME`, where NAME is the outbound_websocket's in ari.conf"
)


class Supervisor:
    """Owns everything that is connected."""

    def __init__(
        self,
        settings: AriSettings,
        rest: Rest,
        figures: AriHealth,
        sink: Sink,
        *,
        rng: Random,
        clock: Callable[[], float] = time.monotonic,
        at: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._rest = rest
        self._figures = figures
        self._sink = sink
        self._at = at
        self._stopping = False
        self._doubt = asyncio.Event()
        """Set when Asterisk says that our application's name went elsewhere."""
        self._taken = asyncio.Event()
        """Set when that is sure."""
        self.first = asyncio.Event()
        """Set when events have come in for the first time."""
        self._greeting = Greeting(settings, rest, figures, self._waiting, rng=rng)
        self._hearing = Hearing(settings, rest, rng=rng)
        self._reader = Reader(
            settings,
            figures,
            sink,
            is_echo=self._hearing.is_echo,
            doubted=self._doubt.set,
            silent=self._down,
            speaks_again=self._up,
            clock=clock,
            at=at,
        )
        self.listener = Listener(settings, figures, self._hold)
        self._dialler = Dialler(settings, rest, self._hold, self._waiting, rng=rng)

    async def run(self) -> NoReturn:
        """Keep the connection up until cancelled, or raise the AriError that makes it vain."""
        self._waiting("not connected yet")
        try:
            await self._run()
        except AriError as error:
            self._waiting(str(error))
            log.error("ari.given_up", error=str(error))
            raise

    async def _run(self) -> NoReturn:
        transport = await self._greeting.transport()
        self._figures.transport = transport
        trace.debug("= transport: %s", transport)
        by = self._by_dialling if transport == "inbound" else self._by_listening
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._stand_down_when_taken(), name="ari stand down")
                both.create_task(by(), name=f"ari {transport} events")
        except* AriError as errors:
            vain = errors.exceptions[0]
        finally:
            self._stopping = True
        raise vain

    async def _by_dialling(self) -> NoReturn:
        await self._greeting.version()
        await self._dialler.run()

    async def _by_listening(self) -> NoReturn:
        await self.listener.start()
        try:
            while True:
                if not self._figures.connected:
                    await self._ask_why_not_connected()
                await asyncio.sleep(_LOOK_S)
        finally:
            self._stopping = True
            await self.listener.stop()

    async def _ask_why_not_connected(self) -> None:
        """Find out what keeps Asterisk from connecting to us. Raises Unauthorized or ApplicationUnknown."""
        await self._greeting.version()
        if not await self._greeting.application_known():
            raise ApplicationUnknown(
                f"Asterisk at {self._settings.url} has no outbound WebSocket for {self._settings.app!r}: "
                f"render its configuration (`callfloor render`), then {_AGAIN}"
            )
        self._waiting(
            f"Asterisk at {self._settings.url} answers but has not connected to us at "
            f"{self._settings.events_listen}{self._settings.events_path}: compare websocket_client.conf"
        )

    async def _stand_down_when_taken(self) -> NoReturn:
        await self._taken.wait()
        raise ApplicationTaken(
            f"another program has connected to Asterisk at {self._settings.url} as {self._settings.app!r} "
            f"and gets, or got, our events: stop it; where Asterisk connects to us, then {_AGAIN}"
        )

    async def caught_up(self) -> bool:
        """Wait until everything was heard that Asterisk had to tell when this was asked."""
        return await self._hearing.check()

    # -- one connection -------------------------------------------------------------------------------------

    async def _hold(self, ws: WebSocket, sock: socket.socket | None) -> None:
        """Read one connection to its end, telling the sink of its beginning and end."""
        self._up()
        reason = _STOPPED
        beside = {
            asyncio.create_task(self._ask_to_leave_out(), name="ari event filter"),
            asyncio.create_task(self._make_sure_we_hear(), name="ari hearing"),
        }
        try:
            reason = await self._reader.read(ws, sock)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
            self._down(_STOPPED if self._stopping else reason)

    async def _ask_to_leave_out(self) -> None:
        """Have Asterisk leave out what nobody wants; the wish is forgotten with every restart of Asterisk.

        An Asterisk that has just been started connects before it takes wishes.
        """
        wish = {"disallowed": [{"type": name} for name in self._settings.ignored_events]}
        while True:
            try:
                await self._rest.send_json(operations.APPLICATIONS_FILTER, self._settings.app, body=wish)
            except AriError as error:
                log.info("ari.events_not_filtered", error=str(error))
                await asyncio.sleep(_LOOK_S)
            else:
                return

    async def _make_sure_we_hear(self) -> None:
        """Notice, now and whenever in doubt, that somebody else gets our events."""
        if self._figures.transport == "inbound":
            await self._doubt.wait()
            self._taken.set()
            return
        while await self._hearing.check():
            await self._doubt.wait()
            self._doubt.clear()
        self._taken.set()

    # -- telling --------------------------------------------------------------------------------------------

    def _up(self) -> None:
        figures = self._figures
        figures.connected, figures.since, figures.reason = True, self._at(), ""
        figures.reconnects_total += figures.connections_total > 0
        figures.connections_total += 1
        log.info("ari.connected", transport=figures.transport)
        trace.debug("= connected")
        self._doubt.clear()
        self.first.set()
        self._told(lambda: self._sink.connected(True))

    def _down(self, reason: str) -> None:
        figures = self._figures
        if not figures.connected:
            return  # it was silent, and now it is gone
        figures.connected, figures.since, figures.reason = False, self._at(), reason
        say = log.info if reason == _STOPPED else log.warning
        say("ari.disconnected", reason=reason)
        trace.debug("= disconnected: %s", reason)
        self._told(lambda: self._sink.disconnected(reason))

    def _told(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception:
            self._figures.sink_errors_total += 1
            log.exception("ari.sink_failed")

    def _waiting(self, reason: str) -> None:
        if reason != self._figures.reason and not self._figures.connected:
            self._figures.reason = reason
            log.info("ari.waiting", reason=reason)
