"""Write the SQL of the figures from their definitions: roll-ups that follow the visits, and reports."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString

import jinja2

from ami_listeners.queries import literal
from queue_strategies.definitions import (
    QUEUE_FIGURES,
    QUEUE_MEASURES,
    SERVICE_LEVELS,
    USUAL_SERVICE_LEVEL,
    Condition,
    Measure,
    Quotient,
    Sum,
    Unit,
)

MEANT: Mapping[str, str] = {"callback_taken": "callback_taken_at IS NOT NULL"}
"""What a flag of the definitions is in the tables, where it is no column."""


def rollups() -> LiteralString:
    """Return what makes the roll-ups anew from the visits, and lets them follow."""
    return _written("queue_rollups")


def report() -> LiteralString:
    """Return what makes the functions that answer for any spans."""
    return _written("queue_report")


def condition(measure: Measure[Any], table: str = "") -> str:
    """Say which rows a measure counts."""
    return " AND ".join(_holds(one, table) for one in measure.where) or "true"


@cache
def _written(name: str) -> LiteralString:
    text = (files("ami_listeners") / "sql" / "figures" / f"{name}.sql.j2").read_text("utf-8")
    template = _environment().from_string(text)
    return literal(
        template.render(
            measures=list(QUEUE_MEASURES.values()),
            figures=list(QUEUE_FIGURES.values()),
            service_levels=SERVICE_LEVELS,
            usual=USUAL_SERVICE_LEVEL,
        )
    )


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(
        amount=_amount,
        column=_column,
        filter=_filter,
        name=_name,
        of_row=_of_row,
        quotient=_quotient,
        shown=_shown,
        text=_text,
        type=_type,
    )
    return made


def _column(measure: Measure[Any]) -> str:
    """Name a measure's column in a roll-up, where times are whole milliseconds."""
    return measure.name.removesuffix("s") + "ms" if _is_time(measure) else _name(measure.name)


def _is_time(measure: Measure[Any]) -> bool:
    return measure.unit is Unit.SECONDS


def _name(name: str) -> str:
    return f'"{name}"' if name == "full" else name


def _amount(measure: Measure[Any], table: str = "") -> str:
    if measure.column is None:
        return "1"
    column = f"{table}{measure.column}"
    return f"round({column} * 1000)" if _is_time(measure) else column


def _filter(measure: Measure[Any]) -> str:
    return f" FILTER (WHERE {condition(measure)})" if measure.where else ""


def _of_row(measure: Measure[Any]) -> str:
    amount = f"coalesce({_amount(measure, 'v.')}, 0)" if measure.column else "1"
    return f"(CASE WHEN {condition(measure, 'v.')} THEN {amount} ELSE 0 END)::bigint"


def _holds(one: Condition, table: str) -> str:
    if one.column in MEANT:
        return table + MEANT[one.column]
    if not one.among:
        return f"{table}{one.column}"
    return f"{table}{one.column} IN ({', '.join(map(_text, one.among))})"


def _shown(measure: Measure[Any]) -> str:
    return f"c.{_column(measure)} / 1000.0::float8" if _is_time(measure) else f"c.{_column(measure)}"


def _type(measure: Measure[Any]) -> str:
    return "double precision" if _is_time(measure) else "bigint"


def _quotient(quotient: Quotient) -> str:
    return f"ratio({_sum(quotient.numerator)}, {_sum(quotient.denominator)})"


def _sum(terms: Sum) -> str:
    added = " + ".join(f"({_shown(QUEUE_MEASURES[name])})" for name in terms.plus)
    taken = "".join(f" - ({_shown(QUEUE_MEASURES[name])})" for name in terms.minus)
    return f"({added}{taken}) / {terms.unit}" if terms.unit != 1.0 else f"{added}{taken}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
