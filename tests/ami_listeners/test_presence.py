"""What nobody heard because nobody listened is known to whoever listens next."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.listener import ON_ITS_WAY_S
from ami_listeners.presence import Presence
from queue_strategies.facts import ListenerGap
from tests.ami_listeners.native_floor import NativeFloor
from tests.ami_listeners.test_journal import rows
from tests.ami_listeners.test_listener import Ear, callfloor
from tests.ami_listeners.waiting import until


async def test_the_time_between_two_processes_is_a_gap(
    native_floor: NativeFloor, database: Database, database_url: str, tmp_path: Path
) -> None:
    alive = Presence(tmp_path, Clock())
    async with Ear(callfloor(native_floor), database, tmp_path) as first:
        assert await until(lambda: alive.last_heard() is not None)
        assert first.of(ListenerGap) == [], "nobody listened before, so nothing was missed"
    gone = alive.last_heard()
    await asyncio.sleep(1.5)
    async with Ear(callfloor(native_floor), database, tmp_path) as second:
        assert await until(lambda: second.of(ListenerGap) != [])
        assert await second.journal.drained(5)
    ((began, ended, source),) = await rows(database_url, "SELECT began_at, ended_at, source FROM gaps")
    assert source == "ami"
    assert abs(gone - began - timedelta(seconds=ON_ITS_WAY_S)) < timedelta(seconds=0.5)
    assert ended - began > timedelta(seconds=1.4)


def test_a_sign_of_life_that_is_none_or_from_the_future_makes_no_gap(tmp_path: Path) -> None:
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    presence = Presence(tmp_path, Clock(wall=lambda: now))
    assert presence.last_heard() is None
    for torn in ("", "2026-03-01T0", "2026-03-01T09:00:00", "x\x00y"):
        (tmp_path / "alive").write_text(torn)
        assert presence.last_heard() is None
    (tmp_path / "alive").write_text((now + timedelta(days=1)).isoformat())
    assert presence.last_heard() == now
    presence.beat()
    assert presence.last_heard() == now
