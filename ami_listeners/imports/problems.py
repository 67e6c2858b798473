"""Tell which rows could not be read, a few of them in words and all of them by number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ami_listeners.imports.errors import HistoryError

TOLD_IN_WORDS = 20
"""Of each file; the others are counted."""


@dataclass(slots=True)
class Problems:
    """Count rows that could not be read; `tell` gets a sentence for the first of each file.

    `keep` gets every such row as it stands in its file.
    """

    tell: Callable[[str], None] = lambda _: None
    keep: Callable[[str], None] = lambda _: None
    by_file: Counter[str] = field(default_factory=Counter)

    def note(self, file: str, number: int, why: str, row: str = "") -> None:
        """Note a row by its file and its line (from 1), with why it cannot be read and the remedy."""
        self.by_file[file] += 1
        self.keep(row)
        if self.by_file[file] <= TOLD_IN_WORDS:
            self.tell(f"{file}, line {number}: {why}")

    @property
    def total(self) -> int:
        """Say how many rows could not be read."""
        return self.by_file.total()

    @property
    def untold(self) -> int:
        """Say how many of them were not told of in words."""
        return sum(max(0, number - TOLD_IN_WORDS) for number in self.by_file.values())


class Rejected:
    """A file that takes rows that could not be read; it is made when there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Rejected:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, row: str) -> None:
        """Write a row; raises HistoryError when the file cannot be written."""
        try:
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8", errors="backslashreplace")
            self._file.write(row + "\n")
        except OSError as failure:
            raise HistoryError(
                f"{self._path} cannot be written ({failure.strerror}), name another file"
            ) from None
