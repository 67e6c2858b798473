"""How many agents are wanted: the inverse questions, each on its own or together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

from queue_strategies.staffing.expected import (
    BOTH_WITHIN_OF_OFFERED,
    USUAL_FORMULA,
    USUAL_WITHIN_S,
    ExpectedFigures,
    expected,
)
from queue_strategies.staffing.traffic import MOST_AGENTS, StaffingError, Traffic


@dataclass(frozen=True, slots=True)
class Goals:
    """What callers and agents are promised; None is no promise. Shares are between 0 and 1."""

    service_level: float | None = None
    within_s: float = USUAL_WITHIN_S
    formula: str = USUAL_FORMULA
    asa_s: float | None = None
    abandoned: float | None = None
    blocked: float | None = None
    occupancy: float | None = None
    """At most: agents who never get a breath leave."""

    def __post_init__(self) -> None:
        """Refuse promises that no number of agents can keep."""
        for name in ("service_level", "abandoned", "blocked", "occupancy"):
            share = getattr(self, name)
            if share is not None and not 0 < share < 1:
                place = name.replace("_", " ")
                raise StaffingError(f"{place}: {share:.6g} cannot be promised, give a share between 0 and 1")
        if self.asa_s is not None and not 0 < self.asa_s < inf:
            raise StaffingError(f"asa: {self.asa_s:g} s cannot be promised, give more than 0 s")

    @property
    def are_none(self) -> bool:
        """Tell whether nothing is promised."""
        return (self.service_level, self.asa_s, self.abandoned, self.blocked, self.occupancy) == (None,) * 5

    def met_by(self, figures: ExpectedFigures) -> bool:
        """Tell whether every promise is kept."""
        reached = figures.service_level(self.formula).value or 0.0
        return reached >= (self.service_level or 0.0) and all(
            most is None or value <= most
            for most, value in (
                (self.asa_s, figures.asa_s),
                (self.abandoned, figures.abandoned),
                (self.blocked, figures.blocked),
                (self.occupancy, figures.occupancy),
            )
        )


def fewest_agents(traffic: Traffic, goals: Goals) -> int:
    """Return the fewest agents who keep every promise; raise StaffingError when no number of agents does."""
    _refuse_nothing(traffic, goals)

    def is_enough(agents: int) -> bool:
        return goals.met_by(expected(traffic, agents, within_s=goals.within_s))

    fewest = traffic.fewest_stable
    most = min(traffic.lines or MOST_AGENTS, MOST_AGENTS)
    if can_worsen(traffic, goals):
        enough = next(filter(is_enough, range(fewest, most + 1)), None)
    else:
        enough = _halve(is_enough, fewest, max(fewest, min(ceil(traffic.load), most)), most)
    if enough is None:
        remedy = "promise less or give more lines" if traffic.lines else "promise less"
        raise StaffingError(f"goals: no number of agents up to {most} keeps what is promised, {remedy}")
    return enough


def can_worsen(traffic: Traffic, goals: Goals) -> bool:
    """Tell whether one agent more can break a promise, so that halving does not find the fewest.

    Who talks keeps a line longer than who hangs up soon, so more agents can leave fewer lines free; where
    fewer are blocked and call again, more are there to hang up. All else gets better with each agent, and the
    tests look for traffic that contradicts.
    """
    if traffic.lines is None:
        return False
    counts_blocked = goals.service_level is not None and goals.formula == BOTH_WITHIN_OF_OFFERED
    is_hasty = traffic.impatience > 1
    return (goals.abandoned is not None and traffic.redial > 0) or (
        is_hasty and (goals.blocked is not None or counts_blocked)
    )


def _refuse_nothing(traffic: Traffic, goals: Goals) -> None:
    if goals.are_none:
        raise StaffingError("goals: nothing is promised, give a service level, an ASA or an abandonment rate")
    if goals.abandoned is not None and traffic.patience_s is None:
        raise StaffingError("abandonment: nobody hangs up without a patience, give one or leave it out")
    if goals.blocked is not None and traffic.lines is None:
        raise StaffingError("blocking: nobody is blocked without a bound of lines, give one or leave it out")


def _halve(is_enough: Callable[[int], bool], fewest: int, likely: int, most: int) -> int | None:
    """Return the first from `fewest` to `most` that is enough: by growing steps, then halved."""
    step, enough = 1, likely
    while not is_enough(enough):
        if enough >= most:
            return None
        fewest, enough, step = enough + 1, min(enough + step, most), step * 2
    return fewest + bisect_left(range(fewest, enough), True, key=is_enough)


def scheduled_agents(agents: int, shrinkage: float) -> int:
    """Return how many agents to schedule when a share of their time goes to breaks, training and illness."""
    if not 0 <= shrinkage < 1:
        raise StaffingError(f"shrinkage: {shrinkage:g} cannot be, it is a share from 0 to below 1")
    return ceil(round(agents / (1.0 - shrinkage), 9))
