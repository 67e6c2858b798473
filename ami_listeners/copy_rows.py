"""Write facts as the lines that PostgreSQL's COPY takes, and read them back.

Such a line is what the spool holds: it goes to the database as it is. Lines of JSON are from a callfloor of
before, and are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ami_listeners.records import Record, decode, encode

COLUMNS = "id, at, kind, source, system, listener, heard, contact, visit, queue, agent, body"
NULL = "\\N"
SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
ESCAPED = re.compile(r"\\(.)")
MEANT = {"t": "\t", "n": "\n", "r": "\r"}


def row(record: Record) -> bytes:
    """Write one fact; what its columns hold stands in its body as well."""
    body = record.body
    return "\t".join(
        (
            str(record.id),
            record.at.isoformat(),
            record.kind,
            escaped(record.source),
            escaped(record.system),
            escaped(record.listener or None),
            "t" if record.heard else "f",
            escaped(body.get("call") or body.get("contact")),
            escaped(body.get("visit")),
            escaped(body.get("queue")),
            escaped(body.get("agent")),
            encode(body).decode().replace("\\", "\\\\"),
        )
    ).encode()


def rows(records: Iterable[Record]) -> Iterator[bytes]:
    """Write facts in their order."""
    return map(row, records)


def understood(line: bytes) -> bytes:
    """Make a row of a line of before; raises ValueError when it cannot be read."""
    return row(decode(line)) if line.startswith(b"{") else line


def read(line: bytes) -> Record:
    """Read a line back; raises ValueError."""
    if line.startswith(b"{"):
        return decode(line)
    id_, at, kind, source, system, listener, heard, _, _, _, _, body = map(meant, line.decode().split("\t"))
    told: dict[str, Any] = msgspec.json.decode(body or "")
    return Record(
        id=UUID(id_),
        at=datetime.fromisoformat(at or ""),
        kind=kind or "",
        source=source or "",
        body=told,
        system=system or "",
        listener=listener or "",
        heard=heard == "t",
    )


def escaped(text: str | None) -> str:
    """Write a column."""
    if text is None:
        return NULL
    return SPECIAL.sub(lambda found: ESCAPES[found[0]], text) if SPECIAL.search(text) else text


def meant(text: str) -> str | None:
    """Read a column."""
    if text == NULL:
        return None
    return ESCAPED.sub(lambda found: MEANT.get(found[1], found[1]), text) if "\\" in text else text
