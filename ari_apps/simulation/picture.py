"""Draw what the days say: each queue's service level on each floor, and in the course of the day."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ari_apps.simulation.answer import Answer
from ari_apps.simulation.comparison import Row
from ari_apps.simulation.days import Days
from ari_apps.simulation.errors import SimulationError
from queue_strategies.metrics import Ratio
from queue_strategies.model import Queue
from queue_strategies.simulation import FIGURES, Estimate, Experiment, estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMS = (".svg", ".png", ".pdf")
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""Paul Tol's bright scheme, which the colour-blind can tell apart."""
SHOWN = ("service level", "abandoned", "ASA")


def check_place(path: Path) -> None:
    """Refuse early what could not be drawn or written at the end; raises SimulationError."""
    if path.suffix.lower() not in FORMS:
        raise SimulationError(f"--picture {path}: ends in none of {', '.join(FORMS)}, name a file that does")
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise SimulationError(
            f"--picture {path}: cannot be written, name a file in a folder that may be written to"
        )
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise SimulationError(
            "--picture needs matplotlib, install it with: pip install 'callfloor[picture]'"
        ) from None


def draw(path: Path, answer: Answer) -> None:
    """Draw into a file; raises SimulationError when it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    experiment, days, rows = answer.experiment, answer.days, answer.rows
    queues = experiment.variants[0].scenario.queues
    figure = Figure(figsize=(11, 0.8 + 3.1 * len(queues)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(answer.told, fontsize=10, color="#555555")
    axes = figure.subplots(len(queues), 1 + len(SHOWN), squeeze=False, width_ratios=(3, 1, 1, 1))
    for (course, *bars), queue in zip(axes, queues, strict=True):
        _draw_course(course, experiment, days, queue)
        for axis, name in zip(bars, SHOWN, strict=True):
            _draw_bars(axis, experiment, rows, queue, name)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    try:
        figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise SimulationError(f"--picture {path}: cannot be written ({error.strerror})") from None


def _draw_course(axis: Axes, experiment: Experiment, days: Days, queue: Queue) -> None:
    """Draw the service level interval by interval, and its interval of confidence as a band."""
    hours = experiment.interval_s / 3600
    for place, variant in enumerate(experiment.variants):
        rule = next((one for one in variant.scenario.queues if one.name == queue.name), queue)
        course = _course(days, place, rule)
        at = [hours * (number + 0.5) for number, _ in course]
        levels = [100 * one.value for _, one in course]
        axis.plot(at, levels, "o-", ms=3, color=_colour(place), label=variant.name)
        if len(days) > 1:
            low = [100 * max(0.0, one.low) for _, one in course]
            high = [100 * min(1.0, one.high) for _, one in course]
            axis.fill_between(at, low, high, color=_colour(place), alpha=0.18, lw=0)
    axis.set_title(queue.name, loc="left", fontsize=11, fontweight="bold")
    axis.set_ylabel(f"answered within {queue.service_level_s:g} s, %")
    axis.set_xlabel("hour of the day")
    axis.set_ylim(0, 102)
    _tidy(axis)


def _course(days: Days, place: int, queue: Queue) -> list[tuple[int, Estimate]]:
    numbers = sorted({number for day in days for number in day[place].intervals})
    course = []
    for number in numbers:
        ratios = [
            FIGURES["service level"](day[place].intervals[number], queue)
            if number in day[place].intervals
            else Ratio(0, 0)
            for day in days
        ]
        if (one := estimate(ratios)) is not None:
            course.append((number, one))
    return course


def _draw_bars(axis: Axes, experiment: Experiment, rows: Sequence[Row], queue: Queue, name: str) -> None:
    (row,) = (row for row in rows if (row.place, row.figure) == (queue.name, name))
    scale = 1.0 if name == "ASA" else 100.0
    for place, value in enumerate(row.values):
        if value is not None:
            axis.bar(place, scale * value.value, color=_colour(place), width=0.7)
            if value.days > 1:
                off = scale * value.half_width
                axis.errorbar(place, scale * value.value, off, color="#333333", capsize=3)
    if row.recorded is not None:
        axis.axhline(scale * row.recorded, color="#333333", ls=":", lw=1.2)
    axis.set_title(f"{name}, {'s' if name == 'ASA' else '%'}", fontsize=10)
    axis.set_xticks([])
    axis.set_xlim(-0.6, len(experiment.variants) - 0.4)
    axis.set_ylim(bottom=0)
    _tidy(axis)


def _tidy(axis: Axes) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#dddddd", lw=0.6)
    axis.set_axisbelow(True)


def _colour(place: int) -> Any:
    return COLOURS[place % len(COLOURS)]
