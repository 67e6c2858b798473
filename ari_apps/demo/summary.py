"""Say at the end what there was, and whether anything went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table

from ari_apps.demo.logs import Bad
from ari_apps.demo.view import percent, plain_table, seconds
from queue_strategies.figures import Figures
from queue_strategies.metrics import average_handle_time, average_speed_of_answer, service_level
from queue_strategies.model import Queue

SHOWN = 5
"""Lines of each log."""


def figures_table(figures: Figures, queues: Sequence[Queue]) -> Table:
    """Show what became of the callers, queue by queue."""
    table = plain_table("queue", "offered", "answered", "abandoned", "SL", "ASA", "AHT", numbers=True)
    for queue in queues:
        counted = figures.queue(queue.name)
        table.add_row(
            queue.name,
            str(counted.offered),
            str(counted.answered),
            str(counted.abandoned),
            percent(service_level(counted, queue.service_level_formula)),
            seconds(average_speed_of_answer(counted)),
            seconds(average_handle_time(counted)),
        )
    return table


def verdict(bad: Sequence[Bad], folder: Path, seed: int) -> Iterator[str]:
    """Say whether there were errors or warnings in any log, and which."""
    errors = sum(len(one.errors) for one in bad)
    warnings = sum(len(one.warnings) for one in bad)
    yield f"the same people come again with --seed {seed}"
    yield f"{count(errors, 'error')} and {count(warnings, 'warning')} in the logs, which are in {folder}"
    for one in bad:
        lines = [*one.errors, *one.warnings]
        yield f"{one.path}:"
        yield from (f"  {line}" for line in lines[:SHOWN])
        if len(lines) > SHOWN:
            yield f"  and {len(lines) - SHOWN} more"


def count(number: int, noun: str) -> str:
    """Write so many of something: no error, 1 error, 2 errors."""
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"
