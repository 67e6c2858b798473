"""Reports say what the fold of the same facts says, in any spans, and every figure opens its contacts."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.reports import as_csv, as_json
from ami_listeners.reports.answer import SERVICE_LEVEL, Answer, Row
from ami_listeners.reports.ask import ask, contacts
from ami_listeners.reports.errors import QuestionError
from ami_listeners.reports.opened import opened
from ami_listeners.reports.question import ContactsQuestion, Question, Step, Subject
from ami_listeners.reports.subjects import DEFINITIONS
from ami_listeners.settings import DatabaseSettings
from queue_strategies import metrics
from queue_strategies.definitions import AGENT_FIGURES, QUEUE_FIGURES, QUEUE_MEASURES
from queue_strategies.definitions.agents import AGENT_MEASURES
from queue_strategies.definitions.measure import ratio
from queue_strategies.facts import (
    Answered,
    ContactEnded,
    ContactStarted,
    DispositionGiven,
    Fact,
    Handled,
    LegQuality,
    ListenerGap,
    QueueJoined,
    SegmentBegan,
    SegmentEnded,
    SegmentKind,
    VisitEnded,
)
from queue_strategies.figures import Figures
from queue_strategies.model import AgentId, QueueName, VisitOutcome
from tests.ami_listeners.conftest import make_database
from tests.ami_listeners.test_figures_agree import AGENTS, QUEUES, Day

BEGINS = dt.datetime(2026, 10, 24, 23, 10, tzinfo=dt.UTC)
"""Before the clocks of Berlin are set, of a day that lasts for hours."""
BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
ROUNDED_S = 0.1
"""Roll-ups count whole milliseconds: of a hundred visits it may be so much off."""
COUNTED = {queue.name for queue in QUEUES if not queue.direct}


@dataclass
class History:
    """A day by chance: its facts, and a database that has them."""

    database: Database
    facts: list[Fact]
    figures: Figures

    def question(self, subject: Subject, step: Step = Step.ALL, zone: ZoneInfo = BERLIN) -> Question:
        until = BEGINS + dt.timedelta(seconds=self.facts[-1].moment + 1)
        return Question(subject=subject, since=BEGINS, until=until, step=step, zone=zone)

    async def answer(self, subject: Subject, step: Step = Step.ALL, **more: Any) -> Answer:
        return await ask(self.database, replace(self.question(subject, step), **more))


@pytest.fixture(scope="module")
async def history(
    postgres: LocalPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[History]:
    day = Day(4)
    day.pass_by(4000)
    facts = list(with_callers(day.facts))
    figures = Figures()
    figures.add_all(facts)
    clock = Clock(moment=lambda: 0.0, wall=lambda: BEGINS)
    database = Database(await make_database(postgres), DatabaseSettings(batch_s=0.01), clock)
    journal = Journal(database, tmp_path_factory.mktemp("spool"), clock)
    await journal.start()
    await journal.know_queues(QUEUES)
    journal.write_all(facts)
    assert await journal.drained(60)
    await journal.stop()
    yield History(database, facts, figures)
    await database.stop()


def with_callers(facts: list[Fact]) -> Iterator[Fact]:
    """Tell also of the contacts: a few customers who call again and again."""
    for number, fact in enumerate(facts):
        if isinstance(fact, QueueJoined):
            yield ContactStarted(
                moment=fact.moment,
                contact=fact.contact,
                channel=f"{number}.1",
                caller_number=f"+4930{number % 37}",
                caller_name="",
                called_number="+49301",
            )
        yield fact
        if isinstance(fact, VisitEnded | Handled):
            yield LegQuality(
                moment=fact.moment,
                call=fact.contact,
                channel=f"{number}.1",
                party="+49",
                queue=fact.queue,
                direction=["heard", "sent"][number % 2],
                mos=1 + number % 17 / 5,
                worst_mos=1 + number % 5 / 5,
                r=50.0,
                loss=number % 10 / 100,
                jitter_ms=number % 9,
                round_trip_ms=None if number % 3 else 40.0,
                codec="ulaw",
                reports=3,
            )
            if isinstance(fact, Handled):
                yield from segment(fact, number)
                yield disposition(fact, number)
            yield ContactEnded(
                moment=fact.moment, contact=fact.contact, ended_by="caller", cause=16, duration_s=number / 7
            )


def disposition(talk: Handled, number: int) -> Fact:
    """Tell what the call was about, now and then with a note."""
    return DispositionGiven(
        moment=talk.moment,
        contact=talk.contact,
        visit=talk.visit,
        queue=talk.queue,
        agent=talk.agent,
        disposition=["solved", "call-again"][number % 2],
        note="more of it" if number % 3 else "",
        resolved=[True, False, None][number // 4 % 3],
    )


def segment(talk: Handled, number: int) -> Iterator[Fact]:
    """Tell what the caller's side did while the agent talked."""
    what: dict[str, Any] = {
        "segment": f"{number}.1/1",
        "call": str(talk.contact),
        "segment_kind": SegmentKind.TALK,
        "channel": f"{number}.1",
        "party": "+49",
        "contact": talk.contact,
        "visit": talk.visit,
        "queue": talk.queue,
    }
    yield SegmentBegan(moment=talk.moment - talk.talk_s, **what)
    yield SegmentEnded(moment=talk.moment, lasted_s=talk.talk_s, ended_by="hangup", **what)


