"""Of calls that are over a listener keeps nothing, be their end lost or told twice."""

from __future__ import annotations

from pathlib import Path

from tests.bench.ami_stream import CALLS
from tests.bench.memory import measure

TURNS = 6


async def test_calls_that_are_over_leave_nothing_behind(tmp_path: Path) -> None:
    """Of what four thousand events told, lost or doubled, nothing is left but agents, queues and phones."""
    first, second, third = await measure(3 * TURNS * CALLS, 3, tmp_path)
    assert first.remembered < 2000
    assert third.remembered == second.remembered == first.remembered
    assert third.facts > second.facts > first.facts > 10 * first.calls
