"""Ring everybody who is ready at once; the first to answer gets the caller."""

from __future__ import annotations

from sys import maxsize

from queue_strategies.strategy import Member, Score, Strategy


class RingAll(Strategy):
    """Order by the place in the list, which matters to the order of ringing alone."""

    phones_at_once = maxsize

    def score(self, member: Member) -> Score:
        """Return that place."""
        return (member.place,)

    def because(self, member: Member, now: float) -> str:
        """Say that there was no choice."""
        return "everybody ready is rung"
