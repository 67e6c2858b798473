"""What is counted, and what is made of it, as data that Python, SQL and PromQL are written from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from queue_strategies.definitions.expression import Quotient, Ratio

F = TypeVar("F", contravariant=True)
"""The figures that a fold keeps: of a queue, of an agent."""


class Unit(StrEnum):
    """In what a number is written."""

    COUNT = "count"
    SECONDS = "seconds"
    RATIO = "ratio"
    AN_HOUR = "an hour"


class Good(StrEnum):
    """Which way a number is better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row must be like to be counted: a column among values, or true where no value is named."""

    column: str
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Generic[F]):
    """Something that is counted or summed up; it only grows, and those of two intervals are added up."""

    name: str
    """Its column in the database."""
    text: str
    counted: Callable[[F], float]
    """Where a fold of the facts has it."""
    where: tuple[Condition, ...] = ()
    """Which rows count; all of these hold."""
    column: str | None = None
    """The column that is summed up; None: rows are counted."""
    metric: str | None = None
    """Its Prometheus counter, without prefix and `_total`; None: it has none of its own."""
    unit: Unit = Unit.COUNT
    good: Good = Good.NEITHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A quotient that people ask for."""

    name: str
    """Its column in the database."""
    title: str
    text: str
    of: Quotient
    unit: Unit | None = Unit.RATIO
    """None: a number without one."""
    good: Good = Good.NEITHER
    metric: str | None = None
    """Its Prometheus gauge since the start, without prefix; None: it has none."""


def by_name(measures: Iterable[Measure[F]]) -> dict[str, Measure[F]]:
    """Let measures be found by their names."""
    return {measure.name: measure for measure in measures}


def ratio(of: Quotient, measures: Mapping[str, Measure[F]], figures: F) -> Ratio:
    """Return a quotient of what a fold has counted."""
    return of.of({name: measures[name].counted(figures) for name in of.names})
