"""What a dashboard shows, whatever draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from queue_strategies.definitions import Good, Unit

UNITS: dict[Unit | None, str] = {
    None: "short",
    Unit.COUNT: "short",
    Unit.SECONDS: "s",
    Unit.RATIO: "percentunit",
    Unit.AN_HOUR: "short",
}
"""How Grafana calls them."""
BYTES, PER_SECOND, ON_OFF = "bytes", "cps", "bool_on_off"


class Kind(StrEnum):
    """How a panel is drawn."""

    NUMBER = "stat"
    LINES = "timeseries"
    BARS = "bargauge"
    TABLE = "table"


class Store(StrEnum):
    """Whom a query is asked; the value is the data source's name in Grafana."""

    PROMETHEUS = "prometheus"
    """What was scraped: the last minutes, and how they went."""
    POSTGRES = "callfloor-postgres"
    """What was told: the same as in reports, corrections of later included."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked."""

    text: str
    """`$queue`, `$agent`, `$window` and Grafana's own variables and macros are filled in."""
    legend: str = ""
    store: Store = Store.PROMETHEUS


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    title: str
    unit: str = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture."""

    title: str
    queries: Sequence[Query]
    kind: Kind = Kind.LINES
    unit: str = "short"
    text: str = ""
    """What the number means, in one sentence."""
    good: Good = Good.NEITHER
    stacked: bool = False
    words: Sequence[str] = ()
    """What 0, 1 and so on mean, where the number is none."""
    columns: Sequence[Column] = ()
    """Of a table, in their order."""
    alarm: float | None = None
    """From here on, or below it where more is better, it is red."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What a reader chooses: among the values of a label, or among given ones."""

    name: str
    label: str
    values_of: str = ""
    """The metric whose label has the name of the variable."""
    among: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Panels, row by row; those of a row share its width."""

    uid: str
    title: str
    rows: Sequence[Sequence[Panel]]
    variables: Sequence[Variable] = ()
    since: str = "now-1h"
    refresh: str = "15s"


QUEUE = Variable("queue", "Queue", values_of="callfloor_queue_callers_waiting")
AGENT = Variable("agent", "Agent", values_of="callfloor_agent_handled_total")
WINDOW = Variable("window", "Over the last", among=("15m", "5m", "30m", "1h"))
OF_THESE_QUEUES, OF_THESE_AGENTS = "queue ~ '^${queue:regex}$'", "agent ~ '^${agent:regex}$'"
"""The same in SQL."""
OF_QUEUE, OF_AGENT = 'queue=~"$queue"', 'agent=~"$agent"'
