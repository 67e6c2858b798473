"""Live the same days on several floors, and count what became of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from queue_strategies import metrics
from queue_strategies.figures import Figures
from queue_strategies.metrics import Ratio
from queue_strategies.model import Queue
from queue_strategies.simulation.chance import Streams
from queue_strategies.simulation.customers import Customer, Demand, who_comes
from queue_strategies.simulation.day import Day
from queue_strategies.simulation.lived_day import LivedDay
from queue_strategies.simulation.scenario import Scenario
from queue_strategies.simulation.short_cut import live_by_recursion, plain_queue

PARTS = 200
"""Of a day, which are told while it is lived."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the floors that are compared."""

    name: str
    scenario: Scenario


def _keep(share: float) -> None:
    """Tell nobody."""


def telling(customers: Sequence[Customer], tell: Callable[[float], None]) -> Iterator[Customer]:
    """Let customers come, and tell what share of all has come since it was told last."""
    every = max(1, len(customers) // PARTS)
    for start in range(0, len(customers), every):
        come = customers[start : start + every]
        yield from come
        tell(len(come) / len(customers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Floors, and the days that are lived on each of them."""

    variants: Sequence[Variant]
    demands: Sequence[Sequence[Demand]]
    """Those of one sort of day each; the days to be lived take them in turn."""
    interval_s: float = 3600.0
    """How finely the course of the day is told."""
    closes_s: float = math.inf
    """When all go home as they stand; infinite: when the last caller is gone."""
    short_cut: bool = True
    """Days on plain floors go by recursion, with the same figures; False: on the live Floor."""

    def live(self, day: int, streams: Streams, tell: Callable[[float], None] = _keep) -> list[LivedDay]:
        """Live a day, on each floor with the same customers and the same luck.

        Each further part of the day that is over, of all floors together 1, is told as it ends.
        """
        customers = who_comes(self.demands[day % len(self.demands)], streams)
        lived, part = [], 1 / len(self.variants)
        for variant in self.variants:
            told = LivedDay(self.interval_s)
            plain = plain_queue(variant.scenario, customers) if self.short_cut else None
            if plain is None:
                coming = telling(customers, lambda share: tell(share * part))
                Day(variant.scenario, streams, told.add).live(coming, self.closes_s)
            else:
                live_by_recursion(plain, variant.scenario, customers, streams, told, self.closes_s)
                tell(part)
            lived.append(told)
        return lived


Figure = Callable[[Figures, Queue], Ratio]


def occupancy(figures: Figures, queue: Queue) -> Ratio:
    """Return the occupancy of all agents together, whichever queue they served."""
    return sum(map(metrics.occupancy, figures.agents.values()), Ratio(0, 0))


FIGURES: dict[str, Figure] = {
    "calls a day": lambda figures, queue: Ratio(figures.queue(queue.name).offered, 1),
    "service level": lambda figures, queue: metrics.service_level(
        figures.queue(queue.name), queue.service_level_formula
    ),
    "ASA": lambda figures, queue: metrics.average_speed_of_answer(figures.queue(queue.name)),
    "abandoned": lambda figures, queue: metrics.abandonment_rate(figures.queue(queue.name)),
    "AHT": lambda figures, queue: metrics.average_handle_time(figures.queue(queue.name)),
    "occupancy": occupancy,
}
"""What a simulation is asked for, each with the definition that holds for a real day."""
SHARES = frozenset({"service level", "abandoned", "occupancy"})
DURATIONS = frozenset({"ASA", "AHT"})


def bounds(figure: str) -> tuple[float, float]:
    """Return the least and the most that a figure can be."""
    return 0.0, 1.0 if figure in SHARES else math.inf


def bounds_of_moves(figure: str) -> tuple[float, float]:
    """Return by how much a figure can move, down and up."""
    least, most = bounds(figure)
    return least - most, most - least
