"""Show on the terminal what takes a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from ari_apps.asterisk_packages import Progress as Tell


@contextmanager
def shown_progress(console: Console | None = None) -> Iterator[Tell]:
    """Give a function to be told what is going on and how much is done (0 to 1, or None), and show it.

    On a terminal as a bar that goes away at the end, elsewhere as a line for each step.
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield line_for_each_step(console)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task("…", total=None)

        def tell(text: str, fraction: float | None) -> None:
            bar.update(
                task, description=text, completed=fraction or 0.0, total=None if fraction is None else 1.0
            )

        yield tell


def line_for_each_step(console: Console) -> Tell:
    """Give a function that prints a step when its first word changes, and keeps quiet in between."""
    last = ""

    def tell(text: str, fraction: float | None) -> None:
        nonlocal last
        if (word := text.partition(" ")[0]) != last:
            last = word
            console.print(f"{text} …", highlight=False)

    return tell
