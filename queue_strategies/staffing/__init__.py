"""How many agents: Erlang B, C, A and X, what to expect of so many, and how many a promise takes."""

from __future__ import annotations

from queue_strategies.staffing.expected import ExpectedFigures, expected
from queue_strategies.staffing.intervals import Interval, Plan, PlannedInterval, plan
from queue_strategies.staffing.requirements import Goals, fewest_agents, scheduled_agents
from queue_strategies.staffing.traffic import Overloaded, StaffingError, Traffic

__all__ = [
    "ExpectedFigures",
    "Goals",
    "Interval",
    "Overloaded",
    "Plan",
    "PlannedInterval",
    "StaffingError",
    "Traffic",
    "expected",
    "fewest_agents",
    "plan",
    "scheduled_agents",
]
