"""Read rows of a table that was written to a file: by header, or by the order of columns that is usual."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.source import Source

DELIMITERS = (",", ";", "\t", "|")
NULLS = frozenset({"\\N", "NULL"})
"""What exports write where a table has nothing."""


def rows(
    source: Source,
    lines: Iterator[str],
    *,
    needed: Sequence[str],
    called: Mapping[str, str],
    usual: Sequence[Sequence[str]] = (),
) -> Iterator[dict[str, str]]:
    """Yield rows by the names of their columns, of the lines of a source.

    A row that has not as many fields as there are columns is noted and passed over.

    `called` gives other names of columns. A file whose first line names the `needed` columns has a header;
    else its columns are those of `usual` that are as many. Raises HistoryError when neither is so.
    """
    first = next(lines, None)
    if first is None:
        return
    header: Sequence[str]
    header, delimiter = named(first, needed, called)
    given = lines if header else chain((first,), lines)
    delimiter = delimiter or ","
    for row in Fields(given, source, delimiter, len(header)):
        if not header:
            header = fitting(row, usual, source, [theirs(name, called) for name in needed])
        if len(row) == len(header):
            yield {name: "" if field in NULLS else field for name, field in zip(header, row, strict=True)}
        elif row:
            why = f"has {len(row)} fields, not {len(header)}"
            source.note(f"{why}: it is torn, or what holds a {delimiter} is not quoted")


class Fields:
    """The fields of each row; a row may go over several lines, where a quotation mark is not closed before.

    If such a row makes no sense, its first line is read alone and the others as rows of their own, so that a
    mark that is never closed takes nothing else with it. What is no CSV is noted.
    """

    def __init__(self, lines: Iterator[str], source: Source, delimiter: str, columns: int) -> None:
        self._lines, self._source, self._columns = lines, source, columns
        self._quoting: Final = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
        self._delimiter = delimiter
        self._again = deque[tuple[int, str]]()
        self._taken: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[list[str]]:
        reader = self._reader(self._given(), strict=True)
        while True:
            self._taken.clear()
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                row = []
            if self._fits(row):
                self._source.row = self._taken[0][0], "\n".join(text for _, text in self._taken)
                yield row
            else:
                yield from self._alone()
                reader = self._reader(self._given(), strict=True)

    def _reader(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self._delimiter, quoting=self._quoting, strict=strict)

    def _given(self) -> Iterator[str]:
        """Yield lines, those that were given back before the others, and note them as taken."""
        while True:
            if self._again:
                self._taken.append(self._again.popleft())
            elif (text := next(self._lines, None)) is not None:
                self._taken.append((self._source.number, text))
            else:
                return
            yield self._taken[-1][1]

    def _fits(self, row: list[str]) -> bool:
        return bool(row) and (len(self._taken) == 1 or not self._columns or len(row) == self._columns)

    def _alone(self) -> Iterator[list[str]]:
        """Read the first line alone, by what marks it has, and give the others back."""
        self._source.row = first = self._taken[0]
        self._again.extendleft(reversed(self._taken[1:]))
        try:
            yield from self._reader([first[1]])
        except csv.Error as failure:
            self._source.note(f"is no CSV ({failure}): see whether its quotation marks are closed")


def named(line: str, needed: Sequence[str], called: Mapping[str, str]) -> tuple[list[str], str]:
    """Read a header: its columns by our names, and what stands between them; nothing when it is none."""
    for delimiter in DELIMITERS:
        names = [name.strip().strip('"').lower() for name in line.split(delimiter)]
        ours = [called.get(name, name) for name in names]
        if set(needed) <= set(ours):
            return ours, delimiter
    return [], ""


def theirs(name: str, called: Mapping[str, str]) -> str:
    """Give the name that a column has in the file, by a mapping; ours, where there is none."""
    return next((other for other, ours in called.items() if ours == name), name)


def fitting(
    row: Sequence[str], usual: Sequence[Sequence[str]], source: Source, needed: Sequence[str]
) -> Sequence[str]:
    """Choose the usual columns that are as many as this row has fields."""
    for columns in usual:
        if len(columns) == len(row):
            return columns
    raise HistoryError(
        f"{source.path}: its first line names no columns {', '.join(needed)}, and it has {len(row)} fields: "
        "export it with a header"
    )
