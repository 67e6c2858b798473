"""Measure what reports of a long history take: `python -m tests.bench.history_speed [--visits 10000000]`.

A year of calls is made in an embedded PostgreSQL, as many as asked, in a hundred queues; then reports are
asked for as `callfloor report` asks. Beside each stands the same counted from the visits themselves, in the
same run; of each the quickest of several counts.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import psycopg

from ami_listeners import figures_sql
from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.reports.ask import ask, contacts
from ami_listeners.reports.question import ContactsQuestion, Question, Step, Subject
from ami_listeners.settings import DatabaseSettings
from tests.bench.quiet import be_quiet

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
QUEUES = 100
HISTORY = 10_000_000
"""So many visits, if nothing else is said."""
TIMES = 5
WITHOUT_FOLLOWING = "SET session_replication_role = replica"
"""No trigger fires: nobody writes ten million visits in one go, and the roll-ups are made anew afterwards."""
CONTACTS: LiteralString = """
    INSERT INTO contacts (contact, caller_number, called_number, direction, started_at,
        ended_at, ended_by, duration_s)
    SELECT 'c' || i, '+4930' || lpad((i * 7919 %% 10000000)::text, 8, '0'), '100', 'inbound',
        %(began)s + i * %(gap)s, %(began)s + i * %(gap)s + interval '3 min', 'caller', 180
    FROM generate_series(1::bigint, %(visits)s) AS i
"""
VISITS: LiteralString = """
    INSERT INTO visits (visit, contact, queue, source, joined_at, decided_at, outcome, wait_s,
        within_service_level, short, agent, handled, handled_at, talk_s, wrap_up_s)
    SELECT 'c' || i || '/1', 'c' || i, 'queue-' || i %% 100, 'native', at, at + i %% 60 * interval '1 s',
        CASE WHEN i %% 12 = 0 THEN 'abandoned' ELSE 'answered' END, i %% 60, i %% 60 < 20, i %% 60 < 5,
        CASE WHEN i %% 12 > 0 THEN 'agent-' || i %% 500 END, (i %% 12 > 0)::int, at + interval '3 min',
        CASE WHEN i %% 12 > 0 THEN 100 + i %% 90 ELSE 0 END, CASE WHEN i %% 12 > 0 THEN 10 ELSE 0 END
    FROM (SELECT i, %(began)s + i * %(gap)s AS at FROM generate_series(1::bigint, %(visits)s) AS i) AS i
