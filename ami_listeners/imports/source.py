"""Read a file of records line by line: plain or gzip, of any size, whole or torn."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.problems import Problems

GZIP = b"\x1f\x8b"
LONGEST = 1 << 20
"""A longer line is no record."""


class Noting(Protocol):
    """Where it is noted that the row that was read last cannot be understood."""

    def note(self, why: str, row: str = "") -> None:
        """Note why, and the row as it stands there."""


class Source:
    """The lines of one file without their ends; `number` says which was given last, from 1.

    A last line without an end may have been written in part: it is noted as a problem and not given. Where
    `growing` is true, whoever writes the file has not come to its end yet, which is no problem.
    """

    def __init__(
        self,
        path: Path,
        problems: Problems,
        *,
        encoding: str = "utf-8",
        growing: bool = False,
        skip: Callable[[IO[bytes]], int] | None = None,
    ) -> None:
        self.path, self.problems, self.encoding, self.growing = path, problems, encoding, growing
        self._skip = skip
        """Says at which byte to go on after the first line, which may be a header."""
        self.name = path.name
        self.number = 0

    def note(self, why: str, row: str = "") -> None:
        """Note that the last line given cannot be read."""
        self.problems.note(self.name, self.number, why, row)

    def __iter__(self) -> Iterator[str]:
        with opened(self.path) as file:
            lines = self._lines(file)
            try:
                yield from lines
            except (EOFError, zlib.error, gzip.BadGzipFile) as failure:
                self.number += 1
                self.note(f"the file is damaged from here on ({failure}): copy it anew and import it again")

    def _lines(self, file: IO[bytes]) -> Iterator[str]:
        while line := file.readline(LONGEST):
            self.number += 1
            if self.number == 1 and self._skip is not None:
                file.seek(max(file.tell(), self._skip(file)))
            if not line.endswith(b"\n"):
                self._torn(file, line)
                continue
            text = line.decode(self.encoding, "replace")
            yield text.rstrip("\r\n") if self.number > 1 else text.rstrip("\r\n").removeprefix("\ufeff")

    def _torn(self, file: IO[bytes], line: bytes) -> None:
        beginning = line[:200].decode(self.encoding, "replace")
        if len(line) == LONGEST:
            self.note("is longer than any record: this is no file of records, or it is damaged", beginning)
            while (more := file.readline(LONGEST)) and not more.endswith(b"\n"):
                pass
        elif not self.growing:
            self.note(
                "is torn, the file ends within it: import the file again when it is whole; "
                "if it is, end its last line with a line break",
                beginning,
            )


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacking it if it is packed; raises HistoryError when it cannot be read."""
    try:
        with path.open("rb") as raw:
            beginning = raw.read(2)
            raw.seek(0)
            yield io.BufferedReader(gzip.GzipFile(fileobj=raw)) if beginning == GZIP else raw  # type: ignore[arg-type,unused-ignore]
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise
    except OSError as failure:
        raise HistoryError(
            f"{path} cannot be read ({failure.strerror or failure}): name a file that is there, "
            "and that you may read"
        ) from None
