"""Ring the member whose last talk with a caller of this queue ended the longest ago."""

from __future__ import annotations

from math import inf, isinf

from queue_strategies.requirement import Requirement
from queue_strategies.strategies.strategy import Member, Score, Strategy


class LeastRecent(Strategy):
    """Order by the end of the last talk of this queue, and who had none first (app_queue: leastrecent)."""

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return that moment."""
        ended = member.last_ended_moment
        return (-inf if ended is None else ended, member.place)

    def because(self, score: Score, now: float) -> str:
        """Say how long ago that was."""
        ended, _ = score
        return "no call of this queue yet" if isinf(ended) else f"last call {now - ended:.0f} s ago"
