"""Make anew what the database can make at any time from the rest: functions, triggers, views and roll-ups.

A migration is frozen once it was applied, and what it made of data stays. A script here is applied whenever
it differs from what was applied last. Of two callfloors on one database the one that started last has its
way; they differ only where both know the same migrations, as a newer one's migrations keep the older out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import LiteralString

import structlog
from psycopg import AsyncConnection

from ami_listeners import figures_sql, viewer
from ami_listeners.queries import literal, queries

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Script:
    """SQL that may be run again and again, and leaves the same."""

    name: str
    sql: LiteralString
    rebuild: bool = False
    """It fills tables from all there is: of a long history that takes minutes, and is said beforehand."""

    @property
    def checksum(self) -> str:
        """Tell one version from another."""
        return sha256(self.sql.encode()).hexdigest()


@cache
def scripts() -> tuple[Script, ...]:
    """Return all there are, in the order in which they build on each other."""
    return (
        *kept_in("follow"),
        *(
            Script(f"figures/{name}", sql, rebuild=name.endswith("rollups"))
            for name, sql in figures_sql.scripts().items()
        ),
        *kept_in("quality"),
        *kept_in("keeping"),
        Script("viewer", viewer.sql()),
    )


def kept_in(place: str) -> tuple[Script, ...]:
    """Return what a folder of sql has, by name: `follow` is how the tables follow the facts."""
    folder = files("ami_listeners") / "sql" / place
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return tuple(
        Script(f"{place}/{file.name.removesuffix('.sql')}", literal(file.read_text("utf-8")))
        for file in found
    )


def to_make(known: Sequence[Script], applied: Mapping[str, str]) -> list[Script]:
    """Decide which are to be applied; `applied` has their checksums by name.

    What stands behind a changed one may build on it, and is applied too.
    """
    changed = next((n for n, script in enumerate(known) if applied.get(script.name) != script.checksum), None)
    return [] if changed is None else list(known[changed:])


async def make(connection: AsyncConnection[tuple[object, ...]], known: Sequence[Script]) -> list[str]:
    """Apply what has changed, in the caller's transaction and under its lock, and return the names."""
    sql = queries()
    await connection.execute(sql["make_repeatable"])
    rows = await (await connection.execute(sql["applied_repeatable"])).fetchall()
    due = to_make(known, {str(name): str(checksum) for name, checksum in rows})
    for script in due:
        if script.rebuild:
            log.info("database.rebuilding", name=script.name)
        await connection.execute(script.sql)
        await connection.execute(sql["note_repeatable"], {"name": script.name, "checksum": script.checksum})
    if due:
        log.info("database.made_anew", names=[script.name for script in due])
    return [script.name for script in due]
