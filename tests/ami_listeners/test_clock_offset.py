"""Asterisk's clock beside ours: what pings tell of it, whatever the way there and back is like."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.clock import Clock, utc_now
from ami_listeners.clock_offset import ClockOffset
from ami_listeners.connection import Connection
from tests.ami_listeners.native_floor import NativeFloor
from tests.ami_listeners.waiting import until

WALL_S = 1_795_331_474.0


def pinged(offset_s: float, drift_ppm: float, rng: Random, *, pings: int = 720) -> ClockOffset:
    """Ping an Asterisk every five seconds whose clock is ahead and gains; some answers take long."""
    clocks = ClockOffset()
    for number in range(pings):
        asked = number * 5.0
        there_s, back_s = (rng.expovariate(1 / 0.02 if rng.random() < 0.2 else 1 / 0.001) for _ in range(2))
        ahead_s = offset_s + drift_ppm * 1e-6 * asked
        told = f"{WALL_S + asked + there_s + ahead_s:.6f}"
        answered = asked + there_s + back_s
        clocks.answered(asked, answered, WALL_S + answered, told)
    return clocks


@given(offset_s=st.floats(-100, 100), drift_ppm=st.floats(-200, 200), seed=st.integers(0, 1000))
def test_offset_and_drift_are_found_behind_answers_that_take_long(
    offset_s: float, drift_ppm: float, seed: int
) -> None:
    compared = pinged(offset_s, drift_ppm, Random(seed)).compared(3600)
    assert compared is not None
    now_ahead_s = offset_s + drift_ppm * 1e-6 * 3450  # in the middle of the last five minutes
    assert abs(compared.offset_s - now_ahead_s) <= compared.uncertainty_s + abs(drift_ppm) * 1e-6 * 150 + 1e-5
    assert compared.uncertainty_s < 0.005
    assert compared.drift_ppm == pytest.approx(drift_ppm, abs=1)


def test_a_way_as_long_back_as_there_hides_nothing() -> None:
    clocks = ClockOffset()
    for asked in range(0, 50, 5):
        clocks.answered(asked, asked + 0.4, WALL_S + asked + 0.4, str(WALL_S + asked + 0.2 - 3))
    compared = clocks.compared(50)
    assert compared is not None
    assert compared.offset_s == pytest.approx(-3, abs=1e-4)
    assert compared.uncertainty_s == pytest.approx(0.2)


def test_nothing_is_said_before_a_few_pings_nor_of_what_is_no_time() -> None:
    clocks = pinged(1, 0, Random(1), pings=2)
    assert clocks.compared(5) is None
    clocks.answered(10, 10.001, WALL_S + 10.001, "")
    assert clocks.compared(10) is None


async def test_an_asterisk_whose_clock_is_seven_seconds_ahead_is_found_so(native_floor: NativeFloor) -> None:
    late = Clock(wall=lambda: utc_now() - timedelta(seconds=7))
    connection = Connection(native_floor.settings(heartbeat_s=0.05), clock=late, interests={})
    running = connection.connect()
    assert await until(lambda: connection.clock_offset.compared(late.moment()) is not None)
    compared = connection.clock_offset.compared(late.moment())
    connection.close()
    await running
    assert compared is not None
    assert compared.offset_s == pytest.approx(7, abs=compared.uncertainty_s + 0.001)
    assert compared.drift_ppm == 0
