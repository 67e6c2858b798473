"""Serve the caller first whose queue's service level is the closest to being missed."""

from __future__ import annotations

from queue_strategies.orders.order import Order, Score, Waiting


class ServiceLevelFirst(Order):
    """Order by the moment at which the target is missed (earliest deadline first: Liu and Layland, 1973).

    Who has missed it already stays ahead, the longest overdue first, so that nobody starves.
    """

    def rank(self, caller: Waiting) -> Score:
        """Return priority and that moment."""
        return (-caller.priority, caller.joined + caller.target_s)

    def urgency(self, caller: Waiting, now: float) -> Score:
        """Compare by the same."""
        return self.rank(caller)

    def because(self, caller: Waiting, now: float) -> str:
        """Say how far away it is."""
        left_s = caller.joined + caller.target_s - now
        side = "left of" if left_s >= 0 else "over"
        return f"{abs(left_s):.0f} s {side} the {caller.target_s:g} s target"
