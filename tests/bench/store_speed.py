"""Measure how many facts a second get to PostgreSQL: `python -m tests.bench.store_speed`.

The yardstick is a bare COPY of the same rows, in the same portions, into a table with the same indexes that
nothing follows. It is read in two ways: of the facts alone, and of the facts with every row that follows from
them, all made beforehand. Each way gets an empty database in each round, one after the other, and its
quickest round counts: others on a machine can only make a way slower. Beside each other stands what they take
of processors, ours and PostgreSQL's, which others on the machine disturb least.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import LiteralString
from uuid import uuid4

import psycopg

from ami_listeners.clock import Clock
from ami_listeners.copy_rows import rows
from ami_listeners.database import Database
from ami_listeners.identity import FactIds
from ami_listeners.intake import Intake, copy
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.queries import literal, migrations
from ami_listeners.records import Record, encode, record
from ami_listeners.settings import DatabaseSettings
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    CallEnded,
    CallStarted,
    Fact,
    Handled,
    OfferEnded,
    OfferMade,
    QueueJoined,
    WrapUpEnded,
)
from queue_strategies.model import (
    AgentId,
    AgentState,
    ContactId,
    OfferId,
    OfferOutcome,
    QueueName,
    VisitId,
)
from tests.bench.footprint import cpu_s, family
from tests.bench.quiet import be_quiet

CALLS = 6_000
ROUNDS = 3
PORTION = 5_000
"""Facts in one transaction."""
PORTION_BEFORE = 500
FOLLOWERS = (
    "visits", "offers", "calls", "agent_states",
    "queue_quarters", "queue_days", "agent_quarters", "agent_days",
)  # fmt: skip
BASE, WITH_FOLLOWERS = "bare COPY of the facts", "bare COPY of the facts and of all that follows"
ONE, TWO, BEFORE = "callfloor", "callfloor, told everything twice", "fact by fact, as it was"

AS_IT_WAS: LiteralString = """
    INSERT INTO facts (id, at, kind, source, contact, visit, queue, agent, body)
    SELECT (f->>'id')::uuid, (f->>'at')::timestamptz, f->>'kind', f->>'source',
        f->'body'->>'contact', f->'body'->>'visit', f->'body'->>'queue', f->'body'->>'agent', f->'body'
    FROM jsonb_array_elements(%(facts)s::jsonb) WITH ORDINALITY AS told (f, number)
    ORDER BY number ON CONFLICT (id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a way took for all facts."""

    time_s: float
    cpu_s: float


class Stopwatch:
    """Take the time of us and of one PostgreSQL."""

    def __init__(self, server: LocalPostgres) -> None:
        self._pid = int((server.data_dir / "postmaster.pid").read_text().split()[0])
        self._began = self._now()

    def _now(self) -> Taken:
        return Taken(perf_counter(), process_time() + cpu_s(family(self._pid)))

    def start(self) -> None:
        """Begin."""
        self._began = self._now()

    def read(self) -> Taken:
        """Say what has been taken since."""
        now = self._now()
        return Taken(now.time_s - self._began.time_s, now.cpu_s - self._began.cpu_s)


class Told:
    """Some hours of calls, as facts in the order of time: each way takes the same."""

    def __init__(self, calls: int) -> None:
        clock = Clock(moment=lambda: 0.0, wall=lambda: datetime(2026, 3, 2, 8, tzinfo=UTC))
        ids = FactIds(clock)
        facts = sorted(day(calls), key=lambda fact: fact.moment)
        self.records: Sequence[Record] = [record(fact, ids(), "native", clock) for fact in facts]
        self.lines: Sequence[bytes] = list(rows(self.records))
        self.followers: Mapping[str, bytes] = {}
        """What follows, as COPY wrote it down."""


def day(calls: int) -> Iterator[Fact]:
    """Tell of calls that are answered, twelve facts each: 20 queues, 200 agents."""
    chance = Random(2)
    for number in range(calls):
        began = number * 1.5
        name = f"{1_772_438_400 + int(began)}.{number}"
        agent, queue = AgentId(f"agent-{number % 200}"), QueueName(f"queue-{number % 20}")
        visit, contact = VisitId(f"{name}/1"), ContactId(name)
        wait_s, offer = chance.expovariate(1 / 15), OfferId(f"{name}9")
        answered, parted = began + wait_s, began + wait_s + 100
        known = (
            AgentState.READY,
            AgentState.RINGING,
            AgentState.TALKING,
            AgentState.WRAP_UP,
            AgentState.READY,
        )
        moments = (began, answered, parted, parted + 10)
        yield CallStarted(moment=began, call=name, channel_name=f"PJSIP/trunk-{number:08x}",
                          caller_number=f"+4930{number:07}", caller_name="Zoe Q. Public", called_number="100",
                          context="from-trunk")  # fmt: skip
        yield QueueJoined(moment=began, contact=contact, visit=visit, queue=queue, priority=0, position=1)
        yield OfferMade(moment=began, contact=contact, visit=visit, queue=queue, agent=agent,
                        offer=offer, because=f"app_queue called PJSIP/{agent}")  # fmt: skip
        yield OfferEnded(moment=answered, contact=contact, visit=visit, queue=queue, agent=agent,
                         offer=offer, outcome=OfferOutcome.ANSWERED, rang_s=wait_s)  # fmt: skip
        yield Answered(moment=answered, contact=contact, visit=visit, queue=queue, agent=agent,
                       offer=offer, wait_s=wait_s, within_service_level=wait_s < 20)  # fmt: skip
        yield Handled(moment=parted, contact=contact, visit=visit, queue=queue, agent=agent, talk_s=100.0,
                      hold_s=0.0, ended_by="caller", wrap_up_follows=True)  # fmt: skip
        yield WrapUpEnded(moment=parted + 10, visit=visit, queue=queue, agent=agent, wrap_up_s=10.0,
                          ended_by="timer")  # fmt: skip
        yield CallEnded(moment=parted + 10, call=name, cause=16, duration_s=wait_s + 110, answered=True)
        for moment, was, state in zip(moments, known[:-1], known[1:], strict=True):
            yield AgentStateChanged(moment=moment, agent=agent, was=was, lasted_s=10.0, state=state,
                                    logged_in=True, pause_reason=None)  # fmt: skip


def portions(lines: Sequence[bytes], size: int = PORTION) -> Iterator[Sequence[bytes]]:
    """Cut lines into what is committed together."""
    return (lines[first : first + size] for first in range(0, len(lines), size))


async def bare(database: Database, told: Told, watch: Stopwatch, followers: Mapping[str, bytes]) -> Taken:
    """Copy facts, and rows of other tables, into tables that nothing follows."""
    async with database.connection() as connection:
        for table in ("facts", *FOLLOWERS):
            await connection.execute(literal(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    watch.start()
    for portion in portions(told.lines):
        async with database.connection() as connection:
            await copy(connection, "copy_facts", b"\n".join(portion) + b"\n")
    for table, text in followers.items():
        for portion in portions(text.splitlines(keepends=True)):
            async with database.connection() as connection, connection.cursor().copy(
                literal(f"COPY {table} FROM STDIN")
            ) as sending:  # fmt: skip
                await sending.write(b"".join(portion))
    return watch.read()


async def ours(database: Database, told: Told, watch: Stopwatch) -> Taken:
    """Take facts as the journal does."""
    intake = Intake(database)
    watch.start()
    for portion in portions(told.lines):
        await intake.take(portion)
    taken = watch.read()
    assert await counted(database) == len(told.lines)
    told.followers = {table: await written(database, table) for table in FOLLOWERS}
    return taken


async def twice(database: Database, told: Told, watch: Stopwatch) -> Taken:
    """Take facts that two who listen tell, one after the other."""
    first, second = Intake(database), Intake(database)
    watch.start()
    for portion in portions(told.lines):
        await first.take(portion)
        await second.take(portion)
    taken = watch.read()
    assert await counted(database) == len(told.lines)
    return taken


async def counted(database: Database) -> int:
    """Count the facts."""
    async with database.connection() as connection:
        row = await (await connection.execute("SELECT count(*) FROM facts")).fetchone()
    return int(str(row[0])) if row else 0


async def written(database: Database, table: str) -> bytes:
    """Let COPY write a table down."""
    query = literal(f"COPY {table} TO STDOUT")
    async with database.connection() as connection, connection.cursor().copy(query) as copying:
        return b"".join([bytes(part) async for part in copying])


async def fact_by_fact(url: str, told: Told, watch: Stopwatch) -> Taken:
    """Insert facts with a trigger for each row, as callfloor did before facts were kept by the day."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for step in migrations()[:7]:
            await connection.execute(step.sql)
        await connection.commit()
        lines = [encode(one) for one in told.records]
        watch.start()
        for portion in portions(lines, PORTION_BEFORE):
            await connection.execute(AS_IT_WAS, {"facts": (b"[" + b",".join(portion) + b"]").decode()})
            await connection.commit()
        return watch.read()


async def measure(folder: Path, calls: int, rounds: int) -> dict[str, Taken]:
    """Give what every way takes for a fact."""
    told = Told(calls)
    taken: dict[str, list[Taken]] = {}

    async def let(name: str, way: Callable[[Database], Awaitable[Taken]]) -> None:
        url = await make_database(server)
        database = Database(url, DatabaseSettings(), Clock())
        await database.start()
        taken.setdefault(name, []).append(await way(database))
        await database.stop()

    async with LocalPostgres(folder / "postgres") as server:
        watch = Stopwatch(server)
        for _ in range(rounds):
            await let(BASE, lambda database: bare(database, told, watch, {}))
            await let(ONE, lambda database: ours(database, told, watch))
            await let(TWO, lambda database: twice(database, told, watch))
            await let(WITH_FOLLOWERS, lambda database: bare(database, told, watch, told.followers))
            before = await fact_by_fact(await make_database(server), told, watch)
            taken.setdefault(BEFORE, []).append(before)
    count = len(told.lines)
    return {
        name: Taken(min(one.time_s for one in each) / count, min(one.cpu_s for one in each) / count)
        for name, each in taken.items()
    }


async def make_database(server: LocalPostgres) -> str:
    """Make an empty database and give its URL."""
    name = f"d{uuid4().hex}"
    async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
        await connection.execute(literal(f'CREATE DATABASE "{name}"'))
    return server.url.replace("/callfloor?", f"/{name}?")


def table(costs: Mapping[str, Taken]) -> Sequence[str]:
    """Write them as a Markdown table; beside COPY stand facts a second of a core."""
    lines = [
        "| way | facts a second | facts a second of a core | beside COPY of the facts | beside COPY of all |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, cost in costs.items():
        beside = (f"{costs[other].cpu_s / cost.cpu_s:.2f}" for other in (BASE, WITH_FOLLOWERS))
        lines.append(f"| {name} | {1 / cost.time_s:,.0f} | {1 / cost.cpu_s:,.0f} | {' | '.join(beside)} |")
    return lines


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=CALLS)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = options.parse_args()
    be_quiet()
    with tempfile.TemporaryDirectory(prefix="store-") as folder:
        Path(folder).chmod(0o711)  # for the server's user, when we are root
        print("\n".join(table(asyncio.run(measure(Path(folder), chosen.calls, chosen.rounds)))))


if __name__ == "__main__":
    main()
