"""Roll-ups are what a recount of the visits gives, however late and in whatever order those were written."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from ami_listeners import figures_sql
from ami_listeners.queries import literal
from queue_strategies.definitions import QUEUE_MEASURES

BEGAN = datetime(2026, 3, 28, 20, 7, tzinfo=UTC)
DAYS = 4
OUTCOMES = ("answered", "abandoned", "timed_out", "full", "lost")
MEASURES = ", ".join(f'"{name}"' for name in QUEUE_MEASURES)


@pytest.fixture
async def rolled(database_url: str, database: object) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A database with roll-ups."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        yield connection


def some_visit(chance: random.Random, number: int) -> dict[str, Any]:
    decided = None if chance.random() < 0.05 else BEGAN + timedelta(seconds=chance.uniform(0, DAYS * 86400))
    outcome = chance.choice(OUTCOMES)
    return {
        "visit": f"v{number}",
        "queue": f"queue-{chance.randrange(3)}",
        "direct": chance.random() < 0.1,
        "decided_at": decided,
        "outcome": None if decided is None else outcome,
        "wait_s": None if decided is None else chance.uniform(0, 90),
        "within_service_level": chance.random() < 0.5,
        "short": outcome == "abandoned" and chance.random() < 0.3,
        "handled": int(outcome == "answered"),
        "talk_s": chance.uniform(0, 300) if outcome == "answered" else 0.0,
        "transfers": int(chance.random() < 0.1),
        "callback_taken_at": decided if chance.random() < 0.1 else None,
        "callback_s": chance.uniform(0, 900) if chance.random() < 0.1 else None,
    }


async def write(
    connection: psycopg.AsyncConnection[Any], visits: Sequence[dict[str, Any]], chance: random.Random
) -> None:
    """Write visits in batches of any size; one that is known is corrected."""
    columns = ", ".join(visits[0])
    news = ", ".join(f"{name} = excluded.{name}" for name in visits[0])
    at = 0
    while at < len(visits):
        batch = visits[at : at + chance.randrange(1, 200)]
        at += len(batch)
        values = ", ".join(f"({', '.join(['%s'] * len(one))})" for one in batch)
        insert = f"INSERT INTO visits ({columns}) VALUES {values} ON CONFLICT (visit) DO UPDATE SET {news}"
        await connection.execute(literal(insert), [value for one in batch for value in one.values()])


async def told(connection: psycopg.AsyncConnection[Any], query: str, *values: Any) -> list[Any]:
    return await (await connection.execute(literal(query), values or None)).fetchall()


@pytest.mark.parametrize("seed", range(3))
async def test_rollups_are_what_a_recount_gives_also_of_visits_that_were_corrected(
    rolled: psycopg.AsyncConnection[Any], seed: int
) -> None:
    chance = random.Random(seed)
    await write(rolled, [some_visit(chance, number) for number in range(1500)], chance)
    again = [some_visit(chance, number) for number in chance.sample(range(1500), 400)]
    await write(rolled, again, chance)
    for table in ("queue_quarters", "queue_days"):
        followed = await told(rolled, f"SELECT * FROM {table} WHERE offered > 0 ORDER BY 1, 2")
        async with rolled.transaction(force_rollback=True):
            await rolled.execute(figures_sql.scripts()["queue_rollups"])
            assert followed == await told(rolled, f"SELECT * FROM {table} ORDER BY 1, 2")
    left_over = "SELECT * FROM queue_quarters WHERE offered = 0"
    assert all(not any(row[2:]) for row in await told(rolled, left_over))


@pytest.mark.parametrize("seed", range(20))
async def test_any_spans_are_counted_as_the_visits_in_them_are(
    rolled: psycopg.AsyncConnection[Any], seed: int
) -> None:
    chance = random.Random(seed)
    await write(rolled, [some_visit(chance, number) for number in range(400)], chance)
    bounds = sorted({any_bound(chance) for _ in range(chance.randrange(2, 9))})
    straight = []
    for number, (since, until) in enumerate(pairwise(bounds), 1):
        inside = "SELECT * FROM visits WHERE NOT direct AND decided_at >= %s AND decided_at < %s"
        counted = f"""SELECT {number}, queue, count(*), count(*) FILTER (WHERE outcome = 'answered'),
            count(*) FILTER (WHERE outcome = 'abandoned' AND short), sum(talk_s), max(wait_s)
            FROM ({inside}) AS inside GROUP BY queue"""
        straight += await told(rolled, counted, since, until)
    names = "span, queue, offered, answered, short_abandoned, talk_s, longest_wait_s"
    spans = await told(rolled, f"SELECT {names} FROM queue_report(%s) ORDER BY 1, 2", bounds)
    assert [row[:5] for row in spans] == [row[:5] for row in sorted(straight)]
    for ours, theirs in zip(spans, sorted(straight), strict=True):
        assert ours[5:] == pytest.approx(theirs[5:], abs=5e-7 * max(1, ours[2]))


def any_bound(chance: random.Random) -> datetime:
    """Give a moment at the beginning of a day, of a quarter of an hour, or of nothing."""
    moment = BEGAN + timedelta(seconds=chance.uniform(-3600, DAYS * 86400 + 3600))
    match chance.randrange(3):
        case 0:
            return moment.replace(hour=0, minute=0, second=0, microsecond=0)
        case 1:
            return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
        case _:
            return moment
