"""Simulate a floor: the same Floor as on the telephone, under a virtual clock, people by chance."""

from queue_strategies.simulation.chance import Chance, Streams
from queue_strategies.simulation.confidence import Estimate, difference, estimate
from queue_strategies.simulation.customers import Customer, CustomerKind, Demand, PoissonDemand, RateProfile
from queue_strategies.simulation.day import Day
from queue_strategies.simulation.distributions import (
    AT_ONCE,
    NEVER,
    Constant,
    Distribution,
    DistributionError,
    Empirical,
    Exponential,
    Gamma,
    LogNormal,
)
from queue_strategies.simulation.plain_line import PlainLine
from queue_strategies.simulation.scenario import Habits, Scenario, Shift

__all__ = [
    "AT_ONCE",
    "NEVER",
    "Chance",
    "Constant",
    "Customer",
    "CustomerKind",
    "Day",
    "Demand",
    "Distribution",
    "DistributionError",
    "Empirical",
    "Estimate",
    "Exponential",
    "Gamma",
    "Habits",
    "LogNormal",
    "PlainLine",
    "PoissonDemand",
    "RateProfile",
    "Scenario",
    "Shift",
    "Streams",
    "difference",
    "estimate",
]
