"""Show how well the last day was heard, as the database tells it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NoReturn

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from psycopg.rows import dict_row

from ami_listeners.database import Database
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.queries import queries
from ami_listeners.reports.answer import Badge

LOOK_BACK = timedelta(days=1)
ASK_AGAIN_S = 60.0
AWAY_S = 5.0
"""A database that is away is asked again so soon."""
SHOWN = (
    ("heard_ratio", "heard_ratio", "Share of the last 24 hours in which somebody listened"),
    ("gaps", "gaps", "Times within the last 24 hours when nobody listened"),
    ("gap_s", "gap_seconds", "How long nobody listened within the last 24 hours"),
    ("concluded", "concluded", "Visits and calls of the last 24 hours whose end was not heard but concluded"),
    ("corrected", "corrected", "Visits of the last 24 hours that were corrected after they had been counted"),
    ("mismatches", "mismatches", "Calls of the last 24 hours of which Asterisk's own records say otherwise"),
    ("worst_offset_s", "clock_offset_seconds", "How far Asterisk's clock was off ours in the last 24 hours"),
)
"""What the database tells, and what Prometheus calls it behind callfloor_data_quality_."""
BADGES = tuple(Badge)


class QualityOfLastDay:
    """Ask again and again; what is not known at present is not shown."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: Mapping[str, Any] = {}

    async def keep_asking(self) -> NoReturn:
        """Ask the database every minute."""
        while True:
            try:
                self._told = await self._ask()
            except DatabaseUnreachable:
                self._told = {}
            await asyncio.sleep(ASK_AGAIN_S if self._told else AWAY_S)

    async def _ask(self) -> Mapping[str, Any]:
        now = self._database.clock.wall()
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(queries()["data_quality"], {"since": now - LOOK_BACK, "until": now})
            return await cursor.fetchone() or {}

    def families(self) -> Iterator[Metric]:
        """Give what was told last."""
        if not self._told:
            return
        yield GaugeMetricFamily(
            "callfloor_data_quality_badge",
            f"How far the last 24 hours can be trusted: {badges()}",
            BADGES.index(Badge(self._told["badge"])),
        )
        for told, name, text in SHOWN:
            if (value := self._told[told]) is not None:
                yield GaugeMetricFamily(f"callfloor_data_quality_{name}", text, value)


def badges() -> str:
    """Write the badges with their numbers."""
    return ", ".join(f"{number} {badge}" for number, badge in enumerate(BADGES))
