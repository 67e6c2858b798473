"""Read queue_log, the file or its table, line by line.

A line of the file is `time|callid|queue|agent|event|data…`; a table has the columns time, callid, queuename,
agent, event and data1 to data5, or data with all of it as the file has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from ami_listeners.imports.errors import Unreadable
from ami_listeners.imports.source import Source
from ami_listeners.imports.table import named, rows
from ami_listeners.imports.wall_time import WallTime

NEEDED = ("time", "callid", "queue", "agent", "event")
CALLED = {
    "queuename": "queue",
    "created": "time",
    "timestamp": "time",
    "call_id": "callid",
    "uniqueid": "callid",
}
DATA = ("data1", "data2", "data3", "data4", "data5")
NOBODY = frozenset({"", "NONE"})


@dataclass(slots=True)
class Entry:
    """One line of queue_log."""

    at: float
    """Unix time in seconds."""
    call: str
    """The unique id of the caller's channel; NONE or MANAGER where there is no call."""
    queue: str
    agent: str
    """As the member is called; NONE where it is none."""
    event: str
    data: list[str]
    line: str
    """As it stands in the file."""

    def number(self, index: int, what: str) -> int:
        """Read one of the data as a whole number; raises Unreadable."""
        text = self.data[index] if -len(self.data) <= index < len(self.data) else ""
        try:
            return int(text)
        except ValueError:
            raise Unreadable(
                f"{self.event} has {what} {text!r} and not a number: the line is torn, leave it or correct it"
            ) from None

    def text(self, index: int) -> str:
        """Give one of the data; empty where there is none."""
        return self.data[index] if -len(self.data) <= index < len(self.data) else ""


def entries(source: Source, times: WallTime) -> Iterator[Entry]:
    """Yield the lines of a file or of a table with a header; what cannot be read is noted.

    Raises HistoryError when it is neither.
    """
    lines = iter(source)
    first = next(lines, None)
    if first is None:
        return
    if named(first, NEEDED, CALLED)[0]:
        split: Iterator[list[str]] = map(
            fields, rows(source, chain((first,), lines), needed=NEEDED, called=CALLED)
        )
    else:
        split = (line.split("|") for line in chain((first,), lines) if line)
    for parts in split:
        try:
            yield entry(parts, times)
        except Unreadable as why:
            source.note(str(why))


def fields(row: dict[str, str]) -> list[str]:
    """Give a row of the table the order of a line of the file."""
    data = [row.get(name, "") for name in DATA]
    if "data" in row and not any(data):
        data = row["data"].split("|")
    return [*(row[name] for name in NEEDED), *data]


def entry(parts: list[str], times: WallTime) -> Entry:
    """Make an entry of the parts of a line; raises Unreadable."""
    if len(parts) < len(NEEDED):
        raise Unreadable(f"has {len(parts)} of at least 5 fields: it is torn, leave it or correct it")
    time, call, queue, agent, event, *data = parts
    return Entry(times.read(time, call), call, queue, agent, event, data, "|".join(parts))
