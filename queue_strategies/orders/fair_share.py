"""Give every queue its share of the agents, however many callers another queue has."""

from __future__ import annotations

from queue_strategies.orders.order import Order, Score, Waiting


class FairShare(Order):
    """Serve the queue first that has had the least, measured by its share.

    Every caller served moves the queue's turn on by 1 / share. A queue in which nobody waited does not save
    its turns up: it joins in where the others are (start-time fair queueing: Goyal, Vin and Cheng, 1996).
    """

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._now = 0.0
        """The turn of whoever was served last."""

    def rank(self, caller: Waiting) -> Score:
        """Return priority and arrival: a queue serves its callers by these."""
        return (-caller.priority, caller.joined)

    def urgency(self, caller: Waiting, now: float) -> Score:
        """Return the queue's turn, and what decides between equal ones."""
        return (self._turn(caller), -caller.priority, caller.joined)

    def served(self, caller: Waiting) -> None:
        """Move the queue's turn on."""
        turn = self._turn(caller)
        self._now = max(self._now, turn)
        self._next[caller.queue_name] = turn + 1 / caller.share

    def because(self, caller: Waiting, now: float) -> str:
        """Say what the score is."""
        return f"turn {self._turn(caller):.2f} of {caller.queue_name} with a share of {caller.share:g}"

    def _turn(self, caller: Waiting) -> float:
        return max(self._next.get(caller.queue_name, 0.0), self._now)
