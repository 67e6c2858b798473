"""The views of the database add up, and say what /metrics says, also of how long people waited."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg.rows import dict_row

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.exporter import Exporter
from ami_listeners.exposition.figure_lines import FigureLines
from ami_listeners.journal import Journal
from queue_strategies import metrics
from queue_strategies.callback import CallbackRules, CalledFirst
from queue_strategies.events import (
    AgentAnswered,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentRang,
    AgentReady,
    AgentUnpaused,
    CallbackChosen,
    CallerConnected,
    CallerHeld,
    CallerJoined,
    CallerLeft,
    CallerPressed,
    CallerResumed,
    CustomerAnswered,
    CustomerNotReached,
    Event,
    FloorConfigured,
    OfferFailed,
    TalkEnded,
    TimePassed,
)
from queue_strategies.facts import (
    Answered,
    Fact,
    Handled,
    OfferMade,
    QueueJoined,
    SurveyAnswered,
    VisitEnded,
)
from queue_strategies.figures import Figures
from queue_strategies.floor import Floor
from queue_strategies.model import (
    Agent,
    AgentId,
    Caller,
    ContactId,
    Membership,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)
from tests.ami_listeners.test_journal import rows

FORMULAS = tuple(metrics.SERVICE_LEVELS)
QUEUES = [
    Queue(
        name=QueueName(f"queue-{number}"),
        service_level_formula=formula,
        service_level_s=15,
        short_abandon_s=4,
        wrap_up_s=number * 3.0,
        max_wait_s=60 if number % 2 else None,
        max_length=6,
        exit_keys=frozenset("0"),
        callback=None if number % 3 == 0 else CallbackRules(first=list(CalledFirst)[number % 2], retry_s=9),
        direct=number == len(FORMULAS),
    )
    for number, formula in enumerate([*FORMULAS, FORMULAS[0]])
]
AGENTS = [
    Agent(
        id=AgentId(f"agent-{number}"),
        queues={queue.name: Membership() for place, queue in enumerate(QUEUES) if place % 4 == number % 4},
    )
    for number in range(8)
]
CALLS_BACK = {queue.name for queue in QUEUES if queue.callback is not None}


def answered(talk: Handled, score: int) -> SurveyAnswered:
    """Let the customer say after a talk how it was."""
    return SurveyAnswered(
        moment=talk.moment,
        contact=talk.contact,
        visit=talk.visit,
        queue=talk.queue,
        agent=talk.agent,
        survey="service",
        question="how",
        answer=str(score),
        score=score if score != 2 else None,
    )


class Day:
    """A floor on which everything happens by chance; what became true is kept."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.number = 0
        self.floor = Floor(self.new_id, chance=self.rng.random)
        self.facts: list[Fact] = []
        self.waiting: set[VisitId] = set()
        self.asked: set[VisitId] = set()
        """Who may choose a callback, since the queue has them."""
        self.talking: set[VisitId] = set()
        self.offers: list[Any] = []
        self.offered: dict[Any, VisitId] = {}

    def new_id(self) -> str:
        self.number += 1
        return f"id-{self.number}"

    def tell(self, event: Event, now: float) -> None:
        for fact in self.floor.handle(event, now).facts:
            self.facts.append(fact)
            match fact:
                case QueueJoined(visit=visit, queue=queue):
                    self.waiting.add(visit)
                    if queue in CALLS_BACK:
                        self.asked.add(visit)
                case OfferMade(offer=offer, visit=visit):
                    self.offers.append(offer)
                    self.offered[offer] = visit
                case Answered(visit=visit):
                    self.waiting.discard(visit)
                    self.talking.add(visit)
                case VisitEnded(visit=visit):
                    self.waiting.discard(visit)
                case Handled(visit=visit):
                    self.talking.discard(visit)
                    if not fact.direct and len(self.facts) % 3:
                        self.facts.append(answered(fact, len(self.facts) % 5 + 1))
                case _:
                    pass

    def pass_by(self, steps: int) -> None:
        """Open, let so many things happen, and close: everybody goes home, every talk and wrap-up ends."""
        now = 0.0
        self.tell(FloorConfigured(QUEUES, AGENTS), now)
        for agent in AGENTS:
            self.tell(AgentLoggedIn(agent.id), now)
        for _ in range(steps):
            now += self.rng.expovariate(0.5)
            for event in self.something(now):
                self.tell(event, now)
        for visit in sorted(self.waiting):
            self.tell(CallerLeft(visit), now + 1)
            self.tell(CallerLeft(visit, VisitOutcome.WITHDRAWN), now + 1)  # who keeps the place
        for visit in sorted(self.talking):
            self.tell(TalkEnded(visit, "agent"), now + 2)
        self.tell(TimePassed(), now + 1000)
        for agent in AGENTS:
            self.tell(AgentLoggedOut(agent.id), now + 1000)

    def something(self, now: float) -> Iterator[Event]:
        rng, agent = self.rng, self.rng.choice(AGENTS).id
        waiting, talking = sorted(self.waiting), sorted(self.talking)
        match rng.choices(range(10), [30, 30, 8, 25, 6, 6, 4, 4, 4, 9])[0]:
            case 0:
                queue = rng.choice(QUEUES).name
                visit = VisitId(self.new_id())
                yield CallerJoined(
                    Caller(contact=ContactId(self.new_id()), visit=visit, queue=queue, joined_moment=now)
                )
            case 1 if self.offers:
                offer = self.offers.pop(rng.randrange(len(self.offers)))
                yield AgentRang(offer)
                if rng.random() < 0.7:
                    yield AgentAnswered(offer)
                    reached = rng.random() < 0.6
                    visit = self.offered[offer]
                    yield (
                        CustomerAnswered(visit)
                        if reached
                        else CustomerNotReached(visit, OfferOutcome.RANG_OUT)
                    )
                    yield CallerConnected(offer)
                else:
                    failures = (OfferOutcome.RANG_OUT, OfferOutcome.DECLINED, OfferOutcome.UNREACHABLE)
                    yield OfferFailed(offer, rng.choice(failures))
            case 2 if waiting:
                outcome = rng.choice([VisitOutcome.ABANDONED, VisitOutcome.ABANDONED, VisitOutcome.LOST])
                yield CallerLeft(rng.choice(waiting), outcome)
            case 3 if talking:
                ended_by = rng.choice(["caller", "agent", "transfer"])
                moved = ("101", "blind") if ended_by == "transfer" else (None, None)
                yield TalkEnded(rng.choice(talking), ended_by, *moved)
            case 4 if waiting:
                yield CallerPressed(rng.choice(waiting), "0")
            case 5 if talking:
                visit = rng.choice(talking)
                yield CallerHeld(visit) if rng.random() < 0.5 else CallerResumed(visit)
            case 6:
                yield AgentPaused(agent, "tea") if rng.random() < 0.5 else AgentUnpaused(agent)
            case 7:
                yield AgentReady(agent)
            case 8:
                yield AgentLoggedOut(agent) if rng.random() < 0.5 else AgentLoggedIn(agent)
            case 9 if waiting:
                chosen = CallbackChosen(rng.choice(waiting), f"+49{rng.randrange(50)}")
                if chosen.visit in self.asked:
                    yield chosen
            case _:
                yield TimePassed()


