"""What became of a day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from queue_strategies.facts import Answered, Fact, VisitEnded
from queue_strategies.figures import Figures


@dataclass(slots=True)
class LivedDay:
    """What became of a day: its figures, and those of the visits that began in each interval."""

    interval_s: float
    figures: Figures = field(default_factory=Figures)
    intervals: dict[int, Figures] = field(default_factory=lambda: defaultdict(Figures))

    def add(self, fact: Fact) -> None:
        """Take in one fact."""
        self.figures.add(fact)
        if isinstance(fact, Answered | VisitEnded):
            self.interval_of(fact.moment - fact.wait_s).add(fact)

    def interval_of(self, moment: float) -> Figures:
        """Return the figures of the visits that began in the interval of this moment."""
        return self.intervals[int(moment // self.interval_s)]
