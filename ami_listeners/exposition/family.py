"""One metric as Prometheus's text format 0.0.4 has it: its head, and how its values are read from a thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")
Value: TypeAlias = float | None
"""None: there is no such value now, and no line."""
Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values."""


class Kind(StrEnum):
    """What a metric is."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"
    """Only it may have quantiles."""


class Series(NamedTuple):
    """One line of each thing: what follows the metric's name, and labels beside those of the thing."""

    suffix: str = ""
    labels: Labels = ()


@dataclass(frozen=True, slots=True)
class Family(Generic[T]):
    """One metric, and how its values are read from a thing, one for each series."""

    name: str
    """In full, `_total` included."""
    kind: Kind
    text: str
    values: Callable[[T], Sequence[Value]]
    series: Sequence[Series] = (Series(),)

    @property
    def head(self) -> bytes:
        """Write what stands above the lines, once."""
        text = self.text.replace("\\", r"\\").replace("\n", r"\n")
        return f"# HELP {self.name} {text}\n# TYPE {self.name} {self.kind}\n".encode()

    def template(self, labels: str) -> str:
        """Write the lines of any thing: `labels` stands for those of the thing, `%s` for each value."""
        lines = [
            f"{self.name}{one.suffix}{{{labels}{''.join(f',{written(label)}' for label in one.labels)}}} "
            for one in self.series
        ]
        return "".join(line.replace("%", "%%") + "%s\n" for line in lines)


def written(label: tuple[str, str]) -> str:
    """Write a label; names may hold anything, also what would end a line."""
    name, value = label
    value = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}="{value}"'
