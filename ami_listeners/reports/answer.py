"""What a report answers: columns with their meaning, rows, totals, and how well that time was heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ami_listeners.reports.period import Span
from ami_listeners.reports.question import ContactsQuestion, Question
from queue_strategies.definitions import SERVICE_LEVELS, Good, Unit

SERVICE_LEVEL = "service_level"
"""The figure whose formula each queue names."""
Cell = str | int | float | datetime | None
"""None: nothing to say, as a ratio over nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What stands in a column."""

    name: str
    """For programs."""
    title: str
    """For people."""
    text: str
    """One sentence that says what it means."""
    unit: Unit | None = None
    """None: text, a moment, or a number without a unit."""
    good: Good = Good.NEITHER
    main: bool = True
    """Shown where there is little room."""
    opens: str | None = None
    """The measure whose contacts it is made of."""


class Row(NamedTuple):
    """One row: a span, whom it is of, and what was counted."""

    cells: tuple[Cell, ...]
    span: Span | None = None
    """None: a contact of a list."""
    key: tuple[str, ...] = ()
    """Whom it is of, as the answer's `keys` say; empty in the row of all together."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The contacts that one figure is made of."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A time when nobody listened, and why."""

    began: datetime
    ended: datetime
    reason: str


class Badge(StrEnum):
    """How far a report can be trusted, in a word."""

    GOOD = "good"
    GAPS = "gaps"
    """Something was not heard, or concluded afterwards."""
    DOUBTFUL = "doubtful"
    """Much was not heard, or Asterisk's own records or clock say something else."""


@dataclass(frozen=True, slots=True)
class DataQuality:
    """How much of a report's time was heard, and what is known to be wrong with it."""

    badge: Badge
    heard_ratio: float
    """Of the time that has passed already since anybody began to listen; 0 where nobody had by its end."""
    gap_s: float
    """Where gaps lie over each other they count once."""
    gaps: tuple[Gap, ...] = ()
    touched: frozenset[Span] = frozenset()
    """The spans of which not everything was heard; the whole time is one of them where it has gaps."""
    concluded: int = 0
    """Visits and calls of which something was not heard, but concluded later."""
    corrected: int = 0
    """Visits of which something else was told after they had been counted."""
    mismatches: int = 0
    """Calls of which Asterisk's own records say something else."""
    worst_offset_s: float | None = None
    """How far Asterisk's clock was off ours; None: they were not compared."""
    heard_since: datetime | None = None
    """When somebody began to listen, if that was not before the time asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to one question."""

    question: Question | ContactsQuestion
    keys: tuple[Column, ...]
    """What tells rows of one span apart; empty in a list of contacts."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    quality: DataQuality
    totals: tuple[Row, ...] = ()
    formulas: Mapping[str, str] = field(default_factory=dict)
    """By which formula the service level of each queue is counted."""
    cut: bool = False
    """There are more rows than were asked for."""
    lists: Mapping[tuple[int, str], Listed] = field(default_factory=dict)
    """By the number of the row, counted on through the totals, and what is counted; see `opened`."""

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """Return the rows, and behind them the totals."""
        return (*self.rows, *self.totals)

    def measure(self, row: Row, column: Column) -> str | None:
        """Name what a figure is made of: for a service level it is what its queue's formula counts first."""
        if column.name != SERVICE_LEVEL:
            return column.opens
        named = {self.formulas[row.key[0]]} if row.key else set(self.formulas.values())
        return SERVICE_LEVELS[named.pop()].numerator.plus[0] if len(named) == 1 else None

    def opens(self, row: Row, column: Column) -> ContactsQuestion | None:
        """Ask for the contacts a figure is made of; None: it is none."""
        measure = self.measure(row, column)
        if measure is None or row.span is None or not isinstance(self.question, Question):
            return None
        return ContactsQuestion(
            subject=self.question.subject,
            measure=measure,
            since=row.span.begins,
            until=row.span.ends,
            zone=self.question.zone,
            names=self.question.names,
            key=row.key,
        )
