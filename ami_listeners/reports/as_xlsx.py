"""A report as a workbook: numbers are numbers, durations and times are such, texts are never formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any

import xlsxwriter

from ami_listeners.reports import wording
from ami_listeners.reports.answer import Answer, Cell, Column, Row
from queue_strategies.definitions import Unit

MOST_ROWS = 1_000_000
"""On one sheet; Excel has room for 1,048,576."""
DAY_S = 86_400
_TEXT_MAX = 32_767
_FORMATS = {
    Unit.COUNT: "#,##0",
    Unit.SECONDS: "[h]:mm:ss",
    Unit.RATIO: "0.0%",
    Unit.AN_HOUR: "0.0",
}
_OPTIONS = {
    "constant_memory": True,
    "remove_timezone": True,
}


def write(answer: Answer, out: IO[bytes]) -> None:
    """Write a report: its rows, its totals, and what the columns mean."""
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        page = _Page(book, answer)
        for number, begin in enumerate(range(0, max(1, len(answer.rows)), MOST_ROWS)):
            page.sheet(f"Report {number + 1}" if number else "Report", answer.rows[begin : begin + MOST_ROWS])
        if answer.totals:
            page.sheet("Total", answer.totals)
        page.about()


class _Page:
    """The sheets of one report, and the formats of their cells."""

    def __init__(self, book: Any, answer: Answer) -> None:
        self.book, self.answer = book, answer
        self.bold = book.add_format({"bold": True})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.units: dict[Unit | None, Any] = {
            unit: book.add_format({"num_format": shape}) for unit, shape in _FORMATS.items()
        }

    def sheet(self, name: str, rows: Sequence[Row]) -> None:
        """Write rows below a header that stays in view."""
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        header = list(self._header())
        for place, column in enumerate(header):
            sheet.set_column(place, place, 20 if column.unit is None else 12)
            sheet.write_string(0, place, column.title, self.bold)
        for number, row in enumerate(rows, start=1):
            for place, (column, cell) in enumerate(zip(header, self._cells(row), strict=True)):
                self._write(sheet, number, place, column, cell)
        sheet.autofilter(0, 0, len(rows), len(header) - 1)

    def about(self) -> None:
        """Say what was asked, how well it was heard, and what every column means."""
        sheet, answer = self.book.add_worksheet("About"), self.answer
        sheet.set_column(0, 0, 30)
        lines = [
            ("report", wording.title(answer.question)),
            ("time", wording.period(answer.question)),
            ("data quality", wording.quality(answer)),
            *(("", formula) for formula in wording.formulas(answer)),
            *((column.title, column.text) for column in self._header()),
        ]
        for number, (term, text) in enumerate(lines):
            sheet.write_string(number, 0, term, self.bold)
            sheet.write_string(number, 1, text)

    def _header(self) -> Iterator[Column]:
        if self.answer.keys:
            yield Column(name="span", title="span", text="The span's name")
            yield Column(name="from", title="from", text="When it begins, by the report's clock")
            yield Column(name="to", title="to", text="When it ends")
            yield Column(name="heard", title="heard", text="Whether everything in it was heard")
        yield from self.answer.keys
        yield from self.answer.columns

    def _cells(self, row: Row) -> Iterator[Cell]:
        if row.span is not None:
            yield from (row.span.label, row.span.begins, row.span.ends)
            yield "no" if row.span in self.answer.quality.touched else "yes"
        yield from row.key or [wording.ALL] * len(self.answer.keys)
        yield from row.cells

    def _write(self, sheet: Any, number: int, place: int, column: Column, cell: Cell) -> None:
        match cell:
            case None:
                sheet.write_blank(number, place, None)
            case str():
                sheet.write_string(number, place, wording.printable(cell)[:_TEXT_MAX])
            case datetime():
                local = cell.astimezone(self.answer.question.zone)
                sheet.write_datetime(number, place, local, self.moment)
            case _:
                days = cell / DAY_S if column.unit is Unit.SECONDS else cell
                sheet.write_number(number, place, days, self.units.get(column.unit))
