"""One floor for a whole file, with people of every role."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from ami_listeners.local_postgres import LocalPostgres
from tests.ami_listeners.conftest import open_folder, postgres
from tests.ari_apps.console.house import FLOOR, House
from tests.asterisk_lab import AsteriskLab
from tests.floor_lab import FloorLab

__all__ = ["open_folder", "postgres"]


@pytest.fixture(scope="module")
async def house(shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[House]:
    async with FloorLab(shared_asterisk_lab, postgres) as lab, aiohttp.ClientSession() as session:
        house = House(await lab.start(FLOOR), session)
        await house.open()
        yield house
