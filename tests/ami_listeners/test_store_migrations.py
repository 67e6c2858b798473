"""A database that was in use goes on being used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.rows import dict_row

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.identity import FactIds
from ami_listeners.journal import Journal
from ami_listeners.queries import literal, migrations, queries
from ami_listeners.records import encode, record
from ami_listeners.repeatable import Script, make, scripts, to_make
from ami_listeners.settings import DatabaseSettings
from queue_strategies.facts import (
    Answered,
    CallStarted,
    ContactStarted,
    Fact,
    ListenerGap,
    MembershipPauseChanged,
    QueueJoined,
    RegistrationChanged,
)
from queue_strategies.model import ContactId, QueueName, VisitId
from tests.ami_listeners.test_figures_agree import Day
from tests.ami_listeners.test_journal import ANNA, SALES, device, rows, wraps_up

BEFORE_PARTITIONS = 7
"""The last migration of a database whose facts are one table."""
AS_IT_WAS: LiteralString = """
    INSERT INTO facts (id, at, kind, source, contact, visit, queue, agent, body)
    SELECT (f->>'id')::uuid, (f->>'at')::timestamptz, f->>'kind', f->>'source',
        f->'body'->>'contact', f->'body'->>'visit', f->'body'->>'queue', f->'body'->>'agent', f->'body'
    FROM jsonb_array_elements(%(facts)s::jsonb) WITH ORDINALITY AS told (f, number) ORDER BY number
"""
GONE_OVER_TO_STATES = {"occupancy", "utilization"}
"""Figures that went by talks before, of which the last may be told of by half."""
OF_ONE_SYSTEM = re.compile(r" (AND|WHERE) system = %\(system\)s")
"""What could not be asked of a database of old, which knew one Asterisk."""
NOT_ASKED = (
    "surveys",
    "migrations",
    "repeatable",
    "make_partitions",
    "arriving",
    "listeners",
    "data_quality",
    "retain",
    "retention",
    "forget",
    "without_number",
    "digits",
    "erasures",
    "persons",
    "segments",
    "surveys",
    "monitorings",
)
VIEWS = ("queue_figures", "queue_figures_by_quarter_hour", "agent_figures", "agents_now", "waiting_now",
         "callbacks_now")  # fmt: skip


def a_day_of_old() -> list[tuple[Fact, str]]:
    """Some hours of a floor, and what Asterisk told; it breaks off in the middle."""
    day = Day(5)
    day.pass_by(300)
    told = day.facts[: -len(day.facts) // 3]
    contact = next(fact.contact for fact in told if isinstance(fact, Answered))
    visit: dict[str, Any] = {
        "contact": ContactId("1.1"),
        "visit": VisitId("1.1/1"),
        "queue": QueueName("old"),
    }
    floors = [
        *told,
        ContactStarted(moment=2, contact=contact, channel="1.1", caller_number="+4930", caller_name="",
                       called_number="100"),
        MembershipPauseChanged(moment=3, agent=ANNA, queue=SALES, paused=True, reason="tea"),
        ListenerGap(moment=9, source="ami", began_moment=4, reason="frozen"),
    ]  # fmt: skip
    natives = [
        *(device(number) for number in range(5)),
        CallStarted(moment=1, call="1.1", channel_name="PJSIP/a-1", caller_number="+4930", caller_name="Zoe",
                    called_number="100", context="in"),
        QueueJoined(moment=2, **visit, priority=0, position=1),
        RegistrationChanged(moment=3, endpoint="anna", contact_uri="sip:anna@192.0.2.1", status="Created"),
        wraps_up(4),
    ]  # fmt: skip
    return [*((fact, "floor") for fact in floors), *((fact, "native") for fact in natives)]


async def all_that_is_asked(
    url: str, at: datetime, contact: str, *, of_old: bool = False
) -> Mapping[str, Sequence[tuple[Any, ...]]]:
    """Ask every query and every view that only reads."""
    asked = {
        "begins": at - timedelta(days=1), "ends": at + timedelta(days=1), "contact": contact, "days": 9999,
        "system": "",
    }  # fmt: skip
    answers = {}
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for name, query in queries().items():
            text = query.split("\n", 1)[1]
            if text.startswith(("SELECT", "WITH")) and not any(word in text for word in NOT_ASKED):
                query = literal(OF_ONE_SYSTEM.sub("", query)) if of_old else query
                parameters = {key: asked[key] for key in asked if f"%({key})s" in query}
                answers[name] = await (await connection.execute(query, parameters or None)).fetchall()
    return {name: sorted(found, key=repr) for name, found in answers.items()}


async def all_that_is_shown(url: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Read every view, by the names of its columns."""
    shown = {}
    async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row) as connection:
        for view in VIEWS:
            found = await (
                await connection.execute(literal(f"SELECT * FROM {view} ORDER BY 1, 2"))
            ).fetchall()
            shown[view] = found
    return shown


