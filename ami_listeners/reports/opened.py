"""All contacts of a report at once, each with the numbers it counts in, so that figures open their lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg.rows import dict_row

from ami_listeners.database import Connection, Database
from ami_listeners.reports.answer import Answer, Column, Listed, Row
from ami_listeners.reports.ask import reading
from ami_listeners.reports.counts import Source
from ami_listeners.reports.lists import columns_of_rows
from ami_listeners.reports.period import Span, spans
from ami_listeners.reports.question import Question
from ami_listeners.reports.statements import listing_all
from ami_listeners.reports.subjects import DEFINITIONS

MOST_CONTACTS = 5_000
"""With more of them in it, a report would be too long to be opened."""
MOST_LINES = 40_000
"""In all lists together; a contact stands in several."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One contact, and where it counts."""

    span: int
    key: tuple[str, ...]
    counts_in: frozenset[str]
    row: Row


async def opened(database: Database, answer: Answer) -> Answer:
    """Put into an answer the lists that its figures open; without them where they would be too long."""
    question = answer.question
    if not isinstance(question, Question):
        return answer
    cut = spans(question.since, question.until, question.step, question.zone, question.week_starts)
    lists: dict[tuple[int, str], Listed] = {}
    async with reading(database) as connection:
        for source in DEFINITIONS[question.subject].sources:
            if source.listed == "listed_states":
                continue  # states are no contacts, and last through many spans
            columns, found = await _find(connection, source, question, cut)
            if found is None:
                return answer
            lists |= dict(_lists(answer, source, columns, found, cut))
    return replace(answer, lists=lists)


async def _find(
    connection: Connection, source: Source, question: Question, cut: Sequence[Span]
) -> tuple[tuple[Column, ...], list[_Found] | None]:
    parameters = {
        "since": question.since,
        "until": question.until,
        "names": list(question.names) or None,
        "bounds": [cut[0].begins, *(span.ends for span in cut)],
        "number": "",
        "limit": MOST_CONTACTS + 1,
    }
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(listing_all(source), parameters)
    rows = await cursor.fetchall()
    columns = columns_of_rows(column.name for column in cursor.description or ())
    if len(rows) > MOST_CONTACTS:
        return columns, None
    return columns, [_found(row, columns) for row in rows]


def _found(row: dict[str, Any], columns: tuple[Column, ...]) -> _Found:
    counts = row["counts"]
    return _Found(
        span=counts["span"],
        key=tuple(counts["key"]),
        counts_in=frozenset(name for name, value in counts["of"].items() if value),
        row=Row(tuple(row[column.name] for column in columns)),
    )


def _lists(
    answer: Answer, source: Source, columns: tuple[Column, ...], found: list[_Found], cut: Sequence[Span]
) -> Iterator[tuple[tuple[int, str], Listed]]:
    """Yield the list of each figure of the source, as long as there is room for all of them."""
    of_row: dict[tuple[Span | None, tuple[str, ...]], list[_Found]] = defaultdict(list)
    whole = answer.totals[-1].span if answer.totals else None
    for each in found:
        of_row[cut[each.span - 1], each.key].append(each)
        if whole != cut[each.span - 1]:
            of_row[whole, each.key].append(each)
        of_row[whole, ()].append(each)
    room = MOST_LINES
    for number, row in enumerate(answer.all_rows):
        for measure in source.named:
            rows = tuple(each.row for each in of_row[row.span, row.key] if measure in each.counts_in)
            room -= len(rows)
            if rows and room > 0:
                yield (number, measure), Listed(columns, rows)
