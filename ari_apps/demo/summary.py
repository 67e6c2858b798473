"""Say at the end what there was, and whether anything went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.table import Table

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


def verdict(bad: Mapping[Path, Sequence[str]], folder: Path) -> Iterator[str]:
    """Say whether there were errors or warnings in any log, and which."""
    if not bad:
        yield f"no error and no warning in any log; they are in {folder}"
    for path, lines in bad.items():
        yield f"{len(lines)} warnings or errors in {path}"
        yield from (f"  {line}" for line in lines[:SHOWN])
        if len(lines) > SHOWN:
            yield f"  and {len(lines) - SHOWN} more"
