"""What a question about staffing is answered with, before it becomes a table or JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from queue_strategies.staffing import (
    ExpectedFigures,
    Goals,
    Overloaded,
    Plan,
    PlannedInterval,
    Traffic,
    expected,
    fewest_agents,
    scheduled_agents,
)
from queue_strategies.staffing.traffic import MOST_AGENTS

AROUND = 3
"""Agents fewer and more that are shown beside the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The agents, and what to expect of them, of a few fewer and of a few more."""

    traffic: Traffic
    goals: Goals
    agents: int
    scheduled: int
    """With those who are away."""
    figures: ExpectedFigures
    around: Mapping[int, ExpectedFigures | None]
    """By agents, the answer's among them; None where the queue grows without end."""


def answer(
    traffic: Traffic, goals: Goals, agents: int | None, shrinkage: float, tell: Callable[[int], None]
) -> Answer:
    """Answer for so many agents, or for the fewest who keep the goals; raise StaffingError if none do.

    Each number that is looked at on the way is told.
    """
    wanted = fewest_agents(traffic, goals, tell) if agents is None else agents
    figures = expected(traffic, wanted, within_s=goals.within_s)
    most = min(traffic.lines or MOST_AGENTS, MOST_AGENTS)
    around = {
        others: figures if others == wanted else _expected_or_none(traffic, others, goals.within_s)
        for others in range(max(1, wanted - AROUND), min(wanted + AROUND, most) + 1)
    }
    return Answer(traffic, goals, wanted, scheduled_agents(wanted, shrinkage), figures, around)


def _expected_or_none(traffic: Traffic, agents: int, within_s: float) -> ExpectedFigures | None:
    try:
        return expected(traffic, agents, within_s=within_s)
    except Overloaded:
        return None


def model(traffic: Traffic, agents: int) -> str:
    """Name the model by what the traffic has."""
    if traffic.redial:
        return "Erlang X"
    if traffic.lines == agents:
        return "Erlang B"
    return "Erlang C" if traffic.patience_s is None else "Erlang A"


def answer_as_data(given: Answer) -> dict[str, Any]:
    """Return an answer as JSON knows it: times in seconds, shares from 0 to 1."""
    return {
        "model": model(given.traffic, given.agents),
        "traffic": asdict(given.traffic),
        "goals": asdict(given.goals),
        "agents": given.agents,
        "scheduled": given.scheduled,
        "figures": figures_as_data(given.figures, given.goals),
        "around": [
            figures_as_data(figures, given.goals) if figures else {"agents": agents, "overloaded": True}
            for agents, figures in given.around.items()
        ],
    }


def plan_as_data(plan: Plan, goals: Goals) -> dict[str, Any]:
    """Return a plan as JSON knows it; a ratio over nothing is null."""
    return {
        "goals": asdict(goals),
        "intervals": [_interval_as_data(planned, goals) for planned in plan.intervals],
        "total": {
            "calls": plan.calls,
            "most_agents": plan.most_agents,
            "agent_hours": plan.agent_hours,
            "scheduled_hours": plan.scheduled_hours,
            "service_level": plan.service_level.value,
            "asa_s": plan.asa_s.value,
            "occupancy": plan.occupancy.value,
            "abandoned": plan.abandoned.value,
            "blocked": plan.blocked.value,
        },
    }


def figures_as_data(figures: ExpectedFigures, goals: Goals) -> dict[str, Any]:
    """Return figures as JSON knows them, the service level with the name of its formula."""
    level = figures.service_level(goals.formula).value
    return {**asdict(figures), "service_level": level, "service_level_formula": goals.formula}


def _interval_as_data(planned: PlannedInterval, goals: Goals) -> dict[str, Any]:
    return {
        "interval": planned.interval.name,
        "calls": planned.calls,
        "agents": planned.agents,
        "scheduled": planned.scheduled,
        "figures": figures_as_data(planned.figures, goals) if planned.figures else None,
    }
