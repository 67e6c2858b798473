"""Lay a dashboard out, and write it in Grafana's JSON model (schema version 39, Grafana 10 and newer)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ami_listeners.dashboards.panel import Column, Dashboard, Kind, Panel, Query, Store, Variable
from queue_strategies.definitions import Good

WIDTH = 24
"""Columns of Grafana's grid."""
HEIGHTS = {Kind.NUMBER: 4, Kind.LINES: 8, Kind.BARS: 8, Kind.TABLE: 10}
SOURCES = {
    Store.PROMETHEUS: {"type": "prometheus", "uid": Store.PROMETHEUS.value},
    Store.POSTGRES: {"type": "postgres", "uid": Store.POSTGRES.value},
}
GREEN, RED = "green", "red"


def written(dashboard: Dashboard) -> str:
    """Write a dashboard as the file that Grafana is provisioned with."""
    return json.dumps(model(dashboard), indent=1) + "\n"


def model(dashboard: Dashboard) -> dict[str, Any]:
    """Give a dashboard as Grafana's model has it."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["callfloor"],
        "schemaVersion": 39,
        "editable": False,
        "graphTooltip": 1,
        "refresh": dashboard.refresh,
        "time": {"from": dashboard.since, "to": "now"},
        "timezone": "browser",
        "templating": {"list": [variable_model(variable) for variable in dashboard.variables]},
        "panels": list(panel_models(dashboard)),
    }


def panel_models(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    """Place the panels: rows from the top, those of a row side by side."""
    number = top = 0
    for row in dashboard.rows:
        width = WIDTH // len(row)
        height = max(HEIGHTS[panel.kind] for panel in row)
        for place, panel in enumerate(row):
            number += 1
            grid = {"x": place * width, "y": top, "w": width, "h": height}
            yield panel_model(number, grid, panel)
        top += height


def panel_model(number: int, grid: dict[str, int], panel: Panel) -> dict[str, Any]:
    """Give one panel."""
    return {
        "id": number,
        "type": panel.kind.value,
        "title": panel.title,
        "description": panel.text,
        "datasource": SOURCES[panel.queries[0].store],
        "gridPos": grid,
        "targets": [
            target(chr(ord("A") + place), query, panel.kind) for place, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": field_defaults(panel), "overrides": [*map(override, panel.columns)]},
        "options": options(panel),
    }


def target(letter: str, query: Query, kind: Kind) -> dict[str, Any]:
    """Give one query; a line needs all of the time that is shown, a number the present alone."""
    common = {"refId": letter, "datasource": SOURCES[query.store]}
    if query.store is Store.POSTGRES:
        form = "time_series" if kind is Kind.LINES else "table"
        return {**common, "rawSql": query.text, "rawQuery": True, "editorMode": "code", "format": form}
    return {
        **common,
        "expr": query.text,
        "legendFormat": query.legend,
        "instant": kind is not Kind.LINES,
        "range": kind is Kind.LINES,
    }


def override(column: Column) -> dict[str, Any]:
    """Say how a column of a table is called, and in what it is written."""
    properties = [{"id": "displayName", "value": column.title}, {"id": "unit", "value": column.unit}]
    return {"matcher": {"id": "byName", "options": column.name}, "properties": properties}


def field_defaults(panel: Panel) -> dict[str, Any]:
    """Say how values are written and coloured."""
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "thresholds": thresholds(panel)}
    if panel.kind is Kind.TABLE:
        return {"custom": {"align": "auto", "filterable": True}}
    if panel.unit == "percentunit":
        defaults["max"] = 1
    if panel.words:
        texts = {str(number): {"text": word, "index": number} for number, word in enumerate(panel.words)}
        defaults["mappings"] = [{"type": "value", "options": texts}]
    if panel.kind is Kind.LINES:
        stacking = {"mode": "normal", "group": "A"} if panel.stacked else {"mode": "none", "group": "A"}
        defaults["custom"] = {
            "fillOpacity": 60 if panel.stacked else 8,
            "stacking": stacking,
            "showPoints": "never",
            "spanNulls": False,
        }
    else:
        defaults["color"] = {"mode": "thresholds"}
    return defaults


def thresholds(panel: Panel) -> dict[str, Any]:
    """Say from where on a value is bad."""
    first, then = (RED, GREEN) if panel.good is Good.HIGHER else (GREEN, RED)
    steps: list[dict[str, Any]] = [{"color": GREEN if panel.alarm is None else first, "value": None}]
    if panel.alarm is not None:
        steps.append({"color": then, "value": panel.alarm})
    return {"mode": "absolute", "steps": steps}


def options(panel: Panel) -> dict[str, Any]:
    """Say what beside the values is drawn."""
    if panel.kind is Kind.LINES:
        return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    if panel.kind is Kind.TABLE:
        return {"showHeader": True, "cellHeight": "sm"}
    return {"reduceOptions": {"calcs": ["lastNotNull"]}, "orientation": "auto"}


def variable_model(variable: Variable) -> dict[str, Any]:
    """Give what a reader chooses, as one or several of the values of a label, or one of those given."""
    common = {"name": variable.name, "label": variable.label}
    if variable.among:
        present = {"text": variable.among[0], "value": variable.among[0]}
        return {**common, "type": "custom", "query": ",".join(variable.among), "current": present}
    return {
        **common,
        "type": "query",
        "datasource": SOURCES[Store.PROMETHEUS],
        "query": f"label_values({variable.values_of}, {variable.name})",
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
