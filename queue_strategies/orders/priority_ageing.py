"""Let a priority count as having waited longer, so that nobody is passed over for ever."""

from __future__ import annotations

from queue_strategies.orders.order import Order, Score, Waiting


class PriorityAgeing(Order):
    """A caller of priority 1 counts as having waited one ageing time longer than was the case."""

    def __init__(self, ageing_s: float) -> None:
        self._ageing_s = ageing_s

    def rank(self, caller: Waiting) -> Score:
        """Return the moment at which the wait counts as having begun."""
        return (caller.joined - caller.priority * self._ageing_s,)

    def urgency(self, caller: Waiting, now: float) -> Score:
        """Compare by the same."""
        return self.rank(caller)

    def because(self, caller: Waiting, now: float) -> str:
        """Say what the score is made of."""
        ahead_s = caller.priority * self._ageing_s
        return f"waits {now - caller.joined:.0f} s and {ahead_s:g} s for priority {caller.priority}"
