"""What a real Prometheus makes of a day's scrapes, by the queries of rules and panels, was counted so."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ami_listeners.exposition import Page
from ami_listeners.exposition.figure_lines import FigureLines
from ami_listeners.promql import quotient
from queue_strategies.definitions import (
    AGENT_FIGURES,
    AGENT_MEASURES,
    QUEUE_FIGURES,
    QUEUE_MEASURES,
    SERVICE_LEVELS,
    Measure,
    Quotient,
)
from queue_strategies.definitions.measure import ratio
from queue_strategies.facts import Fact
from queue_strategies.figures import Figures
from tests.ami_listeners.test_figures_agree import AGENTS, QUEUES, Day
from tests.prometheus_lab import Prometheus, PrometheusInstallation, running_prometheus

STEP_S = 60
NOTHING_SCRAPED = "scrape_configs: []\n"
SAMPLE = re.compile(r"^(\S+(?:\{.*\})?) (\S+)$")


def scraped(facts: list[Fact], began: int, figures: Figures) -> Iterator[str]:
    """Write what scrapes every minute would have found, in the form in which promtool takes a history."""
    rules = {queue.name: queue for queue in QUEUES if not queue.direct}
    page, told = Page(), 0
    page.add(FigureLines(figures, lambda: rules, lambda: [agent.id for agent in AGENTS]))
    steps = int(facts[-1].moment) // STEP_S + 2
    samples: dict[str, list[str]] = {}
    heads: dict[str, None] = {}
    for step in range(steps):
        while told < len(facts) and facts[told].moment <= step * STEP_S:
            figures.add(facts[told])
            told += 1
        at = began + step * STEP_S + (0.001 if step == 0 else 0)
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


@pytest.fixture(params=[4])
def day(request: pytest.FixtureRequest) -> list[Fact]:
    """A day on which everything happens by chance."""
    day = Day(request.param)
    day.pass_by(3000)
    return day.facts


async def test_quotients_of_a_whole_day_are_those_of_the_definitions(
    day: list[Fact], installed_prometheus: PrometheusInstallation, tmp_path: Path
) -> None:
    figures, began = Figures(), int(time.time()) // STEP_S * STEP_S - 3 * 3600
    history, data, config = (tmp_path / name for name in ("history", "data", "prometheus.yml"))
    history.write_text("\n".join(scraped(day, began, figures)) + "\n")
    config.write_text(NOTHING_SCRAPED)
    done = installed_prometheus.promtool("tsdb", "create-blocks-from", "openmetrics", history, data)
    assert done.returncode == 0, done.stderr
    lasted = (int(day[-1].moment) // STEP_S + 1) * STEP_S
    async with running_prometheus(installed_prometheus, config, data) as prometheus:

        async def agrees(of: str, quotient_: Quotient, measures: Mapping[str, Measure[Any]]) -> int:
            told = await asked(prometheus, of, quotient_, began + lasted, lasted)
            counted: Mapping[Any, Any] = figures.queues if of == "queue" else figures.agents
            expected = {name: ratio(quotient_, measures, one).value for name, one in counted.items()}
            assert told == pytest.approx({n: v for n, v in expected.items() if v is not None}, rel=1e-5)
            return len(told)

        for figure in QUEUE_FIGURES.values():
            assert await agrees("queue", figure.of, QUEUE_MEASURES) == len(QUEUES) - 1, figure.name
        for formula, level in SERVICE_LEVELS.items():
            assert await agrees("queue", level, QUEUE_MEASURES) == len(QUEUES) - 1, formula
        for figure in AGENT_FIGURES.values():
            assert await agrees("agent", figure.of, AGENT_MEASURES) > len(AGENTS) / 2, figure.name


async def asked(
    prometheus: Prometheus, of: str, figure: Quotient, at: int, window_s: int
) -> dict[str, float]:
    """Ask for a quotient of a window that ends at a moment: values by name."""
    expression = quotient(of, figure, f"{window_s}s")
    found = (await prometheus.ask("query", query=expression, time=str(at)))["result"]
    return {one["metric"][of]: float(one["value"][1]) for one in found}
