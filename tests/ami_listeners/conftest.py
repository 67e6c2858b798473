"""What the listeners' tests listen to."""

from __future__ import annotations

import pytest

from tests.ami_listeners.native_floor import NativeFloor, run_native_floor
from tests.asterisk_lab import AsteriskLab


@pytest.fixture(scope="session")
async def native_floor(shared_asterisk_lab: AsteriskLab) -> NativeFloor:
    """An Asterisk with queues of its own, for as long as the whole run."""
    return await run_native_floor(shared_asterisk_lab)
