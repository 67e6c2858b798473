"""Ask the database: the figures of a question, all spans at once, and the contacts one figure is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, LiteralString

from psycopg.errors import QueryCanceled
from psycopg.rows import dict_row, tuple_row

from ami_listeners.database import Connection, Database
from ami_listeners.queries import literal, queries
from ami_listeners.reports.answer import Answer, Column, DataQuality, Gap, Row
from ami_listeners.reports.columns import Key, cells_of, columns_of
from ami_listeners.reports.errors import QuestionError
from ami_listeners.reports.heard import judged
from ami_listeners.reports.lists import columns_of_list
from ami_listeners.reports.period import Span, spans
from ami_listeners.reports.question import ContactsQuestion, Question, Step
from ami_listeners.reports.statements import counting, listing, report_queries
from ami_listeners.reports.subjects import DEFINITIONS, Definition
from queue_strategies import metrics
from queue_strategies.definitions import USUAL_SERVICE_LEVEL

LONGEST_S = 300
"""So long the database may count for one report."""
Place = tuple[int, Key]
"""The number of a span, from 1, and whom a row is of."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted: by its name a column, each with a number for each place."""

    places: Sequence[Place]
    columns: Mapping[str, Sequence[Any]]


@asynccontextmanager
async def reading(database: Database, longest_s: int = LONGEST_S) -> AsyncIterator[Connection]:
    """Lend a connection to a question, which may take long and keeps nobody else waiting.

    Raises QuestionError when it takes too long, and DatabaseUnreachable.
    """
    try:
        async with database.patient("report", longest_s) as connection:
            await connection.execute("SET lock_timeout = 0; SET work_mem = '32MB'; SET jit = off")
            yield connection
    except QueryCanceled:
        raise QuestionError(
            f"counting that takes longer than {longest_s} s: ask for less time, or for longer spans"
        ) from None


async def ask(database: Database, question: Question, longest_s: int = LONGEST_S) -> Answer:
    """Answer a question; raises QuestionError, and DatabaseUnreachable."""
    definition = DEFINITIONS[question.subject]
    check_formula(question.formula)
    cut = spans(question.since, question.until, question.step, question.zone, question.week_starts)
    async with reading(database, longest_s) as connection:
        await _check_table(connection, definition)
        counted = await _count(connection, definition, question, cut)
        formulas = await _formulas(connection, definition, question, {key[0] for _, key in counted.places})
        quality = await _quality(connection, question, (whole(question), *cut))
    columns = columns_of(definition)
    cells = cells_of(definition, counted.columns, formulas, [key for _, key in counted.places])
    rows = [
        Row(each, cut[number - 1], key) for each, (number, key) in zip(cells, counted.places, strict=True)
    ]
    return Answer(
        question=question,
        keys=tuple(Column(name=name, title=name, text=f"The {name}") for name in definition.keys),
        columns=columns,
        rows=tuple(rows),
        totals=tuple(_totals(definition, counted, formulas, question)),
        quality=quality,
        formulas=formulas,
    )


async def contacts(database: Database, question: ContactsQuestion) -> Answer:
    """List what one figure is made of; raises QuestionError, and DatabaseUnreachable."""
    definition = DEFINITIONS[question.subject]
    if question.measure not in definition.counts:
        near = get_close_matches(question.measure, definition.counts, n=1, cutoff=0.0)[0]
        raise QuestionError(f"nothing is counted as {question.measure!r}, did you mean {near!r}?")
    source = next(source for source in definition.sources if question.measure in source.named)
    count = source.named[question.measure]
    if question.key and len(question.key) != len(source.keys):
        raise QuestionError(f"a row is named by its {', '.join(definition.keys)}: give each of them once")
    parameters = {
        **_between(question),
        **{f"key_{number}": value for number, value in enumerate(question.key)},
        "number": question.number,
        "limit": question.limit + 1,
    }
    async with reading(database) as connection:
        await _check_table(connection, definition)
        cursor = connection.cursor(row_factory=dict_row)
        await cursor.execute(listing(source, count, key=bool(question.key)), parameters)
        rows = await cursor.fetchall()
        columns = columns_of_list((column.name for column in cursor.description or ()), count)
        quality = await _quality(connection, question, ())
    return Answer(
        question=question,
        keys=(),
        columns=columns,
        rows=tuple(Row(tuple(row[column.name] for column in columns)) for row in rows[: question.limit]),
        quality=quality,
        cut=len(rows) > question.limit,
    )


