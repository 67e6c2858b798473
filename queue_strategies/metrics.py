"""What every number means: each formula once, over the counters of `figures`.

A ratio keeps its two counters; over nothing it is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from queue_strategies.errors import CallfloorError
from queue_strategies.figures import NOT_ANSWERED, AgentFigures, Figures, Histogram, QueueFigures

__all__ = [
    "NOT_ANSWERED",
    "SERVICE_LEVEL_FORMULAS",
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


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two counters; of two intervals they are added up, never averaged."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        """Return the quotient; None over nothing."""
        return self.numerator / self.denominator if self.denominator else None

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.numerator + other.numerator, self.denominator + other.denominator)


# -- figures of a queue -------------------------------------------------------------------------------------


def average_speed_of_answer(queue: QueueFigures) -> Ratio:
    """Return ASA: seconds from joining to being bridged, over answered visits; ringing included."""
    return Ratio(queue.wait_answered.sum, queue.answered)


def average_handle_time(figures: QueueFigures | AgentFigures) -> Ratio:
    """Return AHT: talk, hold and wrap-up, over handled contacts."""
    return Ratio(figures.talk_s + figures.hold_s + figures.wrap_up_s, figures.handled)


def abandonment_rate(queue: QueueFigures) -> Ratio:
    """Return abandoned over offered, short abandons included on both sides."""
    return Ratio(queue.abandoned, queue.offered)


def abandonment_rate_not_short(queue: QueueFigures) -> Ratio:
    """Return abandoned over offered, short abandons left out on both sides."""
    return Ratio(queue.abandoned - queue.short_abandoned, queue.offered - queue.short_abandoned)


def transfer_rate(queue: QueueFigures) -> Ratio:
    """Return answered visits that were transferred later, over answered visits."""
    return Ratio(queue.transferred, queue.answered)


def calibration_p50(queue: QueueFigures) -> Ratio:
    """Return which part of the estimated waits came to no more than their P50; a half is right."""
    return Ratio(queue.waits_below_p50, queue.estimates)


def calibration_p80(queue: QueueFigures) -> Ratio:
    """Return which part of the estimated waits came to no more than their P80; four fifths are right."""
    return Ratio(queue.waits_below_p80, queue.estimates)


SERVICE_LEVEL_FORMULAS: Mapping[str, Callable[[QueueFigures], Ratio]] = {
    "answered_within/answered_and_abandoned_not_short": lambda q: Ratio(
        q.answered_within, q.answered + q.abandoned - q.short_abandoned
    ),
    # Asterisk's "service level performance" (SL)
    "answered_within/answered": lambda q: Ratio(q.answered_within, q.answered),
    # Asterisk's second one (SL2)
    "answered_and_abandoned_within/answered_and_abandoned": lambda q: Ratio(
        q.answered_within + q.abandoned_within, q.answered + q.abandoned
    ),
    "answered_and_abandoned_within/offered": lambda q: Ratio(
        q.answered_within + q.abandoned_within, q.offered
    ),
    "answered_within/offered": lambda q: Ratio(q.answered_within, q.offered),
    "answered_within/answered_and_abandoned": lambda q: Ratio(q.answered_within, q.answered + q.abandoned),
    "answered_within/answered_and_abandoned_late": lambda q: Ratio(
        q.answered_within, q.answered + q.abandoned - q.abandoned_within
    ),
    # Amazon Connect: contacts that left the queue in time in whatever way, over contacts queued
    "removed_within/queued": lambda q: Ratio(q.answered_within + sum(q.outcomes_within.values()), q.offered),
}
"""The formulas in use; the name, which reads as the formula, is shown beside every service level."""


class UnknownFormula(CallfloorError):
    """A queue names a service level formula that does not exist."""


def service_level(queue: QueueFigures, formula: str) -> Ratio:
    """Return the service level by a formula's name; raises UnknownFormula with the nearest right name."""
    if formula not in SERVICE_LEVEL_FORMULAS:
        nearest = get_close_matches(formula, SERVICE_LEVEL_FORMULAS, n=1, cutoff=0.0)[0]
        raise UnknownFormula(f"unknown service level formula {formula!r}, did you mean {nearest!r}?")
    return SERVICE_LEVEL_FORMULAS[formula](queue)


# -- figures of an agent ------------------------------------------------------------------------------------


def occupancy(agent: AgentFigures) -> Ratio:
    """Return talk, hold, wrap-up and ringing, over that and the time available; pauses are outside."""
    occupied_s = agent.handle_s + agent.ringing_s
    return Ratio(occupied_s, occupied_s + agent.available_s)


def utilization(agent: AgentFigures) -> Ratio:
    """Return handling over logged-in time."""
    return Ratio(agent.handle_s, agent.logged_in_s)


def handled_an_hour(agent: AgentFigures) -> Ratio:
    """Return handled contacts over logged-in hours."""
    return Ratio(agent.handled, agent.logged_in_s / 3600)
