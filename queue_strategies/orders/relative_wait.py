"""Serve the caller first who has waited longest by the measure of the own queue's target."""

from __future__ import annotations

from queue_strategies.orders.order import Order, Score, Waiting


class RelativeWait(Order):
    """Compare waits divided by targets: 30 s of 20 s are longer than 60 s of 120 s."""

    def rank(self, caller: Waiting) -> Score:
        """Return priority and arrival: within a queue the target is the same."""
        return (-caller.priority, caller.joined)

    def urgency(self, caller: Waiting, now: float) -> Score:
        """Return priority and relative wait."""
        return (-caller.priority, -relative_wait(caller, now))

    def because(self, caller: Waiting, now: float) -> str:
        """Say what the score is."""
        return f"waits {relative_wait(caller, now):.2f} of the {caller.target_s:g} s target"


def relative_wait(caller: Waiting, now: float) -> float:
    """Return the wait in units of the target."""
    return (now - caller.joined) / caller.target_s
