"""What every scenario needs: a whole floor, one for each file, empty when a scenario begins."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ami_listeners.local_postgres import LocalPostgres
from tests.ami_listeners.conftest import open_folder, postgres
from tests.asterisk_lab import AsteriskLab
from tests.floor_lab import Floor, FloorLab

__all__ = ["open_folder", "postgres"]


@pytest.fixture(scope="module")
async def floor_of_file(
    request: pytest.FixtureRequest,
    shared_asterisk_lab: AsteriskLab,
    postgres: LocalPostgres,
) -> AsyncIterator[Floor]:
    """The floor that the file's FLOOR describes."""
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        yield await lab.start(request.module.FLOOR)


@pytest.fixture
async def floor(floor_of_file: Floor) -> AsyncIterator[Floor]:
    """That floor, with nobody on it."""
    yield floor_of_file
    await floor_of_file.go_home()


@pytest.fixture
async def floor_lab(asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[FloorLab]:
    """Starts whole floors for one test."""
    async with FloorLab(asterisk_lab, postgres) as lab:
        yield lab
