"""Ring whoever is best at what the caller asks for, weighed against how long others have been idle."""

from __future__ import annotations

from queue_strategies.model import Queue
from queue_strategies.requirement import Requirement
from queue_strategies.strategies.strategy import Chance, Member, Score, Strategy


class BestSkill(Strategy):
    """Let each level of the skills asked for count as so many seconds of being idle.

    Genesys calls the two ends best available skills (a level is worth everything) and longest available
    (it is worth nothing); `Queue.skill_worth_s` lies anywhere between. Seconds are added to seconds.
    """

    def __init__(self, queue: Queue, chance: Chance) -> None:
        self._worth_s = queue.skill_worth_s

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return the moment since which the member counts as idle."""
        level = levels(member, asked)
        return (member.idle_since_moment - self._worth_s * level, member.place, level)

    def because(self, score: Score, now: float) -> str:
        """Say what the score is made of."""
        since, _, level = score
        ahead_s = self._worth_s * level
        return f"idle {now - since - ahead_s:.0f} s and {ahead_s:g} s for level {level}"


def levels(member: Member, asked: Requirement) -> int:
    """Add up the member's levels in what is asked for."""
    return sum(member.skills.get(skill, 0) for skill, _ in asked.skills)
