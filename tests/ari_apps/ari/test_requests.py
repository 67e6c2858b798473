"""One request, one outcome: against peers that behave as badly as a network can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvloop

from ari_apps.ari import Ari, AriSettings, Malformed, OutcomeUnknown, Unreachable
from ari_apps.ari.pool import Broken, NoConnection, Pool
from ari_apps.local_asterisk.free_ports import free_port
from tests.ari_apps.ari.switchboard import Listening, Switchboard

Answer = Callable[[asyncio.Transport], None]


class Peer(asyncio.Protocol):
    """Reads requests, and does with each but the client's greeting what it is told."""

    def __init__(self, answer: Answer, requests: list[str], open_: set[asyncio.Transport]) -> None:
        self.answer, self.requests, self.open = answer, requests, open_

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.open.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        if b" HTTP/" in data and b" /ari/asterisk/" not in data:
            self.requests.append(data.split(b" HTTP/")[0].decode())
            self.answer(self.transport)


@asynccontextmanager
async def peer(answer: Answer) -> AsyncIterator[tuple[Ari, list[str]]]:
    """Give a client whose Asterisk is such a peer, and the requests it has read."""
    requests: list[str] = []
    transports: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(answer, requests, transports), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = AriSettings(
        url=f"http://127.0.0.1:{port}", user="u", password="p", events="inbound", request_timeout_s=0.4
    )
    async with server:
        async with Ari(settings, Listening()) as ari:
            yield ari, requests
        for transport in tuple(transports):
            transport.abort()


def say_nothing(transport: asyncio.Transport) -> None:
    """Keep the connection and never answer."""


def hang_up(transport: asyncio.Transport) -> None:
    transport.abort()


async def test_a_request_without_an_answer_has_an_unknown_outcome_and_is_not_repeated() -> None:
    async with peer(say_nothing) as (ari, requests):
        with pytest.raises(OutcomeUnknown, match="no answer"):
            await ari.originate(endpoint="PJSIP/anna", id="x")
        with pytest.raises(OutcomeUnknown):
            await ari.channel("x").answer()
        posts = [request for request in requests if request.startswith("POST")]
        assert [post.split("?")[0] for post in posts] == ["POST /ari/channels", "POST /ari/channels/x/answer"]
        assert ari.health().requests["channels_originate"].outcomes == {"outcome_unknown": 1}


async def test_what_starts_something_is_never_sent_twice_when_the_connection_breaks() -> None:
    async with peer(hang_up) as (ari, requests):
        with pytest.raises(OutcomeUnknown, match="connection lost"):
            await ari.originate(endpoint="PJSIP/anna", id="x")
        with pytest.raises(OutcomeUnknown):
            await ari.channel("x").play("sound:beep", "p")
        with pytest.raises(OutcomeUnknown):
            await ari.channel("x").dial()
        with pytest.raises(OutcomeUnknown):
            await ari.channel("x").send_dtmf("1")
        assert len([request for request in requests if request.startswith("POST")]) == 4


async def test_what_only_says_how_it_shall_be_is_sent_once_more() -> None:
    async with peer(hang_up) as (ari, requests):
        with pytest.raises(OutcomeUnknown):
            await ari.channel("x").answer()
        assert len([request for request in requests if request.startswith("POST")]) == 2


async def test_a_broken_answer_is_an_unknown_outcome() -> None:
    def half(transport: asyncio.Transport) -> None:
        transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        transport.close()

    async with peer(half) as (ari, _):
        with pytest.raises(OutcomeUnknown):
            await ari.originate(endpoint="PJSIP/anna", id="x")

    def rubbish(transport: asyncio.Transport) -> None:
        transport.write(b"lorem ipsum\r\n\r\n")

    async with peer(rubbish) as (ari, _):
        with pytest.raises(OutcomeUnknown):
            await ari.originate(endpoint="PJSIP/anna", id="x")


async def test_nobody_there_means_nothing_was_sent() -> None:
    settings = AriSettings(url=f"http://127.0.0.1:{free_port()}", user="u", password="p", events="inbound")
    async with Ari(settings, Listening()) as ari:
        with pytest.raises(Unreachable, match="no connection to Asterisk"):
            await ari.originate(endpoint="PJSIP/anna", id="x")
    with pytest.raises(Unreachable):
        await ari.channel("x").answer()


async def test_a_line_break_is_refused_before_anything_is_sent() -> None:
    async with peer(say_nothing) as (ari, requests):
        with pytest.raises(Malformed):
            await ari.originate(endpoint="PJSIP/anna", id="x", caller_id='"Eve\r\nX-Evil: 1" <1>')
        with pytest.raises(Malformed):
            await ari.channel("x").set_variables({"A": "1\n2"})
        assert not [request for request in requests if request.startswith("POST")]


async def test_more_requests_than_connections_wait_for_their_turn(switchboard: Switchboard) -> None:
    async with switchboard.ari(connections=4, events="inbound", app="many") as ari:
        await ari.ready(20)
        answers = await asyncio.gather(*(ari.ping() for _ in range(100)))
        assert {answer.ping for answer in answers} == {"pong"}
        figures = ari.health().requests["asterisk_ping"]
        assert figures.total == sum(figures.buckets) == figures.outcomes["done"] == 100


async def test_a_cancelled_request_is_counted_and_leaves_the_pool_usable() -> None:
    async with peer(say_nothing) as (ari, requests):
        task = asyncio.create_task(ari.channel("x").answer())
        while not requests:  # noqa: ASYNC110 - the peer has no event to wait for
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ari.health().requests["channels_answer"].outcomes == {"cancelled": 1}


# -- HTTP, as it may come -----------------------------------------------------------------------------------


