"""Whatever callers are called, a report stays a report, in every form."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import json
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from rich.console import Console

from ami_listeners.reports import as_csv, as_table, as_xlsx
from ami_listeners.reports.answer import Answer, Badge, Column, DataQuality, Gap, Listed, Row
from ami_listeners.reports.formats import WRITERS, Format
from ami_listeners.reports.period import spans
from ami_listeners.reports.pictures import ticks
from ami_listeners.reports.question import ContactsQuestion, Question, Step, Subject
from queue_strategies.definitions import Unit

BERLIN = ZoneInfo("Europe/Berlin")
SINCE, UNTIL = dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC), dt.datetime(2026, 10, 25, 23, tzinfo=dt.UTC)
HOSTILE = [
    '=HYPERLINK("http://evil.example","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "</td><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "\x1b]0;owned\x07\x1b[31mred",
    "Zoë “Z” 张",
    "a,b\nc",
]
COLUMNS = (
    Column(name="name", title="name", text="The name"),
    Column(name="at", title="when", text="When"),
    Column(name="answered", title="answered", text="Answered", unit=Unit.COUNT, opens="answered"),
    Column(name="wait_s", title="waited", text="Waited", unit=Unit.SECONDS),
    Column(name="rate", title="rate", text="Rate", unit=Unit.RATIO),
)


def list_of_callers() -> Answer:
    question = ContactsQuestion(subject=Subject.CALLS, measure="calls", since=SINCE, until=UNTIL, zone=BERLIN)
    rows = tuple(
        Row((name, SINCE + dt.timedelta(hours=number), number, 61.5 * number, None if number == 0 else 0.5))
        for number, name in enumerate(HOSTILE)
    )
    return Answer(question, (), COLUMNS, rows, DataQuality(Badge.GOOD, 1.0, 0.0))


def hours_of_queues() -> Answer:
    question = Question(subject=Subject.QUEUE, since=SINCE, until=UNTIL, zone=BERLIN, step=Step.HOUR)
    cut = spans(SINCE, UNTIL, Step.HOUR, BERLIN)
    key = Column(name="queue", title="queue", text="The queue")
    rows = tuple(
        Row((name, span.begins, number, 75.25, 0.875), span, (name,))
        for number, (span, name) in enumerate(zip(cut, HOSTILE * 3, strict=False))
    )
    gap = Gap(SINCE, SINCE + dt.timedelta(minutes=5), "</li><script>alert(2)</script>")
    return Answer(
        question=question,
        keys=(key,),
        columns=COLUMNS,
        rows=rows,
        totals=(Row(("", SINCE, 300, 75.0, 0.5), spans(SINCE, UNTIL, Step.ALL, BERLIN)[0]),),
        quality=DataQuality(Badge.GAPS, 0.997, 300.0, (gap,), frozenset(cut[:1])),
        formulas={HOSTILE[0]: "answered_within/offered"},
        lists={(3, "answered"): Listed(COLUMNS, list_of_callers().rows)},
    )


def written(form: Format, answer: Answer) -> bytes:
    out = io.BytesIO()
    WRITERS[form](answer, out)
    return out.getvalue()


@pytest.mark.parametrize("answer", [list_of_callers(), hours_of_queues()], ids=["list", "hours"])
def test_no_name_is_a_formula_in_csv(answer: Answer) -> None:
    read = list(csv.reader(io.StringIO(written(Format.CSV, answer).decode(), newline="")))
    assert len(read) == 1 + len(answer.rows)
    assert read[0] == as_csv.header(answer)
    names = [line[read[0].index("name")] for line in read[1:]]
    assert all(not name.startswith(("=", "+", "-", "@", "\t", "\r")) for name in names)
    assert [name.removeprefix("'") for name in names] == [row.cells[0] for row in answer.rows]


def test_a_number_with_its_country_stays_a_number_in_csv() -> None:
    assert as_csv.harmless("+4930123") == "+4930123"
    assert as_csv.harmless("+49 30") == "'+49 30"


@pytest.mark.parametrize("answer", [list_of_callers(), hours_of_queues()], ids=["list", "hours"])
def test_a_workbook_has_numbers_as_numbers_and_texts_as_texts(answer: Answer) -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(Format.XLSX, answer)))
    lines = list(book["Report"].iter_rows())
    titles = [cell.value for cell in lines[0]]
    assert len(lines) == 1 + len(answer.rows)
    for line, row in zip(lines[1:], answer.rows, strict=True):
        cells = dict(zip(titles, line, strict=True))
        name, at, answered, wait_s, rate = row.cells
        assert cells["name"].data_type == "s"
        assert cells["name"].value == "".join(c if c.isprintable() else "·" for c in str(name))
        assert isinstance(at, dt.datetime)
        assert cells["when"].value == at.astimezone(BERLIN).replace(tzinfo=None)
        assert (cells["answered"].value, cells["answered"].number_format) == (answered, "#,##0")
        assert cells["waited"].value == dt.timedelta(seconds=float(str(wait_s)))
        assert (cells["rate"].value, cells["rate"].number_format if rate else "") == (
            rate,
            "0.0%" if rate else "",
        )
        assert all(cell.data_type != "f" and cell.hyperlink is None for cell in line)
    about = [str(cell.value) for cell in book["About"]["B"]]
    assert any("Europe/Berlin" in text for text in about)


def test_the_hour_that_comes_twice_has_two_rows_in_every_form() -> None:
    answer = hours_of_queues()
    read = json.loads(written(Format.JSON, answer))
    twice = [row for row in read["rows"] if "T02:00" in row["from"]]
    assert [row["from"] for row in twice] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]
    assert [row["to"] for row in twice] == ["2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"]
    assert "2026-10-25T02:00:00+02:00,2026-10-25T02:00:00+01:00" in written(Format.CSV, answer).decode()
    book = openpyxl.load_workbook(io.BytesIO(written(Format.XLSX, answer)))
    assert [cell.value for cell in book["Report"]["A"]][3:5] == [
        "2026-10-25 02:00+02:00",
        "2026-10-25 02:00+01:00",
    ]


@pytest.mark.parametrize("answer", [list_of_callers(), hours_of_queues()], ids=["list", "hours"])
def test_no_name_steers_the_terminal(answer: Answer) -> None:
    out = io.StringIO()
    as_table.show(Console(file=out, width=300, force_terminal=False), answer, every_column=True)
    text = out.getvalue()
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "Zoë “Z” 张" in text
    assert "12.5" not in text
    if answer.keys:
        assert "gaps: 99.70 % heard, a gap, 5:00 in all" in text
        assert f"2026-10-25 00:00 {as_table.MARK}" in text
        assert "87.5 %" in text
        assert "1:15" in text


def test_rows_that_no_sheet_has_room_for_go_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_xlsx, "MOST_ROWS", 4)
    book = openpyxl.load_workbook(io.BytesIO(written(Format.XLSX, list_of_callers())))
    assert book.sheetnames == ["Report", "Report 2", "Report 3", "About"]
    assert [book[name].max_row for name in book.sheetnames[:3]] == [5, 5, 3]


class Page(HTMLParser):
    """What a browser makes of a report."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.anchors: set[str] = set()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.anchors |= {value or "" for name, value in attrs if name == "id"}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("answer", [list_of_callers(), hours_of_queues()], ids=["list", "hours"])
