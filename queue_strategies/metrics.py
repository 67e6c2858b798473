"""The figures that people ask for, of what a fold has counted; `queue_strategies.definitions` defines them.

A ratio keeps its two counters; over nothing it is None.
"""

from __future__ import annotations

from difflib import get_close_matches

from queue_strategies.definitions import (
    AGENT_FIGURES,
    AGENT_MEASURES,
    QUEUE_FIGURES,
    QUEUE_MEASURES,
    SERVICE_LEVELS,
    Ratio,
)
from queue_strategies.definitions.measure import ratio
from queue_strategies.definitions.queues import ESTIMATE_FIGURES, LIVE_MEASURES
from queue_strategies.errors import CallfloorError
from queue_strategies.figures import NOT_ANSWERED, AgentFigures, Figures, Histogram, QueueFigures

__all__ = [
    "NOT_ANSWERED",
    "SERVICE_LEVELS",
    "AgentFigures",
    "Figures",
    "Histogram",
    "QueueFigures",
    "Ratio",
    "UnknownFormula",
    "abandonment_rate",
    "abandonment_rate_not_short",
    "average_handle_time",
    "average_speed_of_answer",
    "calibration_p50",
    "calibration_p80",
    "handled_an_hour",
    "occupancy",
    "service_level",
    "transfer_rate",
    "utilization",
]


# -- figures of a queue -------------------------------------------------------------------------------------


def average_speed_of_answer(queue: QueueFigures) -> Ratio:
    """Return ASA: seconds from joining to being bridged, over answered visits; ringing included."""
    return _of_queue("average_speed_of_answer_s", queue)


def average_handle_time(figures: QueueFigures | AgentFigures) -> Ratio:
    """Return AHT: talk, hold and wrap-up, over handled contacts."""
    name = "average_handle_time_s"
    return _of_queue(name, figures) if isinstance(figures, QueueFigures) else _of_agent(name, figures)


def abandonment_rate(queue: QueueFigures) -> Ratio:
    """Return abandoned over offered, short abandons included on both sides."""
    return _of_queue("abandonment_rate", queue)


def abandonment_rate_not_short(queue: QueueFigures) -> Ratio:
    """Return abandoned over offered, short abandons left out on both sides."""
    return _of_queue("abandonment_rate_not_short", queue)


def transfer_rate(queue: QueueFigures) -> Ratio:
    """Return answered visits that were transferred later, over answered visits."""
    return _of_queue("transfer_rate", queue)


def calibration_p50(queue: QueueFigures) -> Ratio:
    """Return which part of the estimated waits came to no more than their P50; a half is right."""
    return ratio(ESTIMATE_FIGURES["waits_below_p50_ratio"].of, LIVE_MEASURES, queue)


def calibration_p80(queue: QueueFigures) -> Ratio:
    """Return which part of the estimated waits came to no more than their P80; four fifths are right."""
    return ratio(ESTIMATE_FIGURES["waits_below_p80_ratio"].of, LIVE_MEASURES, queue)


class UnknownFormula(CallfloorError):
    """A queue names a service level formula that does not exist."""


def service_level(queue: QueueFigures, formula: str) -> Ratio:
    """Return the service level by a formula's name; raises UnknownFormula with the nearest right name."""
    check_formula(formula)
    return ratio(SERVICE_LEVELS[formula], QUEUE_MEASURES, queue)


def check_formula(formula: str) -> None:
    """Raise UnknownFormula, with the nearest right name, for a name that no formula has."""
    if formula not in SERVICE_LEVELS:
        nearest = get_close_matches(formula, SERVICE_LEVELS, n=1, cutoff=0.0)[0]
        raise UnknownFormula(f"unknown service level formula {formula!r}, did you mean {nearest!r}?")


def _of_queue(name: str, queue: QueueFigures) -> Ratio:
    return ratio(QUEUE_FIGURES[name].of, QUEUE_MEASURES, queue)


# -- figures of an agent ------------------------------------------------------------------------------------


def occupancy(agent: AgentFigures) -> Ratio:
    """Return talk, hold, wrap-up and ringing, over that and the time available; pauses are outside."""
    return _of_agent("occupancy", agent)


def utilization(agent: AgentFigures) -> Ratio:
    """Return handling over logged-in time."""
    return _of_agent("utilization", agent)


def handled_an_hour(agent: AgentFigures) -> Ratio:
    """Return handled contacts over logged-in hours."""
    return _of_agent("handled_an_hour", agent)


def _of_agent(name: str, agent: AgentFigures) -> Ratio:
    return ratio(AGENT_FIGURES[name].of, AGENT_MEASURES, agent)
