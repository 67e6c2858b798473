"""Read a file of records line by line: plain or gzip, of any size, whole or torn."""

from __future__ import annotations

import codecs
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
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LONGEST = 1 << 20
"""A longer line is no record."""


class Noting(Protocol):
    """Where it is noted that the row that was read last cannot be understood."""

    def note(self, why: str) -> None:
        """Note why."""


class Source:
    """The lines of one file without their ends; `number` says which was given last, from 1.

    A last line without an end may have been written in part: it is noted as a problem and not given. Where
    `growing` is true, whoever writes the file has not come to its end yet, which is no problem. A line that
    is not written in `encoding` is read as latin-1, in which every byte is a letter; the first is told of.
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
        self.row = 0, ""
        """At which line the row begins that was read last, and how it stands there."""
        self._all_readable = True

    def note(self, why: str) -> None:
        """Note that the row that was read last cannot be understood."""
        self.problems.note(self.name, self.row[0], why, self.row[1])

    def __iter__(self) -> Iterator[str]:
        with opened(self.path) as file:
            lines = self._lines(file)
            try:
                yield from lines
            except (EOFError, zlib.error, gzip.BadGzipFile) as failure:
                self.row = self.number + 1, ""
                self.note(f"the file is damaged from here on ({failure}): copy it anew and import it again")

    def _lines(self, file: IO[bytes]) -> Iterator[str]:
        while line := file.readline(LONGEST):
            self.number += 1
            if self.number == 1 and self._skip is not None:
                file.seek(max(file.tell(), self._skip(file)))
            if not line.endswith(b"\n"):
                self._torn(file, line)
                continue
            text = self._read(line).rstrip("\r\n")
            text = text if self.number > 1 else text.removeprefix("\ufeff")
            self.row = self.number, text
            yield text

    def _read(self, line: bytes) -> str:
        try:
            return line.decode(self.encoding)
        except UnicodeError:
            if self._all_readable:
                self.problems.tell(
                    f"{self.name}, line {self.number}: is not written in {self.encoding}, so it and its like "
                    "are read as latin-1: if that makes other letters of them, name theirs by --encoding"
                )
            self._all_readable = False
            return line.decode("latin-1")

    def _torn(self, file: IO[bytes], line: bytes) -> None:
        self.row = self.number, line[:200].decode(self.encoding, "replace")
        if len(line) == LONGEST:
            self.note("is longer than any record: this is no file of records, or it is damaged")
            while (more := file.readline(LONGEST)) and not more.endswith(b"\n"):
                pass
        elif not self.growing:
            self.note(
                "is torn, the file ends within it: import the file again when it is whole; "
                "if it is, end its last line with a line break"
            )


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacking it if it is packed; raises HistoryError when it cannot be read."""
    try:
        with path.open("rb") as raw:
            beginning = raw.read(2)
            raw.seek(0)
            if beginning in UTF_16:
                raise HistoryError(
                    f"{path} is written in utf-16: write it anew, as by iconv -f utf-16 -t utf-8 {path.name}"
                )
            yield io.BufferedReader(gzip.GzipFile(fileobj=raw)) if beginning == GZIP else raw  # type: ignore[arg-type,unused-ignore]
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise
    except OSError as failure:
        raise HistoryError(
            f"{path} cannot be read ({failure.strerror or failure}): name a file that is there, "
            "and that you may read"
        ) from None
