"""Write the log where it may fail, as on a full disk: nobody who tells something is disturbed by that."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TextIO, cast


def never_failing(stream: TextIO) -> TextIO:
    """Give a stream that writes to this one what it takes."""
    return cast(TextIO, LogStream(stream))


class LogStream(io.TextIOBase):
    """A stream that takes every line, and loses what the one beneath does not."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or lose it."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Let it out, or keep it until there is room."""
        with suppress(OSError):
            self._stream.flush()
