"""What can be wrong with records of before."""

from __future__ import annotations

from queue_strategies.errors import CallfloorError


class HistoryError(CallfloorError):
    """A file of records cannot be used at all: which, why, and what to do."""


class Unreadable(ValueError):
    """One row cannot be read: why, and what should stand there; whoever reads on adds the place."""
