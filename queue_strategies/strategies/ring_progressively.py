"""Ring one member more each time a delay has gone by, and let those who ring already ring on."""

from __future__ import annotations

from sys import maxsize

from queue_strategies.model import Queue
from queue_strategies.strategies.in_order import InOrder
from queue_strategies.strategies.strategy import Chance, Score


class RingProgressively(InOrder):
    """Ring in the order of the list (mod_callcenter: ring-progressively and its delay)."""

    phones_at_once = maxsize

    def __init__(self, queue: Queue, chance: Chance) -> None:
        self.another_phone_after_s = queue.ring_progressively_delay_s

    def because(self, score: Score, now: float) -> str:
        """Say what comes next."""
        return f"number {score[0] + 1} of the list, one more every {self.another_phone_after_s:g} s"
