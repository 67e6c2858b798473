"""Prometheus reads of many queues and agents what prometheus_client would write, and nobody is held up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from ami_listeners.exporter import Exporter
from ami_listeners.exposition import Page, Pieces
from ami_listeners.exposition.figure_lines import FigureLines
from ami_listeners.exposition.floor_lines import FloorLines
from queue_strategies.estimates import NO_WAIT
from queue_strategies.events import AgentLoggedIn, FloorConfigured
from queue_strategies.figures import Figures
from queue_strategies.floor import Floor
from queue_strategies.model import Agent, AgentId, Membership, Queue, QueueName
from tests.ami_listeners.test_figures_agree import QUEUES, Day
from tests.bench.families_before import figure_families, floor_families

Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]
HOSTILE = QueueName('a "queue" \\ of\nlines, 100 %s \x1e{le="1"} \0 None\n')

NEW = {
    "callfloor_queue_removed_within_service_level_total": "counter",
    "callfloor_queue_service_level_target_ratio": "gauge",
    "callfloor_queue_csat_ratio": "gauge",
    **{
        f"callfloor_{of}_{name}_total": "counter"
        for of in ("queue", "agent")
        for name in ("scores", "scores_satisfied", "score_points")
    },
}
ESTIMATED = "callfloor_queue_estimated_wait_seconds"
"""A gauge before, which may have no quantiles."""


class Before(Collector):
    """The metrics as they were made before."""

    def __init__(self, figures: Figures, rules: Mapping[QueueName, Queue], day: Day, now: float) -> None:
        self.figures, self.rules, self.day, self.now = figures, rules, day, now

    def collect(self) -> Iterator[Metric]:
        yield from figure_families(self.figures, self.rules)
        yield from floor_families(self.day.floor.snapshot(self.now))

    def describe(self) -> Iterator[Metric]:
        return iter(())


def read(text: str) -> tuple[Samples, dict[str, str]]:
    """Read samples, and the kind of each metric."""
    families = list(text_string_to_metric_families(text))
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }
    assert sum(len(family.samples) for family in families) == len(samples), "something is told twice"
    return samples, {family.name: family.type for family in families}


def test_everything_is_told_as_prometheus_client_would_tell_it_also_after_changes() -> None:
    day, figures = Day(5), Figures()
    day.pass_by(1500)
    rules = {queue.name: queue for queue in QUEUES if not queue.direct}
    now = day.facts[-1].moment
    page = Page()
    page.add(FigureLines(figures, lambda: rules))
    page.add(FloorLines(lambda: now, floor=day.floor.census, expect=day.floor.expected_wait))
    registry = CollectorRegistry()

    def compare() -> Samples:
        before = Before(figures, rules, day, now)
        registry.register(before)
        expected, kinds = read(generate_latest(registry).decode())
        registry.unregister(before)
        told, kinds_told = read(page.text().decode())
        assert {name: told[name] for name in told if name[0] not in NEW} == expected
        new = {name.removesuffix("_total"): kind for name, kind in NEW.items()}
        assert kinds_told == kinds | new | {ESTIMATED: "summary"}
        return told

    for part in range(4):
        figures.add_all(day.facts[part * len(day.facts) // 4 : (part + 1) * len(day.facts) // 4])
        assert len(compare()) > 1000
        name, changed, *_ = rules  # a reload: another formula, another threshold, a queue that is no more
        del rules[name]
        formula = "answered_within/offered" if part % 2 else "answered_within/answered"
        rules[changed] = replace(rules[changed], service_level_formula=formula, service_level_s=7)
        compare()


def test_a_queue_may_have_any_name() -> None:
    floor, page, figures = Floor(lambda: "offer", chance=lambda: 0.5), Page(), Figures()
    agent = Agent(id=AgentId("%d"), queues={HOSTILE: Membership()})
    floor.handle(FloorConfigured([Queue(name=HOSTILE)], [agent]), 0.0)
    floor.handle(AgentLoggedIn(agent.id), 0.0)
    figures.queue(HOSTILE).answer(3.5, within=True)
    figures.agent(agent.id).handled = 2
    page.add(FigureLines(figures, lambda: {HOSTILE: Queue(name=HOSTILE)}))
    page.add(FloorLines(lambda: 1.0, floor=floor.census, expect=floor.expected_wait))
    told, _ = read(page.text().decode())
    queue = ("queue", HOSTILE.replace("\x1e", "\N{REPLACEMENT CHARACTER}"))
    assert told["callfloor_queue_answered_total", (queue,)] == 1
    assert told["callfloor_queue_asa_seconds", (queue,)] == 3.5
    assert told["callfloor_queue_agents", (queue, ("state", "ready"))] == 1
    assert told["callfloor_agent_handled_total", (("agent", "%d"),)] == 2
    assert not [key for key in told if "aht" in key[0]], "nobody was handled: no mean over nothing"
    assert {dict(labels)["queue"] for name, labels in told if "_queue_" in name} == {queue[1]}


def test_a_queue_that_is_gone_is_told_no_more() -> None:
    floor, page = Floor(lambda: "offer", chance=lambda: 0.5), Page()
    figures, rules = Figures(), {QueueName("sales"): Queue(name=QueueName("sales"))}
    agent = Agent(id=AgentId("anna"), queues={QueueName("sales"): Membership()})
    floor.handle(FloorConfigured([*rules.values()], [agent]), 0.0)
    page.add(FigureLines(figures, lambda: rules))
    page.add(FloorLines(lambda: 1.0, floor=floor.census, expect=lambda *_: NO_WAIT))
    assert b'estimated_wait_seconds{queue="sales"' in page.text()
    rules.clear()
    floor.handle(FloorConfigured([], [agent]), 1.0)
    assert b"sales" not in page.text()


def test_two_who_scrape_at_once_are_both_told_all() -> None:
    figures = Figures()
    lines = FigureLines(figures, dict)
    for number in range(100):
        figures.queue(QueueName(f"queue-{number}")).transferred = 1
    first, second = lines(), lines()
    for _ in range(5):
        next(first)
    told = [b"".join(piece for piece in pieces if piece) for pieces in (second, first)]
    for text in told:
        assert text.count(b"callfloor_queue_transferred_total{") == 100


async def test_others_have_their_turn_while_much_is_told() -> None:
    moments = iter(range(1_000_000))
    page, turns = Page(slice_s=10, clock=lambda: float(next(moments))), 0
    figures = Figures()
    for number in range(2000):
        figures.agent(AgentId(f"agent-{number}")).handled = 1
    page.add(FigureLines(figures, dict))

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    parts = await page.read()
    other.cancel()
    assert b"".join(parts).count(b"agent_handled_total{") == 2000
    assert turns > len(parts) / 20


async def test_who_asks_and_does_not_listen_is_let_go_of() -> None:
    def much() -> Pieces:
        for _ in range(64):
            yield b"x" * (1 << 20)

    exporter = Exporter(patience_s=0.3)
    exporter.show(much)
    site = web.Application()
    site.router.add_get("/metrics", exporter.handle)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(1.0)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await reader.readexactly(64 << 20)
    writer.close()
    await runner.cleanup()
