"""Ring the agent who has been without work the longest, whichever queue that work came from."""

from __future__ import annotations

from queue_strategies.requirement import Requirement
from queue_strategies.strategies.strategy import Member, Score, Strategy


class LongestIdle(Strategy):
    """Order by the moment at which the last work ended (mod_callcenter: last_bridge_end, then position)."""

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return that moment."""
        return (member.idle_since_moment, member.place)

    def because(self, score: Score, now: float) -> str:
        """Say how long that is."""
        return f"idle {now - score[0]:.0f} s"
