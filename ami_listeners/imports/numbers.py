"""The one place through which every number and name of a customer passes that is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ami_listeners.database import Database

Numbers = Callable[[str], str]
"""From what a record says to what is kept of it."""
OF_CUSTOMERS = frozenset({"caller_number", "called_number", "caller_name", "number", "to", "party"})
"""What tells of a customer in the body of a fact."""


async def numbers_of(database: Database) -> Numbers:
    """Find out what is to be kept of whom: everything as it is."""
    return as_it_is


def as_it_is(number: str) -> str:
    """Keep what a record says."""
    return number


def with_numbers(body: Mapping[str, Any], numbers: Numbers) -> dict[str, Any]:
    """Give a fact's body with what may be kept of customers."""
    return {
        name: numbers(value) if name in OF_CUSTOMERS and isinstance(value, str) else value
        for name, value in body.items()
    }
