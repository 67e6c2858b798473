"""Who reads a figure is told how well its time was heard."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from ami_listeners.clock import Clock
from ami_listeners.dashboards import DASHBOARDS
from ami_listeners.dashboards.layout import model
from ami_listeners.data_quality import QualityOfLastDay
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.reports import as_json, wording
from ami_listeners.reports.ask import ask
from ami_listeners.reports.question import Question, Step, Subject
from queue_strategies.facts import ClockCompared, Fact, ListenerGap, VisitEnded
from queue_strategies.model import VisitOutcome
from tests.ami_listeners.test_journal import one_visit, rows

BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(10))
async def test_a_time_in_which_one_of_several_heard_is_no_gap(database: Database, seed: int) -> None:
    """Counted minute by minute: somebody told that it was deaf, and no other of that Asterisk listened."""
    chance = random.Random(seed)
    ears = [(system, listener) for system in ("north", "south") for listener in ("one", "two", "three")]
    present = {ear: sorted(chance.sample(range(61), 2)) for ear in ears if chance.random() < 0.8}
    deaf = [(ear, sorted(chance.sample(range(61), 2))) for ear in ears for _ in range(chance.randrange(4))]
    with psycopg.connect(database.conninfo) as connection:
        connection.execute("INSERT INTO listeners VALUES ('east', 'today', %s, now())", [minute(60)])
        for (system, listener), span in present.items():
            connection.execute(
                "INSERT INTO listeners VALUES (%s, %s, %s, %s)", [system, listener, *map(minute, span)]
            )
        for (system, listener), span in deaf:
            connection.execute(
                "INSERT INTO gaps (fact, source, began_at, ended_at, reason, system, listener)"
                " VALUES (gen_random_uuid(), 'ami', %s, %s, 'cut', %s, %s)",
                [*map(minute, span), system, listener],
            )
        told = connection.execute("SELECT system, began_at, ended_at FROM system_gaps").fetchall()
        counted = connection.execute("SELECT gaps, gap_s FROM data_quality(%s, %s)", [minute(0), minute(60)])
        gaps, gap_s = next(iter(counted))

    def hears(ear: tuple[str, str], at: int) -> bool:
        since, until = present.get(ear, (0, 0))
        return since <= at < until and not any(who == ear and a <= at < b for who, (a, b) in deaf)

    expected = {
        (system, at) for (system, listener), (a, b) in deaf for at in range(a, b)
        if not any(hears(ear, at) for ear in ears if ear[0] == system and ear[1] != listener)
    }  # fmt: skip
    found = [(system, at) for system, a, b in told for at in range(61) if a <= minute(at) < b]
    assert sorted(found) == sorted(expected), "each once"
    minutes = {at for _, at in expected}
    assert gap_s == 60 * len(minutes)
    assert gaps == sum(at - 1 not in minutes for at in minutes)


def minute(number: int) -> datetime:
    return BEGAN + timedelta(minutes=number)


async def test_what_was_concluded_and_what_was_corrected_is_counted_and_shown(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """A visit was believed lost; then somebody tells who heard that it was answered."""
    clock = Clock()
    now = clock.moment()
    journal = Journal(database, tmp_path, clock)
    await journal.start()
    story = one_visit(now - 100)
    lost = VisitEnded(
        moment=now - 90, contact=story[0].contact, visit=story[0].visit, queue=story[0].queue, heard=False,  # type: ignore[attr-defined]
        outcome=VisitOutcome.LOST, wait_s=10.0, short=False, within_service_level=False, position=1,
    )  # fmt: skip

    async def shown(*facts: Fact) -> dict[str, float]:
        journal.write_all(facts, "native")
        assert await journal.drained(5)
        quality = QualityOfLastDay(database)
        quality._told = await quality._ask()
        told = {family.name: family.samples[0].value for family in quality.families()}
        return {name.removeprefix("callfloor_data_quality_"): value for name, value in told.items()}

    first = await shown(story[0])
    assert first == {
        "badge": 0, "heard_ratio": 1, "gaps": 0, "gap_seconds": 0,
        "concluded": 0, "corrected": 0, "mismatches": 0,
    }  # fmt: skip
    concluded = await shown(
        lost, ClockCompared(moment=now - 50, offset_s=-2.0, drift_ppm=0, uncertainty_s=0.1)
    )
    assert concluded == {**first, "badge": 1, "concluded": 1, "clock_offset_seconds": 2}
    heard = await shown(*story[1:])
    assert heard == {**concluded, "badge": 0, "concluded": 0, "corrected": 1}
    again = await shown(*(replace(fact, moment=fact.moment + 0.001) for fact in story[1:4]))
    assert again["corrected"] == 1, "the same visit"
    async with database.connection() as connection:
        row = ["", "before", *[clock.wall() - timedelta(days=2)] * 2]
        await connection.execute("INSERT INTO listeners VALUES (%s, %s, %s, %s)", row)
    gap = await shown(ListenerGap(moment=now, source="ami", began_moment=now - 864, reason="cut"))
    assert gap["badge"] == 1
    assert gap["heard_ratio"] == pytest.approx(0.99)
    assert await rows(database_url, "SELECT reason FROM system_gaps") == [("cut",)]
    await journal.stop()


async def test_of_the_time_before_anybody_listened_it_is_said_that_nobody_did(
    database: Database, tmp_path: Path
) -> None:
    """What was imported of it has its figures; it is not as if it had been heard."""
    journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0, wall=lambda: BEGAN))
    await journal.start()
    journal.write_all(one_visit(60.0), "import")
    assert await journal.drained(5)
    await journal.stop()

    async def told(since: int, until: int) -> tuple[str, float, dict[str, bool]]:
        question = Question(
            subject=Subject.QUEUE, since=minute(since), until=minute(until), zone=ZoneInfo("Asia/Kolkata"),
            step=Step.HOUR,
        )  # fmt: skip
        answer = await ask(database, question)
        data = as_json.data(answer)
        heard = {row["span"]: row["heard"] for row in data["rows"] + data["totals"]}
        return wording.quality(answer), answer.quality.heard_ratio, heard

    nobody = "gaps: nobody listened yet, what is known of it was imported"
    said, ratio, heard = await told(-30, 90)
    assert (said, ratio, set(heard.values())) == (nobody, 0, {False})
    async with database.connection() as connection:
        row = ["", "first", minute(30), minute(300)]
        await connection.execute("INSERT INTO listeners VALUES (%s, %s, %s, %s)", row)
    said, ratio, heard = await told(-30, 90)
    assert said == "good: heard without a gap; nobody listened before 2026-03-01 15:00"
    assert (ratio, set(heard.values())) == (1, {False})
    assert (await told(-30, 25))[:2] == (nobody, 0)
    assert (await told(30, 90))[:2] == ("good: heard without a gap", 1)
    said, ratio, _ = await told(270, 390)
    assert (said, ratio) == ("doubtful: 25.00 % heard, a gap, 1:30:00 in all", 0.25), (
        "nobody came after the last"
    )
    assert await gaps(database) == [("", minute(300), "nobody has listened since")]
    async with database.connection() as connection:
        await connection.execute("UPDATE listeners SET seen_at = now() - interval '10 minutes'")
    assert await gaps(database) == [], "there is little to tell at night"


async def gaps(database: Database) -> list[Any]:
    async with database.connection() as connection:
        return await (await connection.execute("SELECT system, began_at, reason FROM system_gaps")).fetchall()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_every_dashboard_says_how_well_it_was_heard(dashboard: Any) -> None:
    panels = {panel["title"]: panel for panel in model(dashboard)["panels"]}
    badge = panels["Data quality"]
    words = badge["fieldConfig"]["defaults"]["mappings"][0]["options"]
    assert {number: word["text"] for number, word in words.items()} == {
        "0": "good", "1": "gaps", "2": "doubtful",
    }  # fmt: skip
    assert "callfloor_data_quality_badge" in json.dumps(badge["targets"])
