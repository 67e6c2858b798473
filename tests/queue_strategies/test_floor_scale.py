"""The work for one event hardly grows with the floor: counted in steps of the interpreter, not in time."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from tests.bench.floor_speed import Day, bytes_a_waiting_caller

EVENTS = 1_000


def steps_an_event(day: Day) -> float:
    """Return how many bytecodes run for an event, on average, the world's own left out."""
    day.settle()
    steps = 0

    def trace(frame: FrameType, what: str, arg: Any) -> Any:
        nonlocal steps
        if "/queue_strategies/" not in frame.f_code.co_filename or "/tests/" in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if what == "opcode":
            steps += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        day.live(EVENTS)
    finally:
        sys.settrace(before)
    return steps / EVENTS


@pytest.mark.parametrize("strategy", ["longest_idle", "wrandom"])
def test_two_hundred_times_the_agents_and_callers_cost_at_most_twice_the_work(strategy: str) -> None:
    small = steps_an_event(Day(agents=50, queues=5, waiting=50, strategy=strategy))
    large = steps_an_event(Day(agents=10_000, queues=100, waiting=10_000, strategy=strategy))
    assert large <= 2 * small


def test_a_waiting_caller_takes_less_than_four_kibibytes() -> None:
    assert bytes_a_waiting_caller() < 4096
