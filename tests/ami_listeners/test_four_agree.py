"""One definition a number: fold, SQL, Prometheus, panels and reports say the same of any history."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest
import typer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from typer.testing import CliRunner

from ami_listeners.clock import Clock
from ami_listeners.dashboards import agents, queue_day
from ami_listeners.dashboards.panel import Kind, Panel, Store
from ami_listeners.database import Database
from ami_listeners.exposition import Page
from ami_listeners.exposition.figure_lines import FigureLines
from ami_listeners.journal import Journal
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.promql import grown, quotient, service_level
from ami_listeners.queries import literal
from ami_listeners.settings import DatabaseSettings
from ami_listeners.viewer import ROLE
from ari_apps.commands.report import report
from queue_strategies.definitions import (
    AGENT_FIGURES,
    AGENT_MEASURES,
    QUEUE_FIGURES,
    QUEUE_MEASURES,
    SERVICE_LEVELS,
    Figure,
    Measure,
)
from queue_strategies.definitions.measure import ratio
from queue_strategies.facts import Fact
from queue_strategies.figures import Figures
from queue_strategies.model import Queue, QueueName
from tests.ami_listeners.conftest import make_database
from tests.ami_listeners.test_figures_agree import QUEUES, Day
from tests.ami_listeners.test_fold import NAMES
from tests.ami_listeners.test_fold import facts as facts_of_scene
from tests.prometheus_lab import Prometheus, PrometheusInstallation, running_prometheus

STEP_S = 60
NOTHING_SCRAPED = "scrape_configs: []\n"
SAMPLE = re.compile(r"^(\S+(?:\{.*\})?) (\S+)$")
SERVICE_LEVEL, LONGEST_WAIT = "service_level", "longest_wait_s"
DEFINED: Mapping[str, tuple[Mapping[str, Measure[Any]], Mapping[str, Figure]]] = {
    "queue": (QUEUE_MEASURES, QUEUE_FIGURES),
    "agent": (AGENT_MEASURES, AGENT_FIGURES),
}
ALL = {
    "queue": {*QUEUE_MEASURES, *QUEUE_FIGURES, SERVICE_LEVEL},
    "agent": {*AGENT_MEASURES, *AGENT_FIGURES},
}
OF_THE_DATABASE = {**ALL, "queue": {*ALL["queue"], LONGEST_WAIT}}
"""Of a longest wait Prometheus knows the present alone."""
Told: TypeAlias = dict[tuple[str, str], dict[str, float]]
"""Of queues or agents, and what of them: numbers by name. What is not told is nothing."""


@dataclass
class History:
    """What happened, from the beginning of a minute some hours ago."""

    facts: list[Fact]
    rules: Mapping[QueueName, Queue]
    source: str = "floor"
    figures: Figures = field(default_factory=Figures)
    began: int = field(default_factory=lambda: int(time.time()) // STEP_S * STEP_S - 6 * 3600)

    @property
    def lasted_s(self) -> int:
        """Return the whole minutes until everything is over."""
        return (int(self.facts[-1].moment) // STEP_S + 1) * STEP_S

    @property
    def bounds(self) -> list[datetime]:
        """Return when it began and ended."""
        return [datetime.fromtimestamp(at, UTC) for at in (self.began, self.began + self.lasted_s)]

    def counted(self) -> Told:
        """Tell what the fold has counted, and what is made of it."""
        told: Told = {}
        queues = {name: one for name, one in self.figures.queues.items() if name in self.rules}
        subjects: tuple[tuple[str, Mapping[Any, Any]], ...] = (
            ("queue", queues),
            ("agent", self.figures.agents),
        )
        for of, known in subjects:
            measures, figures = DEFINED[of]
            for key, one in known.items():
                for name, measure in measures.items():
                    told.setdefault((of, name), {})[key] = measure.counted(one)
                levels = {SERVICE_LEVEL: SERVICE_LEVELS[self.formula(key)]} if of == "queue" else {}
                for name, made in {**{name: each.of for name, each in figures.items()}, **levels}.items():
                    if (value := ratio(made, measures, one).value) is not None:
                        told.setdefault((of, name), {})[key] = value
        told["queue", LONGEST_WAIT] = {key: one.longest_wait_s for key, one in queues.items()}
        return told

    def formula(self, queue: str) -> str:
        """Name the formula of a queue's service level."""
        return self.rules[QueueName(queue)].service_level_formula


def by_chance(seed: int) -> History:
    """Let everything happen by chance on a floor of ours."""
    day = Day(seed)
    day.pass_by(700)
    return History(day.facts, {queue.name: queue for queue in QUEUES if not queue.direct})


