"""Write what the definitions count and figure as PromQL, over any window of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from queue_strategies.definitions import (
    AGENT_MEASURES,
    QUEUE_MEASURES,
    SERVICE_LEVELS,
    Measure,
    Quotient,
    Sum,
)

SUMS_OF_HISTOGRAMS: Mapping[str, str] = {
    "wait_answered_s": "callfloor_queue_wait_seconds_sum",
    "wait_abandoned_s": "callfloor_queue_abandoned_wait_seconds_sum",
    "time_to_callback_s": "callfloor_queue_time_to_callback_seconds_sum",
}
"""Measures of queues that are told as part of a histogram."""
BY_LABEL: Mapping[tuple[str, str], str] = {
    ("queue", "outcome"): "callfloor_queue_released_total",
    ("agent", "outcome"): "callfloor_agent_offers_total",
    ("agent", "state"): "callfloor_agent_state_seconds_total",
}
"""Counters that tell several measures apart by a label: of what, and the label."""
MEASURES: Mapping[str, Mapping[str, Measure[Any]]] = {"queue": QUEUE_MEASURES, "agent": AGENT_MEASURES}


def grown(of: str, measure: str, window: str, matching: str = "") -> str:
    """Write by how much a measure of every `queue` or `agent` grew in a window, in units of its own.

    Of a floor that runs as two processes it is the growth of both. `matching` narrows it down, as PromQL's
    matchers do.
    """
    known = MEASURES[of][measure]
    matchers, beside = [matching] if matching else [], ["instance"]
    if known.metric is not None:
        series = f"callfloor_{of}_{known.metric}_total"
    elif of == "queue" and measure in SUMS_OF_HISTOGRAMS:
        series = SUMS_OF_HISTOGRAMS[measure]
    else:
        label = known.where[0].column if known.where else "outcome"
        series = BY_LABEL[of, label]
        matchers += [f'{label}=~"{"|".join(known.where[0].among)}"'] if known.where else []
        beside.append(label)
    chosen = f"{{{', '.join(matchers)}}}" if matchers else ""
    return f"sum without ({', '.join(beside)}) (increase({series}{chosen}[{window}]))"


def quotient(of: str, figure: Quotient, window: str, matching: str = "") -> str:
    """Write a quotient of what happened in a window; absent over nothing."""
    over = added(of, figure.numerator, window, matching)
    return f"{over} / ({added(of, figure.denominator, window, matching)} > 0)"


def added(of: str, total: Sum, window: str, matching: str = "") -> str:
    """Write a sum of what happened in a window."""
    text = " + ".join(grown(of, name, window, matching) for name in total.plus)
    text += "".join(f" - {grown(of, name, window, matching)}" for name in total.minus)
    unit = "" if total.unit == 1.0 else f" / {total.unit:g}"
    return f"({text}){unit}"


def service_level(formula: str, window: str) -> str:
    """Write the service level of those queues that are measured by this formula."""
    theirs = f'callfloor_queue_service_level_ratio{{formula="{formula}"}}'
    measured = f"max without (instance, formula, threshold_s) ({theirs})"
    return f"{quotient('queue', SERVICE_LEVELS[formula], window)} and {measured}"
