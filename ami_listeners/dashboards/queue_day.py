"""A queue over a day: every figure of queues, over a window that moves along, and by quarters of an hour."""

from __future__ import annotations

from ami_listeners.dashboards.floor_now import HEARD
from ami_listeners.dashboards.panel import (
    OF_QUEUE,
    OF_THESE_QUEUES,
    QUEUE,
    UNITS,
    WINDOW,
    Column,
    Dashboard,
    Panel,
    Query,
)
from ami_listeners.dashboards.told import (
    QUALITY_OF_WHAT_IS_SHOWN,
    by_quarter,
    by_quarter_of_each,
    figures_table,
)
from ami_listeners.promql import grown, quotient
from queue_strategies.definitions import QUEUE_FIGURES, QUEUE_MEASURES, Unit
from queue_strategies.definitions.queues import RELEASED

ENDS = ("answered", "abandoned", *RELEASED)
"""How visits are decided: together they are what was offered."""


def waits(quantile: float) -> Query:
    """Write below what so many of the answered waited."""
    buckets = f"increase(callfloor_queue_wait_seconds_bucket{{{OF_QUEUE}}}[$window])"
    return Query(f"histogram_quantile({quantile}, sum by (le) ({buckets}))", f"P{quantile * 100:.0f}")


FIGURES = [
    Panel(
        title=figure.title,
        text=figure.text,
        queries=[Query(quotient("queue", figure.of, "$window", OF_QUEUE), "{{queue}}")],
        unit=UNITS[figure.unit],
        good=figure.good,
    )
    for figure in QUEUE_FIGURES.values()
]

QUEUE_DAY = Dashboard(
    uid="callfloor-queues",
    title="callfloor: queues over a day",
    since="now-24h",
    refresh="1m",
    variables=(QUEUE, WINDOW),
    rows=(
        (
            Panel(
                title="Visits, by how they were decided",
                queries=[
                    Query(f"sum ({grown('queue', end, '$window', OF_QUEUE)})", end.replace("_", " "))
                    for end in ENDS
                ],
                stacked=True,
            ),
            Panel(
                title="Service level",
                text="By each queue's own formula, over the last half hour",
                queries=[
                    Query(f"callfloor:queue_service_level:rate30m{{{OF_QUEUE}}}", "{{queue}}: {{formula}}")
                ],
                unit="percentunit",
            ),
        ),
        FIGURES[:3],
        FIGURES[3:],
        (
            Panel(title="Waits of the answered", queries=[waits(0.5), waits(0.8), waits(0.95)], unit="s"),
            Panel(
                title="Callbacks",
                queries=[
                    Query(f"sum ({grown('queue', name, '$window', OF_QUEUE)})", QUEUE_MEASURES[name].text)
                    for name in ("callbacks_taken", "callbacks_served")
                ],
            ),
        ),
        (
            figures_table(
                "queue",
                [
                    QUEUE_MEASURES[name]
                    for name in ("offered", "answered", "abandoned", "short_abandoned", "handled")
                ],
                QUEUE_FIGURES.values(),
                OF_THESE_QUEUES,
                Column("longest_wait_s", "longest wait", "s"),
                Column("service_level", "service level", "percentunit"),
                Column("service_level_formula", "counted as"),
            ),
        ),
        (
            by_quarter(
                "Visits by quarters of an hour",
                {end: end.replace("_", " ") for end in ENDS},
                OF_THESE_QUEUES,
                "Each in the quarter in which it was decided",
            ),
            by_quarter_of_each(
                "Service level by quarters of an hour", "service_level", Unit.RATIO, OF_THESE_QUEUES
            ),
        ),
        HEARD,
        (QUALITY_OF_WHAT_IS_SHOWN,),
    ),
)