def told(answer: Answer, row: Row) -> dict[str, Any]:
    return {column.name: cell for column, cell in zip(answer.columns, row.cells, strict=True)}


async def test_a_report_counts_queues_as_the_fold_does(history: History) -> None:
    answer = await history.answer(Subject.QUEUE)
    assert {row.key for row in answer.rows} == {(name,) for name in COUNTED}
    for row in answer.rows:
        cells, queue = told(answer, row), history.figures.queue(QueueName(row.key[0]))
        for name, measure in QUEUE_MEASURES.items():
            assert cells[name] == pytest.approx(measure.counted(queue), abs=ROUNDED_S), name
        for name, figure in QUEUE_FIGURES.items():
            value = ratio(figure.of, QUEUE_MEASURES, queue).value
            assert cells[name] == pytest.approx(value, abs=ROUNDED_S), name
        formula = answer.formulas[row.key[0]]
        assert cells[SERVICE_LEVEL] == pytest.approx(metrics.service_level(queue, formula).value)
        assert cells["longest_wait_s"] == pytest.approx(queue.longest_wait_s, abs=ROUNDED_S)
    assert len(set(answer.formulas.values())) > 1
    assert told(answer, answer.totals[-1])[SERVICE_LEVEL] is None, "a mean of different formulas"


async def test_a_report_counts_agents_as_the_fold_does(history: History) -> None:
    answer = await history.answer(Subject.AGENT)
    assert {row.key for row in answer.rows} == {(agent.id,) for agent in AGENTS}
    for row in answer.rows:
        cells, agent = told(answer, row), history.figures.agent(AgentId(row.key[0]))
        for name, measure in AGENT_MEASURES.items():
            assert cells[name] == pytest.approx(measure.counted(agent)), name
        for name, figure in AGENT_FIGURES.items():
            assert cells[name] == pytest.approx(ratio(figure.of, AGENT_MEASURES, agent).value), name


async def test_who_comes_again_had_not_been_helped_at_the_first_contact(history: History) -> None:
    """Everybody came on one day long ago: of each caller the last contact alone may have solved it."""
    answered = {fact.contact for fact in history.facts if isinstance(fact, Answered)}
    last = {fact.caller_number: fact.contact for fact in history.facts if isinstance(fact, ContactStarted)}
    answer = await history.answer(Subject.CALLS)
    (row,) = answer.rows
    resolved = len(answered & {*last.values()})
    assert 0 < resolved < len(answered)
    assert told(answer, row)["first_contact_resolution"] == pytest.approx(resolved / len(answered))


