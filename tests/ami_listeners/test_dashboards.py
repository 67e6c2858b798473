"""Dashboards are made from the definitions, and are sound before any Grafana draws them."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import pytest

from ami_listeners.dashboards import DASHBOARDS, Dashboard
from ami_listeners.dashboards.layout import WIDTH, model, written
from ami_listeners.dashboards.panel import Kind, Store
from ami_listeners.viewer import ROLE
from queue_strategies.definitions import AGENT_FIGURES, QUEUE_FIGURES

GRAFANA = Path(__file__).parents[2] / "deploy/grafana"
each = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)


def test_the_files_for_grafana_are_those_that_are_written() -> None:
    kept = {path.stem: path.read_text() for path in (GRAFANA / "dashboards").glob("*.json")}
    assert kept == {dashboard.uid: written(dashboard) for dashboard in DASHBOARDS}, (
        f"python -m ami_listeners.dashboards {GRAFANA / 'dashboards'}"
    )


@each
def test_no_panel_lies_on_another_or_beside_the_page(dashboard: Dashboard) -> None:
    places = [panel["gridPos"] for panel in model(dashboard)["panels"]]
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= WIDTH
    for one, other in combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


@each
def test_a_reader_chooses_nothing_in_vain_and_no_query_asks_for_what_is_not_chosen(
    dashboard: Dashboard,
) -> None:
    queries = " ".join(query.text for row in dashboard.rows for panel in row for query in panel.queries)
    asked = {name for name in re.findall(r"\$\{?(\w+)", queries) if not name.startswith("__")}
    assert asked == {variable.name for variable in dashboard.variables}


def test_every_figure_of_queues_and_agents_is_drawn() -> None:
    drawn = {
        (panel.title, panel.text)
        for dashboard in DASHBOARDS
        for row in dashboard.rows
        for panel in row
        if panel.kind is Kind.LINES
    }
    for figure in (*QUEUE_FIGURES.values(), *AGENT_FIGURES.values()):
        assert (figure.title, figure.text) in drawn


def test_the_data_sources_that_are_asked_are_those_that_are_provisioned() -> None:
    provisioned = "".join(path.read_text() for path in (GRAFANA / "provisioning/datasources").iterdir())
    panels = [panel for dashboard in DASHBOARDS for panel in model(dashboard)["panels"]]
    named = {target["datasource"]["uid"] for panel in panels for target in panel["targets"]}
    assert named == {panel["datasource"]["uid"] for panel in panels} == {*Store}
    assert sorted(named) == sorted(re.findall(r"uid: (\S+)", provisioned))
    assert f"user: {ROLE}" in provisioned
    assert len({dashboard.uid for dashboard in DASHBOARDS}) == len(DASHBOARDS)
    assert all(json.loads(written(dashboard))["panels"] for dashboard in DASHBOARDS)
