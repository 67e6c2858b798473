"""Serve the higher priority first, and within it who has waited longest."""

from __future__ import annotations

from queue_strategies.orders.order import Order, Score, Waiting


class PriorityFirst(Order):
    """Priorities are strict: while a higher one waits, a lower one does not come to its turn."""

    def rank(self, caller: Waiting) -> Score:
        """Return priority and arrival."""
        return (-caller.priority, caller.joined)

    def urgency(self, caller: Waiting, now: float) -> Score:
        """Compare by the same."""
        return (-caller.priority, caller.joined)

    def because(self, caller: Waiting, now: float) -> str:
        """Say both."""
        return f"priority {caller.priority}, waits {now - caller.joined:.0f} s"
