"""The connection for events: up, down, up again, and given up with a reason."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from typing import Any

import aiohttp
import pytest

from ari_apps.ari import (
    AddressTaken,
    ApplicationTaken,
    ApplicationUnknown,
    Ari,
    NotReady,
    Unauthorized,
    messages,
)
from ari_apps.ari.messages import StasisStart
from ari_apps.local_asterisk.free_ports import free_port
from tests.ari_apps.ari.switchboard import Listening, Switchboard, run_switchboard
from tests.asterisk_lab import AsteriskLab
from tests.floor_lab import until

BOTH = pytest.mark.parametrize("events", ["outbound", "inbound"])


@BOTH
async def test_calls_are_heard_over_either_transport(asterisk_lab: AsteriskLab, events: str) -> None:
    switchboard, listening = await run_switchboard(asterisk_lab, events=events), Listening()
    async with switchboard.ari(listening) as ari:
        await ari.ready(20)
        await switchboard.call_comes_in("inbound,one")
        assert (await listening.next(StasisStart)).args == ["inbound", "one"]
        health = ari.health()
        assert (health.connected, health.transport) == (True, events)
        assert listening.connections == [True]
    assert listening.reasons == ["stopped"]


async def test_auto_lets_asterisk_connect_where_it_is_configured_to(asterisk_lab: AsteriskLab) -> None:
    for configured, chosen in (("outbound", "outbound"), ("inbound", "inbound")):
        switchboard = await run_switchboard(asterisk_lab, events=configured)
        async with switchboard.ari(events="auto") as ari:
            await ari.ready(20)
            assert ari.health().transport == chosen


@BOTH
async def test_events_come_again_after_asterisk_was_restarted(asterisk_lab: AsteriskLab, events: str) -> None:
    switchboard, listening = await run_switchboard(asterisk_lab, events=events), Listening()
    async with switchboard.ari(listening) as ari:
        await ari.ready(20)
        await switchboard.asterisk.kill()
        await listening.until(lambda: len(listening.reasons) == 1, "the disconnection")
        assert not ari.health().connected
        await switchboard.asterisk.start()
        await listening.until(lambda: len(listening.connections) == 2, "the reconnection")
        assert ari.health().reconnects_total == 1
        await switchboard.call_comes_in()
        await listening.next(StasisStart)


async def is_there(switchboard: Switchboard, number: int) -> bool:
    return f"callfloor,inbound,{number}" in await switchboard.asterisk.cli("core show channels concise")


async def test_calls_that_came_while_we_were_away_are_told_in_their_order(asterisk_lab: AsteriskLab) -> None:
    switchboard = await run_switchboard(asterisk_lab)
    async with switchboard.ari() as ari:
        await ari.ready(20)
    for number in range(5):
        await switchboard.call_comes_in(f"inbound,{number}")
        await until(partial(is_there, switchboard, number), f"caller {number} is there")
    listening = Listening()
    async with switchboard.ari(listening) as ari:
        await listening.until(lambda: len(listening.heard(StasisStart)) == 5, "five callers")
    assert [event.args[1] for event in listening.heard(StasisStart)] == ["0", "1", "2", "3", "4"]


@BOTH
async def test_a_frozen_asterisk_is_noticed_and_heard_again_after_it(
    asterisk_lab: AsteriskLab, events: str
) -> None:
    switchboard, listening = await run_switchboard(asterisk_lab, events=events), Listening()
    async with switchboard.ari(listening, ping_every_s=0.1, silent_after_s=1.0) as ari:
        await ari.ready(20)
        os.kill(switchboard.asterisk.pid, signal.SIGSTOP)
        try:
            await listening.until(lambda: len(listening.reasons) == 1, "the end of patience")
        finally:
            os.kill(switchboard.asterisk.pid, signal.SIGCONT)
        assert "silent" in listening.reasons[0]
        await listening.until(lambda: len(listening.connections) == 2, "the reconnection")
        await switchboard.call_comes_in()
        await listening.next(StasisStart)


@BOTH
async def test_pings_are_answered_and_timed(asterisk_lab: AsteriskLab, events: str) -> None:
    switchboard = await run_switchboard(asterisk_lab, events=events)
    async with switchboard.ari(ping_every_s=0.05) as ari:
        await ari.ready(20)
        while ari.health().last_ping_rtt_s is None:
            await ari.ping()


@pytest.mark.parametrize("events", ["outbound", "inbound", "auto"])
async def test_a_wrong_password_is_one_clear_error(switchboard: Switchboard, events: str) -> None:
    async with switchboard.ari(events=events, password="wrong", events_listen="127.0.0.1:0") as ari:
        with pytest.raises(Unauthorized, match=r"does not accept user 'floor'.*callfloor render"):
            await ari.ready(20)
        with pytest.raises(Unauthorized):
            await ari.watch()
        assert "does not accept" in ari.health().reason


async def test_a_user_who_may_only_read_is_told_so(switchboard: Switchboard) -> None:
    settings: dict[str, Any] = {"user": "reader", "password": "only", "app": "reading", "events": "inbound"}
    async with switchboard.ari(**settings) as ari:
        await ari.ready(20)
        with pytest.raises(Unauthorized, match="read_only=no"):
            await ari.channel("any").answer()


async def test_an_asterisk_that_is_not_up_yet_is_waited_for(asterisk_lab: AsteriskLab) -> None:
    switchboard = await run_switchboard(asterisk_lab)
    await switchboard.asterisk.stop()
    async with switchboard.ari() as ari:
        with pytest.raises(NotReady, match="waiting for Asterisk"):
            await ari.ready(0.5)
        await switchboard.asterisk.start()
        await ari.ready(20)


async def test_an_application_nobody_configured_is_one_clear_error(switchboard: Switchboard) -> None:
    async with switchboard.ari(app="unheard-of", events_listen="127.0.0.1:0") as ari:
        with pytest.raises(
            ApplicationUnknown, match=r"no outbound WebSocket for 'unheard-of'.*callfloor render"
        ):
            await ari.ready(20)


async def test_a_taken_address_is_one_clear_error(switchboard: Switchboard) -> None:
    taken = f"127.0.0.1:{free_port()}"
    host, port = taken.split(":")
    somebody = await asyncio.start_server(lambda reader, writer: writer.close(), host, int(port))
    async with somebody, switchboard.ari(events_listen=taken) as ari:
        with pytest.raises(AddressTaken, match=taken):
            await ari.ready(20)


async def test_only_asterisk_can_send_us_events(asterisk_lab: AsteriskLab) -> None:
    switchboard = await run_switchboard(asterisk_lab, events_password="not the one we know")
    async with switchboard.ari() as ari:
        with pytest.raises(NotReady, match=r"compare websocket_client\.conf"):
            await ari.ready(3)
        assert ari.health().refused_connections_total > 0
        async with aiohttp.ClientSession() as stranger:
            for headers in ({}, {"Authorization": "Basic bm9ib2R5Og=="}, {"Authorization": "é"}):
                async with stranger.get(
                    f"http://127.0.0.1:{ari.events_port}/ari/events", headers=headers
                ) as answer:
                    assert answer.status == 401
        assert not ari.health().connected


async def test_two_of_the_same_name_do_not_fight(asterisk_lab: AsteriskLab) -> None:
    switchboard = await run_switchboard(asterisk_lab, events="inbound")
    first, second = Listening(), Listening()
    async with switchboard.ari(first) as elder:
        await elder.ready(20)
        async with switchboard.ari(second) as younger:
            await younger.ready(20)
            with pytest.raises(ApplicationTaken, match="another program"):
                await elder.watch()
            await switchboard.call_comes_in()
            await second.next(StasisStart)
            assert younger.health().connected
    assert first.heard(StasisStart) == []


async def test_a_connection_that_went_deaf_is_not_trusted(asterisk_lab: AsteriskLab) -> None:
    """Once another program has connected by our name, Asterisk's own connection stays up and says nothing."""
    switchboard = await run_switchboard(asterisk_lab)
    async with switchboard.ari() as ari:
        await ari.ready(20)
        async with switchboard.ari(events="inbound") as thief:
            await thief.ready(20)
            with pytest.raises(ApplicationTaken, match="shutdown websocket session"):
                await ari.watch()
    async with switchboard.ari() as again:
        with pytest.raises((ApplicationTaken, ApplicationUnknown), match="start outbound-websocket"):
            await again.watch()
    await switchboard.asterisk.cli("ari shutdown websocket session events")
    await switchboard.asterisk.cli("ari start outbound-websocket events")
    listening = Listening()
    async with switchboard.ari(listening) as healed:
        await healed.ready(20)
        await switchboard.call_comes_in()
        await listening.next(StasisStart)


