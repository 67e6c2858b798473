"""The columns of a report, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from operator import itemgetter
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
    definition: Definition, counts: Mapping[str, Any], formulas: Mapping[str, str], key: Key
) -> tuple[Cell, ...]:
    """Give what stands in a row, from what was counted for it.

    The service level of several queues together is absent where they count it by different formulas.
    """
    values = dict(counts)
    for made in definition.made:
        values[made.name] = made.of.value(counts)
    if definition.service_level:
        named = {formulas[key[0]]} if key else set(formulas.values())
        values[SERVICE_LEVEL] = SERVICE_LEVELS[named.pop()].value(counts) if len(named) == 1 else None
    return in_order(definition)(values)


@cache
def in_order(definition: Definition) -> Callable[[Mapping[str, Any]], tuple[Cell, ...]]:
    """Give what takes the cells of a row from its values; a report has tens of thousands of rows."""
    first, second, *others = (column.name for column in columns_of(definition))
    return itemgetter(first, second, *others)
