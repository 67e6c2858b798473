"""Whoever watches callfloor is told the truth: by Prometheus, and by the two addresses for machines."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from aiohttp import ClientSession, web
from prometheus_client.parser import text_string_to_metric_families

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.exporter import Exporter
from ami_listeners.exposition.figure_lines import FigureLines
from ami_listeners.exposition.floor_lines import FloorLines
from ami_listeners.exposition.native_census import native_census
from ami_listeners.health import Check, Health
from ami_listeners.health_metrics import ami_families, journal_families
from ami_listeners.journal import Journal
from ami_listeners.listener import Listener
from ami_listeners.settings import DatabaseSettings
from queue_strategies.announcements import Announcements, EstimateRule
from queue_strategies.events import AgentLoggedIn, AgentPaused, CallerJoined, FloorConfigured, PhoneChanged
from queue_strategies.figures import Figures
from queue_strategies.floor import Floor
from queue_strategies.model import (
    Agent,
    AgentId,
    Caller,
    ContactId,
    EmptyRule,
    Membership,
    Queue,
    QueueName,
    VisitId,
)
from tests.ami_listeners.native_floor import Caller as NativeCaller
from tests.ami_listeners.native_floor import NativeFloor
from tests.ami_listeners.waiting import until
from tests.queue_strategies.busy_days import Days

NOBODY = QueueName("nobody")
"""A queue that both Asterisk and the floor have, as while callfloor is away."""


def samples(exporter: Exporter) -> dict[str, float]:
    """Read what is shown, as Prometheus would; a family shown twice is an error to it."""
    text = exporter.text()
    families = list(text_string_to_metric_families(text))
    assert not [name for name, times in Counter(each.name for each in families).items() if times > 1]
    found = {}
    for family in families:
        assert family.documentation, family.name
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


async def test_the_live_floor_and_native_queues_are_shown_as_one(
    native_floor: NativeFloor, database: Database, tmp_path: Path
) -> None:
    floor = Floor(lambda: "offer", chance=lambda: 0.5)
    agents = [Agent(id=AgentId(name), queues={NOBODY: Membership()}) for name in ("x", "y", "z")]
    floor.handle(FloorConfigured([Queue(name=NOBODY, join_when_empty=EmptyRule.NEVER)], agents), 0.0)
    floor.handle(AgentLoggedIn(AgentId("x")), 0.0)
    floor.handle(AgentPaused(AgentId("x"), "tea"), 0.0)
    floor.handle(AgentLoggedIn(AgentId("y")), 0.0)
    floor.handle(PhoneChanged(AgentId("y"), False), 0.0)
    waits = Caller(contact=ContactId("c"), visit=VisitId("v"), queue=NOBODY, joined_moment=10.0)
    floor.handle(CallerJoined(waits), 10.0)
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    settings = native_floor.settings(username="callfloor")
    listener = Listener(settings, journal=journal, figures=Figures(), clock=Clock())
    await listener.start()
    exporter = Exporter()
    exporter.show(FloorLines(lambda: 100.0, floor=floor.census, native=lambda: native_census(listener.fold)))
    exporter.add(lambda: ami_families(listener.health))
    exporter.add(lambda: journal_families(journal.health(), database.health, Clock().moment()))
    caller = asyncio.create_task(native_floor.call("nobody", NativeCaller(wait_s=1)))
    assert await until(lambda: len(listener.fold.visits.open) == 1)
    shown = samples(exporter)
    assert shown["callfloor_queue_callers_waiting{queue=nobody}"] == 2
    assert shown["callfloor_queue_longest_wait_seconds{queue=nobody}"] == 90
    by_state = {state: shown[f"callfloor_queue_agents{{queue=nobody,state={state}}}"] for state in
                ("paused", "unreachable", "logged_out", "ready")}  # fmt: skip
    assert by_state == {"paused": 1, "unreachable": 1, "logged_out": 1, "ready": 0}
    assert shown["callfloor_queue_agents{queue=support,state=ready}"] == 1, "carl, of a native queue"
    assert shown["callfloor_ami_up{}"] == shown["callfloor_database_up{}"] == 1
    assert shown["callfloor_ami_events_total{}"] > 5
    assert shown["callfloor_journal_written_total{}"] > 5
    assert shown["process_start_time_seconds{}"] > 0
    await caller
    await listener.stop()
    await journal.stop()
    shown = samples(exporter)
    assert shown["callfloor_ami_up{}"] == 0


def test_the_estimated_wait_is_shown_with_how_estimates_have_turned_out() -> None:
    told = Announcements(estimate=EstimateRule.P80, start_s=1.0)
    days = Days((Queue(name=NOBODY, announcements=told),), 4, lambda chance: 60.0, 16.0)
    days.go_on(3600.0)
    figures, exporter = Figures(), Exporter()
    figures.add_all(days.facts)
    exporter.show(FigureLines(figures, dict))
    exporter.show(FloorLines(lambda: days.now, floor=days.floor.census, expect=days.floor.expected_wait))
    shown = {name.replace("{queue=nobody}", ""): value for name, value in samples(exporter).items()}
    expected = days.floor.expected_wait(NOBODY, days.now)
    assert expected is not None
    wait = "callfloor_queue_estimated_wait_seconds"
    assert shown[f"{wait}{{quantile=0.5,queue=nobody}}"] == expected.p50_s
    assert shown[f"{wait}{{quantile=0.8,queue=nobody}}"] == expected.p80_s
    assert shown["callfloor_queue_estimates_trusted"] == 1
    announced = shown["callfloor_queue_estimates_total"] - shown["callfloor_queue_estimates_kept_back_total"]
    assert shown["callfloor_queue_estimate_over_wait_ratio_count"] == announced > 20
    below = shown["callfloor_queue_waits_below_p80_total"] / shown["callfloor_queue_estimates_total"]
    assert shown["callfloor_queue_waits_below_p80_ratio"] == below > 0.5


def test_agents_without_end_do_not_become_series_without_end() -> None:
    figures, exporter = Figures(), Exporter()
    for number in range(2, 12):
        figures.agent(AgentId(f"agent-{number}")).handled = 1
    known = [AgentId(f"agent-{number}") for number in range(4)]
    exporter.show(FigureLines(figures, dict, lambda: known, most_agents=7))
    for _ in range(2):
        shown = samples(exporter)
        told = {f"callfloor_agent_handled_total{{agent=agent-{number}}}" for number in range(7)}
        assert {name for name in shown if name.startswith("callfloor_agent_handled_total")} == told
        assert shown["callfloor_agents_not_shown{}"] == 5
        figures.agent(AgentId("agent-11")).handled = 2


async def test_readiness_names_what_is_missing_and_why(tmp_path: Path) -> None:
    nowhere = Database("postgresql://x@127.0.0.1:1/none", DatabaseSettings(connect_timeout_s=1), Clock())
    await nowhere.start()
    asterisk = [Check("ari", up=False, reason="Asterisk does not answer at 127.0.0.1:8088")]
    health = Health()
    health.add(lambda: asterisk)
    health.add(lambda: [Check("database", nowhere.health.up, nowhere.health.reason, needed=False)])
    site = web.Application()
    site.router.add_get("/healthz", health.healthz)
    site.router.add_get("/readyz", health.readyz)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with ClientSession(f"http://{host}:{port}") as session:
        assert (await session.get("/healthz")).status == 200
        answer = await session.get("/readyz")
        checks = (await answer.json())["checks"]
        assert answer.status == 503
        assert checks["ari"]["reason"] == "Asterisk does not answer at 127.0.0.1:8088"
        assert "127.0.0.1:1" in checks["database"]["reason"]
        asterisk[0] = Check("ari", up=True)
        answer = await session.get("/readyz")
        assert answer.status == 200, "calls are served while the database is away; the answer still says so"
        assert not (await answer.json())["checks"]["database"]["up"]
    await runner.cleanup()
    await nowhere.stop()
