"""The yardstick of the store in short: every way takes every fact, and is told beside the others."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.store_speed import BASE, BEFORE, ONE, TWO, WITH_FOLLOWERS, measure, table


async def test_every_way_of_keeping_facts_is_measured() -> None:
    with tempfile.TemporaryDirectory(prefix="store-") as folder:
        Path(folder).chmod(0o711)  # noqa: ASYNC240
        costs = await measure(Path(folder), calls=200, rounds=1)
    assert set(costs) == {BASE, WITH_FOLLOWERS, ONE, TWO, BEFORE}
    assert all(cost.time_s > 0 for cost in costs.values())
    assert all(cost.cpu_s > 0 for cost in costs.values())
    assert len(table(costs)) == 2 + len(costs)
