"""Ring everybody who is ready at once; the first to answer gets the caller."""

from __future__ import annotations

from sys import maxsize

from queue_strategies.strategies.in_order import InOrder
from queue_strategies.strategies.strategy import Score


class RingAll(InOrder):
    """Ring all members, whatever their penalty (mod_callcenter: ring-all)."""

    phones_at_once = maxsize

    def because(self, score: Score, now: float) -> str:
        """Say that there was no choice."""
        return "everybody ready is rung"


class RingAllOfAPenalty(RingAll):
    """Ring all members of the lowest penalty at which anybody is ready (app_queue: ringall)."""

    one_penalty_at_a_time = True

    def because(self, score: Score, now: float) -> str:
        """Say that there was no choice."""
        return "everybody ready of the lowest penalty is rung"
