"""What is old is forgotten, and figures stay as they were."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ami_listeners import figures_sql
from ami_listeners.clock import Clock
from ami_listeners.copy_rows import rows as lines
from ami_listeners.database import Database
from ami_listeners.identity import FactIds
from ami_listeners.intake import Intake
from ami_listeners.journal import Journal
from ami_listeners.queries import literal
from ami_listeners.recollection import recollect
from ami_listeners.records import record
from ami_listeners.retention import Forgotten, Retention
from ami_listeners.settings import RetentionSettings
from ari_apps.configuration.floor_toml import ConfigurationError, load_text
from queue_strategies.facts import (
    Answered,
    ContactEnded,
    ContactStarted,
    Fact,
    MembershipPauseChanged,
    RawEvent,
    VisitEnded,
)
from queue_strategies.model import AgentId, ContactId, QueueName
from tests.ami_listeners.test_journal import rows
from tests.ami_listeners.test_store_follow import a_floor_and_its_asterisk

TODAY = datetime(2026, 3, 20, 14, 30, tzinfo=UTC)
FIGURES = """
    SELECT * FROM {subject}_report(ARRAY(
        SELECT generate_series('2026-03-01', '2026-03-22', interval '15 minutes') ORDER BY 1))
    ORDER BY 1, 2