async def test_agents_say_at_whose_first_contact_it_was_resolved(history: History) -> None:
    """Everybody came on one day: of each caller the first contact alone is one."""
    first: dict[str, str] = {}
    for fact in history.facts:
        if isinstance(fact, ContactStarted):
            first.setdefault(fact.caller_number, fact.contact)
    said = {fact.visit: fact for fact in history.facts if isinstance(fact, DispositionGiven)}
    judged = [one.resolved for one in said.values() if one.contact in first.values()]
    judged = [resolved for resolved in judged if resolved is not None]
    answer = await history.answer(Subject.DISPOSITIONS)
    whole = told(answer, answer.totals[-1])
    assert 0 < sum(map(bool, judged)) < len(judged)
    assert whole["first_contact_resolution"] == pytest.approx(sum(map(bool, judged)) / len(judged))


@pytest.mark.parametrize("subject", list(Subject))
@pytest.mark.parametrize("step", [Step.QUARTER, Step.HOUR, Step.DAY])
async def test_spans_of_any_clock_add_up_to_the_whole(history: History, subject: Subject, step: Step) -> None:
    for zone in (BERLIN, KATHMANDU):
        whole = await history.answer(subject, zone=zone)
        parts = await history.answer(subject, step, zone=zone)
        assert {row.span for row in parts.rows} != {row.span for row in whole.rows}
        rows = [*whole.rows, *whole.totals[-1:]]
        assert [row.key for row in parts.totals] == [row.key for row in rows]
        for part, row in zip(parts.totals, rows, strict=True):
            for name, cell in told(whole, row).items():
                expected = cell if cell is None else pytest.approx(cell, rel=1e-9, abs=1e-6)
                assert told(parts, part)[name] == expected, (row.key, name)


@pytest.mark.parametrize("subject", list(Subject))
async def test_every_figure_opens_the_list_of_its_contacts(history: History, subject: Subject) -> None:
    answer = await history.answer(subject, Step.HOUR)
    opened = 0
    for row in (*answer.rows[::7], *answer.totals):
        for column, cell in zip(answer.columns, row.cells, strict=True):
            question = answer.opens(row, column)
            if question is None:
                assert column.name == SERVICE_LEVEL
                assert cell is None
                continue
            count = DEFINITIONS[subject].counts[question.measure]
            if column.name != count.name:
                continue  # a figure opens what is counted above its line
            listed = await contacts(history.database, question)
            opened += len(listed.rows)
            if count.value is None:
                assert len(listed.rows) == cell, (row, column.name)
            else:
                added = count.together(each.cells[-1] for each in listed.rows)
                expected = cell if cell is None else pytest.approx(cell, abs=ROUNDED_S)
                assert added == expected, (row, column.name)
    assert opened


@pytest.mark.parametrize("subject", list(Subject))
async def test_a_page_lists_the_contacts_of_every_figure(history: History, subject: Subject) -> None:
    answer = await opened(history.database, await history.answer(subject, Step.HOUR))
    assert answer.lists
    for (number, measure), listed in answer.lists.items():
        row, count = answer.all_rows[number], DEFINITIONS[subject].counts[measure]
        if measure in told(answer, row) and count.value is None:
            assert len(listed.rows) == told(answer, row)[measure], (row.key, measure)
    linked = {number for number, _ in answer.lists}
    assert linked == set(range(len(answer.all_rows))), "a row whose figures open nothing"
    lines = sum(len(listed.rows) for listed in answer.lists.values())
    assert lines > len(answer.rows)


