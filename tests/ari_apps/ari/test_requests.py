"""One request, one outcome: against peers that behave as badly as a network can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ari_apps.ari import Ari, AriSettings, Malformed, OutcomeUnknown, Unreachable
from tests.ari_apps.ari.switchboard import Listening, Switchboard
from tests.asterisk_lab import free_port

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
