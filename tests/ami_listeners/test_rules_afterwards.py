"""What is over can be measured by other rules, as if those had held already."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typer
from typer.testing import CliRunner

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.remeasuring import MeasureError, Remeasured, Rule, remeasure
from ami_listeners.reports.answer import SERVICE_LEVEL
from ami_listeners.reports.ask import ask
from ami_listeners.reports.question import Question, Subject
from ami_listeners.settings import DatabaseSettings
from ari_apps.commands.measure import measure
from queue_strategies import metrics
from queue_strategies.definitions import QUEUE_MEASURES
from queue_strategies.facts import Answered, Fact, VisitEnded
from queue_strategies.figures import Figures
from queue_strategies.model import QueueName, VisitOutcome
from tests.ami_listeners.test_figures_agree import QUEUES, Day

BEGAN = dt.datetime(2026, 3, 2, 7, 50, tzinfo=dt.UTC)
FORMULA = "removed_within/queued"
SHORT_S, LEVEL_S = 20.0, 100.0
COUNTED = [queue.name for queue in QUEUES if not queue.direct]


def measured_so(facts: Iterable[Fact], rules: Iterable[Rule]) -> Iterator[Fact]:
    """Tell facts as they would have been told by these rules."""
    of = {rule.queue: rule for rule in rules}
    for fact in facts:
        if isinstance(fact, Answered | VisitEnded) and (rule := of.get(fact.queue)) and lies_in(fact, rule):
            lasted_s = fact.wait_s + (fact.callback_s or 0.0)
            fact = replace(fact, within_service_level=lasted_s <= LEVEL_S)
            if isinstance(fact, VisitEnded):
                short = fact.outcome is VisitOutcome.ABANDONED and fact.wait_s <= SHORT_S
                fact = replace(fact, short=short)
        yield fact


def lies_in(fact: Fact, rule: Rule) -> bool:
    return rule.since <= BEGAN + dt.timedelta(seconds=fact.moment) < rule.until


def otherwise(queue: QueueName, until: dt.datetime) -> Rule:
    return Rule(
        queue=queue, since=BEGAN + dt.timedelta(minutes=20), until=until,
        service_level_s=LEVEL_S, short_abandon_s=SHORT_S, service_level_formula=FORMULA,
    )  # fmt: skip


async def test_a_queue_measured_afterwards_has_the_figures_it_would_have_had(
    database: Database, tmp_path: Path
) -> None:
    """Half of the facts come before somebody says so, half after; some of the day is left as it was."""
    day = Day(5)
    day.pass_by(3000)
    until = BEGAN + dt.timedelta(seconds=day.facts[-1].moment + 1)
    earlier = BEGAN + dt.timedelta(minutes=50)
    rules = [otherwise(name, until if place % 2 else earlier) for place, name in enumerate(COUNTED[:-2])]
    journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0, wall=lambda: BEGAN))
    await journal.start()
    await journal.know_queues(QUEUES)
    half = len(day.facts) // 2
    journal.write_all(day.facts[:half])
    assert await journal.drained(60)
    changed = 0
    for rule in rules:
        said = await remeasure(database, rule)
        changed += said.changed
        assert await remeasure(database, rule) == Remeasured(said.visits, 0)
    assert changed > len(rules), "the day was too quiet to prove anything"
    journal.write_all(day.facts[half:])
    assert await journal.drained(60)
    await journal.stop()
    figures, untouched = Figures(), Figures()
    figures.add_all(measured_so(day.facts, rules))
    untouched.add_all(day.facts)
    asked = Question(subject=Subject.QUEUE, since=BEGAN, until=until, zone=ZoneInfo("UTC"))
    answer = await ask(database, asked)
    for row in answer.rows:
        name = QueueName(row.key[0])
        cells = dict(zip([column.name for column in answer.columns], row.cells, strict=True))
        for one in QUEUE_MEASURES.values():
            value = one.counted(figures.queue(name))
            assert cells[one.name] == pytest.approx(value, abs=1e-3), one.name
        measured = any(rule.queue == name and rule.until == until for rule in rules)
        formula = FORMULA if measured else QUEUES[COUNTED.index(name)].service_level_formula
        assert answer.formulas[name] == formula, (
            "a rule that ended before what is asked for says nothing of it"
        )
        level = metrics.service_level(figures.queue(name), formula).value
        assert cells[SERVICE_LEVEL] == pytest.approx(level)
        async with database.connection() as connection:
            told = await connection.execute(
                "SELECT service_level, service_level_formula FROM queue_report(%s, %s)",
                [[BEGAN, until], [name]],
            )
            assert await told.fetchall() == [(pytest.approx(level), formula)]
    short = [sum(one.short_abandoned for one in each.queues.values()) for each in (untouched, figures)]
    assert short[0] < short[1]
    async with database.connection() as connection:
        (names,) = await (await connection.execute("SELECT array_agg(visit) FROM visits")).fetchone() or ([],)
        before = await (await connection.execute("SELECT * FROM queue_days ORDER BY 1, 2")).fetchall()
        await connection.execute("SELECT recount_visits(%s)", [names])
        after = await (await connection.execute("SELECT * FROM queue_days ORDER BY 1, 2")).fetchall()
    assert before == after, "counted anew from facts, they are measured by the rules again"


async def test_what_cannot_be_measured_is_refused_in_a_sentence(database_url: str) -> None:
    async def said(*words: str) -> str:
        options = ["--since", "2026-03-01", "--database", database_url, "-c", "nowhere.toml"]
        done = await asyncio.to_thread(CliRunner().invoke, app, [*words, *options])
        return str(done.exception or done.output)

    app = typer.Typer()
    app.command()(measure)
    database = Database(database_url, DatabaseSettings(), Clock())
    async with database.connection() as connection:
        await connection.execute("INSERT INTO queue_days (queue, began_at) VALUES ('sales', 'epoch')")
    await database.stop()
    for words, sentence in (
        (["sale", "--short-abandon", "5s"], "no queue 'sale' is known, did you mean 'sales'?"),
        (["sales"], "give --service-level, --short-abandon or --formula"),
        (["sales", "--formula", "removed_within/queue"], "did you mean 'removed_within/queued'?"),
        (["sales", "--service-level", "soon"], "'soon' is no duration"),
        (["sales", "--until", "2026-02-01", "--short-abandon", "5s"], "let --until come after --since"),
    ):  # fmt: skip
        assert sentence in await said(*words)


def test_a_rule_needs_something_to_say() -> None:
    with pytest.raises(MeasureError, match="nothing is to be measured otherwise"):
        Rule(queue="sales", since=BEGAN, until=BEGAN + dt.timedelta(days=1))