async def test_who_gave_up_and_was_answered_after_all_is_counted(history: History) -> None:
    numbers = {fact.contact: fact.caller_number for fact in history.facts if isinstance(fact, ContactStarted)}
    answered = [(numbers[fact.contact], fact.moment) for fact in history.facts if isinstance(fact, Answered)]
    came_back: Counter[str] = Counter()
    for fact in history.facts:
        if isinstance(fact, VisitEnded) and fact.outcome is VisitOutcome.ABANDONED and not fact.direct:
            number = numbers[fact.contact]
            came_back[fact.queue] += any(who == number and at > fact.moment for who, at in answered)
    answer = await history.answer(Subject.ABANDONED)
    assert {row.key[0]: told(answer, row)["came_back"] for row in answer.rows} == came_back
    assert 0 < came_back.total() < sum(told(answer, row)["abandoned"] for row in answer.rows)


async def test_legs_are_rated_as_they_were_told(history: History) -> None:
    answer = await history.answer(Subject.QUALITY)
    legs = [fact for fact in history.facts if isinstance(fact, LegQuality)]
    for row in answer.rows:
        cells = told(answer, row)
        theirs = [leg for leg in legs if (leg.queue, leg.direction) == row.key]
        assert cells["legs"] == len(theirs) > 1
        assert cells["mos"] == pytest.approx(sum(leg.mos for leg in theirs) / len(theirs), rel=1e-4)
        assert cells["poor"] == sum(leg.mos < 3.6 for leg in theirs)
        assert cells["worst_mos"] == pytest.approx(min(leg.worst_mos for leg in theirs))
        assert cells["round_trip_ms"] == pytest.approx(40)
    assert sum(told(answer, row)["legs"] for row in answer.rows) == len(legs)


async def test_a_caller_s_calls_are_told_side_by_side(history: History) -> None:
    """Who asks for a number sees what each side of its calls did, from when to when, in their order."""
    asked = history.question(Subject.CALLS)
    listed = await contacts(
        history.database,
        ContactsQuestion(
            subject=Subject.CALLS,
            measure="segments",
            since=asked.since,
            until=asked.until,
            zone=BERLIN,
            number="+493015",
        ),
    )
    calls = {
        fact.contact
        for fact in history.facts
        if isinstance(fact, ContactStarted) and fact.caller_number == "+493015"
    }
    talks = [fact for fact in history.facts if isinstance(fact, Handled) and fact.contact in calls]
    rows = [told(listed, row) for row in listed.rows]
    assert sorted((row["visit"], row["queue"]) for row in rows) == sorted(
        (fact.visit, fact.queue) for fact in talks
    )
    assert sum(row["lasted_s"] for row in rows) == pytest.approx(
        sum(fact.talk_s for fact in talks), abs=ROUNDED_S
    )
    assert {row["did"] for row in rows} == {"talk"}
    assert len(rows) > 1


async def test_one_queue_alone_is_what_it_is_among_others(history: History) -> None:
    everybody = await history.answer(Subject.QUEUE, Step.HOUR)
    alone = await history.answer(Subject.QUEUE, Step.HOUR, names=("queue-2",))
    theirs = [row for row in everybody.rows if row.key == ("queue-2",)]
    assert [row.span for row in alone.rows] == [row.span for row in theirs]
    for row, same in zip(alone.rows, theirs, strict=True):
        assert told(alone, row) == pytest.approx(told(everybody, same))
    other = await history.answer(Subject.QUEUE, names=("queue-2",), formula="answered_within/offered")
    cells = told(other, other.rows[0])
    assert cells[SERVICE_LEVEL] == pytest.approx(cells["answered_within"] / cells["offered"])
    assert other.formulas == {"queue-2": "answered_within/offered"}


