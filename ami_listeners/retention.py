"""Forget what is older than it is to be kept; figures outlive the rows they were counted from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, LiteralString, NoReturn

import psycopg
import structlog

from ami_listeners.database import Connection, Database
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.queries import queries
from ami_listeners.settings import RetentionSettings

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 3600.0
MOST = 5_000
"""Rows deleted by one statement, so that nobody waits for it."""


@dataclass(slots=True)
class Forgotten:
    """What was forgotten."""

    partitions: list[str] = field(default_factory=list)
    """Of facts, dropped as a whole."""
    facts: int = 0
    """Of days without a partition."""
    rows: int = 0
    """Of the tables that follow the facts."""
    raw_events: int = 0
    masked: int = 0
    """Rows and facts whose numbers were masked."""

    def __bool__(self) -> bool:
        return bool(self.partitions or self.facts or self.rows or self.raw_events or self.masked)


class Retention:
    """Look once an hour what is old enough; of several who do, one at a time."""

    def __init__(self, database: Database, settings: RetentionSettings) -> None:
        self._database, self._settings = database, settings

    async def keep_forgetting(self) -> NoReturn:
        """Forget at the start, and again every hour; a database that is away is asked the next time."""
        while True:
            try:
                forgotten = await self.forget(self._database.clock.wall())
            except DatabaseUnreachable as away:
                log.warning("retention.waits", reason=str(away))
            except psycopg.errors.LockNotAvailable as busy:
                log.warning("retention.waits", reason=str(busy).partition("\n")[0])
            else:
                if forgotten:
                    log.info("retention.forgotten", **{name: getattr(forgotten, name) for name in NAMES})
            await asyncio.sleep(LOOK_EVERY_S)

    async def forget(self, now: datetime) -> Forgotten:
        """Forget what is old by `now`; raises DatabaseUnreachable, and LockNotAvailable for a busy table."""
        forgotten, keep = Forgotten(), self._settings
        async with self._database.patient("retention") as connection:
            if not await first(connection, queries()["lock_retention"]):
                return forgotten  # another is at it
            if before := beginning(now, keep.raw_days):
                forgotten.raw_events = await in_slices(connection, "forget_raw_events", before)
            if before := beginning(now, keep.facts_days):
                while name := await first(connection, queries()["forget_partition"], before=before):
                    forgotten.partitions.append(name)
                forgotten.facts = await in_slices(connection, "forget_other_facts", before)
            if before := beginning(now, keep.personal_days):
                forgotten.masked = await day_by_day(connection, before)
            if before := beginning(now, keep.visits_days):
                forgotten.rows = await in_slices(connection, "forget_rows", before)
        return forgotten


NAMES = tuple(Forgotten.__dataclass_fields__)


def beginning(now: datetime, days: int) -> datetime | None:
    """Give the midnight (UTC) from which on things are kept for so many days; None: for ever."""
    day = now.astimezone(UTC).date() - timedelta(days=days)
    return datetime.combine(day, time(), UTC) if days else None


async def in_slices(connection: Connection, query: str, before: datetime) -> int:
    """Repeat a query that deletes a few, until there are none left; return how many there were."""
    total = 0
    while gone := await first(connection, queries()[query], before=before, most=MOST):
        total += gone
    return total


async def day_by_day(connection: Connection, before: datetime) -> int:
    """Mask who called in the days that are not masked yet; return how many rows and facts that changed."""
    total = 0
    since = await first(connection, queries()["mask_persons_from"])
    while since is not None and since < before:
        until = min(since + timedelta(days=1), before)
        total += await first(connection, queries()["mask_persons"], since=since, until=until)
        since = until
    return total


async def first(connection: Connection, query: LiteralString, **parameters: Any) -> Any:
    """Run a query, and give what stands first in its answer."""
    row = await (await connection.execute(query, parameters or None)).fetchone()
    return row[0] if row else None
