"""One connection's life: read, decode, hand on; and notice when the other side is silent.

The reader awaits nothing but the socket. Whoever receives (the Sink) only enqueues, so a slow floor never
stalls Asterisk, which cuts a reader that does.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal, Protocol

import aiohttp
import structlog
from aiohttp import web

from ari_apps.ari import messages
from ari_apps.ari.decoding import decode
from ari_apps.ari.figures import AriHealth
from ari_apps.ari.settings import AriSettings
from ari_apps.ari.wire import trace

log = structlog.get_logger(__name__)

_SPEECH = frozenset({aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG})
WebSocket = web.WebSocketResponse[Literal[False]] | aiohttp.ClientWebSocketResponse[Literal[False]]


class Sink(Protocol):
    """Who is told; called by the reader, in order, and must return at once."""

    def event(self, event: messages.Event) -> None:
        """Take one event."""

    def connected(self, gap: bool) -> None:
        """Learn that events come from now on; with `gap`, earlier ones may be missing, so reconcile."""

    def disconnected(self, reason: str) -> None:
        """Learn that no events come until the next `connected`."""


_FROZEN = 10
"""A connection on which nothing came for so many times `silent_after_s` is given up.

Not before: an Asterisk that was frozen and goes on has lost nothing, and crashes at times (22.10) when it
finds the connection closed on which it is about to tell something.
"""


class PeerSilent(Exception):
    """Nothing came for far too long, not even the answer to a ping."""


class Reader:
    """Reads one WebSocket after the other."""

    def __init__(
        self,
        settings: AriSettings,
        figures: AriHealth,
        sink: Sink,
        *,
        is_echo: Callable[[str], bool],
        doubted: Callable[[], None],
        silent: Callable[[str], None],
        speaks_again: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        at: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._figures = figures
        self._sink = sink
        self._is_echo = is_echo
        self._doubted = doubted
        self._silent = silent
        self._speaks_again = speaks_again
        self._clock = clock
        self._at = at
        self._last_heard = 0.0
        self._is_silent = False
        self._sink_failures: set[tuple[str, str]] = set()

    async def read(self, ws: WebSocket, sock: socket.socket | None) -> str:
        """Hand on everything that comes until the connection ends; return why it ended."""
        self._last_heard, self._is_silent = self._clock(), False
        reason = "cancelled"
        try:
            async with asyncio.TaskGroup() as both:
                beat = both.create_task(self._beat(ws), name="ari heartbeat")
                reason = await self._read(ws, sock)
                beat.cancel()
        except* PeerSilent as silent:
            reason = str(silent.exceptions[0])
        except* (aiohttp.ClientError, OSError) as broken:
            reason = f"connection broken: {broken.exceptions[0]!r}"
        return reason

    async def _read(self, ws: WebSocket, sock: socket.socket | None) -> str:
        while True:
            message = await ws.receive()
            self._last_heard = self._clock()
            _acknowledge_at_once(sock)
            if self._is_silent and message.type in _SPEECH:
                self._is_silent = False
                self._speaks_again()
            match message.type:
                case aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
                case aiohttp.WSMsgType.PONG:
                    self._pong(bytes(message.data))
                case aiohttp.WSMsgType.PING:
                    await ws.pong(message.data)
                case aiohttp.WSMsgType.ERROR:
                    return f"connection broken: {message.data!r}"
                case aiohttp.WSMsgType.CLOSE | aiohttp.WSMsgType.CLOSING | aiohttp.WSMsgType.CLOSED:
                    return f"closed by Asterisk (code {ws.close_code})"

    def _take(self, text: bytes) -> None:
        figures = self._figures
        figures.event_bytes_total += len(text)
        if trace.isEnabledFor(10):
            trace.debug("< %s", text)
        event = decode(text, figures)
        if event is None:
            return
        if event.application != self._settings.app:
            figures.foreign_events_total += 1
            return
        match event:
            case messages.ApplicationReplaced() | messages.ApplicationUnregistered():
                self._doubted()
            case messages.ChannelUserevent(eventname=name) if self._is_echo(name):
                return
        figures.last_event_at = self._at()
        if event.timestamp.tzinfo is not None:
            figures.last_event_lag_s = (figures.last_event_at - event.timestamp).total_seconds()
        try:
            self._sink.event(event)
        except Exception as error:
            self._sink_failed(event, error)

    def _sink_failed(self, event: messages.Event, error: Exception) -> None:
        """Count it, and log each kind once: a sink that fails at every event must not fill the disk too."""
        self._figures.sink_errors_total += 1
        kind = (type(event).__name__, type(error).__name__)
        if kind not in self._sink_failures:
            self._sink_failures.add(kind)
            log.exception("ari.sink_failed", type=kind[0])

    # -- is anybody there ---------------------------------------------------------------------------------

    async def _beat(self, ws: WebSocket) -> None:
        """Ping; a peer that is frozen, or behind a dead line, answers nothing and closes nothing."""
        while True:
            await asyncio.sleep(self._settings.ping_every_s)
            self._listen_for_silence()
            trace.debug("> ping")
            with suppress(TimeoutError):  # it takes nothing any more, and says nothing either
                async with asyncio.timeout(self._settings.ping_every_s):
                    await ws.ping(repr(self._clock()).encode())

    def _listen_for_silence(self) -> None:
        """Tell of a silence once; raises PeerSilent when it does not end."""
        silent_s = self._clock() - self._last_heard
        if silent_s > _FROZEN * self._settings.silent_after_s:
            raise PeerSilent(f"Asterisk has been silent for {silent_s:.0f} s")
        if silent_s > self._settings.silent_after_s and not self._is_silent:
            self._is_silent = True
            self._silent(f"Asterisk has been silent for {silent_s:.1f} s")

    def _pong(self, payload: bytes) -> None:
        trace.debug("< pong %s", payload)
        try:
            self._figures.last_ping_rtt_s = self._clock() - float(payload)
        except ValueError:
            return


def _acknowledge_at_once(sock: socket.socket | None) -> None:
    """Send the TCP acknowledgement now.

    Asterisk's outbound WebSocket leaves Nagle's algorithm on: it keeps the second of two events until the
    first is acknowledged, and Linux delays acknowledgements by 40 ms on a connection on which we also send
    (our pings). Measured: without this the 90th percentile of an event's way is 20 ms, with it 2 ms.
    """
    if sock is not None and hasattr(socket, "TCP_QUICKACK"):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        except (OSError, ValueError):  # closed already; ValueError is uvloop's word for it
            return
