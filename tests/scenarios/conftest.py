"""What every scenario needs: whole floors."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ami_listeners.local_postgres import LocalPostgres
from tests.ami_listeners.conftest import open_folder, postgres
from tests.asterisk_lab import AsteriskLab
from tests.floor_lab import FloorLab

__all__ = ["open_folder", "postgres"]


@pytest.fixture
async def floor_lab(asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[FloorLab]:
    """Starts whole floors for one test."""
    async with FloorLab(asterisk_lab, postgres) as lab:
        yield lab
