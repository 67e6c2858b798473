"""What is counted of a queue's visits, and the figures that are made of it.

The unit is the visit, one stay of a caller in one queue. It counts in the interval in which it was decided,
by an answer or by its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from queue_strategies.definitions.expression import Quotient, Sum
from queue_strategies.definitions.handling import AVERAGE_HANDLE_TIME, TIMES
from queue_strategies.definitions.measure import Condition, Figure, Good, Measure, Unit, by_name
from queue_strategies.definitions.satisfaction import CSAT, MEAN_SCORE, SCORE_MEASURES
from queue_strategies.figures import QueueFigures
from queue_strategies.model import VisitOutcome

_ANSWERED = Condition("outcome", ("answered",))
_ABANDONED = Condition("outcome", ("abandoned",))
_WITHIN = Condition("within_service_level")
_CALLBACK = Condition("callback_taken")

RELEASED = tuple(
    outcome for outcome in VisitOutcome if outcome not in (VisitOutcome.ANSWERED, VisitOutcome.ABANDONED)
)
"""How a queue lets go of a visit that is neither answered nor abandoned."""


def _released(outcome: VisitOutcome) -> Measure[QueueFigures]:
    return Measure(
        name=outcome.value,
        text=f"Visits the queue let go of: {outcome.value.replace('_', ' ')}",
        counted=lambda queue: queue.outcomes[outcome],
        where=(Condition("outcome", (outcome.value,)),),
    )


VISIT_MEASURES: Mapping[str, Measure[QueueFigures]] = by_name(
    [
        Measure(
            name="offered",
            text="Visits that ended or are answered, short abandons included",
            counted=lambda queue: queue.offered,
            metric="offered",
        ),
        Measure(
            name="answered",
            text="Visits whose caller was bridged with an agent",
            counted=lambda queue: queue.answered,
            where=(_ANSWERED,),
            metric="answered",
            good=Good.HIGHER,
        ),
        Measure(
            name="answered_within",
            text="Answered within service_level_s",
            counted=lambda queue: queue.answered_within,
            where=(_ANSWERED, _WITHIN),
            metric="answered_within_service_level",
        ),
        Measure(
            name="abandoned",
            text="Visits whose caller hung up while waiting, short ones included",
            counted=lambda queue: queue.abandoned,
            where=(_ABANDONED,),
            metric="abandoned",
            good=Good.LOWER,
        ),
        Measure(
            name="abandoned_within",
            text="Abandoned within service_level_s",
            counted=lambda queue: queue.abandoned_within,
            where=(_ABANDONED, _WITHIN),
            metric="abandoned_within_service_level",
        ),
        Measure(
            name="short_abandoned",
            text="Visits abandoned within the queue's short_abandon_s",
            counted=lambda queue: queue.short_abandoned,
            where=(_ABANDONED, Condition("short")),
            metric="short_abandoned",
        ),
        Measure(
            name="removed_within",
            text="Visits that were over, in whatever way, within service_level_s",
            counted=lambda queue: queue.answered_within + sum(queue.outcomes_within.values()),
            where=(_WITHIN,),
            metric="removed_within_service_level",
        ),
        *(_released(outcome) for outcome in RELEASED),
        Measure(
            name="callbacks_taken",
            text="Callers who keep the place without the line",
            counted=lambda queue: queue.callbacks_taken,
            where=(_CALLBACK,),
            metric="callbacks_taken",
        ),
        Measure(
            name="callbacks_served",
            text="Of these, those who talked with an agent",
            counted=lambda queue: queue.callbacks_served,
            where=(_CALLBACK, _ANSWERED),
            metric="callbacks_served",
        ),
        Measure(
            name="wait_answered_s",
            text="Wait of answered visits, ringing included",
            counted=lambda queue: queue.wait_answered.sum,
            where=(_ANSWERED,),
            column="wait_s",
            unit=Unit.SECONDS,
        ),
        Measure(
            name="wait_abandoned_s",
            text="Wait of abandoned visits",
            counted=lambda queue: queue.wait_abandoned.sum,
            where=(_ABANDONED,),
            column="wait_s",
            unit=Unit.SECONDS,
        ),
        Measure(
            name="time_to_callback_s",
            text="From taking a callback to being on the line again, of those served",
            counted=lambda queue: queue.time_to_callback.sum,
            where=(_ANSWERED,),
            column="callback_s",
            unit=Unit.SECONDS,
        ),
        Measure(
            name="handled",
            text="Talks with an agent that are over",
            counted=lambda queue: queue.handled,
            column="handled",
            metric="handled",
        ),
        *TIMES,
        Measure(
            name="transferred",
            text="Answered visits that the agent transferred",
            counted=lambda queue: queue.transferred,
            column="transfers",
            metric="transferred",
        ),
    ]
)
"""Of the visits."""

QUEUE_MEASURES: Mapping[str, Measure[QueueFigures]] = {**VISIT_MEASURES, **SCORE_MEASURES}

LIVE_MEASURES: Mapping[str, Measure[QueueFigures]] = by_name(
    [
        Measure(
            name="callbacks_not_made",
            text="Calls back that could not be made",
            counted=lambda queue: queue.callbacks_not_made,
            metric="callbacks_not_made",
            good=Good.LOWER,
        ),
        Measure(
            name="estimates",
            text="Estimated waits that have come, announced or kept back",
            counted=lambda queue: queue.estimates,
            metric="estimates",
        ),
        Measure(
            name="estimates_kept_back",
            text="Estimated waits not announced for being bad",
            counted=lambda queue: queue.estimates_kept_back,
            metric="estimates_kept_back",
        ),
        Measure(
            name="waits_below_p50",
            text="Waits no longer than their estimate's P50",
            counted=lambda queue: queue.waits_below_p50,
            metric="waits_below_p50",
        ),
        Measure(
            name="waits_below_p80",
            text="Waits no longer than their estimate's P80",
            counted=lambda queue: queue.waits_below_p80,
            metric="waits_below_p80",
        ),
    ]
)
"""What is counted as it is told, and of which no visit keeps a trace: estimates, each judged when its wait
has come, and calls back."""


QUEUE_FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            name="average_speed_of_answer_s",
            title="ASA",
            text="Average speed of answer: seconds from joining to being bridged, over answered visits",
            unit=Unit.SECONDS,
            of=Quotient(Sum(("wait_answered_s",)), Sum(("answered",))),
            good=Good.LOWER,
            metric="asa_seconds",
        ),
        replace(AVERAGE_HANDLE_TIME, metric="aht_seconds"),
        Figure(
            name="abandonment_rate",
            title="abandonment",
            text="Abandoned over offered, short abandons included on both sides",
            unit=Unit.RATIO,
            of=Quotient(Sum(("abandoned",)), Sum(("offered",))),
            good=Good.LOWER,
            metric="abandonment_ratio",
        ),
        Figure(
            name="abandonment_rate_not_short",
            title="abandonment, not short",
            text="Abandoned over offered, short abandons left out on both sides",
            unit=Unit.RATIO,
            of=Quotient(
                Sum(("abandoned",), minus=("short_abandoned",)),
                Sum(("offered",), minus=("short_abandoned",)),
            ),
            good=Good.LOWER,
        ),
        Figure(
            name="transfer_rate",
            title="transferred",
            text="Answered visits that were transferred later, over answered visits",
            unit=Unit.RATIO,
            of=Quotient(Sum(("transferred",)), Sum(("answered",))),
        ),
        replace(CSAT, metric="csat_ratio"),
        MEAN_SCORE,
    )
}

ESTIMATE_FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            name=f"waits_below_p{percent}_ratio",
            title=f"waits below P{percent}",
            text=f"Waits no longer than estimated as P{percent}; 0.{percent // 10} is right",
            unit=Unit.RATIO,
            of=Quotient(Sum((f"waits_below_p{percent}",)), Sum(("estimates",))),
            metric=f"waits_below_p{percent}_ratio",
        )
        for percent in (50, 80)
    )
}