def as_recorded() -> History:
    """Let all recorded scenes happen at an Asterisk with queues of its own, one after the other."""
    told: list[Fact] = []
    for name in NAMES:
        scene = facts_of_scene(name)
        later = (told[-1].moment if told else 0.0) + 20 - scene[0].moment
        told += [replace(fact, moment=fact.moment + later) for fact in scene]
    queues = {fact.queue for fact in told if getattr(fact, "queue", None)}  # type: ignore[attr-defined]
    return History(told, {name: Queue(name=name) for name in sorted(queues)}, "native")


async def test_all_say_the_same_of_days_that_go_by_chance(
    postgres: LocalPostgres, installed_prometheus: PrometheusInstallation, tmp_path: Path
) -> None:
    runner = asyncio.get_running_loop()

    @settings(max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**32))
    def live(seed: int) -> None:
        history = by_chance(seed)
        folder = tmp_path / str(seed)
        folder.mkdir(exist_ok=True)
        asyncio.run_coroutine_threadsafe(
            agree(history, postgres, installed_prometheus, folder), runner
        ).result(240)

    await asyncio.to_thread(live)


async def test_all_say_the_same_of_what_was_recorded_of_an_asterisk(
    postgres: LocalPostgres, installed_prometheus: PrometheusInstallation, tmp_path: Path
) -> None:
    await agree(as_recorded(), postgres, installed_prometheus, tmp_path)


async def agree(
    history: History, postgres: LocalPostgres, installed: PrometheusInstallation, folder: Path
) -> None:
    """Tell everybody, ask everybody, compare all with the fold."""
    lines = list(scraped(history))
    url = await make_database(postgres)
    await tell_database(history, url, folder / "spool")
    expected = history.counted()
    assert sum(expected["queue", "answered"].values()) > 2, "too quiet to prove anything"
    compare("SQL", await told_by_sql(history, url), expected, OF_THE_DATABASE)
    compare("reports", await told_by_reports(history, url), expected, OF_THE_DATABASE)
    asked_of_sql = {of: {"handled", "average_handle_time_s"} for of in ALL}
    compare("panels of PostgreSQL", await told_by_tables(history, url), expected, asked_of_sql)
    async with filled_prometheus(lines, installed, folder) as prometheus:
        compare("Prometheus", await told_by_prometheus(history, prometheus), expected, ALL)
        figures = {"queue": {*QUEUE_FIGURES}, "agent": {*AGENT_FIGURES}}
        compare("panels of Prometheus", await told_by_lines(history, prometheus), expected, figures)


def compare(who: str, told: Told, expected: Told, names: Mapping[str, set[str]]) -> None:
    """See that somebody tells at least these names, and nothing that was not counted."""
    assert told.keys() >= {(of, name) for of, each in names.items() for name in each}, who
    for what, values in told.items():
        counted = {key: value for key, value in expected.get(what, {}).items() if value or values.get(key)}
        said = {key: value for key, value in values.items() if value or counted.get(key) is not None}
        assert said.keys() == counted.keys(), (who, *what)
        assert said == pytest.approx(counted, rel=1e-5, abs=1e-4), (who, *what)


# -- the database -------------------------------------------------------------------------------------------


async def tell_database(history: History, url: str, spool: Path) -> None:
    began = history.bounds[0]
    database = Database(url, DatabaseSettings(batch_s=0.01), Clock())
    journal = Journal(database, spool, Clock(moment=lambda: 0.0, wall=lambda: began))
    await journal.start()
    await journal.know_queues(history.rules.values())
    journal.write_all(history.facts, history.source)
    assert await journal.drained(60)
    await journal.stop()
    await database.stop()


async def told_by_sql(history: History, url: str) -> Told:
    told: Told = {}
    async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row) as connection:
        for of in ALL:
            query = literal(f"SELECT * FROM {of}_report(%s)")
            rows = await (await connection.execute(query, [history.bounds])).fetchall()
            collect(told, of, rows, OF_THE_DATABASE[of])
            if of == "queue":
                assert {row[of]: row["service_level_formula"] for row in rows} == {
                    row[of]: history.formula(row[of]) for row in rows
                }
    return told


async def told_by_reports(history: History, url: str) -> Told:
    """Ask as people do, on the command line."""
    told: Told = {}
    app = typer.Typer()
    app.command()(report)
    began, ended = (at.isoformat() for at in history.bounds)
    for of in ALL:
        words = [of, "--from", began, "--to", ended, "--format", "json", "--database", url, "-c", "none.toml"]
        done = await asyncio.to_thread(CliRunner().invoke, app, words)
        assert done.exit_code == 0, done.output
        collect(told, of, json.loads(done.stdout)["rows"], OF_THE_DATABASE[of])
    return told


