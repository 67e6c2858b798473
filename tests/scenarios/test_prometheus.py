"""A real Prometheus, with the configuration and rules that come along, reads a floor on which calls go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from math import isnan
from pathlib import Path

import aiohttp

from ami_listeners.alerting import FILES, alerts, records
from ami_listeners.dashboards import DASHBOARDS
from ami_listeners.dashboards.panel import Store
from queue_strategies.facts import Answered, Handled, SurveyAnswered, SurveyOffered
from tests.floor_lab import Floor, until
from tests.prometheus_lab import Prometheus, PrometheusInstallation, running_prometheus

SALES = "+4930100"
FLOOR = f"""
[site]
name = "watched"

[surveys.service]

[[surveys.service.questions]]
name = "satisfaction"
prompt = "digits:5"
score = true

[[queues]]
name = "sales"
leave_when_empty = "never"
survey = {{ ask = "service" }}

[[agents]]
id = "anna"
extension = "101"
queues = ["sales"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""
RTCP_S = 8.0
"""Who speaks and listens reports every five seconds."""
NOT_TOLD_HERE = ("callfloor_trunk_up", "callfloor_clock_offset_seconds")
"""Of what a floor without trunks is told nothing."""
FILLED_IN = {
    "$__rate_interval": "30s",
    "$__range": "1m",
    "$window": "1m",
    "$queue": ".*",
    "$agent": ".*",
}
DEPLOY = Path(__file__).parents[2] / "deploy/prometheus"


def configured(folder: Path, listen: str) -> Path:
    """Write the configuration that comes along, with this floor's address, and in more of a hurry."""
    for name in FILES:
        (folder / name).write_text((DEPLOY / name).read_text())
    text = (DEPLOY / "prometheus.yml").read_text()
    for before, after in (("127.0.0.1:8080", listen), (": 15s", ": 1s"), (": 10s", ": 1s")):
        assert before in text
        text = text.replace(before, after)
    (folder / "prometheus.yml").write_text(text)
    return folder / "prometheus.yml"


async def test_prometheus_counts_the_calls_of_a_floor_and_watches_over_it(
    floor: Floor, installed_prometheus: PrometheusInstallation, tmp_path: Path
) -> None:
    listen = str(floor.asterisk.configuration.http.listen)
    config = configured(tmp_path, listen)
    async with running_prometheus(installed_prometheus, config, tmp_path / "data") as prometheus:
        await seen(prometheus, "callfloor_queue_answered_total == 0", {"queue": "sales"})
        await floor.come_to_work("anna")
        await seen(
            prometheus, 'callfloor_queue_agents{state="ready"} > 0', {"queue": "sales", "state": "ready"}
        )
        caller = await floor.world.call(SALES, from_number="+491701", speaks=440)
        phone = await floor.world.phone("anna").rings()
        await phone.answer(speaks=1000)
        await floor.until_told(Answered)
        await seen(prometheus, "callfloor_asterisk_calls >= 1", {})
        await asyncio.sleep(RTCP_S)
        await phone.hang_up()
        await floor.until_told(SurveyOffered)
        await caller.press("5")
        await floor.until_told(SurveyAnswered)
        await caller.ended()
        await floor.until_told(Handled)
        await seen(prometheus, "callfloor_queue_handled_total == 1", {"queue": "sales"})
        await seen(prometheus, "callfloor:queue_abandonment_rate:rate5m == 0", {"queue": "sales"})
        gives_up = await floor.world.call(SALES, from_number="+491702")
        await floor.world.phone("anna").rings()
        await gives_up.hang_up()
        await seen(prometheus, "callfloor_queue_abandoned_total == 1", {"queue": "sales"})
        for panel, text in asked_by_dashboards():
            await until(partial(numbers, prometheus, text), f"data for {panel}: {text}", patience_s=30.0)
        loaded = [rule for group in (await prometheus.ask("rules"))["groups"] for rule in group["rules"]]
        assert {rule["health"] for rule in loaded} == {"ok"}, [rule.get("lastError") for rule in loaded]
        assert {rule["name"] for rule in loaded if rule["type"] == "alerting"} == {
            each.name for each in alerts()
        }
        assert {rule["name"] for rule in loaded if rule["type"] == "recording"} == {
            each.name for each in records()
        }
        assert await prometheus.query('ALERTS{alertstate="firing", job="callfloor"}') == {}
    async with aiohttp.ClientSession() as session, session.get(f"http://{listen}/metrics") as answer:
        assert installed_prometheus.check_metrics(await answer.text()) == []


def asked_by_dashboards() -> Iterator[tuple[str, str]]:
    """Give the title and every query of every panel, filled in as Grafana does."""
    for dashboard in DASHBOARDS:
        for panel in (panel for row in dashboard.rows for panel in row):
            for query in panel.queries:
                if query.store is not Store.PROMETHEUS or query.text.startswith(NOT_TOLD_HERE):
                    continue
                text = query.text
                for name, value in FILLED_IN.items():
                    text = text.replace(name, value)
                yield f"{dashboard.title}: {panel.title}", text


async def numbers(prometheus: Prometheus, expression: str) -> list[float]:
    """Evaluate an expression; a quotient of nothing is no number."""
    return [value for value in (await prometheus.query(expression)).values() if not isnan(value)]


async def seen(prometheus: Prometheus, expression: str, labels: dict[str, str]) -> None:
    """Wait until Prometheus finds one series for an expression, and see that it is named so."""

    async def there() -> list[dict[str, str]] | None:
        return [dict(found) for found in await prometheus.query(expression)] or None

    (found,) = await until(there, expression, patience_s=60.0)
    assert found.items() >= {**labels, "job": "callfloor", "floor": "acme"}.items()
