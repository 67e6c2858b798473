"""The terminal of the demo, which may go away before the demo does."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from rich.console import Console


class Terminal(Console):
    """A console that falls silent when nobody reads it any more, as in `callfloor demo | head`.

    Rich would end the process there and then, with everything that was started still running.
    """

    def on_broken_pipe(self) -> None:
        """Say nothing from now on."""
        with suppress(SystemExit):
            super().on_broken_pipe()


def let_go_of_terminal() -> None:
    """Write to nobody from now on, because the terminal was closed."""
    nobody = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nobody, stream.fileno())
    os.close(nobody)
