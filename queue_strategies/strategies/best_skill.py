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
        return (member.idle_since_moment - self._worth_s * levels(member, asked), member.place)

    def because(self, member: Member, asked: Requirement, now: float) -> str:
        """Say what the score is made of."""
        idle_s = now - member.idle_since_moment
        had = ", ".join(f"{skill} {member.skills.get(skill, 0)}" for skill, _ in asked.skills)
        return f"idle {idle_s:.0f} s, {had or 'no skill asked for'} ({self._worth_s:g} s a level)"


def levels(member: Member, asked: Requirement) -> int:
    """Add up the member's levels in what is asked for."""
    return sum(member.skills.get(skill, 0) for skill, _ in asked.skills)