class Server(asyncio.Protocol):
    """Answers each request by what `answers` says, in turns; the last one goes on being said."""

    def __init__(self, answers: list[bytes], opened: list[Server], *, then_close: bool = False) -> None:
        self.answers, self.opened, self.then_close = answers, opened, then_close
        self.requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        self.opened.append(self)

    def data_received(self, data: bytes) -> None:
        self.requests += data.count(b" HTTP/1.1\r\n")
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.transport.write(said)
        if self.then_close:
            self.transport.close()


@asynccontextmanager
async def pool_at(
    *answers: bytes, then_close: bool = False, connections: int = 1
) -> AsyncIterator[tuple[Pool, list[Server]]]:
    """Give a pool whose server says these things, and the connections it has opened."""
    opened: list[Server] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(list(answers), opened, then_close=then_close), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    pool = Pool(f"http://127.0.0.1:{port}", {}, connections=connections, keep_alive_s=10)
    async with server:
        yield pool, opened
        pool.close()
        for one in opened:
            one.transport.abort()


def said(status: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body


def whole(body: bytes) -> bytes:
    return said("200 OK", f"Content-Length: {len(body)}", body=body)


def loops() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    """Return the tests' kind of event loop, and the product's."""
    return [asyncio.new_event_loop, uvloop.new_event_loop]


@pytest.mark.parametrize("new_loop", loops())
@pytest.mark.parametrize(
    ("answer", "expected", "kept"),
    [
        (whole(b"{}"), (200, b"{}"), True),
        (said("204 No Content"), (204, b""), True),
        (said("304 Not Modified"), (304, b""), True),
        (said("100 Continue") + said("103 Early Hints", "Link: a") + whole(b"{}"), (200, b"{}"), True),
        (
            said("200 OK", "Transfer-Encoding: chunked", body=b"1\r\n{\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n"),
            (200, b"{}"),
            True,
        ),
        (said("200 OK", "Connection: close", "Content-Length: 2", body=b"{}"), (200, b"{}"), False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", (200, b"{}"), False),
        (whole(b"{}") + whole(b"[]"), (200, b"{}"), False),
        (whole(b"{}") + b"HTTP/1.1 200 O", (200, b"{}"), False),
        (whole(b"{}") + b"rubbish", (200, b"{}"), False),
    ],
)
def test_an_answer_is_read_as_http_says_and_one_nobody_asked_for_is_never_taken_for_another(
    new_loop: Callable[[], asyncio.AbstractEventLoop], answer: bytes, expected: tuple[int, bytes], kept: bool
) -> None:
    async def ask() -> None:
        async with pool_at(answer) as (pool, opened):
            for _ in range(2):
                async with asyncio.timeout(5):
                    told = await pool.request("GET", "/ari/asterisk/ping")
                assert (told.status, told.content) == expected
            assert len(opened) == (1 if kept else 2)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(ask())


@pytest.mark.parametrize("new_loop", loops())
def test_an_answer_without_a_length_ends_with_the_connection_and_half_a_one_is_none(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def ask() -> None:
        async with pool_at(said("200 OK", body=b"{}"), then_close=True) as (pool, _), asyncio.timeout(5):
            assert (await pool.request("GET", "/")).content == b"{}"
        halves = [
            said("200 OK", "Content-Length: 3", body=b"{}"),
            said("200 OK", "Connection: close", "Content-Length: 3", body=b"{}"),
            said("200 OK", "Transfer-Encoding: chunked", body=b"2\r\n{}\r\n"),
            b"HTTP/1.1 200 OK\r\nX: y\r\n",
            said("100 Continue"),
            b"",
        ]
        for half in halves:
            async with pool_at(half, then_close=True) as (pool, _), asyncio.timeout(5):
                with pytest.raises(Broken):
                    await pool.request("GET", "/")

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(ask())


@pytest.mark.parametrize("new_loop", loops())
def test_a_peer_that_speaks_another_protocol_breaks_the_request_and_nothing_else(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def ask() -> None:
        faults: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        switching = said("101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", body=b"\x81")
        async with pool_at(switching) as (pool, _), asyncio.timeout(5):
            with pytest.raises(Broken):
                await pool.request("GET", "/")
        assert faults == []

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(ask())


async def test_what_was_not_sent_is_not_in_doubt() -> None:
    async with pool_at(whole(b"{}")) as (pool, opened):
        await pool.request("GET", "/")
        pool.close()
        with pytest.raises(NoConnection):
            await pool.request("POST", "/")
        assert len(opened) == 1
    async with pool_at(b"") as (pool, _):
        under_way = [asyncio.create_task(pool.request("POST", "/")) for _ in range(2)]
        await asyncio.sleep(0.05)
        pool.close()
        first, second = await asyncio.gather(*under_way, return_exceptions=True)
        assert (type(first), type(second)) == (Broken, NoConnection)


async def test_a_connection_that_the_peer_closes_while_idle_is_not_used_again() -> None:
    async with pool_at(whole(b"{}")) as (pool, opened):
        await pool.request("GET", "/")
        opened[0].transport.write_eof()
        await asyncio.sleep(0.05)
        assert (await pool.request("POST", "/")).status == 200
        assert [one.requests for one in opened] == [1, 1]


async def test_whoever_asks_first_is_served_first() -> None:
    async with pool_at(whole(b"{}"), connections=2) as (pool, opened):
        served: list[int] = []

        async def ask(number: int) -> None:
            await pool.request("GET", f"/{number}")
            served.append(number)

        await asyncio.gather(*(ask(number) for number in range(50)))
        assert all(abs(place - number) <= 2 for place, number in enumerate(served))
        assert len(opened) == 2
