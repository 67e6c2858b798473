from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ari_apps.ari import Ari
from tests.ari_apps.ari.switchboard import Listening, Switchboard, run_switchboard
from tests.asterisk_lab import AsteriskLab


@pytest.fixture(scope="session")
async def switchboard(shared_asterisk_lab: AsteriskLab) -> Switchboard:
    """An Asterisk for all tests that leave it as they found it."""
    return await run_switchboard(shared_asterisk_lab)


@pytest.fixture
def listening() -> Listening:
    return Listening()


@pytest.fixture
async def ari(switchboard: Switchboard, listening: Listening) -> AsyncIterator[Ari]:
    """A connected client; every channel and bridge of Asterisk is gone after the test."""
    async with switchboard.ari(listening) as client:
        await client.ready(20)
        yield client
        for channel in await client.list_channels():
            await client.channel(channel.id).hangup()
        for bridge in await client.list_bridges():
            await client.bridge(bridge.id).destroy()