async def test_a_sink_that_fails_does_not_stop_the_events(switchboard: Switchboard) -> None:
    class Failing(Listening):
        def event(self, event: messages.Event) -> None:
            super().event(event)
            raise RuntimeError("no room")

    failing = Failing()
    async with switchboard.ari(failing) as ari:
        await ari.ready(20)
        await ari.originate(endpoint="PJSIP/busy", id="for-failing")
        await failing.next(messages.ChannelDestroyed, "for-failing")
        assert ari.health().sink_errors_total >= 3


async def test_what_nobody_wants_is_not_sent(ari: Ari, listening: Listening) -> None:
    leg = await ari.originate(endpoint="PJSIP/answering", id="quiet", variables={"A": "1"})
    await listening.next(StasisStart, leg.id)
    await leg.set_variable("B", "2")
    await leg.hangup()
    await listening.next(messages.ChannelDestroyed, leg.id)
    assert listening.heard(messages.ChannelVarset) == []
    assert listening.heard(messages.ChannelDialplan) == []


async def test_a_slow_floor_loses_nothing(asterisk_lab: AsteriskLab, ari: Ari, listening: Listening) -> None:
    """The reader only hands on: while nobody works off the queue, events still come in."""
    ids = [f"burst-{number}" for number in range(30)]
    for leg in ids:
        await ari.originate(endpoint="PJSIP/busy", id=leg)
    await listening.until(
        lambda: {event.channel.id for event in listening.heard(messages.ChannelDestroyed)} >= set(ids),
        "30 ends",
    )
    assert ari.health().last_event_lag_s is not None
