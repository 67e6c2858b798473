"""How many agents are wanted: the inverse questions, each on its own or together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

from queue_strategies.staffing.expected import USUAL_FORMULA, USUAL_WITHIN_S, ExpectedFigures, expected
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
    """Return the fewest agents who keep every promise; raise StaffingError when no number of agents does.

    Each figure gets better with each agent, so the fewest are found by halving.
    """
    if goals.are_none:
        raise StaffingError("goals: nothing is promised, give a service level, an ASA or an abandonment rate")
    if goals.abandoned is not None and traffic.patience_s is None:
        raise StaffingError("abandonment: nobody hangs up without a patience, give one or leave it out")
    if goals.blocked is not None and traffic.lines is None:
        raise StaffingError("blocking: nobody is blocked without a bound of lines, give one or leave it out")

    def is_enough(agents: int) -> bool:
        return goals.met_by(expected(traffic, agents, within_s=goals.within_s))

    fewest = traffic.fewest_stable
    most = min(traffic.lines or MOST_AGENTS, MOST_AGENTS)
    enough = _first_found(is_enough, max(fewest, min(ceil(traffic.load), most)), most)
    if enough is None:
        bound = f"{most} agents on {most} lines" if traffic.lines else f"{most} agents"
        raise StaffingError(f"goals: not even {bound} keep what is promised, promise less or give more lines")
    return fewest + bisect_left(range(fewest, enough), True, key=is_enough)


def _first_found(is_enough: Callable[[int], bool], begin: int, most: int) -> int | None:
    """Return some number of agents that is enough, by ever greater steps from `begin`."""
    step = 1
    agents = begin
    while not is_enough(agents):
        if agents == most:
            return None
        agents = min(agents + step, most)
        step *= 2
    return agents


def scheduled_agents(agents: int, shrinkage: float) -> int:
    """Return how many agents to schedule when a share of their time goes to breaks, training and illness."""
    if not 0 <= shrinkage < 1:
        raise StaffingError(f"shrinkage: {shrinkage:g} cannot be, it is a share from 0 to below 1")
    return ceil(round(agents / (1.0 - shrinkage), 9))
