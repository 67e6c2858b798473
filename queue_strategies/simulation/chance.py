"""Chance, which is an argument: whoever simulates brings it, seeded as wished."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Chance(Protocol):
    """What is needed of a source of random numbers; `random.Random` is one."""

    def random(self) -> float:
        """Draw from [0, 1)."""

    def expovariate(self, lambd: float, /) -> float:
        """Draw from the exponential distribution with this rate."""

    def lognormvariate(self, mu: float, sigma: float, /) -> float:
        """Draw something whose logarithm is normal with this mean and standard deviation."""

    def gammavariate(self, alpha: float, beta: float, /) -> float:
        """Draw from the gamma distribution with shape alpha and scale beta."""


Streams = Callable[[str], Chance]
"""Gives for each name a source of its own, the same one whenever the same day is lived again.

What two floors are compared on must not depend on which of them it is: patience has one stream, the length of
talks another, so that one draw more here moves nothing there.
"""
