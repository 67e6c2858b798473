"""Ring the agent who has talked the least."""

from __future__ import annotations

from queue_strategies.requirement import Requirement
from queue_strategies.strategies.strategy import Member, Score, Strategy


class LeastTalkTime(Strategy):
    """Order by the talk with callers of all queues (mod_callcenter: agent-with-least-talk-time)."""

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return the sum."""
        return (member.talk_anywhere_s, member.place)

    def because(self, score: Score, now: float) -> str:
        """Say how long that is."""
        return f"talked {score[0]:.0f} s"