async def test_facts_of_before_are_all_there_and_every_question_has_the_same_answer(
    database_url: str, tmp_path: Path
) -> None:
    began = datetime.now(UTC) - timedelta(hours=3)
    clock = Clock(moment=lambda: 0.0, wall=lambda: began)
    ids, facts = FactIds(clock), a_day_of_old()
    lines = [encode(record(fact, ids(), source, clock)) for fact, source in facts]
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.execute(queries()["make_migrations"])
        for step in migrations()[:BEFORE_PARTITIONS]:
            await connection.execute(step.sql)
            note = {"number": step.number, "name": step.name, "checksum": step.checksum}
            await connection.execute(queries()["note_migration"], note)
        await connection.execute(AS_IT_WAS, {"facts": (b"[" + b",".join(lines) + b"]").decode()})
    offered = next(fact.contact for fact, _ in facts if isinstance(fact, Answered))
    before = await all_that_is_asked(database_url, began, offered, of_old=True)
    shown = await all_that_is_shown(database_url)
    assert [name for name, found in {**before, **shown}.items() if not found] == [], (
        "that would prove nothing"
    )

    database = Database(database_url, DatabaseSettings(batch_s=0.01), Clock())
    await database.start()
    assert await all_that_is_asked(database_url, began, offered) == before
    now = await all_that_is_shown(database_url)
    for view, found in shown.items():
        for row, then in zip(now[view], found, strict=True):
            for name in then.keys() - GONE_OVER_TO_STATES:
                value = then[name]
                inexact = isinstance(value, float)  # now times are added up in whole microseconds
                assert row[name] == (pytest.approx(value, abs=1e-4) if inexact else value), (view, name)
    assert await rows(database_url, "SELECT count(*) FROM facts_before") == [(len(facts),)]

    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    journal.write(device(99))
    assert await journal.drained(5)
    await journal.stop()
    await database.stop()
    assert await rows(database_url, "SELECT count(*) FROM facts") == [(len(facts) + 1,)]
    assert await rows(database_url, "SELECT count(*) FROM devices") == [(6,)]


async def test_every_day_has_a_partition_of_its_own(database: Database, tmp_path: Path) -> None:
    days = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2, 5)]
    for at in days:
        journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0, wall=lambda at=at: at))  # type: ignore[misc]
        await journal.start()
        journal.write(device(0))
        assert await journal.drained(5)
        await journal.stop()
    where = "SELECT tableoid::regclass::text, count(*) FROM facts GROUP BY 1 ORDER BY 1"
    assert await rows(database.conninfo, where) == [
        ("facts_20260301", 1), ("facts_20260302", 1), ("facts_20260305", 1),
    ]  # fmt: skip


def test_what_builds_on_a_changed_script_is_made_anew_with_it() -> None:
    first, second, third = (Script(name, literal(f"SELECT '{name}'")) for name in ("a", "b", "c"))
    made = {script.name: script.checksum for script in (first, second, third)}
    assert to_make([first, second, third], {}) == [first, second, third]
    assert to_make([first, second, third], made) == []
    changed = Script("b", literal("SELECT 'another'"))
    assert to_make([first, changed, third], made) == [changed, third]


async def test_every_script_can_be_made_anew_from_any_on_and_shows_the_same(
    database: Database, tmp_path: Path
) -> None:
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    journal.write_all(fact for fact, _ in a_day_of_old())
    assert await journal.drained(10)
    await journal.stop()
    shown = await all_that_is_shown(database.conninfo)
    for script in scripts():
        async with database.connection() as connection:
            await connection.execute("UPDATE repeatable SET checksum = '' WHERE name = %s", [script.name])
            made = await make(connection, scripts())
        assert made[0] == script.name
    assert await all_that_is_shown(database.conninfo) == shown
