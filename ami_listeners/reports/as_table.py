"""A report as a table on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ami_listeners.reports import wording
from ami_listeners.reports.answer import Answer, Badge, Column, Row
from ami_listeners.reports.question import Question, Step

GAP = 2
"""Between columns."""
WIDEST = 60
"""Columns of text; what is longer goes on in the next line."""
MARK = "◦"
"""Beside a span of which not everything was heard."""


def show(console: Console, answer: Answer, *, every_column: bool = False) -> None:
    """Print a report; without `every_column` those that matter most."""
    console.print(
        Text(f"{wording.title(answer.question)}  {wording.period(answer.question)}", "bold"), soft_wrap=True
    )
    style = "dim" if answer.quality.badge is Badge.GOOD else "yellow"
    console.print(Text(wording.quality(answer), style), soft_wrap=True)
    if not answer.rows:
        console.print("nothing happened then")
        return
    shown = fitting(console, answer, every_column=every_column)
    console.print(_table(answer, shown))
    for note in notes(answer):
        console.print(Text(note, "dim"))
    if len(shown) < len(answer.columns):
        console.print(Text("--all shows every column, --format csv too", "dim"))


def fitting(console: Console, answer: Answer, *, every_column: bool) -> list[int]:
    """Choose the columns that are shown: the main ones, the first of them that a terminal has room for."""
    wanted = [place for place, column in enumerate(answer.columns) if column.main or every_column]
    taken = sum(_key_widths(answer))
    if not console.is_terminal or every_column:
        console.width = max(console.width, taken + sum(_width(answer, place) for place in wanted))
        return wanted
    fits: list[int] = []
    for place in wanted:
        taken += _width(answer, place)
        if taken <= console.width or not fits:
            fits.append(place)
    return fits


def _key_widths(answer: Answer) -> Iterator[int]:
    if _by_span(answer):
        yield GAP + max(cell_len(_label(answer, row)) for row in answer.rows)
    for number, key in enumerate(answer.keys):
        yield GAP + max(cell_len(key.title), *(cell_len(row.key[number]) for row in answer.rows))


def _width(answer: Answer, place: int) -> int:
    column = answer.columns[place]
    cells = [
        wording.worded(row.cells[place], column, answer.question.zone)
        for row in (*answer.rows, *answer.totals)
    ]
    return GAP + min(WIDEST, max(map(cell_len, (*column.title.split(), *cells))))


def _by_span(answer: Answer) -> bool:
    return isinstance(answer.question, Question) and answer.question.step is not Step.ALL


def notes(answer: Answer) -> Iterator[str]:
    """Yield what has to be known beside the numbers."""
    yield from wording.formulas(answer)
    if answer.quality.touched and _by_span(answer):
        yield f"{MARK} not everything was heard"
    if answer.cut:
        yield f"there are more than these {len(answer.rows)}: ask for less time, or for a higher --limit"


def _table(answer: Answer, shown: Sequence[int]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, GAP, 0, 0))
    by_span = _by_span(answer)
    if by_span:
        table.add_column("span", no_wrap=True)
    for key in answer.keys:
        table.add_column(key.title, no_wrap=True)
    for place in shown:
        column = answer.columns[place]
        side: Literal["left", "right"] = "right" if is_number(answer, place, column) else "left"
        table.add_column(column.title, justify=side, width=_width(answer, place) - GAP, overflow="fold")
    before = None
    for row in answer.rows:
        again, before = row.span is not None and row.span == before, row.span
        first = [] if not by_span else [Text("")] if again else [Text(_label(answer, row))]
        table.add_row(*first, *_key(row.key), *_cells(answer, row, shown))
    if answer.totals:
        table.add_section()
    for row in answer.totals:
        first = [Text(wording.ALL)] if by_span else []
        keys = row.key or (wording.ALL, *[""] * (len(answer.keys) - 1))
        table.add_row(*first, *_key(keys), *_cells(answer, row, shown), style="bold")
    return table


def _label(answer: Answer, row: Row) -> str:
    if row.span is None:
        return ""
    return row.span.label + (f" {MARK}" if row.span in answer.quality.touched else "")


def _key(names: Iterable[str]) -> Iterator[Text]:
    for name in names:
        yield Text(wording.printable(name))


def _cells(answer: Answer, row: Row, shown: Sequence[int]) -> Iterator[Text]:
    for place in shown:
        yield Text(wording.worded(row.cells[place], answer.columns[place], answer.question.zone))


def is_number(answer: Answer, place: int, column: Column) -> bool:
    """Tell whether a column holds numbers."""
    if column.unit is not None or answer.keys:
        return True
    return any(isinstance(row.cells[place], int | float) for row in answer.rows)
