"""Ring the member who has had the fewest callers."""

from __future__ import annotations

from queue_strategies.requirement import Requirement
from queue_strategies.strategies.strategy import Member, Score, Strategy


class FewestCalls(Strategy):
    """Count the callers of this queue alone (app_queue: fewestcalls)."""

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return how many there were."""
        return (member.answered, member.place)

    def because(self, score: Score, now: float) -> str:
        """Say how many there were."""
        return f"{score[0]} calls of this queue"


class FewestCallsAnywhere(Strategy):
    """Count the callers of all queues (mod_callcenter: agent-with-fewest-calls)."""

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return how many there were."""
        return (member.answered_anywhere, member.place)

    def because(self, score: Score, now: float) -> str:
        """Say how many there were."""
        return f"{score[0]} calls"
