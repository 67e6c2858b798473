"""Keeps the connection for events up, and gives up only where trying further is vain."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import NoReturn

import structlog

from ari_apps.ari import back_off, messages, operations
from ari_apps.ari.errors import (
    ApplicationUnknown,
    AriError,
    Gone,
    OutcomeUnknown,
    Refused,
    Unreachable,
)
from ari_apps.ari.figures import AriHealth
from ari_apps.ari.inbound import Dialler
from ari_apps.ari.outbound import Listener
from ari_apps.ari.reader import Reader, Sink, WebSocket
from ari_apps.ari.rest import Rest
from ari_apps.ari.settings import AriSettings, Transport
from ari_apps.ari.wire import trace

log = structlog.get_logger(__name__)

_PATIENCE = 10
"""How often "no such application" is not believed: Asterisk may still be loading its modules."""
_HEARING_S = 2.0


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
        self._rng = rng
        self._at = at
        self._replaced = asyncio.Event()
        self._reader = Reader(settings, figures, sink, replaced=self._replaced.set, clock=clock, at=at)
        self.listener = Listener(settings, figures, self._hold)
        self._dialler = Dialler(settings, rest, self._hold, self._waiting, rng=rng)
        self.first = asyncio.Event()
        """Set when events have come in for the first time."""

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
        transport = await self._chosen_transport()
        self._figures.transport = transport
        trace.debug("= transport: %s", transport)
        if transport == "inbound":
            await self._greet()
            await self._dialler.run()
        await self.listener.start()
        try:
            await self._wait_for_asterisk()
        finally:
            await self.listener.stop()

    # -- which way ------------------------------------------------------------------------------------------

    async def _chosen_transport(self) -> Transport:
        """Follow the setting; for `auto`, outbound where Asterisk can and is configured to."""
        if self._settings.events != "auto":
            return self._settings.events
        version = await self._greet()
        if not can_connect_out(version):
            return "inbound"
        if await self._application_known():
            return "outbound"
        log.warning(
            "ari.events_inbound",
            remedy="ari.conf has no outbound_websocket for this application, so calls that arrive while "
            "callfloor restarts are not kept; render Asterisk's configuration and reload it",
        )
        return "inbound"

    async def _greet(self) -> str:
        """Wait for Asterisk and give its version. Raises Unauthorized."""
        attempt = 0
        while True:
            attempt += 1
            try:
                info = await self._rest.fetch(
                    messages.AsteriskInfo, operations.ASTERISK_GET_INFO, only="system"
                )
            except (Unreachable, OutcomeUnknown, Gone, Refused) as error:
                self._waiting(f"waiting for Asterisk: {error}")
                await self._pause(attempt)
                continue
            version = info.system.version if info.system else ""
            self._figures.asterisk_version = version
            return version

    async def _application_known(self) -> bool:
        """Ask whether our application is registered: from the start on, if Asterisk is to connect to us."""
        for attempt in range(1, _PATIENCE + 1):
            try:
                await self._rest.fetch(messages.Application, operations.APPLICATIONS_GET, self._settings.app)
            except Gone as gone:
                if gone.reason == "Application not found" and attempt > 2:
                    return False
            except (Unreachable, OutcomeUnknown, Refused) as error:
                self._waiting(f"waiting for Asterisk: {error}")
            else:
                return True
            await self._pause(attempt)
        return False

    async def _wait_for_asterisk(self) -> NoReturn:
        """Say what keeps Asterisk from connecting to us, as long as it has not."""
        while not self.first.is_set():
            await self._greet()
            if not await self._application_known():
                raise ApplicationUnknown(
                    f"Asterisk at {self._settings.url} has no outbound WebSocket for {self._settings.app!r}: "
                    "render its configuration (`callfloor render`), then `module reload res_ari.so`"
                )
            self._waiting(
                f"Asterisk at {self._settings.url} answers but has not connected to us at "
                f"{self._settings.events_listen}{self._settings.events_path}: compare websocket_client.conf"
            )
            await asyncio.wait({asyncio.ensure_future(self.first.wait())}, timeout=2.0)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets this event")

    async def _pause(self, attempt: int) -> None:
        settings = self._settings
        await asyncio.sleep(
            back_off.delay(attempt, first_s=settings.back_off_s, cap_s=settings.back_off_cap_s, rng=self._rng)
        )

    # -- one connection -------------------------------------------------------------------------------------

    async def _hold(self, ws: WebSocket, sock: socket.socket | None) -> None:
        """Read one connection to its end, telling the sink of its beginning and end."""
        self._up()
        reason = "stopped"
        manners = asyncio.create_task(self._ask_to_leave_out(), name="ari event filter")
        try:
            reason = await self._reader.read(ws, sock)
        finally:
            manners.cancel()
            await asyncio.wait({manners})
            self._down(reason)

    async def _ask_to_leave_out(self) -> None:
        """Have Asterisk leave out what nobody wants; the wish is forgotten with every restart of Asterisk."""
        unwanted = [{"type": name} for name in self._settings.ignored_events]
        try:
            await self._rest.send_json(
                operations.APPLICATIONS_FILTER, self._settings.app, body={"disallowed": unwanted}
            )
        except AriError as error:
            log.warning("ari.events_not_filtered", error=str(error))

    # -- telling --------------------------------------------------------------------------------------------

    def _up(self) -> None:
        figures = self._figures
        figures.connected, figures.since, figures.reason = True, self._at(), ""
        figures.connections_total += 1
        log.info("ari.connected", transport=figures.transport)
        trace.debug("= connected")
        self.first.set()
        self._told(lambda: self._sink.connected(True))

    def _down(self, reason: str) -> None:
        figures = self._figures
        figures.connected, figures.since, figures.reason = False, self._at(), reason
        log.warning("ari.disconnected", reason=reason)
        trace.debug("= disconnected: %s", reason)
        self._told(lambda: self._sink.disconnected(reason))

    def _told(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception:
            self._figures.sink_errors_total += 1
            log.exception("ari.sink_failed")

    def _waiting(self, reason: str) -> None:
        if reason != self._figures.reason:
            self._figures.reason = reason
            log.info("ari.waiting", reason=reason)


def can_connect_out(version: str) -> bool:
    """Tell from Asterisk's version whether it can open the WebSocket itself: 22.5, 21.10, 20.15 and later."""
    numbers = re.match(r"(\D*-)?(\d+)\.(\d+)", version)
    if numbers is None:
        return False
    major, minor = int(numbers[2]), int(numbers[3])
    return major > 22 or minor >= {20: 15, 21: 10, 22: 5}.get(major, 10_000)
