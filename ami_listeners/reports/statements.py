"""Write the SQL of a report: the queries of sql/reports.sql, completed by what is counted."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString

from ami_listeners.queries import NAME, literal
from ami_listeners.reports.counts import Count, Source


@cache
def report_queries() -> dict[str, str]:
    """Return every query of sql/reports.sql by its name."""
    text = (files("ami_listeners") / "sql" / "reports.sql").read_text("utf-8")
    _, *parts = NAME.split(text)
    return {name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


def counting(source: Source) -> LiteralString:
    """Count a source's rows in every span at once."""
    keys = [f"{key} AS key_{number}" for number, key in enumerate(source.keys)]
    return literal(
        report_queries()[source.counted].format(
            at=source.at,
            keys=", ".join(keys),
            name=source.keys[0],
            rows=source.rows,
            within=source.within,
            such=source.such,
            counts=", ".join(count.sql for count in source.counts),
            names=", ".join(f'"{count.name}"' for count in source.counts),
            numbers=", ".join(str(number) for number in range(1, len(keys) + 2)),
        )
    )


def listing(source: Source, count: Count, *, key: bool) -> LiteralString:
    """List the rows that one number is made of: of one `key`, or of any of the names that are asked for."""
    asked = " AND ".join(f"{column} = %(key_{number})s" for number, column in enumerate(source.keys))
    anybody = f"(%(names)s::text[] IS NULL OR {source.keys[0]} = ANY (%(names)s))"
    where = count.where if count.value is None else f"({count.where}) AND {count.value} <> 0"
    return literal(
        report_queries()[source.listed].format(
            at=source.at,
            within=source.within,
            such=source.such,
            where=f"({where})",
            value=count.value or "1",
            named=asked if key else anybody,
        )
    )


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
    return literal(
        report_queries()[source.listed].format(
            at=source.at,
            within=source.within,
            such=source.such,
            where="true",
            value=value,
            named=f"(%(names)s::text[] IS NULL OR {source.keys[0]} = ANY (%(names)s))",
        )
    )
