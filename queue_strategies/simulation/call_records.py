"""Read call records from a CSV: who called when, how long the wait was, and what came of it."""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from queue_strategies.errors import CallfloorError
from queue_strategies.model import QueueName, VisitOutcome

NEEDED = ("arrived", "queue", "outcome", "wait_s")
OPTIONAL = ("talk_s", "priority")
LONGEST_S = 86_400.0


class CallRecordError(CallfloorError):
    """A file of call records cannot be used: the place, and what should stand there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """What became of one caller in one queue."""

    arrived: dt.datetime
    """Aware."""
    queue: QueueName
    outcome: VisitOutcome
    wait_s: float
    talk_s: float | None = None
    """Hold included; None for whoever was not answered, or where it is not known."""
    priority: int = 0


def read_call_records(lines: Iterable[str], name: str, zone: dt.tzinfo) -> list[CallRecord]:
    """Read a CSV with a header line; moments without a zone are in the one given.

    Raises CallRecordError with the file's name and the line.
    """
    reader = csv.DictReader(lines, restkey="", restval="", strict=True)
    try:
        _check_header(reader.fieldnames, name)
        records = [call_record(row, f"{name}, line {reader.line_num}", zone) for row in _filled(reader)]
    except csv.Error as error:
        raise CallRecordError(f"{name}, after line {reader.line_num}: is not CSV ({error})") from None
    if not records:
        raise CallRecordError(f"{name}: has a header and no calls, add a line for each call")
    return sorted(records, key=lambda record: record.arrived)


def _filled(reader: Iterable[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    return (row for row in reader if any(row.values()))


def _check_header(columns: Iterable[str] | None, name: str) -> None:
    columns = list(columns or ())
    for needed in NEEDED:
        if needed not in columns:
            nearest = get_close_matches(needed, columns, n=1)
            hint = f", did you mean {nearest[0]!r} to be it?" if nearest else ""
            known = ", ".join((*NEEDED, *OPTIONAL))
            raise CallRecordError(
                f"{name}, line 1: there is no column {needed!r}{hint or f'; the columns are {known}'}"
            )


def call_record(row: Mapping[str, str], place: str, zone: dt.tzinfo) -> CallRecord:
    """Read one row by the names of its columns; raises CallRecordError with the place."""
    if "" in row:
        raise CallRecordError(f"{place}: has more fields than the header, quote what contains a comma")
    talk = row.get("talk_s", "").strip()
    priority = row.get("priority", "").strip() or "0"
    if not re.fullmatch(r"-?[0-9]{1,6}", priority):
        raise CallRecordError(f"{place}: priority is {short(priority)}, write a whole number")
    return CallRecord(
        arrived=_moment(row["arrived"].strip(), place, zone),
        queue=_queue(row["queue"].strip(), place),
        outcome=_outcome(row["outcome"].strip(), place),
        wait_s=_seconds("wait_s", row["wait_s"].strip(), place),
        talk_s=_seconds("talk_s", talk, place) if talk else None,
        priority=int(priority),
    )


def _moment(text: str, place: str, zone: dt.tzinfo) -> dt.datetime:
    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        raise CallRecordError(f"{place}: arrived is {short(text)}, write 2026-12-24T10:00:00") from None
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _queue(text: str, place: str) -> QueueName:
    if not text:
        raise CallRecordError(f"{place}: queue is empty, name the queue the caller waited in")
    return QueueName(text)


def _outcome(text: str, place: str) -> VisitOutcome:
    try:
        return VisitOutcome(text)
    except ValueError:
        known = [outcome.value for outcome in VisitOutcome]
        nearest = get_close_matches(text, known, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
        raise CallRecordError(f"{place}: outcome is {short(text)}, {hint}") from None


def _seconds(column: str, text: str, place: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_S:
        raise CallRecordError(
            f"{place}: {column} is {short(text)}, write seconds from 0 to {LONGEST_S:.0f}, such as 12.5"
        )
    return seconds


def short(text: str) -> str:
    """Quote what stands in a file, not more than fits a sentence."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
