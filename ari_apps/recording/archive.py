"""What was recorded: found by contact, number, agent, queue and time; heard, exported, erased, forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog
from psycopg.rows import dict_row

from ami_listeners.database import Database
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.queries import queries
from ari_apps.recording.shelf import Shelf
from ari_apps.recording.vault import Kept, UnreadableRecordingError
from queue_strategies.facts import Fact, RecordingErased, RecordingHeard
from queue_strategies.model import ContactId

log = structlog.get_logger()

LOOK_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which recordings are asked for; what is empty is not asked."""

    recording: str = ""
    contact: str = ""
    digits: str = ""
    agent: str = ""
    queue: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    reached: Sequence[str] | None = None
    """With one of these agents; None: with whomever."""
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Archive:
    """The recordings in a database and on a shelf."""

    database: Database
    shelf: Shelf
    remember: Callable[[Fact], None]
    now: Callable[[], float]

    async def find(self, wanted: Wanted) -> list[dict[str, Any]]:
        """List recordings, the latest first; raises DatabaseUnreachable."""
        asked = {name: getattr(wanted, name) for name in Wanted.__slots__}
        asked["reached"] = None if wanted.reached is None else list(wanted.reached)
        return await self._rows("find", asked)

    async def open(self, row: dict[str, Any]) -> Kept:
        """Open the file of a recording; raises UnreadableRecordingError."""
        if not row["file"] or row["erased_at"] is not None:
            why = "was erased" if row["erased_at"] else "is not kept yet"
            raise UnreadableRecordingError(f"{row['recording']}: {why}")
        return await asyncio.to_thread(self.shelf.open, row["file"])

    def note_heard(self, row: dict[str, Any], who: str, how: str) -> None:
        """Write into the trail who was given, or refused, a recording."""
        self.remember(
            RecordingHeard(
                moment=self.now(),
                contact=ContactId(row["contact"]),
                recording=row["recording"],
                who=who,
                how=how,
            )
        )

    async def erase(self, row: dict[str, Any], who: str, why: str) -> None:
        """Delete the file of a recording; raises OSError."""
        if row["file"]:
            await asyncio.to_thread(self.shelf.remove, row["file"])
        self.remember(
            RecordingErased(
                moment=self.now(),
                contact=ContactId(row["contact"]),
                recording=row["recording"],
                who=who,
                why=why,
            )
        )
        log.info("recording.erased", recording=row["recording"], who=who, why=why)

    async def keep_forgetting(self) -> NoReturn:
        """Delete every hour what was kept long enough."""
        while True:
            try:
                await self.forget()
            except DatabaseUnreachable as away:
                log.warning("recording.retention_waits", reason=str(away))
            await asyncio.sleep(LOOK_EVERY_S)

    async def forget(self) -> int:
        """Delete what was kept long enough; return how many files went. Raises DatabaseUnreachable.

        One that cannot be deleted keeps no other, and is tried again the next time.
        """
        gone = 0
        for row in await self._rows("too_old", {"now": self.database.clock.wall()}):
            try:
                await self.erase(row, "callfloor", "retention")
                gone += 1
            except OSError as failure:
                log.error("recording.not_forgotten", recording=row["recording"], why=str(failure))
        return gone

    async def _rows(self, query: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        async with self.database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(queries("recordings")[query], asked)
            return await cursor.fetchall()