async def test_what_nobody_heard_is_marked_in_the_spans_it_touches(
    history: History, tmp_path: Path, postgres: LocalPostgres
) -> None:
    """Of two gaps that lie over each other there is one; more than a tenth was not heard."""
    clock = Clock(moment=lambda: 0.0, wall=lambda: BEGINS + dt.timedelta(hours=10))
    database = Database(await make_database(postgres), DatabaseSettings(batch_s=0.01), clock)
    journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0, wall=lambda: BEGINS))
    await journal.start()
    for began, ended in ((600, 1200), (900, 1500), (3000, 3000)):
        journal.write(ListenerGap(moment=float(ended), source="ami", began_moment=float(began), reason="cut"))
    assert await journal.drained(60)
    await journal.stop()
    question = history.question(Subject.QUEUE, Step.QUARTER)
    answer = await ask(database, question)
    await database.stop()
    quality = answer.quality
    assert (quality.badge, len(quality.gaps), quality.gap_s) == ("doubtful", 1, 900)
    assert quality.heard_ratio == pytest.approx(1 - 900 / (question.until - BEGINS).total_seconds())
    labels = [span.label for span in sorted(quality.touched, key=lambda span: (span.begins, span.ends))]
    assert labels[1:] == ["2026-10-25 01:15", "2026-10-25 01:30"]
    assert labels[0].startswith("2026-10-25 01:10 – "), "all together"
    whole = await history.answer(Subject.QUEUE)
    assert (whole.quality.badge, whole.quality.heard_ratio) == ("good", 1.0)


async def test_questions_that_make_no_sense_are_answered_by_a_sentence(history: History) -> None:
    with pytest.raises(QuestionError, match="did you mean 'answered_within/offered'"):
        await history.answer(Subject.QUEUE, formula="answered_within/offred")
    until = BEGINS + dt.timedelta(1)
    question = ContactsQuestion(
        subject=Subject.QUEUE, measure="abandonded", since=BEGINS, until=until, zone=BERLIN
    )
    with pytest.raises(QuestionError, match="did you mean 'abandoned'"):
        await contacts(history.database, question)
    with pytest.raises(QuestionError, match="no time lies between"):
        await history.answer(Subject.QUEUE, until=BEGINS)


async def test_a_question_that_takes_too_long_is_put_off_and_keeps_nobody_waiting(history: History) -> None:
    """Somebody else holds the table; whoever asks is told, and the listener's connections stay."""
    async with await psycopg.AsyncConnection.connect(history.database.conninfo) as other:
        await other.execute("LOCK TABLE queue_days IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(QuestionError, match="takes longer than 1 s: ask for less"):
            await ask(history.database, history.question(Subject.QUEUE), longest_s=1)
        assert history.database.health.up
    assert (await history.answer(Subject.QUEUE)).rows


async def test_a_connection_is_kept_for_the_next_question_remembers_nothing_and_may_be_cut(
    history: History,
) -> None:
    asked = history.question(Subject.QUEUE)
    answer = await ask(history.database, asked, longest_s=7)
    async with history.database.patient("retention") as connection:
        kept = connection.info.backend_pid
        told = await connection.execute("SELECT name, setting FROM pg_settings WHERE source = 'session'")
        assert {str(name): setting for name, setting in await told.fetchall()} == {
            "application_name": "callfloor: retention",
            "lock_timeout": "2000",
            "statement_timeout": "0",
        }
    async with await psycopg.AsyncConnection.connect(history.database.conninfo) as other:
        assert await (await other.execute("SELECT pg_terminate_backend(%s, 5000)", [kept])).fetchone() == (
            True,
        )
    assert (await ask(history.database, asked)).rows == answer.rows


async def test_programs_read_the_same_numbers(history: History) -> None:
    answer = await history.answer(Subject.QUEUE, Step.HOUR)
    out = io.BytesIO()
    as_json.write(answer, out)
    read = json.loads(out.getvalue())
    assert len(read["rows"]) == len(answer.rows)
    for row, told_row in zip(answer.rows, read["rows"], strict=True):
        for name, cell in told(answer, row).items():
            assert told_row[name] == cell
        assert dt.datetime.fromisoformat(told_row["from"]) == (row.span.begins if row.span else None)
    out = io.BytesIO()
    as_csv.write(answer, out)
    lines = out.getvalue().decode().split("\r\n")
    assert len(lines) == len(answer.rows) + 2
    assert lines[0].startswith("from,to,queue,offered,answered,service_level")
    assert {line.partition(",")[0] for line in lines[1:-1]} == {row["from"] for row in read["rows"]}