"""
OLDEST = {
    "visits": "decided_at", "offers": "ended_at", "calls": "started_at", "contacts": "started_at",
    "segments": "began_at", "agent_states": "ended_at",
}  # fmt: skip


def ago(days: int) -> datetime:
    return TODAY - timedelta(days=days)


async def told(database: Database, at: datetime, facts: Iterable[Fact], source: str = "floor") -> int:
    """Let facts be told at a time, of which they all are."""
    clock = Clock(moment=lambda: 0.0, wall=lambda: at)
    ids = FactIds(clock)
    async with database.connection() as connection:
        await connection.execute("SELECT make_partitions(%s, %s)", [at.date(), at.date()])
    return await Intake(database).take(list(lines(record(fact, ids(), source, clock) for fact in facts)))


def some_hours(number: int) -> list[Fact]:
    """Give what was told of calls that are all over, of other names for each number."""
    facts = a_floor_and_its_asterisk(number)
    decided = {fact.visit for fact in facts if isinstance(fact, Answered | VisitEnded)}
    facts = [fact for fact in facts if getattr(fact, "visit", None) in {None, *decided}]
    ended = {fact.contact for fact in facts if isinstance(fact, ContactEnded)}
    facts += [
        ContactEnded(moment=fact.moment + 9, contact=fact.contact, ended_by="us", cause=16, duration_s=9.0)
        for fact in facts if isinstance(fact, ContactStarted) and fact.contact not in ended
    ]  # fmt: skip
    for fact in facts:
        for name in ("contact", "visit", "offer", "call", "segment", "channel"):
            if isinstance(known := getattr(fact, name, None), str):
                setattr(fact, name, f"{known}#{number}")
    return sorted(facts, key=lambda fact: fact.moment)


async def figures(url: str) -> list[Any]:
    return [await rows(url, FIGURES.format(subject=subject)) for subject in ("queue", "agent")]


async def test_figures_stay_the_same_when_all_they_were_counted_from_is_forgotten(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    for number, days in enumerate((15, 10, 5, 0)):
        await told(database, ago(days), some_hours(number))
    await told(database, ago(10), [RawEvent(moment=0, name="Rename", text="a\r\nb")], "native")
    before = await figures(database_url)
    assert all(len(each) > 20 for each in before)
    retention = Retention(database, RetentionSettings(facts_days=7, visits_days=12, raw_days=0))
    forgotten = await retention.forget(TODAY)
    assert forgotten.partitions == ["facts_20260305", "facts_20260310"]
    assert forgotten.rows > 100
    assert await figures(database_url) == before
    told_on = "SELECT DISTINCT (at AT TIME ZONE 'UTC')::date - '2026-03-01' FROM facts ORDER BY 1"
    assert await rows(database_url, told_on) == [(14,), (19,)]
    for table, at in OLDEST.items():
        oldest = f"SELECT min({at} AT TIME ZONE 'UTC')::date - '2026-03-01' FROM {table}"
        assert await rows(database_url, oldest) == [(9,)], table
    assert not await retention.forget(TODAY), "there is nothing left to forget"

    async with database.connection() as connection:  # as when the registry has changed
        for name in ("queue_rollups", "agent_rollups", "queue_reports", "agent_reports", "views"):
            await connection.execute(figures_sql.scripts()[name])
    assert await figures(database_url) == before

    journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0, wall=lambda: ago(15)))
    await journal.start()
    journal.write_all(some_hours(0))
    assert await journal.drained(10)
    await journal.stop()
    assert await figures(database_url) == before, "what is told once more is counted once"


async def test_events_kept_raw_go_by_a_time_of_their_own(database: Database, database_url: str) -> None:
    for days in (8, 6):
        await told(database, ago(days), [RawEvent(moment=0, name="Rename", text=f"{days}")], "native")
    forgotten = await Retention(database, RetentionSettings()).forget(TODAY)
    assert forgotten == Forgotten(raw_events=1)
    assert await rows(database_url, "SELECT text FROM raw_events") == [("6",)]
    assert await rows(database_url, "SELECT body->>'text' FROM facts") == [("6",)]


async def test_a_day_is_kept_while_somebody_who_came_then_is_still_there_and_what_holds_holds(
    database: Database, tmp_path: Path
) -> None:
    who: dict[str, Any] = {"channel": "1.1", "caller_number": "", "caller_name": "", "called_number": ""}
    pause: dict[str, Any] = {"moment": 0, "agent": AgentId("anna"), "queue": QueueName("sales")}
    await told(database, ago(900), [MembershipPauseChanged(**pause, paused=True, reason="for good")])
    await told(database, ago(800), [ContactStarted(moment=0, contact=ContactId("here"), **who)])
    await told(database, datetime(1999, 1, 1, tzinfo=UTC), [RawEvent(moment=0, name="a", text="b")])
    forgotten = await Retention(database, RetentionSettings(raw_days=0)).forget(TODAY)
    assert len(forgotten.partitions) == 2
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    known = await recollect(journal)
    assert known.membership_pauses == {("anna", "sales"): "for good"}
    assert [fact.kind for fact in known.facts] == ["contact_started"]
    await journal.stop()


async def test_the_days_to_come_have_their_partitions(database: Database, tmp_path: Path) -> None:
    journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0, wall=lambda: ago(0)))
    await journal.start()
    journal.write(RawEvent(moment=0, name="a", text="b"))
    assert await journal.drained(10)
    await journal.stop()
    found = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'facts'::regclass"
    found += " AND inhrelid::regclass::text ~ 'facts_202603(20|21|22|23)'"
    assert await rows(database.conninfo, found) == [(4,)]


async def test_of_several_that_forget_one_does(database: Database) -> None:
    await told(database, ago(800), [RawEvent(moment=0, name="a", text="b")])
    with psycopg.connect(database.conninfo) as other:
        other.execute(literal("SELECT pg_advisory_lock(hashtext('callfloor.retention'))"))
        assert not await Retention(database, RetentionSettings()).forget(TODAY)
    assert await Retention(database, RetentionSettings()).forget(TODAY)


def test_visits_that_would_lose_their_facts_too_late_are_refused_with_the_remedy() -> None:
    assert load_text("[retention]\nfacts_days = 0\nvisits_days = 0").retention.facts_days == 0
    with pytest.raises(
        ConfigurationError, match=r"retention: .*for ever, visits for 9: .* set facts_days no"
    ):
        load_text("[retention]\nfacts_days = 0\nvisits_days = 9")
