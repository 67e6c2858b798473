"""How sure a simulated figure is: intervals over days, and over differences of days of the same luck.

A figure of many days is a ratio of sums, never a mean of ratios. Its variance follows from how each day
departs from the ratio (the delta method; Cochran, Sampling Techniques, chapter 6).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from queue_strategies.metrics import Ratio

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and how far it may be off."""

    value: float
    half_width: float
    """The interval is value ± this; infinite when one day alone cannot tell."""
    days: int
    confidence: float

    @property
    def low(self) -> float:
        """Return the interval's lower end."""
        return self.value - self.half_width

    @property
    def high(self) -> float:
        """Return the interval's upper end."""
        return self.value + self.half_width

    def within(self, least: float, most: float) -> float:
        """Return the half width of a figure that is never less or more than this: it lies no farther off."""
        return min(self.half_width, max(self.value - least, most - self.value))

    def contains(self, value: float) -> bool:
        """Tell whether this may be the true value."""
        return self.low <= value <= self.high


def estimate(days: Sequence[Ratio], confidence: float = CONFIDENCE) -> Estimate | None:
    """Estimate a ratio from its counters of several days; None over nothing."""
    departures = _departures(days)
    if departures is None:
        return None
    value, each = departures
    return Estimate(value, _half_width(each, confidence), len(days), confidence)


def difference(
    before: Sequence[Ratio], after: Sequence[Ratio], confidence: float = CONFIDENCE
) -> Estimate | None:
    """Estimate by how much a ratio moves; the days are pairs of the same luck; more `after` is positive."""
    first, second = _departures(before), _departures(after)
    if first is None or second is None:
        return None
    each = [late - early for early, late in zip(first[1], second[1], strict=True)]
    return Estimate(second[0] - first[0], _half_width(each, confidence), len(each), confidence)


def _departures(days: Sequence[Ratio]) -> tuple[float, list[float]] | None:
    numerator = math.fsum(day.numerator for day in days)
    denominator = math.fsum(day.denominator for day in days)
    if not denominator:
        return None
    value, a_day = numerator / denominator, denominator / len(days)
    return value, [(day.numerator - value * day.denominator) / a_day for day in days]


def _half_width(each: Sequence[float], confidence: float) -> float:
    count = len(each)
    if count < 2:
        return math.inf
    mean = math.fsum(each) / count
    variance = math.fsum((one - mean) ** 2 for one in each) / (count - 1)
    return student_t((1 + confidence) / 2, count - 1) * math.sqrt(variance / count)


def student_t(share: float, freedom: int) -> float:
    """Return the quantile of Student's t distribution for a share above one half.

    Exact for one and two degrees of freedom, else by Cornish-Fisher (Abramowitz & Stegun 26.7.5), whose error
    is below 1 % from three degrees on for shares up to 0.995.
    """
    if freedom == 1:
        return math.tan(math.pi * (share - 0.5))
    if freedom == 2:
        return (2 * share - 1) / math.sqrt(2 * share * (1 - share))
    z = NormalDist().inv_cdf(share)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))