def check_formula(formula: str) -> None:
    """Raise QuestionError, with the nearest right name, for a service level formula that does not exist."""
    try:
        if formula:
            metrics.check_formula(formula)
    except metrics.UnknownFormula as unknown:
        raise QuestionError(str(unknown)) from None


def _totals(
    definition: Definition, counted: Counted, formulas: Mapping[str, str], question: Question
) -> Iterable[Row]:
    """Yield a row for each queue over all spans, and one for all queues, where these are more than one."""
    of_each: dict[Key, list[int]] = defaultdict(list)
    for row, (_, key) in enumerate(counted.places):
        of_each[key].append(row)
    groups: dict[Key, Sequence[int]] = {}
    if question.step is not Step.ALL:
        groups.update(sorted(of_each.items()))
    columns = {
        name: [count.together(map(counted.columns[name].__getitem__, rows)) for rows in groups.values()]
        for name, count in definition.counts.items()
    }
    if len(of_each) > 1:
        for name, count in definition.counts.items():
            columns[name].append(count.together(columns[name] if groups else counted.columns[name]))
        groups[()] = ()
    for key, cells in zip(groups, cells_of(definition, columns, formulas, list(groups)), strict=True):
        yield Row(cells, whole(question), key)


def whole(question: Question) -> Span:
    """Give all that is asked for as one span."""
    return spans(question.since, question.until, Step.ALL, question.zone)[0]


# -- what is asked of the database --------------------------------------------------------------------------


async def _count(
    connection: Connection, definition: Definition, question: Question, cut: Sequence[Span]
) -> Counted:
    bounds = [cut[0].begins, *(span.ends for span in cut)]
    parts: list[Counted] = []
    for sql, keys in counting(definition):
        cursor = connection.cursor(row_factory=tuple_row, binary=True)
        await cursor.execute(sql, {**_between(question), "bounds": bounds})
        names = [column.name for column in cursor.description or ()]
        columns = list(zip(*await cursor.fetchall(), strict=True)) or [()] * len(names)
        of = zip(*([str(key) for key in column] for column in columns[1 : 1 + keys]), strict=True)
        places = list(zip(columns[0], of, strict=True))
        parts.append(Counted(places, dict(zip(names[1 + keys :], columns[1 + keys :], strict=True))))
    return parts[0] if len(parts) == 1 else together(definition, parts)


def together(definition: Definition, parts: Sequence[Counted]) -> Counted:
    """Put beside each other what was counted of the same places; what is missing was not there to count."""
    places = sorted({place for part in parts for place in part.places})
    columns: dict[str, Sequence[Any]] = {}
    for part in parts:
        row_of = {place: row for row, place in enumerate(part.places)}
        rows = [row_of.get(place) for place in places]
        for name, column in part.columns.items():
            nothing = 0 if definition.counts[name].how == "sum" else None
            columns[name] = [nothing if row is None else column[row] for row in rows]
    return Counted(places, columns)


async def _formulas(
    connection: Connection, definition: Definition, question: Question, queues: Iterable[str]
) -> dict[str, str]:
    if not definition.service_level:
        return {}
    rows = await _rows(connection, literal(report_queries()["formulas"]), _between(question))
    known = {row["queue"]: row["formula"] for row in rows}
    return {queue: question.formula or known.get(queue, USUAL_SERVICE_LEVEL) for queue in sorted(queues)}


async def _quality(
    connection: Connection, question: Question | ContactsQuestion, cut: Sequence[Span]
) -> DataQuality:
    cursor = connection.cursor(row_factory=tuple_row)
    await cursor.execute(literal(report_queries()["gaps"]), _between(question))
    gaps = [Gap(*row) for row in await cursor.fetchall()]
    (told,) = await _rows(connection, queries()["data_quality"], _between(question))
    return judged(told, question.since, gaps, cut)


async def _check_table(connection: Connection, definition: Definition) -> None:
    if definition.needs_table:
        found = await _rows(
            connection, literal(report_queries()["table_exists"]), {"name": definition.needs_table}
        )
        if not next(iter(found[0].values())):
            raise QuestionError(
                "nothing of this was kept yet: start the newer callfloor once, then ask again"
            )


async def _rows(
    connection: Connection, sql: LiteralString, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(sql, parameters)
    return await cursor.fetchall()


def _between(question: Question | ContactsQuestion) -> dict[str, Any]:
    return {
        "since": question.since,
        "until": question.until,
        "names": list(question.names) or None,
    }
