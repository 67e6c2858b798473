"""The nine faults of plain panoramisk, each shown, and each cured in our subclass.

Every scenario runs twice against a real Asterisk: with ours it must go well, with plain panoramisk 1.4 it
must not; the day it does, the cure is no longer needed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import panoramisk
import pytest

from ami_listeners.clock import Clock
from ami_listeners.connection import Connected, Connection, Gap, Received
from ami_listeners.errors import InvalidHeader, LoginRefused, NotConnected, OutcomeUnknown
from ami_listeners.messages import AmiEvent
from ami_listeners.settings import AmiSettings
from tests.ami_listeners.native_floor import SECRET, NativeFloor
from tests.ami_listeners.waiting import until
from tests.ami_listeners.wire import Wire

Callback = Callable[[Any, Any], Awaitable[None] | None]


class Client(Protocol):
    """What both have in common."""

    def send_action(self, action: dict[str, Any], as_list: bool | None = None) -> asyncio.Future[Any]: ...
    def register_event(self, pattern: str, callback: Callback) -> object: ...
    def close(self) -> None: ...


class Plain(panoramisk.Manager):  # type: ignore[misc]
    """Panoramisk as it is published, with its default of two seconds between attempts cut to one."""

    def __init__(self, settings: AmiSettings) -> None:
        super().__init__(
            host=settings.host,
            port=settings.port,
            username=settings.username,
            secret=settings.secret.get_secret_value(),
            reconnect_timeout=1,
            ping_delay=1,
            ping_interval=1,
        )


Start = Callable[[AmiSettings], contextlib.AbstractAsyncContextManager[Any]]


@contextlib.asynccontextmanager
async def ours(settings: AmiSettings) -> AsyncIterator[Connection]:
    connection = Connection(settings, clock=Clock())
    running = connection.connect()
    try:
        yield connection
    finally:
        connection.close()
        with contextlib.suppress(LoginRefused):
            await running


@contextlib.asynccontextmanager
async def plain(settings: AmiSettings) -> AsyncIterator[Plain]:
    manager = Plain(settings)
    manager.connect()
    try:
        yield manager
    finally:
        manager.connect = lambda *_: None  # else it would go on for ever: fault 7
        manager.close()
        await asyncio.sleep(0)


both = pytest.mark.parametrize(("start", "well"), [(ours, True), (plain, False)], ids=["ours", "plain"])


async def logged_in(client: Any) -> None:
    assert await until(lambda: client.authenticated)


async def say(client: Any, **headers: str) -> None:
    """Let Asterisk send an event of our wording to everybody who listens."""
    await client.send_action({"Action": "UserEvent", "UserEvent": "Said", **headers})


@pytest.fixture
async def wire(native_floor: NativeFloor) -> AsyncIterator[Wire]:
    async with Wire(native_floor.ami_port) as wire:
        yield wire


@pytest.fixture
def settings(native_floor: NativeFloor, wire: Wire) -> AmiSettings:
    return native_floor.settings(
        wire.port, heartbeat_s=0.5, heartbeat_timeout_s=0.5, action_timeout_s=1, backoff_max_s=0.5
    )


@both
async def test_a_letter_split_over_two_segments_stays_a_letter(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    wire.split_inside = ["ł".encode()]
    names: list[str] = []
    async with start(settings) as client:
        client.register_event("UserEvent", lambda _, event: names.append(event["Name"]))
        await logged_in(client)
        await say(client, Name="Włodek")
        assert await until(lambda: len(names) == 1)
    assert (names == ["Włodek"]) is well


@both
async def test_an_empty_last_header_is_still_there(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    """DialEnd of an endpoint without a dial string ends so, VarSet of an empty value always does."""
    seen: list[Any] = []
    async with start(settings) as client:
        client.register_event("VarSet", lambda _, event: seen.append(event))
        await logged_in(client)
        await client.send_action({"Action": "Setvar", "Variable": "GREETING", "Value": ""})
        assert await until(lambda: len(seen) == 1)
    assert ("Value" in seen[0]) is well


@both
async def test_a_callback_that_raises_costs_nobody_else_an_event(
    start: Start, well: bool, settings: AmiSettings, wire: Wire, native_floor: NativeFloor
) -> None:
    heard: list[str] = []

    def stumble(_: Any, event: Any) -> None:
        if event["Word"] == "first":
            raise ValueError("a bug in a listener")

    def hear(_: Any, event: Any) -> None:
        heard.append(event["Word"])

    async with start(settings) as client, ours(native_floor.settings()) as speaker:
        client.register_event("UserEvent", stumble)
        client.register_event("UserEvent*", hear)
        await logged_in(client)
        await logged_in(speaker)
        wire.freeze()
        for word in ("first", "second", "third"):
            await say(speaker, Word=word)
        wire.thaw()
        complete = await until(lambda: heard == ["first", "second", "third"], 1)
        assert (complete and wire.connects == 1) is well


@both
async def test_a_refused_login_is_one_clear_error_and_the_end(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    wrong = settings.model_copy(update={"username": "nobody"})
    if well:
        connection = Connection(wrong, clock=Clock())
        with pytest.raises(LoginRefused) as refused:
            await connection.run()
        error = refused.value
        assert "nobody" in str(error)
        assert f"127.0.0.1:{wire.port}" in str(error)
        assert "manager.conf" in str(error)
        assert wire.connects == 1
        assert not connection.health.up
        assert connection.health.reason == str(error)
    else:
        async with start(wrong):
            assert await until(lambda: wire.connects >= 2)


@both
async def test_an_unanswered_action_is_not_sent_again_after_a_reconnect(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    async with start(settings) as client:
        await logged_in(client)
        wire.swallow()
        order = client.send_action({"Action": "Originate", "Channel": "Local/echo@callers", "Exten": "echo"})
        assert await until(lambda: b"Originate" in wire.sent)
        wire.hear()
        wire.cut()
        assert await until(lambda: wire.connects >= 2)
        await until(lambda: wire.sent.count(b"Originate") > 1, 2)
        assert (wire.sent.count(b"Originate") == 1) is well
        if well:
            with pytest.raises(OutcomeUnknown, match=r"Originate.*may or may not"):
                await order


@both
async def test_a_peer_that_hangs_is_noticed(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    async with start(settings) as client:
        await logged_in(client)
        assert await until(lambda: wire.sent.count(b"Ping") >= 2)
        wire.freeze()
        noticed = await until(lambda: wire.connects >= 2, 4)
        assert noticed is well
        if well:
            assert not client.health.up
            wire.thaw()
            await logged_in(client)
            assert await until(lambda: client.health.round_trip_s is not None)


@both
async def test_close_is_the_end_even_between_two_attempts(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    async with start(settings) as client:
        await logged_in(client)
        wire.close()
        assert await until(lambda: not connected(client))
        client.close()
        before = wire.connects
        await wire.open()
        assert await until(lambda: wire.connects > before, 2) is not well


def connected(client: Any) -> bool:
    """Ask either in its own words."""
    return client.health.up if isinstance(client, Connection) else bool(client._connected)


@both
async def test_an_unanswered_action_ends_at_its_deadline(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    patient = settings.model_copy(update={"heartbeat_timeout_s": 60, "heartbeat_s": 60})
    async with start(patient) as client:
        await logged_in(client)
        wire.swallow()
        asked = client.send_action({"Action": "CoreStatus"})
        assert await until(asked.done, 3) is well
        if well:
            with pytest.raises(OutcomeUnknown, match="CoreStatus was sent, and no answer came within 1 s"):
                await asked


@both
async def test_coroutine_callbacks_see_events_in_order(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    heard: list[str] = []

    async def slow_at_first(_: Any, event: Any) -> None:
        if event["Word"] == "1":
            await asyncio.sleep(0.2)
        heard.append(event["Word"])

    async with start(settings) as client:
        client.register_event("UserEvent", slow_at_first)
        await logged_in(client)
        for word in "123":
            await say(client, Word=word)
        assert await until(lambda: len(heard) == 3)
    assert (heard == ["1", "2", "3"]) is well


@both
async def test_a_value_with_a_line_break_cannot_become_another_header(
    start: Start, well: bool, settings: AmiSettings, wire: Wire
) -> None:
    hostile = {"Action": "Originate", "CallerID": "Eve\r\nApplication: System\r\nData: rm"}
    async with start(settings) as client:
        await logged_in(client)
        if well:
            with pytest.raises(InvalidHeader, match="CallerID"):
                client.send_action(hostile)
            with pytest.raises(InvalidHeader):
                client.send_action({"Action": "Originate", "Variable": ["A=1", "B=2\nC=3"]})
            with pytest.raises(InvalidHeader):
                client.send_action({"Action": "Ping", "Bad: header": "x"})
        else:
            await client.send_action(hostile)
        assert (b"Application: System" in wire.sent) is not well


# -- what is beyond the nine --------------------------------------------------------------------------------


async def test_events_that_do_not_fit_are_dropped_and_the_gap_is_told(
    settings: AmiSettings, native_floor: NativeFloor
) -> None:
    got: list[Received] = []
    small = settings.model_copy(update={"queue_max": 5})
    connection = Connection(small, clock=Clock(), receive=got.append)
    running = connection.connect()
    await connection.connected()
    held = asyncio.Event()

    async def hold(_: Any, event: Any) -> None:
        if event["Word"] == "0":
            await held.wait()

    connection.register_event("UserEvent", hold)
    for word in range(20):
        await say(connection, Word=str(word))
    assert connection.health.dropped >= 10
    held.set()
    assert await until(lambda: any(isinstance(each, Gap) for each in got))
    (gap,) = [each for each in got if isinstance(each, Gap)]
    told = got[: got.index(gap)]  # Asterisk may have said the last word only after there was room again
    words = [each.text("Word") for each in told if isinstance(each, AmiEvent) and each.name == "UserEvent"]
    assert words
    assert words == [str(number) for number in range(len(words))]
    assert gap.began_moment < gap.moment
    await say(connection, Word="after")
    assert await until(lambda: isinstance(got[-1], AmiEvent) and got[-1].text("Word") == "after")
    connection.close()
    await running


async def test_a_reconnect_tells_since_when_nothing_was_heard(settings: AmiSettings, wire: Wire) -> None:
    got: list[Received] = []
    connection = Connection(settings, clock=Clock(), receive=got.append, interests={})
    running = connection.connect()
    await connection.connected()
    wire.cut()
    assert await until(lambda: len(got) == 2)
    first, second = got
    assert isinstance(first, Connected)
    assert first.gap_began is None
    assert isinstance(second, Connected)
    assert second.gap_began is not None
    assert first.moment <= second.gap_began < second.moment
    assert second.why
    connection.close()
    await running


async def test_a_gap_begins_with_the_last_sign_of_life_and_not_when_the_silence_was_noticed(
    settings: AmiSettings, wire: Wire
) -> None:
    got: list[Received] = []
    clock = Clock()
    connection = Connection(settings, clock=clock, receive=got.append, interests={})
    running = connection.connect()
    assert await until(lambda: connection.health.round_trip_s is not None)
    wire.freeze()
    await asyncio.sleep(0.1)
    silent = clock.moment()
    assert await until(lambda: wire.connects >= 2)
    wire.thaw()
    assert await until(lambda: len(got) == 2)
    again = got[1]
    assert isinstance(again, Connected)
    assert again.gap_began is not None
    assert again.gap_began < silent < again.moment
    connection.close()
    await running


async def test_without_a_connection_nothing_is_sent_and_that_is_said(settings: AmiSettings) -> None:
    connection = Connection(settings, clock=Clock())
    with pytest.raises(NotConnected, match="Ping was not sent"):
        connection.send_action({"Action": "Ping"})


async def test_something_that_is_no_manager_is_named_and_tried_again(native_floor: NativeFloor) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with ours(native_floor.settings(port, backoff_max_s=0.3)) as connection:
        assert await until(lambda: "SSH-2.0" in connection.health.reason)
        assert "asterisk.ami" in connection.health.reason
    server.close()


async def test_an_action_without_permission_is_refused_in_words(native_floor: NativeFloor) -> None:
    outsider = native_floor.settings(username="outsider", secret=SECRET)
    async with ours(outsider) as connection:
        await connection.connected()
        with pytest.raises(Exception, match=r"Asterisk refused CoreShowChannels: Permission denied"):
            await connection.ask_all("CoreShowChannels")
