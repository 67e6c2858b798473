"""Say what an order of service is: who of those who wait is served next.

It gives every caller a rank within the queue, the lowest first, which must stay true for as long as the
caller waits; and it compares the first callers of several queues at the moment at which an agent is free for
all of them. The floor heeds the queues' weights before it asks, and puts something unique behind the answer.
"""

from __future__ import annotations

from typing import Protocol

Score = tuple[float, ...]


class Waiting(Protocol):
    """What an order may know of a caller."""

    @property
    def queue_name(self) -> str:
        """Name the queue."""

    @property
    def priority(self) -> int:
        """Tell how important the caller is; higher is served first."""

    @property
    def joined(self) -> float:
        """Tell the moment at which the wait began."""

    @property
    def target_s(self) -> float:
        """Tell within which wait the queue wants its callers answered."""

    @property
    def share(self) -> float:
        """Tell the queue's share of the agents' attention."""


class Order(Protocol):
    """The order of service; one instance serves the floor."""

    def rank(self, caller: Waiting) -> Score:
        """Place a caller within the queue; the lowest is served first."""

    def urgency(self, caller: Waiting, now: float) -> Score:
        """Compare the first caller of a queue with those of others; the lowest is served first."""

    def served(self, caller: Waiting) -> None:
        """Take note that an agent was found for this caller."""
        return

    def because(self, caller: Waiting, now: float) -> str:
        """Say in a few words what put this caller where it is."""
