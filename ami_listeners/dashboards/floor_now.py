"""The floor now: who waits and for how long, what agents are doing, and how the last minutes went."""

from __future__ import annotations

from ami_listeners.dashboards.panel import OF_QUEUE, QUEUE, WINDOW, Dashboard, Kind, Panel, Query
from ami_listeners.promql import added
from ami_listeners.reports.answer import Badge
from queue_strategies.definitions import QUEUE_FIGURES, SERVICE_LEVELS, USUAL_SERVICE_LEVEL, Good, Quotient


def altogether(quotient: Quotient) -> str:
    """Write a quotient of all chosen queues together."""
    over, under = (
        added("queue", part, "$window", OF_QUEUE) for part in (quotient.numerator, quotient.denominator)
    )
    return f"sum ({over}) / (sum ({under}) > 0)"


NOT_HEARD = Panel(
    title="Not heard",
    text="Time within what is shown in which nobody listened to Asterisk; figures that touch it are doubtful",
    queries=[Query("sum (increase(callfloor_listener_gap_seconds_total[$__range]))")],
    kind=Kind.NUMBER,
    unit="s",
    alarm=0.001,
    good=Good.LOWER,
)
BADGE = Panel(
    title="Data quality",
    text="How far the last 24 hours can be trusted; gaps: something was not heard; doubtful: much was not, "
    "or Asterisk's own records or clock say otherwise",
    queries=[Query("max (callfloor_data_quality_badge)")],
    kind=Kind.NUMBER,
    words=tuple(Badge),
    alarm=1,
    good=Good.LOWER,
)
HEARD = (BADGE, NOT_HEARD)
"""How well it was heard, on every dashboard."""

FLOOR_NOW = Dashboard(
    uid="callfloor-now",
    title="callfloor: the floor now",
    refresh="5s",
    variables=(QUEUE, WINDOW),
    rows=(
        (
            Panel(
                title="Callers waiting",
                text="Callers not answered yet",
                queries=[Query(f"sum (callfloor_queue_callers_waiting{{{OF_QUEUE}}})")],
                kind=Kind.NUMBER,
            ),
            Panel(
                title="Longest wait",
                text="Age of the oldest visit still waiting",
                queries=[Query(f"max (callfloor_queue_longest_wait_seconds{{{OF_QUEUE}}})")],
                kind=Kind.NUMBER,
                unit="s",
                alarm=120,
            ),
            Panel(
                title="Service level",
                text=f"{USUAL_SERVICE_LEVEL}, of the chosen queues together, each by its own threshold",
                queries=[Query(altogether(SERVICE_LEVELS[USUAL_SERVICE_LEVEL]))],
                kind=Kind.NUMBER,
                unit="percentunit",
                alarm=0.8,
                good=Good.HIGHER,
            ),
            *(
                Panel(
                    title=QUEUE_FIGURES[name].title,
                    text=QUEUE_FIGURES[name].text,
                    queries=[Query(altogether(QUEUE_FIGURES[name].of))],
                    kind=Kind.NUMBER,
                    unit=unit,
                    alarm=alarm,
                )
                for name, unit, alarm in (
                    ("average_speed_of_answer_s", "s", 60),
                    ("abandonment_rate", "percentunit", 0.1),
                )
            ),
            *HEARD,
        ),
        (
            Panel(
                title="Waiting, by queue",
                queries=[
                    Query(f"max by (queue) (callfloor_queue_callers_waiting{{{OF_QUEUE}}})", "{{queue}}")
                ],
                kind=Kind.BARS,
            ),
            Panel(
                title="Longest wait, by queue",
                queries=[
                    Query(f"max by (queue) (callfloor_queue_longest_wait_seconds{{{OF_QUEUE}}})", "{{queue}}")
                ],
                kind=Kind.BARS,
                unit="s",
                alarm=120,
            ),
            Panel(
                title="Members ready, by queue",
                queries=[
                    Query(
                        f'max by (queue) (callfloor_queue_agents{{state="ready", {OF_QUEUE}}})', "{{queue}}"
                    )
                ],
                kind=Kind.BARS,
            ),
        ),
        (
            Panel(
                title="Callers waiting",
                queries=[
                    Query(f"sum by (queue) (callfloor_queue_callers_waiting{{{OF_QUEUE}}})", "{{queue}}")
                ],
                stacked=True,
            ),
            Panel(
                title="What agents are doing",
                queries=[Query("max by (state) (callfloor_agents)", "{{state}}")],
                stacked=True,
            ),
            Panel(
                title="What a caller who came now would wait (P80)",
                queries=[
                    Query(
                        "max by (queue) (callfloor_queue_estimated_wait_seconds"
                        f'{{quantile="0.8", {OF_QUEUE}}})',
                        "{{queue}}",
                    )
                ],
                unit="s",
            ),
        ),
    ),
)
