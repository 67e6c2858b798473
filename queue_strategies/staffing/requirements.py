"""How many agents are wanted: the inverse questions, each on its own or together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, inf

from queue_strategies.staffing.erlang_a import erlang_a
from queue_strategies.staffing.expected import (
    BOTH_WITHIN_OF_OFFERED,
    USUAL_FORMULA,
    USUAL_WITHIN_S,
    ExpectedFigures,
    expected,
)
from queue_strategies.staffing.search import first_of_any, first_of_growing
from queue_strategies.staffing.traffic import MOST_AGENTS, StaffingError, Traffic

ROUNDING = 1e-9


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
                raise StaffingError(
                    f"{place}: {share * 100:.6g} % cannot be promised, give more than 0 % and less than 100 %"
                )
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


def fewest_agents(traffic: Traffic, goals: Goals, tell: Callable[[int], None] = lambda agents: None) -> int:
    """Return the fewest agents who keep every promise; raise StaffingError when no number of agents does.

    Each number that is looked at is told before: with very many agents one takes up to a second.
    """
    _refuse_nothing(traffic, goals)

    @cache
    def figures(agents: int) -> ExpectedFigures:
        tell(agents)
        return expected(traffic, agents, within_s=goals.within_s)

    most = min(traffic.lines or MOST_AGENTS, MOST_AGENTS)
    unsteady = can_worsen(traffic, goals)
    enough: int | None = traffic.fewest_stable
    steady = _without(goals, unsteady)
    if not steady.are_none:
        likely = max(traffic.fewest_stable, min(ceil(traffic.load), most))
        enough = first_of_growing(
            lambda agents: steady.met_by(figures(agents)), traffic.fewest_stable, likely, most
        )
    if enough is not None and not unsteady.are_none:
        enough = first_of_any(
            lambda agents: unsteady.met_by(figures(agents)),
            lambda low, high: unsteady.met_by(_best_between(traffic, figures(low), figures(high))),
            enough,
            most,
        )
    if enough is None:
        remedy = "promise less or give more lines" if traffic.lines else "promise less"
        raise StaffingError(f"goals: no number of agents up to {most} keeps what is promised, {remedy}")
    return enough


def can_worsen(traffic: Traffic, goals: Goals) -> Goals:
    """Return those promises that one agent more can break, so that halving does not find the fewest.

    Who talks keeps a line longer than who hangs up soon, so more agents can leave fewer lines free; where
    fewer are blocked and call again, more are there to hang up. All else gets better with each agent, and the
    tests look for traffic that contradicts.
    """
    counts_blocked = goals.formula == BOTH_WITHIN_OF_OFFERED
    is_hasty = traffic.lines is not None and traffic.impatience > 1
    return replace(
        goals,
        service_level=goals.service_level if is_hasty and counts_blocked else None,
        asa_s=None,
        abandoned=goals.abandoned if traffic.lines is not None and traffic.redial > 0 else None,
        blocked=goals.blocked if is_hasty else None,
        occupancy=None,
    )


def _without(goals: Goals, others: Goals) -> Goals:
    return replace(
        goals,
        service_level=None if others.service_level is not None else goals.service_level,
        abandoned=None if others.abandoned is not None else goals.abandoned,
        blocked=None if others.blocked is not None else goals.blocked,
    )


def _best_between(traffic: Traffic, few: ExpectedFigures, many: ExpectedFigures) -> ExpectedFigures:
    """Return figures of what can worsen that are no worse than those of any number of agents in between.

    Where shares can rise, numbers cannot: with each agent fewer calls come in all, fewer of them hang up and
    fewer wait for longer than they should. Of calls that come as often, hasty ones are blocked more.
    """
    of_all = (1.0 - ROUNDING) * many.load / few.load
    hasty = erlang_a(few.agents, many.load, traffic.impatience, traffic.room(few.agents))
    full = (1.0 - ROUNDING) * hasty.blocked
    late = max(0.0, 1.0 - many.blocked - many.answered_within - many.abandoned_within)
    return replace(
        many,
        abandoned=many.abandoned * of_all,
        blocked=full,
        answered_within=max(0.0, 1.0 - full - late * of_all),
        abandoned_within=0.0,
    )


def _refuse_nothing(traffic: Traffic, goals: Goals) -> None:
    if goals.are_none:
        raise StaffingError("goals: nothing is promised, give a service level, an ASA or an abandonment rate")
    if goals.abandoned is not None and traffic.patience_s is None:
        raise StaffingError("abandonment: nobody hangs up without a patience, give one or leave it out")
    if goals.blocked is not None and traffic.lines is None:
        raise StaffingError("blocking: nobody is blocked without a bound of lines, give one or leave it out")
    if traffic.fewest_stable > MOST_AGENTS:
        raise StaffingError(
            f"load: {traffic.load:.6g} erlang are too many for {MOST_AGENTS} agents while nobody hangs up, "
            "give fewer calls, or patience or lines"
        )


def scheduled_agents(agents: int, shrinkage: float) -> int:
    """Return how many agents to schedule when a share of their time goes to breaks, training and illness."""
    if not 0 <= shrinkage < 1:
        raise StaffingError(f"shrinkage: {shrinkage:g} cannot be, it is a share from 0 to below 1")
    return ceil(round(agents / (1.0 - shrinkage), 9))
