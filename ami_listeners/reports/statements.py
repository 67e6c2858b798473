"""Write the SQL of a report: the queries of sql/reports.sql, completed by what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import LiteralString

from ami_listeners.queries import NAME, literal
from ami_listeners.reports.counts import Count, Source
from ami_listeners.reports.subjects import Definition


@cache
def report_queries() -> dict[str, str]:
    """Return every query of sql/reports.sql by its name."""
    text = (files("ami_listeners") / "sql" / "reports.sql").read_text("utf-8")
    _, *parts = NAME.split(text)
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


def counting(definition: Definition) -> Iterator[tuple[LiteralString, int]]:
    """Yield what counts all of a report's rows in every span at once, and how many keys a row has."""
    if definition.rolled_up:
        names = ", ".join(f'"{name}"' for name in definition.counts)
        key = definition.keys[0]
        sql = report_queries()["rolled_up"].format(names=names, key=key, counts=definition.rolled_up)
        yield literal(sql), 1
        return
    for source in definition.sources:
        yield literal(_counting(source)), len(source.keys)


def _counting(source: Source) -> str:
    keys = [f"{key} AS key_{number}" for number, key in enumerate(source.keys)]
    return report_queries()["counted_in_spans"].format(
        at=source.at,
        keys=", ".join(keys),
        name=source.keys[0],
        rows=source.rows,
        within=source.within,
        such=source.such,
        counts=", ".join(count.sql for count in source.counts),
        numbers=", ".join(str(number) for number in range(1, len(keys) + 2)),
    )


def listing(source: Source, count: Count, *, key: bool) -> LiteralString:
    """List the rows that one number is made of: of one `key`, or of any of the names that are asked for."""
    asked = " AND ".join(f"{column} = %(key_{number})s" for number, column in enumerate(source.keys))
    where = count.where if count.value is None else f"({count.where}) AND {count.value} <> 0"
    return _listing(source, f"({where})", count.value or "1", asked if key else _anybody(source))


def listing_all(source: Source) -> LiteralString:
    """List every row of a source, with its span, its key and what it adds to each number."""
    adds = ", ".join(
        f"'{count.name}', CASE WHEN {count.where} THEN {count.value or '1'} END" for count in source.counts
    )
    value = (
        f"jsonb_build_object('span', width_bucket({source.at}, %(bounds)s::timestamptz[]), "
        f"'key', jsonb_build_array({', '.join(source.keys)}), "
        f"'of', jsonb_strip_nulls(jsonb_build_object({adds})))"
    )
    return _listing(source, "true", value, _anybody(source))


def _anybody(source: Source) -> str:
    """Say that a row is of one of the names asked for, or that none was."""
    return f"(%(names)s::text[] IS NULL OR {source.keys[0]} = ANY (%(names)s))"


def _listing(source: Source, where: str, value: str, named: str) -> LiteralString:
    return literal(
        report_queries()[source.listed].format(
            at=source.at,
            rows=source.rows,
            within=source.within,
            such=source.such,
            where=where,
            value=value,
            named=named,
        )
    )
