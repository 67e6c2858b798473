"""Simulate a floor: the same Floor as on the telephone, under a virtual clock, people by chance."""

from queue_strategies.simulation.call_records import CallRecord, CallRecordError, read_call_records
from queue_strategies.simulation.chance import Chance, Streams
from queue_strategies.simulation.confidence import Estimate, difference, estimate
from queue_strategies.simulation.customers import (
    Asked,
    Customer,
    CustomerKind,
    Demand,
    PoissonDemand,
    RateProfile,
)
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
from queue_strategies.simulation.experiment import (
    DURATIONS,
    FIGURES,
    SHARES,
    Experiment,
    Variant,
    bounds,
    bounds_of_moves,
)
from queue_strategies.simulation.history import History
from queue_strategies.simulation.lived_day import LivedDay
from queue_strategies.simulation.plain_line import PlainLine
from queue_strategies.simulation.scenario import Habits, Scenario, Shift
from queue_strategies.simulation.written import read_distribution

__all__ = [
    "AT_ONCE",
    "DURATIONS",
    "FIGURES",
    "NEVER",
    "SHARES",
    "Asked",
    "CallRecord",
    "CallRecordError",
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
    "Experiment",
    "Exponential",
    "Gamma",
    "Habits",
    "History",
    "LivedDay",
    "LogNormal",
    "PlainLine",
    "PoissonDemand",
    "RateProfile",
    "Scenario",
    "Shift",
    "Streams",
    "Variant",
    "bounds",
    "bounds_of_moves",
    "difference",
    "estimate",
    "read_call_records",
    "read_distribution",
]
