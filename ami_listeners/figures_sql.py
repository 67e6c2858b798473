"""Write the SQL of the figures from their definitions: roll-ups that follow the rows, and reports of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString

import jinja2

from ami_listeners.queries import literal
from ami_listeners.viewer import SEEN
from queue_strategies.definitions import (
    AGENT_FIGURES,
    QUEUE_FIGURES,
    SERVICE_LEVELS,
    USUAL_SERVICE_LEVEL,
    Condition,
    Figure,
    Measure,
    Quotient,
    Sum,
    Unit,
)
from queue_strategies.definitions.agents import OFFER_MEASURES, STATE_MEASURES, TALK_MEASURES
from queue_strategies.definitions.queues import VISIT_MEASURES
from queue_strategies.definitions.satisfaction import SCORE_MEASURES

MEANT: Mapping[str, str] = {"callback_taken": "callback_taken_at IS NOT NULL"}
"""What a flag of the definitions is in the tables, where it is no column."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table of which something is counted, each row at one moment; or over the time it lasted."""

    table: str
    measures: Sequence[Measure[Any]]
    keep: str
    """Which rows are counted at all."""
    at: str | None
    """When a row counts; None: from began_at to ended_at."""
    longest: bool = False
    """The longest wait is kept."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What figures are about."""

    key: str
    plural: str
    sources: Sequence[Source]
    figures: Sequence[Figure]
    service_levels: Mapping[str, Quotient] = field(default_factory=dict)

    @property
    def measures(self) -> Sequence[Measure[Any]]:
        """Return what is counted, from all sources."""
        return [measure for source in self.sources for measure in source.measures]

    @property
    def longest(self) -> bool:
        """Tell whether a longest wait is kept."""
        return any(source.longest for source in self.sources)

    @property
    def columns(self) -> Mapping[str, str]:
        """Return the columns of a report behind its key, with their types."""
        return {
            **{measure.name: _type(measure) for measure in self.measures},
            **({"longest_wait_s": "double precision"} if self.longest else {}),
            **{figure.name: "double precision" for figure in self.figures},
            **({"service_level": "double precision"} if self.service_levels else {}),
            **({"service_level_formula": "text"} if self.service_levels else {}),
        }


QUEUES = Subject(
    key="queue",
    plural="queues",
    sources=[
        Source("visits", list(VISIT_MEASURES.values()), "NOT direct", "decided_at", longest=True),
        Source("survey_answers", list(SCORE_MEASURES.values()), "score IS NOT NULL", "at"),
    ],
    figures=list(QUEUE_FIGURES.values()),
    service_levels=SERVICE_LEVELS,
)
AGENTS = Subject(
    key="agent",
    plural="agents",
    sources=[
        Source(
            "visits", list(TALK_MEASURES.values()), "agent IS NOT NULL", "coalesce(decided_at, handled_at)"
        ),
        Source("agent_states", list(STATE_MEASURES.values()), "state <> 'logged_out'", None),
        Source("offers", list(OFFER_MEASURES.values()), "agent IS NOT NULL", "ended_at"),
        Source(
            "survey_answers",
            list(SCORE_MEASURES.values()),
            "score IS NOT NULL AND agent IS NOT NULL",
            "at",
        ),
    ],
    figures=list(AGENT_FIGURES.values()),
)


@cache
def scripts() -> Mapping[str, LiteralString]:
    """Return what makes roll-ups, reports and views, by name, in the order in which they build on another."""
    return {
        "formulas": _written("formulas.sql"),
        "shares": _written("shares.sql"),
        "queue_rollups": _written("rollups.sql.j2", subject=QUEUES),
        "agent_rollups": _written("rollups.sql.j2", subject=AGENTS),
        "queue_reports": _written("reports.sql.j2", subject=QUEUES),
        "agent_reports": _written("reports.sql.j2", subject=AGENTS),
        "views": _written("views.sql.j2", queues=QUEUES, agents=AGENTS),
    }


def _written(name: str, **about: object) -> LiteralString:
    text = (files("ami_listeners") / "sql" / "figures" / name).read_text("utf-8")
    return literal(_environment().from_string(text).render(**about, usual=USUAL_SERVICE_LEVEL))


@cache
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
        rows=_rows,
        seen=lambda table: ", ".join(SEEN[table]),
        shown=_shown,
        text=_text,
        type=_type,
        within=_within,
    )
    return made


# -- columns ------------------------------------------------------------------------------------------------


