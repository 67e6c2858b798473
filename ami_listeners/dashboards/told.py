"""What was told, from PostgreSQL: over the time that is shown, and quarter by quarter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ami_listeners.dashboards.panel import UNITS, Column, Kind, Panel, Query, Store
from ami_listeners.queries import queries
from ami_listeners.reports.question import Subject
from ami_listeners.reports.subjects import DEFINITIONS
from queue_strategies.definitions import Figure, Measure, Quotient, Unit


def asked(query: str, **about: str) -> Query:
    """Ask PostgreSQL one of the queries of sql/dashboards.sql."""
    _, sql = queries("dashboards")[query].split("\n", 1)
    text = " ".join(sql.split())
    for place, told in about.items():
        text = text.replace(f"<{place}>", told)
    return Query(text, store=Store.POSTGRES)


def figures_table(
    of: str, measures: Iterable[Measure[Any]], figures: Iterable[Figure], such: str, *more: Column
) -> Panel:
    """Show what a report of queues or agents says of the time that is shown."""
    columns = (
        Column(of, of),
        *(
            Column(one.name, one.name.removesuffix("_s").replace("_", " "), UNITS[one.unit])
            for one in measures
        ),
        *(Column(figure.name, figure.title, UNITS[figure.unit]) for figure in figures),
        *more,
    )
    names = ", ".join(f'"{column.name}"' for column in columns)
    return Panel(
        title=f"Figures of {of}s over all that is shown",
        text=f"As `callfloor report {of}` gives them, what was corrected later included",
        queries=[asked("figures", names=names, of=of, such=such)],
        kind=Kind.TABLE,
        columns=columns,
    )


def by_quarter(title: str, parts: Mapping[str, str], such: str, text: str = "") -> Panel:
    """Draw counts of all chosen queues together, quarter by quarter."""
    sums = ", ".join(f'sum("{name}") AS "{called}"' for name, called in parts.items())
    return Panel(title=title, text=text, queries=[asked("by_quarter", names=sums, such=such)], stacked=True)


def by_quarter_of_each(title: str, name: str, unit: Unit, such: str, text: str = "") -> Panel:
    """Draw one figure of each chosen queue, quarter by quarter."""
    return Panel(
        title=title,
        text=text,
        queries=[asked("by_quarter_of_each", name=name, such=such)],
        unit=UNITS[unit],
    )


def legs_table() -> Panel:
    """Show how well legs were heard, as a report of call quality says it."""
    quality = DEFINITIONS[Subject.QUALITY]
    (source,) = quality.sources
    keys = [f"{sql} AS {name}" for sql, name in zip(source.keys, quality.keys, strict=True)]
    shown = [count for count in source.counts if count.shown]
    made = [f'{divided(one.of)} AS "{one.name}"' for one in quality.made]
    return Panel(
        title="Legs of calls, by queue",
        text="As `callfloor report quality` gives them; `sent` is what a party heard",
        queries=[
            asked(
                "legs",
                names=", ".join((*quality.keys, *(count.name for count in shown), *made)),
                counts=", ".join((*keys, *(count.sql for count in source.counts))),
                at=source.at,
            )
        ],
        kind=Kind.TABLE,
        columns=(
            *(Column(name, name) for name in quality.keys),
            *(Column(count.name, count.title, unit(count.unit)) for count in shown),
            *(Column(one.name, one.title, unit(one.unit)) for one in quality.made),
        ),
    )


def divided(quotient: Quotient) -> str:
    """Write a quotient of columns; nothing over nothing."""
    return f"({quotient.numerator})::float8 / nullif({quotient.denominator}, 0)"


def unit(unit: Unit | None) -> str:
    """Say how Grafana calls it."""
    return "short" if unit is None else UNITS[unit]


QUALITY_OF_WHAT_IS_SHOWN = Panel(
    title="Data quality of what is shown",
    text="Gaps: something was not heard, or concluded; doubtful: much was not, or Asterisk's records differ",
    queries=[asked("quality")],
    kind=Kind.TABLE,
    columns=(
        Column("heard_ratio", "heard", "percentunit"),
        Column("gap_s", "not heard", "s"),
        Column("worst_offset_s", "clocks apart", "s"),
    ),
)
GAPS = Panel(
    title="When nobody listened",
    text="What happened then is known by its outcome alone",
    queries=[asked("gaps")],
    kind=Kind.TABLE,
    columns=(Column("began_at", "from", "dateTimeAsIso"), Column("ended_at", "to", "dateTimeAsIso")),
)
