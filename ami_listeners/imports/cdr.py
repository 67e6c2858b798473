"""Read CDR: the Master.csv of cdr_csv, or a table with a header, as asteriskcdrdb has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ami_listeners.fold.calls import SNOOP
from ami_listeners.identity import OF_ASTERISK
from ami_listeners.imports.errors import Unreadable
from ami_listeners.imports.names import made_name
from ami_listeners.imports.recorded_call import Drafts, RecordedCall, endpoint
from ami_listeners.imports.source import Noting, Source
from ami_listeners.imports.table import rows
from ami_listeners.imports.wall_time import WallTime, at_of

NEEDED = ("start", "src", "dst", "channel", "dstchannel", "duration", "disposition")
CALLED = {
    "calldate": "start",
    "cdr_date": "start",
    "starttime": "start",
    "answertime": "answer",
    "endtime": "end",
}
MASTER = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start",
    "answer", "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
NEW = ("peeraccount", "linkedid", "sequence")
USUAL = (
    (*MASTER, "uniqueid", "userfield", *NEW),
    (*MASTER, "uniqueid", *NEW),
    (*MASTER, *NEW),
    (*MASTER, "uniqueid", "userfield"),
    (*MASTER, "uniqueid"),
    MASTER,
)
"""Master.csv by what cdr.conf asks for: loguniqueid, loguserfield, newcdrcolumns."""
CALLER_ID = re.compile(r'^"?(.*?)"? *<([^<>]*)>$')


@dataclass(slots=True)
class Leg:
    """One row of CDR."""

    call: str
    has_id: bool
    first: bool
    """Of the call's first channel."""
    start: float
    end: float
    answered: bool
    answered_is_sure: bool
    row: dict[str, str]


class CdrDraft:
    """A call as its rows tell it so far."""

    def __init__(self, call: str) -> None:
        self.name = call
        self.last = 0.0
        self._legs_began: float | None = None
        self._answered = False
        self._answered_is_sure = True
        self._parties: set[str] = set()
        self._channels: set[str] = set()
        self._first: Leg | None = None

    def add(self, leg: Leg) -> None:
        """Take in one row."""
        self.last = max(self.last, leg.end)
        self._channels.add(leg.row.get("uniqueid") or leg.call)
        self._legs_began = leg.start if self._legs_began is None else min(self._legs_began, leg.start)
        self._answered |= leg.first and leg.answered
        self._answered_is_sure &= leg.answered_is_sure or not leg.first
        before = self._first
        if before is None or (leg.first, -leg.start) > (before.first, -before.start):
            self._first = leg
        other = leg.row["dstchannel"]
        if leg.row["disposition"].upper() == "ANSWERED" and other and not other.startswith(SNOOP):
            self._parties.add(endpoint(other))

    def call(self) -> RecordedCall | None:
        """Give the call."""
        if self._first is None or self._legs_began is None:
            return None
        row = self._first.row
        name, number = caller(row)
        return RecordedCall(
            call=self.name,
            has_id=self._first.has_id,
            began=self._legs_began,
            ended=self.last,
            answered=self._answered,
            answered_is_sure=self._answered or self._answered_is_sure,
            channel_name=row["channel"],
            caller_number=number,
            caller_name=name,
            called_number=row.get("did") or row["dst"],
            context=row.get("dcontext", ""),
            parties=frozenset(self._parties),
            channels=frozenset(self._channels),
            resolution_s=1.0,
        )


def cdr_calls(source: Source, times: WallTime) -> Iterator[RecordedCall]:
    """Yield the calls of a file; what cannot be read is noted; raises HistoryError when it is no CDR."""
    table = rows(source, iter(source), needed=NEEDED, called=CALLED, usual=USUAL)
    yield from calls_of(legs(table, source, times))


def legs(table: Iterable[dict[str, str]], source: Noting, times: WallTime) -> Iterator[Leg]:
    """Yield rows that can be read, without those of channels that listen in."""
    for row in table:
        if row["channel"].startswith(SNOOP):
            continue
        try:
            yield leg(row, times)
        except Unreadable as why:
            source.note(str(why))


def calls_of(legs: Iterable[Leg]) -> Iterator[RecordedCall]:
    """Put the rows of each call together; those of one call may stand apart."""
    drafts = Drafts(CdrDraft)
    for each in legs:
        drafts.of(each.call, each.end).add(each)
        yield from drafts.settled()
    yield from drafts.rest()


def leg(row: dict[str, str], times: WallTime) -> Leg:
    """Read a row; raises Unreadable."""
    unique = row.get("uniqueid", "")
    call = row.get("linkedid") or unique
    if call and not OF_ASTERISK.search(call):
        raise Unreadable(
            f"its unique id {call[:40]!r} is none: the columns are others, export it with a header"
        )
    start = times.read(row["start"], unique)
    end = start + seconds(row["duration"]) if not row.get("end") else times.read(row["end"], unique)
    has_id = bool(call)
    if not has_id:
        call = made_name(at_of(start), row["channel"], row["start"])
    answered = row["disposition"].upper() == "ANSWERED" or row.get("billsec", "0") not in ("", "0")
    if is_sure := "answer" in row:
        answered = bool(row["answer"])
    return Leg(call, has_id, unique in ("", call), start, max(start, end), answered, is_sure, row)


def seconds(text: str) -> float:
    """Read a duration in seconds; raises Unreadable."""
    if not text.isdigit() or len(text) > 8:
        raise Unreadable(f"its duration is {text[:40]!r} and not a number of seconds: correct it")
    return float(text)


def caller(row: dict[str, str]) -> tuple[str, str]:
    """Give the name and the number of who called."""
    found = CALLER_ID.match(row.get("clid", ""))
    name, number = (found[1], found[2]) if found else ("", "")
    return row.get("cnam") or name, row.get("cnum") or row["src"] or number