def _column(measure: Measure[Any]) -> str:
    """Name a measure's column in a roll-up, where times are whole microseconds."""
    return measure.name.removesuffix("s") + "us" if _is_time(measure) else _name(measure.name)


def _is_time(measure: Measure[Any]) -> bool:
    return measure.unit is Unit.SECONDS


def _name(name: str) -> str:
    return f'"{name}"' if name == "full" else name


def _type(measure: Measure[Any]) -> str:
    return "double precision" if _is_time(measure) else "bigint"


def _shown(measure: Measure[Any]) -> str:
    return f"c.{_column(measure)} / 1000000.0::float8" if _is_time(measure) else f"c.{_column(measure)}"


# -- what rows count ----------------------------------------------------------------------------------------


def _rows(source: Source, rows: str) -> str:
    """Give rows the moment at which they count; those that last, once for each quarter of an hour."""
    if source.at is not None:
        return f"SELECT *, {source.at} AS counts_at FROM ({rows}) AS r WHERE {source.at} IS NOT NULL"  # noqa: S608
    share = _share("counts_at + interval '15 minutes'", "r.") + " - " + _share("counts_at", "r.")
    first = "date_bin('15 minutes', began_at, 'epoch')"
    quarters = f"generate_series({first}, ended_at, '15 minutes')"
    whole = "round(lasted_s * 1000000)::bigint"
    return (  # most are over before the quarter is, and need not be shared out
        f"SELECT r.*, {first} AS counts_at, {whole} AS share_us FROM ({rows}) AS r "  # noqa: S608 - all ours
        f"WHERE ended_at < {first} + interval '15 minutes' UNION ALL "
        f"SELECT r.*, counts_at, {share} FROM ({rows}) AS r CROSS JOIN LATERAL {quarters} AS counts_at "
        f"WHERE ended_at >= {first} + interval '15 minutes'"
    )


def _share(moment: str, table: str) -> str:
    return f"lasted_us_before({moment}, {table}began_at, {table}ended_at, {table}lasted_s)"


def _amount(measure: Measure[Any], source: Source, table: str = "") -> str:
    if measure.column is None:
        return "1"
    if source.at is None:
        return "share_us"
    column = f"{table}{measure.column}"
    return f"round({column} * 1000000)" if _is_time(measure) else column


def _filter(measure: Measure[Any]) -> str:
    return f" FILTER (WHERE {condition(measure)})" if measure.where else ""


def condition(measure: Measure[Any], table: str = "") -> str:
    """Say which rows a measure counts; empty where it counts all."""
    return " AND ".join(_holds(one, table) for one in measure.where)


def _holds(one: Condition, table: str) -> str:
    if one.column in MEANT:
        return table + MEANT[one.column]
    if not one.among:
        return f"{table}{one.column}"
    return f"{table}{one.column} IN ({', '.join(map(_text, one.among))})"


def _within(source: Source, piece: str) -> str:
    """Say which rows count, wholly or in part, in a piece of time."""
    if source.at is None:
        when = f"ended_at >= {piece}.begins AND began_at < {piece}.ends"
    else:
        when = f"{source.at} >= {piece}.begins AND {source.at} < {piece}.ends"
    return f"{when} AND {source.keep}"


def _of_row(measure: Measure[Any], source: Source) -> str:
    """Say what one row `v` counts in a piece of time `p`."""
    if measure not in source.measures:
        return "0"
    lasts = f"{_share('p.ends', 'v.')} - {_share('p.begins', 'v.')}"
    amount = lasts if source.at is None else _amount(measure, source, "v.")
    amount = f"coalesce({amount}, 0)" if measure.column else amount
    counted = f"CASE WHEN {condition(measure, 'v.')} THEN {amount} ELSE 0 END" if measure.where else amount
    return f"({counted})::bigint"


# -- figures ------------------------------------------------------------------------------------------------


def _quotient(quotient: Quotient, subject: Subject) -> str:
    measures = {measure.name: measure for measure in subject.measures}
    return f"ratio({_sum(quotient.numerator, measures)}, {_sum(quotient.denominator, measures)})"


def _sum(terms: Sum, measures: Mapping[str, Measure[Any]]) -> str:
    added = " + ".join(f"({_shown(measures[name])})" for name in terms.plus)
    taken = "".join(f" - ({_shown(measures[name])})" for name in terms.minus)
    return f"({added}{taken}) / {terms.unit}" if terms.unit != 1.0 else f"{added}{taken}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
