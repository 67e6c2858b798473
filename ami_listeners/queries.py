"""Read the SQL that stands beside this file; none is written anywhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import LiteralString

NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)
MIGRATION = re.compile(r"(\d{4})_(\w+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the database's shape."""

    number: int
    name: str
    sql: LiteralString
    checksum: str


@cache
def queries(of: str = "queries") -> dict[str, LiteralString]:
    """Return every query of a file in sql by its name."""
    text = (files("ami_listeners") / "sql" / f"{of}.sql").read_text("utf-8")
    _, *parts = NAME.split(text)
    return {name: literal(sql.strip()) for name, sql in zip(parts[::2], parts[1::2], strict=True)}


@cache
def migrations() -> tuple[Migration, ...]:
    """Return the migrations in sql/migrations in their order."""
    found = []
    for file in (files("ami_listeners") / "sql" / "migrations").iterdir():
        if match := MIGRATION.fullmatch(file.name):
            sql = literal(file.read_text("utf-8"))
            found.append(Migration(int(match[1]), match[2], sql, sha256(sql.encode()).hexdigest()))
    return tuple(sorted(found, key=lambda migration: migration.number))


def literal(sql: str) -> LiteralString:
    """Vouch for SQL that came with the program: psycopg takes no other kind of text as a query."""
    return sql  # type: ignore[return-value,unused-ignore]
