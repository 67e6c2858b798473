"""Reports of queues: all their figures, what became of visits, where callers were transferred."""

from __future__ import annotations

from ami_listeners.reports.answer import SERVICE_LEVEL
from ami_listeners.reports.counts import Count, of_measure
from ami_listeners.reports.subjects.definition import Definition, scores, visits
from queue_strategies.definitions import (
    QUEUE_FIGURES,
    Figure,
    Good,
    Quotient,
    Sum,
    Unit,
)
from queue_strategies.definitions.queues import RELEASED, VISIT_MEASURES

LONGEST_WAIT = Count(
    name="longest_wait_s",
    title="longest wait",
    text="The longest wait of any visit that ended, abandoned ones included",
    value="wait_s",
    how="max",
    unit=Unit.SECONDS,
    good=Good.LOWER,
)

QUEUES = Definition(
    title="Queues",
    bars_title="what became of visits",
    rolled_up="queue_counts",
    keys=("queue",),
    sources=(visits(*map(of_measure, VISIT_MEASURES.values()), LONGEST_WAIT), scores("queue")),
    made=tuple(QUEUE_FIGURES.values()),
    service_level=True,
    main=(
        "offered",
        "answered",
        SERVICE_LEVEL,
        "average_speed_of_answer_s",
        "abandoned",
        "abandonment_rate",
        "average_handle_time_s",
        "longest_wait_s",
        "short_abandoned",
        "customer_satisfaction",
    ),
    bars=("answered", "abandoned", *RELEASED),
    line=SERVICE_LEVEL,
)

OUTCOMES = Definition(
    title="Outcomes",
    bars_title="what became of visits",
    rolled_up="queue_counts",
    keys=("queue",),
    sources=(
        visits(
            *(
                of_measure(VISIT_MEASURES[name])
                for name in (
                    "offered",
                    "answered",
                    "abandoned",
                    *RELEASED,
                    "callbacks_taken",
                    "callbacks_served",
                )
            )
        ),
    ),
    made=(
        Figure(
            name="answered_rate",
            title="answered",
            text="Answered over offered",
            of=Quotient(Sum(("answered",)), Sum(("offered",))),
            good=Good.HIGHER,
        ),
        QUEUE_FIGURES["abandonment_rate"],
        Figure(
            name="released_rate",
            title="let go",
            text="Visits the queue let go of, over offered",
            of=Quotient(Sum(tuple(outcome.value for outcome in RELEASED)), Sum(("offered",))),
            good=Good.LOWER,
        ),
    ),
    main=("offered", "answered", "answered_rate", "abandoned", "abandonment_rate", "released_rate"),
    bars=("answered", "abandoned", *RELEASED),
    line="answered_rate",
)

TRANSFERS = Definition(
    title="Transfers",
    keys=("queue", "kind", "transferred_to"),
    sources=(
        visits(
            Count(name="transferred", title="transferred", text="Answered visits that were transferred"),
            Count(
                name="talk_s",
                title="talk before",
                text="Time talked before the transfer",
                value="talk_s",
                unit=Unit.SECONDS,
                shown=False,
            ),
            keys=("queue", "coalesce(transfer_kind, '')", "coalesce(transferred_to, '')"),
            such="NOT direct AND transfers > 0",
        ),
    ),
    made=(
        Figure(
            name="average_talk_s",
            title="talk before",
            text="Mean time talked before the transfer",
            of=Quotient(Sum(("talk_s",)), Sum(("transferred",))),
            unit=Unit.SECONDS,
        ),
    ),
    bars=("transferred",),
)
