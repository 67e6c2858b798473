"""A day in intervals, each with its own traffic and its own agents.

Each interval is taken as if it lasted for ever at its own rate (stationary independent period by period;
Green, Kolesar and Soares 2001, "Improving the SIPP approach for staffing service systems that have cyclic
demands"): good while handle times are short beside the interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from math import fsum

from queue_strategies.metrics import Ratio
from queue_strategies.staffing.expected import ExpectedFigures, expected
from queue_strategies.staffing.requirements import Goals, fewest_agents, scheduled_agents
from queue_strategies.staffing.traffic import StaffingError, Traffic


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of the day."""

    name: str
    """As people call it, such as 09:30."""
    lasts_s: float
    traffic: Traffic | None
    """None when nobody calls."""
    agents: int | None = None
    """Those who are there; None asks for as many as are wanted."""


@dataclass(frozen=True, slots=True)
class PlannedInterval:
    """An interval and its agents."""

    interval: Interval
    agents: int
    scheduled: int
    """With those who are away."""
    figures: ExpectedFigures | None
    """None when nobody calls."""

    @property
    def calls(self) -> float:
        """Return the calls that come, redials included."""
        return self.figures.calls_per_s * self.interval.lasts_s if self.figures else 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A day's intervals; its figures add up calls and hours, they are no means of means."""

    intervals: Sequence[PlannedInterval]
    formula: str
    """Of the service level."""

    @property
    def calls(self) -> float:
        """Return the calls of all intervals, redials included."""
        return fsum(planned.calls for planned in self.intervals)

    @property
    def most_agents(self) -> int:
        """Return the agents of the interval that wants most."""
        return max((planned.agents for planned in self.intervals), default=0)

    @property
    def agent_hours(self) -> float:
        """Return the hours for which agents are at their desks."""
        return fsum(planned.agents * planned.interval.lasts_s for planned in self.intervals) / 3600

    @property
    def scheduled_hours(self) -> float:
        """Return the hours for which agents are scheduled, those included in which they are away."""
        return fsum(planned.scheduled * planned.interval.lasts_s for planned in self.intervals) / 3600

    @property
    def service_level(self) -> Ratio:
        """Return the service level of all calls."""
        ratios = [(calls, figures.service_level(self.formula)) for calls, figures in self._figures]
        return Ratio(
            fsum(calls * ratio.numerator for calls, ratio in ratios),
            fsum(calls * ratio.denominator for calls, ratio in ratios),
        )

    @property
    def asa_s(self) -> Ratio:
        """Return the mean wait of all answered calls."""
        return Ratio(
            fsum(calls * figures.answered * figures.asa_s for calls, figures in self._figures),
            fsum(calls * figures.answered for calls, figures in self._figures),
        )

    @property
    def abandoned(self) -> Ratio:
        """Return the share of all calls whose callers hang up."""
        return Ratio(fsum(calls * figures.abandoned for calls, figures in self._figures), self.calls)

    @property
    def blocked(self) -> Ratio:
        """Return the share of all calls that find no line."""
        return Ratio(fsum(calls * figures.blocked for calls, figures in self._figures), self.calls)

    @property
    def occupancy(self) -> Ratio:
        """Return the share of all agents' time at their desks for which they are busy."""
        busy_s = (
            planned.figures.occupancy * planned.agents * planned.interval.lasts_s
            for planned in self.intervals
            if planned.figures
        )
        return Ratio(fsum(busy_s) / 3600, self.agent_hours)

    @property
    def _figures(self) -> list[tuple[float, ExpectedFigures]]:
        return [(planned.calls, planned.figures) for planned in self.intervals if planned.figures]


def plan(
    intervals: Iterable[Interval],
    goals: Goals,
    *,
    shrinkage: float = 0.0,
    tell: Callable[[str, int], None] = lambda name, agents: None,
) -> Plan:
    """Return each interval with its agents, those who are there or the fewest who keep the goals.

    Each number of agents that is looked at is told, with the interval's name. Raise StaffingError, with that
    name, where no number of agents keeps the goals, or too few are there.
    """
    return Plan(
        [_planned(one, goals, shrinkage, partial(tell, one.name)) for one in intervals], goals.formula
    )


def _planned(
    interval: Interval, goals: Goals, shrinkage: float, tell: Callable[[int], None]
) -> PlannedInterval:
    traffic, agents = interval.traffic, interval.agents
    try:
        if traffic is None:
            there = agents or 0
            return PlannedInterval(interval, there, scheduled_agents(there, shrinkage), None)
        there = fewest_agents(traffic, goals, tell) if agents is None else agents
        figures = expected(traffic, there, within_s=goals.within_s)
        return PlannedInterval(interval, there, scheduled_agents(there, shrinkage), figures)
    except StaffingError as error:
        raise StaffingError(f"{interval.name}: {error}") from None
