"""Measure what is over by other rules: what is in time, which abandons are short, by which formula.

What facts said stays as it was said; visits and what is rolled up of them follow the rule, and so do facts
of that time that come later. Of several rules that say something of a moment the last one counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple

from psycopg.rows import tuple_row

from ami_listeners.database import Connection, Database
from ami_listeners.errors import ListenerError
from ami_listeners.queries import queries
from queue_strategies.definitions import SERVICE_LEVELS

SQL = queries("rules_afterwards")
PORTION = timedelta(days=1)
"""So much is measured in one transaction: the facts that come meanwhile wait for it."""


class MeasureError(ListenerError):
    """A queue is to be measured in a way that does not make sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a queue was to be measured; what is None stays as it is. Raises MeasureError."""

    queue: str
    since: datetime
    until: datetime
    """Aware; what was decided then is measured as before."""
    service_level_s: float | None = None
    short_abandon_s: float | None = None
    service_level_formula: str | None = None

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise MeasureError(
                f"no time lies between {self.since:%Y-%m-%d %H:%M %z} and {self.until:%Y-%m-%d %H:%M %z}: "
                "let --until come after --since"
            )
        if (self.service_level_s, self.short_abandon_s, self.service_level_formula) == (None, None, None):
            raise MeasureError(
                "nothing is to be measured otherwise: give --service-level, --short-abandon or --formula"
            )
        formula = self.service_level_formula
        if formula is not None and formula not in SERVICE_LEVELS:
            near = get_close_matches(formula, SERVICE_LEVELS, n=1, cutoff=0.0)[0]
            raise MeasureError(f"unknown formula {formula!r}, did you mean {near!r}?")


class Remeasured(NamedTuple):
    """What came of it."""

    visits: int
    """Decided in that time."""
    changed: int


async def remeasure(database: Database, rule: Rule) -> Remeasured:
    """Let a rule hold, and measure the visits of its time by it.

    Raises MeasureError for a queue of which nothing is known, and DatabaseUnreachable: what had not been
    measured by then is, when the same is said again.
    """
    async with database.connection() as connection:
        await check_queue(connection, rule.queue)
        await connection.execute(SQL["await_followers"])
        await connection.execute(SQL["say_rule"], asdict(rule))
    if rule.service_level_s is None and rule.short_abandon_s is None:
        return Remeasured(0, 0)
    visits = changed = 0
    for since, until in portions(*await _decided(database, rule)):
        async with database.connection() as connection:
            await connection.execute(SQL["await_followers"])
            span = {"queue": rule.queue, "since": since, "until": min(until, rule.until)}
            cursor = await connection.cursor(row_factory=tuple_row).execute(SQL["remeasure"], span)
            found = await cursor.fetchone()
        visits, changed = (visits + found[0], changed + found[1]) if found else (visits, changed)
    return Remeasured(visits, changed)


async def check_queue(connection: Connection, queue: str) -> None:
    """Raise MeasureError, with the nearest right name, for a queue of which nothing is known."""
    asked = await connection.execute(SQL["known_queues"])
    known = [str(name) for (name,) in await asked.fetchall()]
    if queue not in known:
        near = get_close_matches(queue, known, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known[:20]) or 'none'}"
        raise MeasureError(f"no queue {queue!r} is known, {remedy}")


def portions(first: datetime | None, last: datetime | None) -> Iterator[tuple[datetime, datetime]]:
    """Cut the time from the first to the last visit into what is measured at once."""
    if first is None or last is None:
        return
    while first <= last:
        yield first, first + PORTION
        first += PORTION


async def _decided(database: Database, rule: Rule) -> tuple[datetime | None, datetime | None]:
    async with database.connection() as connection:
        cursor = await connection.cursor(row_factory=tuple_row).execute(SQL["decided_span"], asdict(rule))
        return await cursor.fetchone() or (None, None)
