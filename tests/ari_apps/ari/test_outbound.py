"""The small web server that Asterisk connects to."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest

from ari_apps.ari.figures import AriHealth
from ari_apps.ari.outbound import Listener
from ari_apps.ari.reader import Reader, WebSocket
from ari_apps.ari.settings import AriSettings
from tests.ari_apps.ari.switchboard import Listening


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_that_comes_just_as_we_stop_is_closed(turns: int) -> None:
    async def hold(*_: object) -> None: ...

    settings = AriSettings(user="user", password="password", events_listen="127.0.0.1:0")
    listener = Listener(settings, AriHealth(), hold)
    await listener.start()
    connecting = asyncio.create_task(asyncio.open_connection("127.0.0.1", listener.port))
    for _ in range(turns):
        await asyncio.sleep(0)
    await listener.stop()
    try:
        reader, writer = await connecting
    except ConnectionError:
        return
    try:
        async with asyncio.timeout(2):
            assert await reader.read() == b""
    except ConnectionError:
        pass
    finally:
        writer.close()


async def test_a_peer_that_falls_silent_is_told_of_waited_for_and_given_up_in_the_end() -> None:
    told: list[str] = []
    settings = AriSettings(
        user="user",
        password="password",
        events_listen="127.0.0.1:0",
        events_password="secret",
        ping_every_s=0.02,
        silent_after_s=0.2,
    )
    reader = Reader(
        settings,
        AriHealth(),
        Listening(),
        is_echo=lambda _: False,
        doubted=lambda: None,
        silent=told.append,
        speaks_again=lambda: told.append("again"),
    )

    async def hold(ws: WebSocket, sock: socket.socket | None) -> None:
        told.append(await reader.read(ws, sock))

    listener = Listener(settings, AriHealth(), hold)
    login = aiohttp.encode_basic_auth("callfloor", "secret")
    await listener.start()
    async with aiohttp.ClientSession(headers={"Authorization": login}) as session:
        url = f"http://127.0.0.1:{listener.port}/ari/events"
        async with session.ws_connect(url, protocols=("ari",), autoping=False) as asterisk:
            while not told:
                assert (await asterisk.receive(10)).type is aiohttp.WSMsgType.PING
            await asterisk.pong(b"1.0")
            while (await asterisk.receive(10)).type is aiohttp.WSMsgType.PING:
                pass
    await listener.stop()
    assert [said.split(" for ")[0] for said in told] == [
        "Asterisk has been silent",
        "again",
        "Asterisk has been silent",
        "Asterisk has been silent",
    ]
