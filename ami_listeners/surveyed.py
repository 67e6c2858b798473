"""When customers were asked last how it was, as far as the database says so in time."""

from __future__ import annotations

import asyncio

from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.journal import Journal

ANSWER_S = 1.0
"""Somebody is on the line, and hears nothing meanwhile."""
BEHIND_S = 10.0
"""So far behind, the database may not know yet who was asked."""


class Surveyed:
    """Ask the journal's database."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def lately(self, number: str, days: int) -> bool | None:
        """Tell whether a customer was asked within the last days; None where nobody says so in time."""
        if self._journal.lag_s() > BEHIND_S:
            return None
        try:
            async with asyncio.timeout(ANSWER_S):
                rows = await self._journal.rows("asked_lately", number=number, days=days)
        except (DatabaseUnreachable, TimeoutError):
            return None
        return bool(rows[0][0])
