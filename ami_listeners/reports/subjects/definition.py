"""What a kind of report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ami_listeners.reports.counts import Count, Source, of_measure
from queue_strategies.definitions import Figure
from queue_strategies.definitions.satisfaction import SCORE_MEASURES


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Definition:
    """One kind of report."""

    keys: tuple[str, ...]
    sources: tuple[Source, ...]
    made: tuple[Figure, ...] = ()
    main: tuple[str, ...] = ()
    """The columns that matter most, which stand first; only they are shown where there is little room."""
    rolled_up: str = ""
    """The function of the database that has counted all of it already."""
    service_level: bool = False
    needs_table: str = ""
    """Answered only once the database has this table."""
    title: str
    """What the report is called."""
    bars: tuple[str, ...] = ()
    """Drawn upon each other, span by span."""
    bars_title: str = ""
    """What they show, where that is not their own title."""
    line: str = ""
    """Drawn from span to span."""

    @property
    def counts(self) -> Mapping[str, Count]:
        """Return all that is counted, by its name."""
        return {name: count for source in self.sources for name, count in source.named.items()}


def scores(key: str) -> Source:
    """Count the scores that customers gave after the call, of queues or of agents."""
    return Source(
        counts=tuple(map(of_measure, SCORE_MEASURES.values())),
        rows="survey_answers",
        at="at",
        within="at >= %(since)s AND at < %(until)s",
        such=f"score IS NOT NULL AND {key} IS NOT NULL",
        keys=(key,),
        listed="listed_scores",
    )


def visits(
    *counts: Count, rows: str = "visits", keys: tuple[str, ...] = ("queue",), such: str = "NOT direct"
) -> Source:
    """Count the visits of queues by when they were decided; personal lines are kept out."""
    return Source(
        counts=counts,
        rows=rows,
        at="decided_at",
        within="decided_at >= %(since)s AND decided_at < %(until)s",
        such=such,
        keys=keys,
        listed="listed_visits",
    )
