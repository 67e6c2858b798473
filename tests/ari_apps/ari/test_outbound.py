"""The small web server that Asterisk connects to."""

from __future__ import annotations

import asyncio

import pytest

from ari_apps.ari.figures import AriHealth
from ari_apps.ari.outbound import Listener
from ari_apps.ari.settings import AriSettings


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
