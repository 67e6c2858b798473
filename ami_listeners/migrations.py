"""Bring the database into the shape this callfloor knows, once, whoever comes first."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from psycopg import AsyncConnection

from ami_listeners.errors import DatabaseTooNew, MigrationChanged
from ami_listeners.queries import Migration, migrations, queries
from ami_listeners.repeatable import make, scripts

log = structlog.get_logger(__name__)

Applied = Sequence[tuple[int, str, str]]
"""Number, name and checksum of what a database has been through."""


def to_apply(known: Sequence[Migration], applied: Applied) -> list[Migration]:
    """Decide what is still to be done.

    Raises DatabaseTooNew for a database that knows more than we, MigrationChanged for one that was made by
    other files than ours.
    """
    ours = {migration.number: migration for migration in known}
    for number, name, checksum in applied:
        if number not in ours:
            raise DatabaseTooNew(
                f"the database has migration {number:04} ({name}), and this callfloor knows only up to "
                f"{max(ours, default=0):04}: a newer callfloor was here; start that version"
            )
        if ours[number].checksum != checksum:
            raise MigrationChanged(
                f"migration {number:04} ({ours[number].name}) is not the one that was applied to the "
                "database: a migration must never change; restore the file, or use another database"
            )
    done = {number for number, _, _ in applied}
    return [migration for migration in known if migration.number not in done]


async def migrate(connection: AsyncConnection[tuple[object, ...]]) -> list[int]:
    """Apply what is missing, in one transaction and under a lock, and return the numbers.

    What is made from the rest is made anew where it has changed. No statement has a limit of time.
    """
    sql = queries()
    async with connection.transaction():
        await connection.execute(sql["patiently"])
        await connection.execute(sql["lock_migrations"])
        await connection.execute(sql["make_migrations"])
        rows = await (await connection.execute(sql["applied_migrations"])).fetchall()
        missing = to_apply(migrations(), [(int(str(n)), str(name), str(sum_)) for n, name, sum_ in rows])
        for migration in missing:
            await connection.execute(migration.sql)
            note = {"number": migration.number, "name": migration.name, "checksum": migration.checksum}
            await connection.execute(sql["note_migration"], note)
            log.info("database.migrated", number=migration.number, name=migration.name)
        await make(connection, scripts())
        await connection.execute(sql["let_viewer_see"])
    return [migration.number for migration in missing]
