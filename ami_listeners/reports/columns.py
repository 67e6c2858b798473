"""The columns of a report, and what stands in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from ami_listeners.reports.answer import SERVICE_LEVEL, Cell, Column
from ami_listeners.reports.counts import Count
from ami_listeners.reports.subjects import Definition
from queue_strategies.definitions import SERVICE_LEVELS, USUAL_SERVICE_LEVEL, Figure, Good

Key = tuple[str, ...]
LEVEL = Figure(
    name=SERVICE_LEVEL,
    title="service level",
    text="Served in time; how that is counted stands beside the figures",
    of=SERVICE_LEVELS[USUAL_SERVICE_LEVEL],
    good=Good.HIGHER,
)


@cache
def columns_of(definition: Definition) -> tuple[Column, ...]:
    """Give the columns of a report: those that matter most, what is counted, what is made of it."""
    main = definition.main
    columns = [_column(count, main, opens=count.name) for count in definition.counts.values() if count.shown]
    columns += [_column(made, main, opens=made.of.numerator.plus[0]) for made in definition.made]
    if definition.service_level:
        columns.append(_column(LEVEL, main, opens="answered_within"))
    order = {name: place for place, name in enumerate(main)}
    return tuple(sorted(columns, key=lambda column: order.get(column.name, len(order))))


def _column(of: Count | Figure, main: Collection[str], *, opens: str) -> Column:
    return Column(
        name=of.name,
        title=of.title,
        text=of.text,
        unit=of.unit,
        good=of.good,
        main=not main or of.name in main,
        opens=opens,
    )


def cells_of(
    definition: Definition,
    counted: Mapping[str, Sequence[Any]],
    formulas: Mapping[str, str],
    keys: Sequence[Key],
) -> Iterable[tuple[Cell, ...]]:
    """Give what stands in rows, from the columns of what was counted; there are tens of thousands of rows.

    The service level of several queues together is absent where they count it by different formulas.
    """
    values: dict[str, Sequence[Cell]] = dict(counted)
    for figure in definition.made:
        values[figure.name] = figure.of.values(counted)
    if definition.service_level:
        named = formulas_of(formulas, keys)
        levels = {name: SERVICE_LEVELS[name].values(counted) for name in set(named) if name}
        values[SERVICE_LEVEL] = [levels[name][row] if name else None for row, name in enumerate(named)]
    return zip(*(values[column.name] for column in columns_of(definition)), strict=True)


def formulas_of(formulas: Mapping[str, str], keys: Iterable[Key]) -> list[str | None]:
    """Name the formula of each row's service level; of all queues together the one they share, if they do."""
    shared = set(formulas.values())
    of_all = shared.pop() if len(shared) == 1 else None
    return [formulas[key[0]] if key else of_all for key in keys]
