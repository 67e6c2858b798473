"""What is told to the Floor and by it: written once, passed on, and changed by nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def message(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]:
    """Make a class of fields a message, a dataclass that type checkers do not let anybody change.

    Python itself is not asked to forbid it: that makes a dataclass take 2.5 times as long to write, and
    messages are most of what a busy floor makes.
    """
    return dataclass(slots=True, unsafe_hash=True, kw_only=kw_only)