def test_a_page_has_no_script_nothing_from_elsewhere_and_every_name_as_it_is(answer: Answer) -> None:
    page = Page(written(Format.HTML, answer).decode())
    assert not page.tags & {"script", "iframe", "img", "link", "object", "embed", "base", "form"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    hrefs = [value for name, value in page.attributes if name in ("href", "src", "action", "xlink:href")]
    assert all(href.startswith("#") for href in hrefs)
    assert {href[1:] for href in hrefs} <= page.anchors | {""}
    policy = dict(page.attributes)["content"]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes, policy
    for name in HOSTILE:
        assert "".join(c if c.isprintable() else "·" for c in name) in page.words


def test_a_figure_on_a_page_is_an_anchor_to_the_list_of_its_contacts() -> None:
    answer = hours_of_queues()
    page = Page(written(Format.HTML, answer).decode())
    assert ("href", "#of-3-answered") in page.attributes
    assert page.anchors == {"of-3-answered"}
    assert {"svg", "rect"} <= page.tags


@pytest.mark.parametrize("most", [0, 0.3, 1, 7, 99, 100, 3601, 90_000, 1e9])
@pytest.mark.parametrize("unit", [Unit.COUNT, Unit.SECONDS, Unit.RATIO])
def test_an_axis_reaches_what_is_drawn_in_a_few_even_steps(most: float, unit: Unit) -> None:
    steps = ticks(most, unit)
    assert steps[0] == 0
    assert steps[-1] >= most
    assert 2 <= len(steps) <= 7
    widths = {round(after - before, 6) for before, after in itertools.pairwise(steps)}
    assert len(widths) == 1
