"""How long things last: talks, rings, patience. Durations are in seconds."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from queue_strategies.errors import CallfloorError
from queue_strategies.simulation.chance import Chance


class DistributionError(CallfloorError):
    """A distribution cannot be what it was said to be."""


class Distribution(Protocol):
    """A duration that chance decides."""

    @property
    def mean_s(self) -> float:
        """Tell the mean."""

    def draw(self, chance: Chance) -> float:
        """Draw one duration."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same; infinite for a patience that never ends."""

    mean_s: float

    def draw(self, chance: Chance) -> float:
        """Return it, without asking chance."""
        return self.mean_s


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory: however long it has lasted, what is to come is the same."""

    mean_s: float

    def __post_init__(self) -> None:
        positive("mean", self.mean_s)

    def draw(self, chance: Chance) -> float:
        """Draw one duration."""
        return chance.expovariate(1.0 / self.mean_s)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """What the handle times of most call centres look like; given by mean and standard deviation.

    Brown et al., Statistical Analysis of a Telephone Call Center, JASA 100 (2005).
    """

    mean_s: float
    deviation_s: float

    def __post_init__(self) -> None:
        positive("mean", self.mean_s)
        positive("standard deviation", self.deviation_s)

    def draw(self, chance: Chance) -> float:
        """Draw one duration."""
        variance = math.log1p((self.deviation_s / self.mean_s) ** 2)
        return chance.lognormvariate(math.log(self.mean_s) - variance / 2, math.sqrt(variance))


@dataclass(frozen=True, slots=True)
class Gamma:
    """A sum of steps, or something in between; given by mean and standard deviation."""

    mean_s: float
    deviation_s: float

    def __post_init__(self) -> None:
        positive("mean", self.mean_s)
        positive("standard deviation", self.deviation_s)

    def draw(self, chance: Chance) -> float:
        """Draw one duration."""
        scale = self.deviation_s**2 / self.mean_s
        return chance.gammavariate(self.mean_s / scale, scale)


@dataclass(frozen=True, slots=True)
class Empirical:
    """Durations that were seen, each as likely as its weight."""

    values_s: Sequence[float]
    """Ascending."""
    weights: Sequence[float] = ()
    """As many; none: all are equally likely."""
    beyond: Distribution | None = None
    """Added to the last value as often as the weights are short of 1; None: they may sum to anything."""
    _up_to: list[float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.values_s:
            raise DistributionError("an empirical distribution needs at least one duration that was seen")
        weights = self.weights or [1.0] * len(self.values_s)
        total = sum(weights) if self.beyond is None else 1.0
        object.__setattr__(self, "_up_to", [sum_ / total for sum_ in accumulate(weights)])

    @property
    def mean_s(self) -> float:
        """Tell the mean."""
        shares = [up_to - below for up_to, below in zip(self._up_to, [0.0, *self._up_to], strict=False)]
        seen_s = sum(value * share for value, share in zip(self.values_s, shares, strict=True))
        if self.beyond is None:
            return seen_s
        return seen_s + (1 - self._up_to[-1]) * (self.values_s[-1] + self.beyond.mean_s)

    def draw(self, chance: Chance) -> float:
        """Draw one duration."""
        return self._at(chance.random(), chance)

    def draw_above(self, lasted_s: float, chance: Chance) -> float:
        """Draw one of those that are longer than what has passed already; that itself if there is none."""
        place = bisect_right(self.values_s, lasted_s)
        passed = self._up_to[place - 1] if place else 0.0
        if place == len(self.values_s):
            return lasted_s if self.beyond is None else lasted_s + self.beyond.draw(chance)
        return self._at(passed + chance.random() * (1.0 - passed), chance)

    def _at(self, share: float, chance: Chance) -> float:
        place = bisect_right(self._up_to, share)
        if place < len(self.values_s):
            return self.values_s[place]
        return self.values_s[-1] + (0.0 if self.beyond is None else self.beyond.draw(chance))


NEVER = Constant(math.inf)
"""The patience of a caller who does not hang up."""
AT_ONCE = Constant(0.0)


def positive(what: str, value: float) -> None:
    """Raise DistributionError unless this is a positive number."""
    if not 0 < value < math.inf:
        raise DistributionError(f"the {what} of a duration is {value:g} s, say a positive number of seconds")