"""
STRAIGHT: LiteralString = """
    SELECT width_bucket(decided_at, %(bounds)s::timestamptz[]), queue, count(*),
        count(*) FILTER (WHERE outcome = 'answered'), count(*) FILTER (WHERE outcome = 'abandoned'),
        sum(wait_s) FILTER (WHERE outcome = 'answered'), sum(talk_s), sum(wrap_up_s), max(wait_s)
    FROM visits WHERE NOT direct AND decided_at >= %(since)s AND decided_at < %(until)s GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One question, and what the answer takes."""

    what: str
    took_s: float
    bound_s: float | None
    """What it should take at most."""
    visits_s: float | None = None
    """Counting the visits themselves."""


async def make_history(url: str, visits: int) -> None:
    """Write a year of visits, and make the roll-ups of it."""
    given = {"visits": visits, "began": BEGAN, "gap": YEAR / visits}
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("SET statement_timeout = 0")
        await connection.execute("SET maintenance_work_mem = '256MB'")
        await connection.execute(WITHOUT_FOLLOWING)
        for name, sql in (("contacts", CONTACTS), ("visits", VISITS)):
            await _told(f"{visits:,} {name} written", connection.execute(sql, given))
        rollups = figures_sql.scripts()
        for name in ("queue_rollups", "agent_rollups", "queue_reports", "agent_reports", "views"):
            await _told(f"{name} made", connection.execute(rollups[name]))
        await _told(
            "vacuumed", connection.execute("VACUUM (ANALYZE) contacts, visits, queue_quarters, queue_days")
        )


async def _told(what: str, doing: Awaitable[Any]) -> None:
    began = perf_counter()
    await doing
    print(f"{what} in {perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


async def quickest(ask_once: Callable[[], Awaitable[Any]], times: int = TIMES) -> float:
    """Return the shortest of several times that it takes, in seconds."""
    took = []
    for _ in range(times):
        began = perf_counter()
        await ask_once()
        took.append(perf_counter() - began)
    return min(took)


async def report(database: Database, what: str, question: Question, bound_s: float | None) -> Line:
    """Find out what a report takes, and what counting its visits takes."""
    ours = await quickest(lambda: ask(database, question))
    days = int((question.until - question.since).total_seconds() // 86400)
    edges = [question.since + timedelta(days=day) for day in range(days + 1)]
    given = {"bounds": edges, "since": question.since, "until": question.until}

    async def straight() -> None:
        async with await psycopg.AsyncConnection.connect(database.conninfo) as connection:
            await connection.execute("SET statement_timeout = 0")
            await (await connection.execute(STRAIGHT, given)).fetchall()

    return Line(what, ours, bound_s, await quickest(straight, times=2))


async def calls_of_a_number(database: Database) -> Line:
    """Find out what finding the calls of a caller takes."""
    async with await psycopg.AsyncConnection.connect(database.conninfo) as connection:
        asked = await connection.execute("SELECT caller_number FROM contacts OFFSET 4242 LIMIT 1")
        ((number,),) = await asked.fetchall()
    called = ContactsQuestion(
        subject=Subject.CALLS,
        measure="calls",
        since=BEGAN,
        until=BEGAN + YEAR,
        zone=ZoneInfo("UTC"),
        number=number,
    )
    found = await contacts(database, called)
    took = await quickest(lambda: contacts(database, called))
    return Line(f"the {len(found.rows)} calls of a number", took, 0.05)


async def measure(visits: int, folder: Path) -> list[Line]:
    """Make the history, and ask."""
    async with LocalPostgres(folder / "postgres") as server:
        database = Database(server.url, DatabaseSettings(), Clock())
        await database.start()
        await make_history(server.url, visits)
        lines = []
        day = BEGAN + timedelta(days=151)
        for place, since in (("UTC", BEGAN), ("Asia/Kolkata", BEGAN - timedelta(hours=5.5))):
            begins = day + (since - BEGAN)
            whole = Question(
                subject=Subject.QUEUE, zone=ZoneInfo(place), since=since, until=since + YEAR, step=Step.MONTH
            )
            one = replace(whole, since=begins, until=begins + timedelta(days=1), step=Step.QUARTER)
            lines.append(await report(database, f"a day by 15 minutes, {place}", one, 0.2))
            lines.append(await report(database, f"a year by month, {place}", whole, 1.0))
            by_day = replace(whole, step=Step.DAY)
            lines.append(await report(database, f"a year by day, {place}", by_day, None))
        lines.append(await calls_of_a_number(database))
        await database.stop()
    return lines


def table(lines: Iterable[Line]) -> Iterator[str]:
    """Write them as a Markdown table."""
    yield f"| what is asked of {QUEUES} queues | ms | at most | ms from the visits | times as long |"
    yield "|---|---:|---:|---:|---:|"
    for line in lines:
        bound = f"{line.bound_s * 1e3:.0f}" if line.bound_s else ""
        visits = f"{line.visits_s * 1e3:,.0f} | {line.visits_s / line.took_s:,.1f}" if line.visits_s else "| "
        yield f"| {line.what} | {line.took_s * 1e3:,.0f} | {bound} | {visits} |"


def main() -> None:
    """Make a history and ask of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--visits", type=int, default=HISTORY)
    asked = parser.parse_args()
    be_quiet()
    with tempfile.TemporaryDirectory(prefix="history-") as folder:
        Path(folder).chmod(0o711)
        print("\n".join(table(asyncio.run(measure(asked.visits, Path(folder))))))


if __name__ == "__main__":
    main()
