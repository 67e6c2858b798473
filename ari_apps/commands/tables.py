"""Cells of the tables that commands print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from ami_listeners.reports.wording import printable


def as_typed(values: Iterable[str]) -> Iterator[Text]:
    """Make cells in which what people call themselves stands as it is: no markup, and nothing that steers."""
    for value in values:
        yield Text(printable(value))
