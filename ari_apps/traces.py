"""What channels carry, so that a later process can take a call up where this one left it."""

from __future__ import annotations

from typing import TypeVar

import msgspec

VARIABLE = "CALLFLOOR"
"""The channel variable that holds a trace."""


class CallTrace(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where a customer's call is; times are seconds since 1970, which another process understands."""

    contact: str
    to: str
    """The destination the call is at."""
    started_at: float
    visit: str | None = None
    queue: str | None = None
    joined_at: float | None = None
    answered_at: float | None = None
    priority: int = 0
    language: str = "en"
    came_from: str | None = None


class LegTrace(msgspec.Struct, frozen=True, kw_only=True):
    """Whose leg this is, and whom it serves."""

    agent: str
    offer: str
    visit: str


T = TypeVar("T", CallTrace, LegTrace)


def write(trace: CallTrace | LegTrace) -> str:
    """Turn a trace into the variable's value."""
    return msgspec.json.encode(trace).decode()


def read(value: str | None, kind: type[T]) -> T | None:
    """Read the variable's value; None when there is none, or it is of another kind."""
    try:
        return msgspec.json.decode(value, type=kind) if value else None
    except msgspec.DecodeError:
        return None
