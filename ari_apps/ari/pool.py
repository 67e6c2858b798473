"""Kept-alive HTTP connections to one server: write a request, read its answer, and nothing else.

A call takes seven requests, so their cost is what a call costs. aiohttp's client, which does far more, takes
0.16 to 0.3 ms of a core for each; a connection of our own with llhttp's parser takes 0.06.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol as Shape
from typing import cast
from urllib.parse import urlsplit

import httptools

CONNECT_S = 2.0


class Broken(Exception):
    """A connection ended before the answer was whole."""


class NoConnection(Exception):
    """There is nobody at the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content: bytes


class _Parser(Shape):
    def feed_data(self, data: bytes) -> None: ...
    def get_status_code(self) -> int: ...
    def should_keep_alive(self) -> bool: ...


class _Connection(asyncio.Protocol):
    """One connection; it serves one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.usable_until = 0.0
        self.is_open = False
        self._answer: asyncio.Future[Answer] | None = None
        self._parts: list[bytes] = []
        self._parser: _Parser = httptools.HttpResponseParser(self)
        self._keeps_alive = True
        self._tells_length = False
        self._ends_with_connection = False
        """The answer has no length, and is whole when the peer has closed."""

    # -- what the event loop tells --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport, self.is_open = cast(asyncio.Transport, transport), True

    def data_received(self, data: bytes) -> None:
        """Read on; what is no HTTP, or what nobody asked for, ends the connection."""
        if self._answer is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Broken(f"no HTTP: {error}"))

    def eof_received(self) -> None:
        """Ask no more of a peer that says no more."""
        self.is_open = False

    def connection_lost(self, exc: Exception | None) -> None:
        """End an answer that ends so; fail any other request under way."""
        self.is_open = False
        if self._ends_with_connection and exc is None:
            self._give(Answer(self._parser.get_status_code(), b"".join(self._parts)))
        self._fail(Broken(f"connection lost: {exc}" if exc else "connection closed"))

    # -- what the parser tells ------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin an answer; one that nobody asked for must not become that to the next request."""
        self._parts.clear()
        self._tells_length = False
        if self._answer is None:
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note whether the answer says how long it is."""
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._tells_length = True

    def on_headers_complete(self) -> None:
        """Note how the answer will end."""
        interim = self._parser.get_status_code() < HTTPStatus.OK
        self._ends_with_connection = not self._tells_length and not interim

    def on_body(self, body: bytes) -> None:
        """Keep a part of the answer."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """Give the answer."""
        status = self._parser.get_status_code()
        if status < HTTPStatus.OK:  # an interim answer; the real one follows
            return
        self._ends_with_connection = False
        self._keeps_alive = self._parser.should_keep_alive()
        self._give(Answer(status, b"".join(self._parts)))

    # -- for the pool ---------------------------------------------------------------------------------------

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and wait for its answer; raises NoConnection, Broken."""
        if self.transport is None or not self.is_open:
            raise NoConnection("connection closed at once")
        answer = self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await answer  # type: ignore[no-any-return]

    def may_be_kept(self) -> bool:
        """Tell whether the connection can serve another request."""
        return self.is_open and self._keeps_alive and self._answer is None

    def close(self) -> None:
        """End it at once."""
        self.is_open = False
        if self.transport is not None:
            self.transport.abort()

    def _give(self, whole: Answer) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(whole)

    def _fail(self, why: Broken) -> None:
        answer, self._answer = self._answer, None
        self.close()
        if answer is not None and not answer.done():
            answer.set_exception(why)


class Pool:
    """Up to so many connections to the server of `url`, each kept for a while after its last answer."""

    def __init__(self, url: str, headers: dict[str, str], *, connections: int, keep_alive_s: float) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._secure else 80)
        self._head = "".join(
            f"{name}: {value}\r\n" for name, value in ({"Host": parts.netloc} | headers).items()
        )
        self._keep_alive_s = keep_alive_s
        self._turns = asyncio.Semaphore(connections)
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._closed = False

    async def request(self, method: str, target: str, body: bytes | None = None) -> Answer:
        """Send one request; raises NoConnection when nothing was sent, Broken when that is not known."""
        length = len(body) if body is not None else 0
        kind = "Content-Type: application/json\r\n" if body is not None else ""
        head = f"{method} {target} HTTP/1.1\r\n{self._head}{kind}Content-Length: {length}\r\n\r\n"
        async with self._turns:
            connection = self._kept() or await self._connect()
            try:
                answer = await connection.exchange(head.encode() + (body or b""))
            finally:
                self._give_back(connection)
        return answer

    def close(self) -> None:
        """End all connections; requests under way are broken, later ones find nobody."""
        self._closed = True
        for connection in tuple(self._open):
            connection.close()
        self._open.clear()
        self._idle.clear()

    def _kept(self) -> _Connection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and now < connection.usable_until:
                return connection
            self._drop(connection)
        return None

    async def _connect(self) -> _Connection:
        if self._closed:
            raise NoConnection("the client is closed")
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await asyncio.get_running_loop().create_connection(
                    _Connection, self._host, self._port, ssl=True if self._secure else None
                )
        except (OSError, TimeoutError) as error:
            raise NoConnection(str(error) or f"no answer within {CONNECT_S:g} s") from error
        self._open.add(connection)
        if self._closed:
            self._drop(connection)
        return connection

    def _give_back(self, connection: _Connection) -> None:
        if connection.may_be_kept():
            connection.usable_until = asyncio.get_running_loop().time() + self._keep_alive_s
            self._idle.append(connection)
        else:
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        self._open.discard(connection)
        connection.close()
