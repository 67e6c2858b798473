"""Where Asterisk's own records are: a file that grows, or a table in PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ami_listeners.database import one_line
from ami_listeners.imports import cdr, cel
from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.problems import Problems
from ami_listeners.imports.recorded_call import RecordedCall
from ami_listeners.imports.source import LONGEST, Source
from ami_listeners.imports.wall_time import WallTime

EPOCH = re.compile(rb"(?<![\d.])(1\d{9})\.\d")
"""The seconds of a unique id, or of the time of an event."""
LONGEST_CALL_S = 86_400.0
"""Calls that lasted longer are not compared."""
NEAR = 1 << 16
"""Bytes that are read rather than halved any further."""
PATIENCE_S = 60.0
MOST_ROWS = 5_000_000
TIMES = {1114: "timestamp", 1184: "timestamp with time zone"}
"""PostgreSQL's types of columns that hold times, by their numbers."""


class Records(StrEnum):
    """What Asterisk writes of calls."""

    CDR = "cdr"
    CEL = "cel"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSource:
    """Records of one kind: a file, or the URL of a PostgreSQL with a table."""

    records: Records
    place: str
    zone: tzinfo = UTC
    """By whose clock its times are, where they do not say."""
    password: str | None = None
    """Used beside a URL that names none."""
    table: str = ""
    """Empty: that which is called as what it holds."""
    problems: Problems = field(default_factory=Problems)

    async def calls(self, since: datetime, until: datetime) -> dict[str, RecordedCall]:
        """Read the calls that ended within a time, by their names; raises HistoryError."""
        times = WallTime(self.zone, lambda: until.timestamp())
        earliest, latest = since.timestamp(), until.timestamp()
        if self.is_url:
            read = list(self._of_rows(await self._rows(since, until), times))
        else:
            read = await asyncio.to_thread(lambda: list(self._of_file(times, earliest)))
        return {call.call: call for call in read if call.has_id and earliest <= call.ended < latest}

    @property
    def is_url(self) -> bool:
        """Tell whether it is a table."""
        return "://" in self.place

    def _of_file(self, times: WallTime, since: float) -> Iterator[RecordedCall]:
        source = Source(
            Path(self.place), self.problems, growing=True, skip=lambda file: first_after(file, since)
        )
        read = cdr.cdr_calls if self.records is Records.CDR else cel.cel_calls
        return read(source, times)

    # -- a table --------------------------------------------------------------------------------------------

    async def _rows(self, since: datetime, until: datetime) -> list[dict[str, str]]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                connection = await psycopg.AsyncConnection.connect(self._conninfo())
                async with connection:
                    await connection.set_read_only(True)
                    return await self._selected(connection, since, until)
        except (psycopg.Error, OSError, TimeoutError) as failure:
            why = one_line(failure) or "no answer in time"
            raise HistoryError(
                f"the {self.records} table cannot be read ({why}): check its URL, its name and the rights"
            ) from None

    def _conninfo(self) -> str:
        ours = {"connect_timeout": "10", "options": "-c statement_timeout=50s"}
        given = {"password": self.password} if self.password is not None else {}
        return make_conninfo("", **{**ours, **given, **conninfo_to_dict(self.place)})

    async def _selected(
        self, connection: psycopg.AsyncConnection[Any], since: datetime, until: datetime
    ) -> list[dict[str, str]]:
        table = sql.Identifier(*(self.table or str(self.records)).split("."))
        looked = await connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(table))
        called = cdr.CALLED if self.records is Records.CDR else cel.CALLED
        wanted = "start" if self.records is Records.CDR else "eventtime"
        columns = {
            called.get(column.name.lower(), column.name.lower()): column
            for column in looked.description or ()
        }
        if wanted not in columns or columns[wanted].type_code not in TIMES:
            raise HistoryError(f"the {self.records} table has no time {wanted}: name another table")
        column = columns[wanted]
        begins, ends = since - timedelta(seconds=LONGEST_CALL_S), until
        if TIMES[column.type_code] == "timestamp":
            begins, ends = (each.astimezone(self.zone).replace(tzinfo=None) for each in (begins, ends))
        query = sql.SQL("SELECT * FROM {} WHERE {} >= %s AND {} < %s ORDER BY {} LIMIT {}").format(
            table, *[sql.Identifier(column.name)] * 3, sql.Literal(MOST_ROWS)
        )
        found = await connection.execute(query, (begins, ends))
        names = list(columns)
        return [
            {name: "" if value is None else str(value) for name, value in zip(names, row, strict=True)}
            async for row in found
        ]

    def _of_rows(self, rows: Sequence[dict[str, str]], times: WallTime) -> Iterator[RecordedCall]:
        note = _Noted(self.problems, str(self.records))
        if self.records is Records.CDR:
            return cdr.calls_of(cdr.legs(rows, note, times))
        return cel.calls_of(cel.events(rows, note, times))


@dataclass(slots=True)
class _Noted:
    """Where rows of a table are noted that cannot be read."""

    problems: Problems
    name: str

    def note(self, why: str) -> None:
        self.problems.note(self.name, 0, why)


def first_after(file: IO[bytes], since: float) -> int:
    """Find, by halving, a byte before which all lines tell of calls that began long before a time."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while high - low > NEAR:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline(LONGEST)  # the rest of a line
        at = next_time(file)
        if at is not None and at < since - LONGEST_CALL_S:
            low = middle
        else:
            high = middle
    if low == 0:
        return 0
    file.seek(low)
    file.readline(LONGEST)
    return file.tell()


def next_time(file: IO[bytes], most: int = 50) -> float | None:
    """Give the latest time that the next line names which names one."""
    for _ in range(most):
        if found := EPOCH.findall(file.readline(LONGEST)):
            return float(max(found))
    return None
