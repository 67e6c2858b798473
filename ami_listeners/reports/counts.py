"""What a report counts: the registry's measures, and a few that only reports have, as SQL over one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ami_listeners.figures_sql import condition
from queue_strategies.definitions import Good, Measure, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Something that rows are counted or summed up for; a list of its rows is what the number opens."""

    name: str
    title: str
    text: str
    where: str = "true"
    """SQL: which rows count."""
    value: str | None = None
    """SQL: what is taken of each; None: rows are counted."""
    how: str = "sum"
    """sum, max or min, of `value`."""
    unit: Unit | None = Unit.COUNT
    good: Good = Good.NEITHER
    shown: bool = True
    """Has a column; otherwise figures alone are made of it."""

    @property
    def sql(self) -> str:
        """Give the aggregate."""
        if self.value is None:
            return f"count(*) FILTER (WHERE {self.where}) AS {self.name}"
        whole = f"{self.how}({self.value}) FILTER (WHERE {self.where})"
        return f"{f'coalesce({whole}, 0)' if self.how == 'sum' else whole} AS {self.name}"

    def together(self, values: Iterable[Any]) -> Any:
        """Make one number of those of several spans, or of several queues."""
        if self.how == "sum":
            return sum(filter(None, values))
        return {"max": max, "min": min}[self.how]((each for each in values if each is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table whose rows are counted, each at one moment; SQL, but for `counts` and the names of queries."""

    counts: tuple[Count, ...]
    at: str
    keys: tuple[str, ...]
    """Whom a row is of; the first is what a report can be asked of alone."""
    listed: str
    """The query that lists its rows."""
    rows: str = ""
    within: str = ""
    """Which rows are of the time asked for; found by an index."""
    such: str = "true"

    @property
    def named(self) -> Mapping[str, Count]:
        """Return what is counted by its name."""
        return {count.name: count for count in self.counts}


def of_measure(measure: Measure[Any], title: str = "", *, shown: bool = True) -> Count:
    """Take a measure of the registry."""
    return Count(
        name=measure.name,
        title=title or measure.name.removesuffix("_s").replace("_", " "),
        text=measure.text,
        where=condition(measure) or "true",
        value=measure.column,
        unit=measure.unit,
        good=measure.good,
        shown=shown,
    )
