"""What the days say: each figure of each queue on each floor, and by how much it differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ari_apps.simulation.days import Days
from queue_strategies.figures import Figures
from queue_strategies.metrics import Ratio
from queue_strategies.model import Queue
from queue_strategies.simulation import (
    FIGURES,
    Estimate,
    Experiment,
    bounds,
    bounds_of_moves,
    difference,
    estimate,
)

FLOOR = "all agents"
OF_THE_FLOOR = frozenset({"occupancy"})
"""Figures that are not of one queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure."""

    place: str
    """The queue, or all agents."""
    figure: str
    recorded: float | None
    """What it was in truth, where that is known."""
    values: Sequence[Estimate | None]
    """On each floor."""
    differences: Sequence[Estimate | None]
    """Of each floor but the first, to the first."""


def compare(
    experiment: Experiment, days: Days, recorded: Figures | None = None, recorded_days: int = 1
) -> list[Row]:
    """Make the rows: each queue's figures, then those of the floor."""
    rules = [{queue.name: queue for queue in variant.scenario.queues} for variant in experiment.variants]
    queues = list(rules[0])
    named = [(queue, figure) for queue in queues for figure in FIGURES if figure not in OF_THE_FLOOR]
    named += [(queues[0], figure) for figure in FIGURES if figure in OF_THE_FLOOR]
    rows = []
    for queue, figure in named:
        ratios = [
            [_ratio(figure, day[place].figures, rule.get(queue)) for day in days]
            for place, rule in enumerate(rules)
        ]
        rows.append(
            Row(
                place=FLOOR if figure in OF_THE_FLOOR else queue,
                figure=figure,
                recorded=_recorded(figure, recorded, rules[0][queue], recorded_days),
                values=[estimate(of_days) for of_days in ratios],
                differences=[difference(ratios[0], of_days) for of_days in ratios[1:]],
            )
        )
    return rows


def _ratio(figure: str, figures: Figures, queue: Queue | None) -> Ratio:
    return Ratio(0, 0) if queue is None else FIGURES[figure](figures, queue)


def _recorded(figure: str, recorded: Figures | None, queue: Queue, days: int) -> float | None:
    if recorded is None or figure in OF_THE_FLOOR:
        return None
    value = FIGURES[figure](recorded, queue).value
    return value / days if figure == "calls a day" and value is not None else value


def as_data(experiment: Experiment, rows: Sequence[Row], days: int, seed: int) -> Mapping[str, Any]:
    """Tell the rows to programs."""
    names = [variant.name for variant in experiment.variants]
    return {
        "days": days,
        "seed": seed,
        "figures": [
            {
                "of": row.place,
                "figure": row.figure,
                "recorded": row.recorded,
                "floors": [
                    {"floor": name, **(_numbers(value, *bounds(row.figure)) or {})}
                    for name, value in zip(names, row.values, strict=True)
                ],
                "differences": [
                    {"floor": name, **(_numbers(value, *bounds_of_moves(row.figure)) or {})}
                    for name, value in zip(names[1:], row.differences, strict=True)
                ],
            }
            for row in rows
        ],
    }


def _numbers(value: Estimate | None, least: float, most: float) -> dict[str, float | None] | None:
    if value is None:
        return None
    known = value.days > 1
    return {
        "value": value.value,
        "low": max(least, value.low) if known else None,
        "high": min(most, value.high) if known else None,
        "confidence": value.confidence,
    }
