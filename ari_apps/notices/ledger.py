"""Which notices are still to be given, in PostgreSQL, so that a restart forgets none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from ami_listeners.database import Database
from ami_listeners.queries import queries
from ari_apps.notices.notice import Notice

MOST = 10
"""Tried at once."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The table voicemail_notices; everything raises DatabaseUnreachable."""

    database: Database

    async def claim(
        self, mail: Collection[str], webhook: Collection[str], now: dt.datetime, until: dt.datetime
    ) -> list[Notice]:
        """Take notices of these boxes that are due; until then nobody else tries them."""
        asked = {"mail": list(mail), "webhook": list(webhook), "now": now, "until": until, "most": MOST}
        async with self.database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            rows = await (await cursor.execute(queries("voicemails")["claim_notices"], asked)).fetchall()
        return [Notice(**row) for row in rows]

    async def told(self, notice: Notice, at: dt.datetime) -> None:
        """Note that it was given."""
        await self._settle(notice, told_at=at)

    async def again(self, notice: Notice, at: dt.datetime, why: str) -> None:
        """Note that it is to be tried again, and why it was not given."""
        await self._settle(notice, due_at=at, failure=why)

    async def given_up(self, notice: Notice, at: dt.datetime, why: str) -> None:
        """Note that it will not be given."""
        await self._settle(notice, given_up_at=at, failure=why)

    async def waiting(self) -> dict[str, int]:
        """Count what is still to be given, by way."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(queries("voicemails")["waiting_notices"])
            return {str(way): int(str(number)) for way, number in await cursor.fetchall()}

    async def _settle(self, notice: Notice, **what: Any) -> None:
        nothing = {"told_at": None, "given_up_at": None, "failure": None, "due_at": None}
        of = {"voicemail": notice.voicemail, "way": notice.way}
        async with self.database.connection() as connection:
            await connection.execute(queries("voicemails")["settle_notice"], nothing | what | of)
