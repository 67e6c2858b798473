"""A day in a CSV file: a row for each interval, with its own calls, and its own AHT, patience or agents."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from queue_strategies.staffing import Interval, StaffingError, Traffic
from queue_strategies.staffing.notation import read_duration, read_number, read_rate, read_whole_number

COLUMNS = ("interval", "calls", "aht", "patience", "agents")


class IntervalFileError(StaffingError):
    """A file of intervals that cannot be understood."""


@dataclass(frozen=True, slots=True)
class EveryInterval:
    """What goes for every row that does not say otherwise."""

    lasts_s: float
    aht_s: float | None
    patience_s: float | None
    lines: int | None
    redial: float

    def __post_init__(self) -> None:
        """Refuse an interval without a length."""
        if not self.lasts_s:
            raise StaffingError("--every: an interval of 0 s has no calls, give one such as 30min")


def read_intervals(path: Path, every: EveryInterval) -> list[Interval]:
    """Read a file with a header of `interval` and `calls`, perhaps `aht`, `patience` and `agents`.

    Calls are counted by interval, or a rate such as 400/h. Raise IntervalFileError with line and column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise IntervalFileError(f"{path}: cannot be read ({error}), name a CSV file in UTF-8") from None
    try:
        intervals = list(_rows(path.name, text, every))
    except csv.Error as error:
        raise IntervalFileError(f"{path.name}: is not CSV: {error}") from None
    if not intervals:
        raise IntervalFileError(f"{path.name}: has no intervals, write a row for each below the header")
    return intervals


def _rows(name: str, text: str, every: EveryInterval) -> Iterator[Interval]:
    header, _, _ = text.partition("\n")
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in header else ",", strict=True)
    rows.fieldnames = [_column(name, column.strip().lower()) for column in rows.fieldnames or ()]
    if "calls" not in rows.fieldnames:
        raise IntervalFileError(
            f"{name}: has no column 'calls', the first line names the columns: interval,calls"
        )
    for row in rows:
        place = f"{name}: line {rows.line_num}"
        if None in row:
            raise IntervalFileError(f"{place}: has more fields than the header, which has {len(row) - 1}")
        yield _interval(place, {column: (field or "").strip() for column, field in row.items()}, every)


def _column(name: str, column: str) -> str:
    if column not in COLUMNS:
        nearest = get_close_matches(column, COLUMNS, n=1, cutoff=0.0)[0]
        raise IntervalFileError(f"{name}: unknown column {column!r}, did you mean {nearest!r}?")
    return column


def _interval(place: str, row: Mapping[str, str], every: EveryInterval) -> Interval:
    with _named(f"{place}: agents"):
        agents = read_whole_number(row["agents"]) if row.get("agents") else None
    name = row.get("interval") or place.rpartition(": ")[2]
    return Interval(name, every.lasts_s, _traffic(place, row, every), agents)


def _traffic(place: str, row: Mapping[str, str], every: EveryInterval) -> Traffic | None:
    with _named(f"{place}: calls"):
        calls_per_s = _calls(row["calls"], every.lasts_s)
        if not calls_per_s:
            return None
    with _named(f"{place}: aht"):
        aht_s = read_duration(row["aht"]) if row.get("aht") else every.aht_s
        if aht_s is None:
            raise StaffingError("there is none, add the column 'aht' or give --aht")
    with _named(f"{place}: patience"):
        patience_s = read_duration(row["patience"]) if row.get("patience") else every.patience_s
    with _named(place):
        return Traffic(calls_per_s, aht_s, patience_s, every.lines, every.redial)


def _calls(text: str, lasts_s: float) -> float:
    if "/" in text:
        return read_rate(text)
    return read_number(text) / lasts_s


@contextmanager
def _named(place: str) -> Iterator[None]:
    try:
        yield
    except StaffingError as error:
        raise IntervalFileError(f"{place}: {error}") from None