async def told_by_tables(history: History, url: str) -> Told:
    """Ask as Grafana's tables do, as who sees figures alone."""
    told: Told = {}
    as_viewer = url.replace("callfloor@", f"{ROLE}@")
    async with await psycopg.AsyncConnection.connect(as_viewer, row_factory=dict_row) as connection:
        for of, dashboard in (("queue", queue_day.QUEUE_DAY), ("agent", agents.AGENTS)):
            (panel,) = (
                panel
                for row in dashboard.rows
                for panel in row
                if panel.kind is Kind.TABLE and panel.columns[0].name == of
            )
            text = panel.queries[0].text.replace(f"${{{of}:regex}}", ".*")
            for macro, at in zip(("$__timeFrom()", "$__timeTo()"), history.bounds, strict=True):
                text = text.replace(macro, f"'{at:%Y-%m-%dT%H:%M:%SZ}'")
            rows = await (await connection.execute(literal(text))).fetchall()
            collect(told, of, rows, OF_THE_DATABASE[of] & {column.name for column in panel.columns})
    return told


def collect(told: Told, of: str, rows: Iterable[Mapping[str, Any]], names: Iterable[str]) -> None:
    for name in names:
        told[of, name] = {row[of]: row[name] for row in rows if row[name] is not None}


# -- Prometheus ---------------------------------------------------------------------------------------------


def scraped(history: History) -> Iterator[str]:
    """Write what scrapes every minute would have found, in the form in which promtool takes a history."""
    page, told, facts, figures = Page(), 0, history.facts, history.figures
    known = sorted({fact.agent for fact in facts if getattr(fact, "agent", None)})  # type: ignore[attr-defined]
    page.add(FigureLines(figures, lambda: history.rules, lambda: known))
    samples: dict[str, list[str]] = {}
    heads: dict[str, None] = {}
    for at_s in range(0, history.lasted_s + STEP_S, STEP_S):
        while told < len(facts) and facts[told].moment <= at_s:
            figures.add(facts[told])
            told += 1
        at = history.began + at_s + (0.001 if at_s == 0 else 0)
        for line in page.text().decode().splitlines():
            if (sample := SAMPLE.match(line)) and not line.startswith("#"):
                samples.setdefault(sample[1], []).append(f"{sample[1]} {sample[2]} {at}")
            elif line.startswith("# TYPE"):
                heads[line] = None
    assert told == len(facts)
    for head in heads:
        name, kind = head.split()[2:]
        yield f"# TYPE {name.removesuffix('_total')} {kind}"
        parts = ("_bucket", "_count", "_sum") if kind == "histogram" else ("",)
        for series, lines in samples.items():
            if series.partition("{")[0] in {name + part for part in parts}:
                yield from lines
    yield "# EOF"


def filled_prometheus(lines: Iterable[str], installed: PrometheusInstallation, folder: Path) -> Any:
    """Run a Prometheus that has scraped all of it."""
    history, data, config = (folder / name for name in ("history", "data", "prometheus.yml"))
    history.write_text("\n".join(lines) + "\n")
    config.write_text(NOTHING_SCRAPED)
    done = installed.promtool("tsdb", "create-blocks-from", "openmetrics", history, data)
    assert done.returncode == 0, done.stderr
    return running_prometheus(installed, config, data)


async def told_by_prometheus(history: History, prometheus: Prometheus) -> Told:
    window = f"{history.lasted_s}s"
    told: Told = {(("queue"), SERVICE_LEVEL): {}}
    for of, (measures, figures) in DEFINED.items():
        asked = {name: grown(of, name, window) for name in measures}
        asked |= {name: quotient(of, figure.of, window) for name, figure in figures.items()}
        for name, expression in asked.items():
            told[of, name] = await by_name(history, prometheus, of, expression)
    for formula in {history.formula(queue) for queue in history.rules}:
        told["queue", SERVICE_LEVEL] |= await by_name(
            history, prometheus, "queue", service_level(formula, window)
        )
    return told


async def told_by_lines(history: History, prometheus: Prometheus) -> Told:
    """Ask as Grafana's panels do."""
    told: Told = {}
    for of, panels in (("queue", queue_day.FIGURES), ("agent", agents.FIGURES)):
        for name, panel in zip(DEFINED[of][1], panels, strict=True):
            told[of, name] = await by_name(history, prometheus, of, filled_in(panel, history))
    return told


def filled_in(panel: Panel, history: History) -> str:
    (query,) = panel.queries
    assert query.store is Store.PROMETHEUS
    text = query.text.replace("$window", f"{history.lasted_s}s")
    return text.replace("$queue", ".*").replace("$agent", ".*")


async def by_name(history: History, prometheus: Prometheus, of: str, expression: str) -> dict[str, float]:
    at = str(history.began + history.lasted_s)
    found = (await prometheus.ask("query", query=expression, time=at))["result"]
    assert len({one["metric"][of] for one in found}) == len(found), expression
    said = {one["metric"][of]: float(one["value"][1]) for one in found}
    if of == "queue":  # of a personal line callbacks are counted, though it has none but in this day
        said = {name: value for name, value in said.items() if name in history.rules}
    return said
