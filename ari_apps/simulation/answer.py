"""All there is to show of a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ari_apps.simulation.callers import Callers
from ari_apps.simulation.comparison import Row, as_data, compare
from ari_apps.simulation.days import Days
from queue_strategies.simulation import Experiment


@dataclass(frozen=True)
class Answer:
    """What was asked, and the days that tell."""

    experiment: Experiment
    callers: Callers
    days: Days
    seed: int

    @cached_property
    def rows(self) -> Sequence[Row]:
        """Every figure on each floor."""
        return compare(self.experiment, self.days, self.callers.recorded, self.callers.recorded_days)

    @property
    def told(self) -> str:
        """Say what was simulated."""
        days = f"{len(self.days)} day{'s' if len(self.days) > 1 else ''}"
        return f"{self.callers.told}; {days} simulated, seed {self.seed}"

    @property
    def data(self) -> Mapping[str, Any]:
        """Tell programs."""
        return as_data(self.experiment, self.rows, len(self.days), self.seed)
