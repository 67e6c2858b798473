"""Say what a caller asks of an agent, and how it becomes less the longer the caller waits.

Skills are asked for by the queue and by the caller. A queue's rule widens that with time: it moves the bounds
between which penalties lie, as app_queue's queue rules do, and it lowers or drops skills, as the rings of a
bullseye do (Genesys). A caller may want one agent alone for a while. All of it comes down to one Requirement
at any moment; callers of a queue with equal requirements may be served by the same members.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from queue_strategies.model import AgentId, Caller, Queue, Skill, Widening


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Who may be rung for a caller."""

    skills: tuple[tuple[Skill, int], ...] = ()
    """Skills and the levels they are asked for at, in the order of their names."""
    min_penalty: int | None = None
    max_penalty: int | None = None
    raise_penalty: int = 0
    joins_ringing: bool = False
    """The bounds are the penalty of the phones that ring already, which no other may join."""
    any_penalty: bool = False
    """Penalties do not count at all."""
    only: AgentId | None = None
    """Nobody but this agent."""
    never: frozenset[AgentId] = frozenset()
    """Not these agents."""


ANYBODY = Requirement()
"""Every member will do."""


class Candidate(Protocol):
    """What is asked about a member."""

    @property
    def agent(self) -> AgentId:
        """Name the agent."""

    @property
    def penalty(self) -> int:
        """Tell how far behind others this member stands."""

    @property
    def skills(self) -> Mapping[Skill, int]:
        """Tell what the agent can do, at which level."""


def penalty_for(asked: Requirement, candidate: Candidate) -> int | None:
    """Return the penalty with which a member stands in a row for this requirement; None: not at all.

    The bounds are applied after raising, as in app_queue (calc_metric).
    """
    if asked is ANYBODY:
        return candidate.penalty
    penalty = _standing(asked, candidate)
    if asked.max_penalty is not None and penalty > asked.max_penalty:
        return None
    if asked.min_penalty is not None and penalty < asked.min_penalty:
        return None
    if asked.only is not None and candidate.agent != asked.only:
        return None
    if asked.never and candidate.agent in asked.never:
        return None
    if asked.skills and any(candidate.skills.get(skill, 0) < level for skill, level in asked.skills):
        return None
    return penalty


def _standing(asked: Requirement, candidate: Candidate) -> int:
    return 0 if asked.any_penalty else max(candidate.penalty, asked.raise_penalty)


def why_unfit(asked: Requirement, candidate: Candidate) -> str | None:
    """Say in a few words what keeps a member from serving such a caller; None: nothing."""
    if asked.only is not None and candidate.agent != asked.only:
        return f"kept for {asked.only}"
    if candidate.agent in asked.never:
        return "did not take this caller often enough"
    for skill, level in asked.skills:
        had = candidate.skills.get(skill, 0)
        if had < level:
            return f"skill {skill} {had or 'missing'}, asked for {level}"
    penalty = _standing(asked, candidate)
    if asked.joins_ringing and penalty != asked.min_penalty:
        return f"penalty {penalty}, while those of penalty {asked.min_penalty} ring"
    if asked.max_penalty is not None and penalty > asked.max_penalty:
        return f"penalty {penalty} above {asked.max_penalty}"
    if asked.min_penalty is not None and penalty < asked.min_penalty:
        return f"penalty {penalty} below {asked.min_penalty}"
    return None


def in_words(asked: Requirement) -> str:
    """Say what is asked for, as in `asks for spanish 3, penalty at most 1`; nothing when anybody will do."""
    if asked.only is not None:
        return f"waits for {asked.only} alone"
    parts = [f"{skill} {level}" for skill, level in asked.skills]
    if asked.min_penalty is not None and not asked.joins_ringing:
        parts.append(f"penalty at least {asked.min_penalty}")
    if asked.max_penalty is not None and not asked.joins_ringing:
        parts.append(f"penalty at most {asked.max_penalty}")
    if asked.never:
        parts.append(f"not {' or '.join(sorted(asked.never))}")
    told = [f"asks for {', '.join(parts)}"] if parts else []
    if asked.joins_ringing:
        told.append(f"rings members of penalty {asked.min_penalty} alone")
    return ", ".join(told)


def required(queue: Queue, caller: Caller, joined: float, now: float, *, members: int) -> Requirement:
    """Return what a caller who has waited since `joined` asks for, by the queue's skills and its rule."""
    few = members <= queue.penalty_members_limit and queue.penalty_members_limit > 0
    if not (queue.rule or queue.skills or caller.skills or few):
        return ANYBODY
    skills = {**queue.skills, **caller.skills}
    asked = Requirement()
    for widening in queue.rule:
        if joined + widening.after_s > now:
            break
        asked = _widened(asked, widening)
        for skill, level in widening.skills.items():
            skills[skill] = min(skills.get(skill, 0), level)
    if few:
        asked = Requirement(any_penalty=True)
    wanted = tuple(sorted((skill, level) for skill, level in skills.items() if level > 0))
    asked = replace(asked, skills=wanted)
    return ANYBODY if asked == ANYBODY else asked


@lru_cache(maxsize=1024)
def at_penalty(asked: Requirement, penalty: int) -> Requirement:
    """Ask for the same, of members of this penalty alone, at which phones ring."""
    return replace(asked, min_penalty=penalty, max_penalty=penalty, joins_ringing=True)


def _widened(asked: Requirement, by: Widening) -> Requirement:
    return replace(
        asked,
        min_penalty=asked.min_penalty if by.min_penalty is None else by.min_penalty,
        max_penalty=asked.max_penalty if by.max_penalty is None else by.max_penalty,
        raise_penalty=asked.raise_penalty if by.raise_penalty is None else by.raise_penalty,
    )


def next_widening_at(queue: Queue, joined: float, now: float) -> float | None:
    """Return the moment at which the rule has its next word; None: it has said all."""
    moments = (joined + widening.after_s for widening in queue.rule)
    return next((moment for moment in moments if moment > now), None)
