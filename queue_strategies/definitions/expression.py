"""How figures are made of what is counted: one sum over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import add, sub


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two counters; of two intervals they are added up, never averaged."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        """Return the quotient; None over nothing."""
        return self.numerator / self.denominator if self.denominator else None

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.numerator + other.numerator, self.denominator + other.denominator)


@dataclass(frozen=True, slots=True)
class Sum:
    """Measures, by their names, added up and taken off, in units of `unit`."""

    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    unit: float = 1.0
    """3600 to count seconds in hours."""

    def of(self, counted: Mapping[str, float]) -> float:
        """Return the sum of what was counted."""
        if len(self.plus) == 1:  # this is called very often
            total = counted[self.plus[0]]
        else:
            total = 0
            for name in self.plus:
                total += counted[name]
        for name in self.minus:
            total -= counted[name]
        return total if self.unit == 1.0 else total / self.unit

    def columns(self, counted: Mapping[str, Sequence[float]]) -> Sequence[float]:
        """Return the sum of what was counted, for many at once."""
        total = counted[self.plus[0]]
        for name in self.plus[1:]:
            total = list(map(add, total, counted[name]))
        for name in self.minus:
            total = list(map(sub, total, counted[name]))
        return total if self.unit == 1.0 else [each / self.unit for each in total]

    def __str__(self) -> str:
        return " + ".join(self.plus) + "".join(f" − {name}" for name in self.minus)


@dataclass(frozen=True, slots=True)
class Quotient:
    """One sum over another."""

    numerator: Sum
    denominator: Sum

    @property
    def names(self) -> tuple[str, ...]:
        """Name the measures it takes, each once."""
        parts = (self.numerator, self.denominator)
        return tuple(dict.fromkeys(name for part in parts for name in (*part.plus, *part.minus)))

    def of(self, counted: Mapping[str, float]) -> Ratio:
        """Return the ratio of what was counted."""
        return Ratio(self.numerator.of(counted), self.denominator.of(counted))

    def values(self, counted: Mapping[str, Sequence[float]]) -> list[float | None]:
        """Return the quotients of what was counted, for many at once."""
        pairs = zip(self.numerator.columns(counted), self.denominator.columns(counted), strict=True)
        return [above / below if below else None for above, below in pairs]

    def __str__(self) -> str:
        return f"({self.numerator}) / ({self.denominator})"
