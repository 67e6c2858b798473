"""A full disk is announced before it is full."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.disk import SOON_S, foresee
from ami_listeners.journal import Journal
from ami_listeners.settings import DatabaseSettings
from tests.ami_listeners.waiting import until

GB = 1_000_000_000


def test_a_disk_that_fills_is_told_of_while_there_is_room() -> None:
    """A gigabyte in five minutes: of ten, nobody is woken; of five, somebody is."""
    assert foresee([(0.0, 11 * GB), (300.0, 10 * GB)], least_bytes=GB).warning == ""
    soon = foresee([(0.0, 6 * GB), (300.0, 5 * GB)], least_bytes=GB)
    assert soon.full_in_s == 1500
    assert soon.warning == "it will be full in 25 min: 5,000 MB are free"
    assert foresee([(0.0, 50 * GB), (5.0, 50 * GB - GB // 5)], least_bytes=GB).warning == "", "a burst"
    assert foresee([(0.0, 50 * GB), (5.0, 48 * GB)], least_bytes=GB).warning
    assert foresee([(0.0, GB // 2)], least_bytes=GB).warning == "500 MB are free, fewer than 1,000 MB"
    assert foresee([], least_bytes=GB).warning == ""


@given(st.lists(st.integers(0, 10 * GB), min_size=1, max_size=20), st.floats(0.1, 60))
def test_whoever_is_told_of_no_fault_has_time(frees: list[int], apart_s: float) -> None:
    found = foresee([(turn * apart_s, free) for turn, free in enumerate(frees)], least_bytes=GB)
    assert found.free_bytes == frees[-1]
    assert bool(found.warning) == (
        frees[-1] < GB or (found.full_in_s is not None and found.full_in_s < SOON_S)
    )
    assert (found.full_in_s is None) == (len(frees) == 1 or frees[-1] >= frees[0])


async def test_the_journal_tells_of_a_disk_before_a_fact_finds_no_room(tmp_path: Path) -> None:
    """The database is away, the spool's disk has less room than is asked for."""
    settings = DatabaseSettings(connect_timeout_s=1, disk_least_bytes=10**18)
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", settings, Clock())
    journal = Journal(nowhere, tmp_path, Clock())
    await journal.start()
    assert await until(lambda: journal.health().disk.warning != "")
    assert journal.health().disk.free_bytes
    assert not journal.health().disk_error
    await journal.stop(timeout_s=0.1)
