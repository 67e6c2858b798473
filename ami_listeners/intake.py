"""Take rows into the database, each fact once; the tables follow in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from ami_listeners.database import Connection, Database
from ami_listeners.queries import queries


class Intake:
    """Copy rows straight into `facts` while none of them is there yet; else past those that are."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._doubled = False
        """Some of the last rows were there already: a spool taken again, or another who listens too."""

    async def take(self, rows: Sequence[bytes]) -> int:
        """Commit rows, and say how many are new.

        Raises DatabaseUnreachable with nothing known of them, and psycopg's DataError or IntegrityError with
        none of them taken when the database can never take one.
        """
        data = b"\n".join(rows) + b"\n"
        if not self._doubled:
            try:
                await self._straight(data)
            except psycopg.errors.UniqueViolation:
                self._doubled = True
            else:
                return len(rows)
        new = await self._sifted(data)
        self._doubled = new < len(rows)
        return new

    async def _straight(self, data: bytes) -> None:
        async with self._database.connection() as connection:
            await copy(connection, "copy_facts", data)

    async def _sifted(self, data: bytes) -> int:
        async with self._database.connection() as connection:
            await connection.execute(queries()["make_arriving"])
            await copy(connection, "copy_arriving", data)
            return (await connection.execute(queries()["take_arriving"])).rowcount


async def copy(connection: Connection, query: str, data: bytes) -> None:
    """Send rows by one of the named queries."""
    async with connection.cursor().copy(queries()[query]) as sending:
        await sending.write(data)
