"""Read CEL: what cel_custom writes, or a table with a header."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ami_listeners.fold.calls import SNOOP
from ami_listeners.identity import OF_ASTERISK
from ami_listeners.imports.errors import Unreadable
from ami_listeners.imports.recorded_call import Drafts, RecordedCall, endpoint
from ami_listeners.imports.source import Noting, Source
from ami_listeners.imports.table import rows
from ami_listeners.imports.wall_time import WallTime

NEEDED = ("eventtype", "eventtime", "channame", "uniqueid", "linkedid")
CALLED = {"channel": "channame", "event": "eventtype", "eventname": "eventtype", "eventextra": "extra"}
CUSTOM = (
    "eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context",
    "channame", "appname", "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "peer", "userfield",
    "userdeftype", "extra",
)  # fmt: skip
USUAL = (CUSTOM, CUSTOM[:-1])
"""As Asterisk's own cel_custom.conf shows it, now and before there was anything extra."""
TRANSFERS = frozenset({"BLINDTRANSFER", "ATTENDEDTRANSFER"})
BRIDGES = frozenset({"BRIDGE_ENTER", "BRIDGE_EXIT", "BRIDGE_START", "BRIDGE_END"})


class CelDraft:
    """A call as its events tell it so far."""

    def __init__(self, call: str) -> None:
        self.name = call
        self.last = 0.0
        self.over = False
        self._first: dict[str, str] | None = None
        self._began: float | None = None
        self._channels: set[str] = set()
        self._up: set[str] = set()
        """Of these, those that are not gone."""
        self._answered = False
        self._cause = 0
        self._transfers = 0
        self._bridges: dict[str, dict[str, str]] = {}
        """By bridge, the names of the channels in it by their unique ids."""
        self._talk_s = 0.0
        self._talks_since: float | None = None
        self._parties: set[str] = set()
        self._knows_bridges = False

    def add(self, at: float, row: dict[str, str]) -> None:
        """Take in one event."""
        self.last = max(self.last, at)
        event, is_first = row["eventtype"], row["uniqueid"] == self.name
        if self._began is None or (is_first and event == "CHAN_START"):
            self._began, self._first = at, row
        self._answered |= is_first and event == "ANSWER"
        self._transfers += event in TRANSFERS
        if event == "HANGUP":
            self._cause = number(extra(row).get("hangupcause")) or self._cause
        if event in BRIDGES:
            self._moved(at, row, enters=event in ("BRIDGE_ENTER", "BRIDGE_START"))
        if event == "CHAN_START":
            self._channels.add(row["uniqueid"])
            self._up.add(row["uniqueid"])
        elif event == "CHAN_END":
            self._up.discard(row["uniqueid"])
        self.over |= event == "LINKEDID_END" or (event == "CHAN_END" and not self._up)

    def _moved(self, at: float, row: dict[str, str], *, enters: bool) -> None:
        """Count for how long the first channel is in a bridge with others, and with whom."""
        told = extra(row)
        self._knows_bridges = True
        if told.get("bridge_technology") == "holding_bridge":
            return  # who is parked there talks with nobody
        there = self._bridges.setdefault(str(told.get("bridge_id", "")), {})
        if enters:
            there[row["uniqueid"]] = row["channame"]
        else:
            there.pop(row["uniqueid"], None)
        others = [
            name
            for members in self._bridges.values()
            if self.name in members
            for channel, name in members.items()
            if channel != self.name
        ]
        self._parties.update(map(endpoint, others))
        if others and self._talks_since is None:
            self._talks_since = at
        elif not others and self._talks_since is not None:
            self._talk_s += max(0.0, at - self._talks_since)
            self._talks_since = None

    def call(self) -> RecordedCall | None:
        """Give the call; None when its beginning is not known, as the file begins later."""
        row = self._first
        if row is None or self._began is None or row["eventtype"] != "CHAN_START":
            return None
        return RecordedCall(
            call=self.name,
            began=self._began,
            ended=self.last,
            answered=self._answered,
            channel_name=row["channame"],
            caller_number=row.get("cid_num", ""),
            caller_name=row.get("cid_name", ""),
            called_number=row.get("exten", ""),
            context=row.get("context", ""),
            cause=self._cause,
            talk_s=self._talk_s if self._knows_bridges or not self._answered else None,
            parties=frozenset(self._parties) if self._knows_bridges or not self._answered else None,
            transfers=self._transfers,
            channels=frozenset(self._channels),
            resolution_s=0.0 if "." in row["eventtime"] else 1.0,
        )


def cel_calls(source: Source, times: WallTime) -> Iterator[RecordedCall]:
    """Yield the calls of a file that are over; what cannot be read is noted.

    Raises HistoryError when it is no CEL.
    """
    table = rows(source, iter(source), needed=NEEDED, called=CALLED, usual=USUAL)
    yield from calls_of(events(table, source, times))


def events(
    table: Iterable[dict[str, str]], source: Noting, times: WallTime
) -> Iterator[tuple[float, dict[str, str]]]:
    """Yield events that can be read, with their times, without those of channels that listen in."""
    for row in table:
        if row["channame"].startswith(SNOOP):
            continue
        try:
            if not OF_ASTERISK.search(row["linkedid"]):
                what = f"{row['linkedid'][:40]!r} is no unique id"
                raise Unreadable(f"{what}: the columns are others, export it with a header")
            yield times.read(row["eventtime"], row["linkedid"]), row
        except Unreadable as why:
            source.note(str(why))


def calls_of(events: Iterable[tuple[float, dict[str, str]]]) -> Iterator[RecordedCall]:
    """Put the events of each call together; one that was not told to be over is none yet."""
    drafts = Drafts(CelDraft)
    for at, row in events:
        draft = drafts.of(row["linkedid"], at)
        draft.add(at, row)
        if draft.over:
            yield from drafts.over(row["linkedid"])
        yield from drafts.settled()


def extra(row: dict[str, str]) -> dict[str, object]:
    """Read what an event tells beside its columns; nothing when it is no JSON."""
    try:
        read = json.loads(row.get("extra") or "{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def number(value: object) -> int:
    """Give a whole number, 0 for what is none."""
    return value if isinstance(value, int) else 0
