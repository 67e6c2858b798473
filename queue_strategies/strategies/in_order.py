"""Ring the members in the order of the list, from its beginning for every call."""

from __future__ import annotations

from queue_strategies.requirement import Requirement
from queue_strategies.strategies.strategy import Member, Score, Strategy


class InOrder(Strategy):
    """Order by the place in the list (mod_callcenter: sequentially-by-agent-order)."""

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return that place."""
        return (member.place,)

    def because(self, score: Score, now: float) -> str:
        """Say which place that is."""
        return f"number {score[0] + 1} of the list"
