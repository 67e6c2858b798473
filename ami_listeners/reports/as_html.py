"""A report as one HTML file: tables, pictures and lists of contacts; no script, nothing from elsewhere.

A figure is an anchor to the list of its contacts, which is shown when it is the page's target. Whatever
callers call themselves is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

import jinja2

from ami_listeners.reports import wording
from ami_listeners.reports.answer import Answer, Column, Row
from ami_listeners.reports.as_table import is_number, notes
from ami_listeners.reports.errors import QuestionError
from ami_listeners.reports.pictures import HEIGHT, RIGHT, WIDTH, pictures
from ami_listeners.reports.question import Question, Step


@dataclass(frozen=True, slots=True)
class CellShown:
    """What stands in a cell."""

    text: str
    side: str = ""
    opens: str = ""
    """The anchor of its list."""
    about: str = ""


@dataclass(frozen=True, slots=True)
class ListShown:
    """A list that a figure opens."""

    anchor: str
    title: str
    header: tuple[CellShown, ...]
    rows: tuple[tuple[CellShown, ...], ...]


@dataclass(frozen=True, slots=True)
class TableShown:
    """A table of a report."""

    header: tuple[CellShown, ...]
    rows: Sequence[tuple[CellShown, ...]]
    totals: Sequence[tuple[CellShown, ...]]


def write(answer: Answer, out: IO[bytes]) -> None:
    """Write a report."""
    page = _template().render(
        title=wording.title(answer.question),
        period=wording.period(answer.question),
        badge=answer.quality.badge,
        quality=wording.quality(answer),
        gaps=list(_gaps(answer)),
        tiles=list(_tiles(answer)),
        pictures=pictures(answer),
        width=WIDTH,
        height=HEIGHT,
        right=RIGHT,
        main=_table(answer, main=True),
        more=_table(answer, main=False),
        notes=list(notes(answer)),
        columns=[column for column in answer.columns if column.text],
        lists=list(_lists(answer)),
    )
    out.write(page.encode("utf-8", "replace"))


@cache
def _template() -> jinja2.Template:
    here = Path(__file__).parent.parent
    folders = [path / "templates" / "reports" for path in (here, here.parent)]
    if not any(folder.is_dir() for folder in folders):
        raise QuestionError("the templates are missing: install callfloor again")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _by_span(answer: Answer) -> bool:
    return isinstance(answer.question, Question) and answer.question.step is not Step.ALL


def _table(answer: Answer, *, main: bool) -> TableShown | None:
    """Lay out the columns that matter most, or the others; None: there are none."""
    places = [place for place, column in enumerate(answer.columns) if column.main is main]
    if not places:
        return None
    rows = [tuple(_cells(answer, number, row, places)) for number, row in enumerate(answer.all_rows)]
    return TableShown(tuple(_header(answer, places)), rows[: len(answer.rows)], rows[len(answer.rows) :])


def _header(answer: Answer, places: Sequence[int]) -> Iterator[CellShown]:
    if _by_span(answer):
        yield CellShown("span")
    for key in answer.keys:
        yield CellShown(key.title, about=key.text)
    for place in places:
        column = answer.columns[place]
        yield CellShown(column.title, _side(answer, place, column), about=column.text)


def _cells(answer: Answer, number: int, row: Row, places: Sequence[int]) -> Iterator[CellShown]:
    total = number >= len(answer.rows)
    if _by_span(answer) and row.span is not None:
        mark = " ◦" if not total and row.span in answer.quality.touched else ""
        yield CellShown(wording.ALL if total else row.span.label + mark)
    for name in row.key or (wording.ALL, *[""] * (len(answer.keys) - 1)) if answer.keys else ():
        yield CellShown(wording.printable(name))
    for place in places:
        column = answer.columns[place]
        measure = answer.measure(row, column)
        listed = measure is not None and (number, measure) in answer.lists
        yield CellShown(
            wording.worded(row.cells[place], column, answer.question.zone),
            _side(answer, place, column),
            _anchor(number, measure or "") if listed else "",
        )


def _side(answer: Answer, place: int, column: Column) -> str:
    return "number" if is_number(answer, place, column) else ""


def _anchor(number: int, measure: str) -> str:
    return f"of-{number}-{measure}"


def _tiles(answer: Answer) -> Iterator[Mapping[str, str]]:
    """Yield the figures that matter most, of everything together."""
    if not answer.keys or not answer.rows:
        return
    row = answer.totals[-1] if answer.totals else answer.rows[-1]
    for column, cell in zip(answer.columns, row.cells, strict=True):
        if column.main:
            told = wording.worded(cell, column, answer.question.zone)
            yield {"title": column.title, "value": told, "about": column.text}


def _gaps(answer: Answer) -> Iterator[Mapping[str, str]]:
    for gap in answer.quality.gaps:
        zone = answer.question.zone
        yield {
            "began": f"{gap.began.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            "ended": f"{gap.ended.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            "reason": wording.printable(gap.reason),
        }


def _lists(answer: Answer) -> Iterator[ListShown]:
    titles = {column.opens: column.title for column in reversed(answer.columns)}
    for (number, measure), listed in answer.lists.items():
        row = answer.all_rows[number]
        shown = [place for place, column in enumerate(listed.columns) if column.main]
        zone = answer.question.zone
        yield ListShown(
            anchor=_anchor(number, measure),
            title=" · ".join(
                [
                    titles.get(measure, measure),
                    *map(wording.printable, row.key),
                    *([row.span.label] if row.span else []),
                    f"{len(listed.rows):,}",
                ]
            ),
            header=tuple(CellShown(listed.columns[place].title) for place in shown),
            rows=tuple(
                tuple(
                    CellShown(wording.worded(each.cells[place], listed.columns[place], zone))
                    for place in shown
                )
                for each in listed.rows
            ),
        )
