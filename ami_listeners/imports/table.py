"""Read rows of a table that was written to a file: by header, or by the order of columns that is usual."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

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
    reader = csv.reader(
        given, delimiter=delimiter, quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    )
    for row in read(reader, source):
        if not header:
            header = fitting(row, usual, source, [theirs(name, called) for name in needed])
        if len(row) == len(header):
            yield {name: "" if field in NULLS else field for name, field in zip(header, row, strict=True)}
        elif row:
            why = f"has {len(row)} fields, not {len(header)}"
            source.note(f"{why}: it is torn, or what holds a {delimiter} is not quoted", delimiter.join(row))


def read(reader: Iterator[list[str]], source: Source) -> Iterator[list[str]]:
    """Yield what csv can read, and note what it cannot."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as failure:
            source.note(f"is no CSV ({failure}): see whether a quotation mark before it is closed")


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
