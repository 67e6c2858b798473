"""Refuse figures with which no floor could run: durations below nothing, numbers that are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from math import isfinite
from typing import Any

from queue_strategies.announcements import Announcements
from queue_strategies.callback import CallbackRules
from queue_strategies.errors import CallfloorError
from queue_strategies.events import FloorConfigured
from queue_strategies.model import Agent, Membership, Queue, Widening

POSITIVE = frozenset(("ring_progressively_delay_s", "service_level_s", "share"))
"""What is divided by, or waited for again and again."""
SIGNED = frozenset(("weight", "penalty", "min_penalty", "max_penalty", "raise_penalty"))
"""What is only compared, and may be negative."""


class ImpossibleFigure(CallfloorError):
    """A queue or an agent has a figure with which no floor could run."""


def _figures_of(kind: type[Any]) -> tuple[tuple[str, bool], ...]:
    """Return the names of a class's figures, and whether there may be none."""
    written = ((field.name, str(field.type)) for field in fields(kind))
    return tuple((name, "None" in type_) for name, type_ in written if type_.startswith(("float", "int")))


KINDS = (FloorConfigured, Queue, Widening, Announcements, CallbackRules, Agent, Membership)
FIGURES = {kind: _figures_of(kind) for kind in KINDS}


def check_figures(event: FloorConfigured) -> None:
    """Look at every figure of a configuration; raises ImpossibleFigure with the place and what to write."""
    _check("the order", event)
    for queue in event.queues:
        for part, thing in _parts_of(queue):
            _check(f"queue {queue.name}{part}", thing)
    for agent in event.agents:
        _check(f"agent {agent.id}", agent)
        _check_memberships(agent)


def _parts_of(queue: Queue) -> Iterator[tuple[str, Any]]:
    yield "", queue
    for number, widening in enumerate(queue.rule):
        yield f": rule[{number}]", widening
    if queue.announcements is not None:
        yield ": announcements", queue.announcements
    if queue.callback is not None:
        yield ": callback", queue.callback


def _check_memberships(agent: Agent) -> None:
    for name, membership in agent.queues.items():
        _check(f"agent {agent.id} in {name}", membership)


def _check(place: str, thing: Any) -> None:
    for name, may_be_none in FIGURES.get(type(thing)) or _figures_of(type(thing)):
        value = getattr(thing, name)
        if not (_is_possible(name, value) or (value is None and may_be_none)):
            raise ImpossibleFigure(f"{place}: {name} is {value!r}, write {_remedy(name)}")


def _is_possible(name: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return False
    return name in SIGNED or value > 0 or (value == 0 and name not in POSITIVE)


def _remedy(name: str) -> str:
    if name in SIGNED:
        return "a number"
    return "a number above 0" if name in POSITIVE else "a number, 0 or above"
