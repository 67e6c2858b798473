"""Draw lots among those who are ready."""

from __future__ import annotations

from queue_strategies.model import Queue
from queue_strategies.strategies.in_order import InOrder
from queue_strategies.strategies.strategy import Chance, M, Ready, Score, Served


class Random(InOrder):
    """Give everybody of the lowest penalty the same chance (app_queue and mod_callcenter: random)."""

    def __init__(self, queue: Queue, chance: Chance) -> None:
        self._chance = chance

    def choose(self, ready: Ready[M], caller: Served) -> M:
        """Draw one."""
        return ready.nth(int(self._chance() * ready.leading()))

    def because(self, score: Score, now: float) -> str:
        """Say that it was chance."""
        return "drawn by lot"


class WeightedRandom(Random):
    """Let a penalty make being rung less likely instead of impossible (app_queue: wrandom).

    Everybody draws evenly between 0 and 1 + penalty, and the lowest draw wins. Among k members of one penalty
    the lowest draw is distributed as (1 + penalty) · (1 - U^(1/k)), so that one draw a penalty will do.
    """

    def choose(self, ready: Ready[M], caller: Served) -> M:
        """Draw for each penalty, and then within the one that won."""
        before, best = 0, (float("inf"), 0, 0)
        for penalty, count in ready.penalties():
            lowest = (1 + penalty) * (1 - self._chance() ** (1 / count))
            best = min(best, (lowest, before, count))
            before += count
        _, start, count = best
        return ready.nth(start + int(self._chance() * count))

    def because(self, score: Score, now: float) -> str:
        """Say that it was chance."""
        return "drawn by lot, the likelier the lower the penalty"