@pytest.fixture
async def day(database: Database, tmp_path: Path) -> list[Fact]:
    """A day's facts, all of them in the database."""
    day = Day(1)
    day.pass_by(3000)
    journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0))
    await journal.start()
    await journal.know_queues(QUEUES)
    journal.write_all(day.facts)
    assert await journal.drained(60)
    await journal.stop()
    return day.facts


async def columns(url: str, view: str) -> dict[str, dict[str, Any]]:
    """Read a view, by its first column."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.cursor(row_factory=dict_row).execute(f"SELECT * FROM {view}")
        return {next(iter(row.values())): row for row in await cursor.fetchall()}


async def test_quarters_of_an_hour_add_up_to_the_day(day: list[Fact], database_url: str) -> None:
    sums = "sum(offered), sum(answered), sum(abandoned), sum(handled), sum(wait_answered_s), sum(wrap_up_s)"
    (whole,) = await rows(database_url, f"SELECT {sums} FROM queue_figures")
    (parts,) = await rows(database_url, f"SELECT {sums} FROM queue_figures_by_quarter_hour")
    assert parts == pytest.approx(whole)
    ((steps,),) = await rows(
        database_url, "SELECT count(DISTINCT began_at) FROM queue_figures_by_quarter_hour"
    )
    assert steps > 3


async def test_prometheus_is_told_what_the_database_knows(day: list[Fact], database_url: str) -> None:
    figures, exporter = Figures(), Exporter()
    figures.add_all(day)
    queues = {queue.name: queue for queue in QUEUES if not queue.direct}
    exporter.show(FigureLines(figures, lambda: queues))
    told: dict[tuple[str, str], float] = {}
    for family in text_string_to_metric_families(exporter.text()):
        for sample in family.samples:
            told[sample.name, sample.labels.get("queue", "") + sample.labels.get("le", "")] = sample.value
    for name, row in (await columns(database_url, "queue_figures")).items():
        for metric, column in (
            ("callfloor_queue_offered_total", "offered"),
            ("callfloor_queue_answered_total", "answered"),
            ("callfloor_queue_abandoned_total", "abandoned"),
            ("callfloor_queue_short_abandoned_total", "short_abandoned"),
            ("callfloor_queue_answered_within_service_level_total", "answered_within"),
            ("callfloor_queue_wait_seconds_count", "answered"),
            ("callfloor_queue_wait_seconds_sum", "wait_answered_s"),
            ("callfloor_queue_handle_seconds_count", "handled"),
            ("callfloor_queue_callbacks_taken_total", "callbacks_taken"),
            ("callfloor_queue_time_to_callback_seconds_count", "callbacks_served"),
            ("callfloor_queue_time_to_callback_seconds_sum", "time_to_callback_s"),
            ("callfloor_queue_asa_seconds", "average_speed_of_answer_s"),
            ("callfloor_queue_aht_seconds", "average_handle_time_s"),
            ("callfloor_queue_service_level_ratio", "service_level"),
        ):
            assert told[metric, name] == pytest.approx(row[column]), metric
        within = (
            f"SELECT count(*) FROM visits WHERE queue = '{name}' AND outcome = 'answered' AND wait_s <= 20"
        )
        assert [(told["callfloor_queue_wait_seconds_bucket", f"{name}20.0"],)] == await rows(
            database_url, within
        )
