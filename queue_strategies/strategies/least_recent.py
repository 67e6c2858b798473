"""Ring the member whose last talk with a caller of this queue ended the longest ago."""

from __future__ import annotations

from queue_strategies.requirement import Requirement
from queue_strategies.strategies.strategy import Member, Score, Strategy


class LeastRecent(Strategy):
    """Order by the end of the last talk of this queue, and who had none first (app_queue: leastrecent)."""

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return that moment."""
        ended = member.last_ended_moment
        return (float("-inf") if ended is None else ended, member.place)

    def because(self, member: Member, asked: Requirement, now: float) -> str:
        """Say how long ago that was."""
        ended = member.last_ended_moment
        return "no call of this queue yet" if ended is None else f"last call {now - ended:.0f} s ago"
