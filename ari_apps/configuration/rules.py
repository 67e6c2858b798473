"""The part of floor.toml that says who is rung for whom: skills, rules over time, the order of callers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from ari_apps.configuration.written_values import Name
from ari_apps.ivr.settings import Section, Skills
from queue_strategies.model import Skill, Widening

LARGEST_PENALTY = 1000
_CHANGE = re.compile(r"[+-][0-9]{1,4}")


def _penalty(given: object) -> object:
    """Read a penalty, or how much it changes."""
    if isinstance(given, str):
        if not _CHANGE.fullmatch(given):
            raise ValueError(f'{given!r} is no penalty, write a number, or a change such as "+1"')
        return given
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= LARGEST_PENALTY:
        raise ValueError(f"{given!r} is no penalty, write a number from 0 to {LARGEST_PENALTY}")
    return given


Penalty = Annotated[int | str, BeforeValidator(_penalty)]


class WideningSettings(Section):
    """What changes after a wait: app_queue's penalty change, a bullseye's next ring."""

    after_s: float = Field(ge=0, le=86400)
    min_penalty: Penalty | None = None
    """A penalty, or with a sign how much it changes. So the other two."""
    max_penalty: Penalty | None = None
    raise_penalty: Penalty | None = None
    skills: Mapping[Name, Annotated[int, Field(ge=0, le=100)]] = Field(default_factory=dict)
    """Levels that will do from now on; 0: the skill is no longer asked for."""


Rule = tuple[WideningSettings, ...]


def floor_rule(rule: Sequence[WideningSettings]) -> tuple[Widening, ...]:
    """Make the Floor's rule of the file's: in the order of time, and with changes added up.

    A bound that is changed before it was set counts from 0, as in app_queue (update_qe_rule).
    """
    bounds: dict[str, int] = {}
    steps = []
    for step in sorted(rule, key=lambda step: step.after_s):
        for field in ("min_penalty", "max_penalty", "raise_penalty"):
            if (given := getattr(step, field)) is not None:
                bounds[field] = _changed(bounds.get(field, 0), given)
        steps.append(
            Widening(
                after_s=step.after_s,
                skills={Skill(skill): level for skill, level in step.skills.items()},
                **bounds,
            )
        )
    return tuple(steps)


def _changed(penalty: int, given: int | str) -> int:
    return max(0, min(LARGEST_PENALTY, penalty + int(given) if isinstance(given, str) else given))


class CallersSettings(Section):
    """Who of those who wait is served next."""

    order: str = "priority"
    """One of queue_strategies.orders.ORDERS."""
    ageing_s: float = Field(default=60.0, gt=0, le=86400)
    """For the order priority-ageing: a step of priority counts as so much waiting."""


def least_asked(skills: Skills, rule: Sequence[WideningSettings]) -> Mapping[str, int]:
    """Return what is still asked for when a rule has said all; a level never rises."""
    asked = dict(skills)
    for step in rule:
        for skill, level in step.skills.items():
            if skill in asked:
                asked[skill] = min(asked[skill], level)
    return {skill: level for skill, level in asked.items() if level}
