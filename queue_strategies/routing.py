"""Number, caller and moment to where a call goes: a tree whose children inherit.

The first node that matches is entered; of its children the first that matches is entered in turn, and so on
down. The deepest node entered decides, with whatever it and its ancestors say, the nearest first (after
Prometheus Alertmanager's routes). A branch in which nothing names a destination is left again. Numbers come
from outside: they are compared, character by character, and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from queue_strategies.calendar import Calendar

ANONYMOUS = "anonymous"
"""A pattern for callers who show no number."""
NO_NUMBER = frozenset({"", "anonymous", "unknown", "restricted", "unavailable", "private"})
"""What networks send instead of a number, in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteNode:
    """A condition, and what holds for the calls that meet it."""

    place: str
    """Where it is written, as in `routes[0].routes[1]`."""
    to: tuple[str, ...] = ()
    """Called numbers; a `*` at the end stands for any more; none: all calls."""
    callers: tuple[str, ...] = ()
    """Callers' numbers likewise, or ANONYMOUS."""
    calendar: str | None = None
    when_open: bool = True
    """Match while the calendar is open; False: while it is closed."""
    destination: str | None = None
    language: str | None = None
    priority: int | None = None
    skills: Mapping[str, int] | None = None
    """Asked of the agent, whichever queue the call comes to."""
    children: tuple[RouteNode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A call as it reaches us."""

    called_number: str
    caller_number: str
    at: dt.datetime
    """Aware."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A node that was considered, and why it matched or not."""

    place: str
    matched: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a call goes, and the way by which that was found."""

    destination: str
    language: str | None = None
    priority: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    place: str | None = None
    """The node that decided; None when no node did."""
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, slots=True)
class _Inherited:
    destination: str | None = None
    language: str | None = None
    priority: int | None = None
    skills: Mapping[str, int] | None = None

    def passed_to(self, node: RouteNode) -> _Inherited:
        return _Inherited(
            self.destination if node.destination is None else node.destination,
            self.language if node.language is None else node.language,
            self.priority if node.priority is None else node.priority,
            self.skills if node.skills is None else node.skills,
        )


def route(
    nodes: Sequence[RouteNode],
    arrival: Arrival,
    calendars: Mapping[str, Calendar],
    *,
    unknown: str = "hangup:unallocated",
) -> Route:
    """Find where a call goes; to `unknown` when no node says so. Raise KeyError for an unknown calendar."""
    tried: list[Tried] = []
    found = _descend(nodes, arrival, calendars, _Inherited(), tried)
    return replace(found or Route(destination=unknown), tried=tuple(tried))


def _descend(
    nodes: Sequence[RouteNode],
    arrival: Arrival,
    calendars: Mapping[str, Calendar],
    inherited: _Inherited,
    tried: list[Tried],
) -> Route | None:
    for node in nodes:
        matched, because = _meets(node, arrival, calendars)
        tried.append(Tried(node.place, matched, because))
        if matched:
            own = inherited.passed_to(node)
            found = _descend(node.children, arrival, calendars, own, tried) or _decide(node, own)
            if found is not None:
                return found
            tried.append(Tried(node.place, False, "no destination is named here"))
    return None


def _decide(node: RouteNode, own: _Inherited) -> Route | None:
    if own.destination is None:
        return None
    return Route(
        destination=own.destination,
        language=own.language,
        priority=own.priority or 0,
        skills=own.skills or {},
        place=node.place,
    )


def _meets(node: RouteNode, arrival: Arrival, calendars: Mapping[str, Calendar]) -> tuple[bool, str]:
    """Tell whether a call meets every condition of a node; the first unmet one is the reason when not."""
    reasons = []
    for name, patterns, number in (
        ("to", node.to, arrival.called_number),
        ("from", node.callers, arrival.caller_number),
    ):
        if patterns:
            fitting = next((pattern for pattern in patterns if matches(pattern, number)), None)
            if fitting is None:
                return False, f"{name} {quote(number)} is not {' or '.join(patterns)}"
            reasons.append(f"{name} {quote(number)} is {fitting}")
    if node.calendar is not None:
        opening = calendars[node.calendar].explain(arrival.at)
        state = f"{node.calendar} is {'open' if opening.is_open else 'closed'} ({opening.because})"
        if opening.is_open != node.when_open:
            return False, state
        reasons.append(state)
    return True, ", ".join(reasons) or "no condition"


def matches(pattern: str, number: str) -> bool:
    """Tell whether a number is the pattern's, or begins like a pattern that ends in `*`."""
    if pattern == ANONYMOUS:
        return number.strip().lower() in NO_NUMBER
    if pattern.endswith("*"):
        return number.startswith(pattern[:-1])
    return number == pattern


def quote(text: str, longest: int = 40) -> str:
    """Write a caller's text so that it can stand in a line: ASCII, escaped, not long."""
    return ascii(text if len(text) <= longest else text[:longest] + "…")
