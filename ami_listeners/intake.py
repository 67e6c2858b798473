"""Take rows into the database, each fact once; the tables follow in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from ami_listeners.database import Connection, Database
from ami_listeners.queries import queries

NATIVE = b"native"
"""The source of what others hear too."""
ID = 36
"""Characters of the id with which a row begins."""
LEARN_AGAIN_S = 3600.0
"""How often it asks of what the rows are forgotten; midnight moves that on."""
SEEN_AGAIN_S = 10.0
"""How often a listener says that it is there."""


class Intake:
    """Copy rows straight into `facts` while none of them is there yet; else past those that are.

    `name` says who hears what is taken here, `system` of which Asterisk. While others have listened to it
    within a day, what has neither a name nor a stamp is compared with what they heard.
    """

    def __init__(self, database: Database, name: str = "", system: str = "") -> None:
        self._database, self._name = database, name
        self._who = {"listener": name, "system": system}
        self._doubled = False
        """Some of the last rows were there already: a spool taken again, or another who listens too."""
        self._since = b""
        """Facts with a lesser id are counted, and forgotten."""
        self._learnt_moment: float | None = None
        self._said_moment: float | None = None
        """When it last said that it is there."""

    async def take(self, rows: Sequence[bytes]) -> int:
        """Commit rows, and say how many are new.

        Raises DatabaseUnreachable with nothing known of them, and psycopg's DataError or IntegrityError with
        none of them taken when the database can never take one.
        """
        await self._learn_what_is_forgotten()
        rows = [line for line in rows if line[:ID] >= self._since] if self._since else rows
        if not rows:
            return 0
        data = b"\n".join(rows) + b"\n"
        listens = any(line.split(b"\t", 4)[3:4] == [NATIVE] for line in rows)
        if listens:
            await self._say_who_is_there()
        if not self._doubled:
            try:
                if await self._straight(data, listens):
                    return len(rows)
            except psycopg.errors.UniqueViolation:
                pass
            self._doubled = True
        new, alone = await self._sifted(data, listens)
        self._doubled = new < len(rows) or not alone
        return new

    async def _straight(self, data: bytes, listens: bool) -> bool:
        """Take rows of which none is there; False, with none of them taken, while others listen."""
        async with self._database.connection() as connection:
            await copy(connection, "copy_facts", data)
            if listens and not await self._alone(connection):  # asked last: who comes later waits for our end
                await connection.rollback()
                return False
        return True

    async def _sifted(self, data: bytes, listens: bool) -> tuple[int, bool]:
        async with self._database.connection() as connection:
            await connection.execute(queries()["make_arriving"])
            await copy(connection, "copy_arriving", data)
            alone = not listens or await self._alone(connection)
            if not alone:
                await connection.execute(queries()["match_arriving"])
            return (await connection.execute(queries()["take_arriving"])).rowcount, alone

    async def _alone(self, connection: Connection) -> bool:
        others = await connection.execute(queries()["other_listeners"], self._who)
        return await others.fetchone() is None

    async def _learn_what_is_forgotten(self) -> None:
        now = self._database.clock.moment()
        if self._learnt_moment is None or now - self._learnt_moment >= LEARN_AGAIN_S:
            async with self._database.connection() as connection:
                row = await (await connection.execute(queries()["retained_since"])).fetchone()
            self._since, self._learnt_moment = str(row[0]).encode() if row else b"", now

    async def _say_who_is_there(self) -> None:
        now = self._database.clock.moment()
        if self._name and (self._said_moment is None or now - self._said_moment >= SEEN_AGAIN_S):
            async with self._database.connection() as connection:
                await connection.execute(queries()["note_listener"], self._who)
            self._said_moment = now


async def copy(connection: Connection, query: str, data: bytes) -> None:
    """Send rows by one of the named queries."""
    async with connection.cursor().copy(queries()[query]) as sending:
        await sending.write(data)
