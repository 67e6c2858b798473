"""Show on the terminal what takes a while."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from ari_apps.local_asterisk.packages import Progress as Tell

OPEN_END = 1.0001
"""A bar that reaches its end counts as finished, and its clock stops; other steps follow."""


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
            if text.endswith("."):
                bar.console.print(text, highlight=False)
                return
            bar.update(
                task,
                description=text,
                completed=fraction or 0.0,
                total=None if fraction is None else OPEN_END,
            )

        yield tell


@contextmanager
def progress_of_what_lasts(after_s: float = 1.0) -> Iterator[Tell]:
    """Show progress as `shown_progress` does, but only of what is not done after so many seconds."""
    begun_s = time.monotonic()
    with ExitStack() as shown:
        later: Tell | None = None

        def tell(text: str, fraction: float | None) -> None:
            nonlocal later
            if later is None and time.monotonic() - begun_s >= after_s:
                later = shown.enter_context(shown_progress())
            if later is not None:
                later(text, fraction)

        yield tell


def line_for_each_step(console: Console) -> Tell:
    """Give a function that prints a step when its first word changes, and keeps quiet in between."""
    last = ""

    def tell(text: str, fraction: float | None) -> None:
        nonlocal last
        word = text.partition(" ")[0]
        if text.endswith(".") or word != last:
            console.print(text if text.endswith(".") else f"{text} …", highlight=False, soft_wrap=True)
        last = word

    return tell
