"""A report as CSV (RFC 4180, UTF-8): seconds, shares from 0 to 1, and times with their offset.

Callers choose their names, and spreadsheets take a text that begins with = + - or @ for a formula: such a
cell begins with an apostrophe, which they take for "this is text" (OWASP, CSV injection). A telephone number
that begins with + is left as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from ami_listeners.reports.answer import Answer, Cell, Row

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"\+\d+", re.ASCII)


def write(answer: Answer, out: IO[bytes]) -> None:
    """Write a report; the rows of all spans together are left out, as sums belong to whoever adds up."""
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(header(answer))
    for row in answer.rows:
        writer.writerow(_line(answer, row))
    text.detach()


def header(answer: Answer) -> list[str]:
    """Name the columns."""
    spans = ["from", "to"] if answer.keys else []
    return [*spans, *(column.name for column in (*answer.keys, *answer.columns))]


def _line(answer: Answer, row: Row) -> Iterator[str]:
    if row.span is not None:
        for end in (row.span.begins, row.span.ends):
            yield end.astimezone(answer.question.zone).isoformat()
    for cell in (*row.key, *row.cells):
        yield plain(answer, cell)


def plain(answer: Answer, cell: Cell) -> str:
    """Write one cell."""
    match cell:
        case None:
            return ""
        case datetime():
            return cell.astimezone(answer.question.zone).isoformat(timespec="milliseconds")
        case float():
            return f"{cell:.6f}".rstrip("0").rstrip(".")
        case str():
            return harmless(cell)
    return str(cell)


def harmless(text: str) -> str:
    """Let no spreadsheet take a text for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
