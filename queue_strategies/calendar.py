"""When somebody is there: opening hours by weekday, closed days, special days and holidays, in one time zone.

A span is meant in wall-clock time: it opens when the wall clock first shows its beginning or more, and closes
when the wall clock has shown less than its end for the last time. So the day of 23 hours loses, and the day
of 25 hours gains, the hour that its clocks do. A span past midnight belongs to the day on which it begins.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from queue_strategies.errors import CallfloorError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON_DAYS = 400
"""How far `next_change` looks ahead; a calendar that does not change within it counts as constant."""

_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", re.ASCII)
_DAY_MINUTES = 24 * 60
_TICK = dt.timedelta(microseconds=1)


class HoursError(CallfloorError, ValueError):
    """Opening hours cannot be read."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of wall-clock time, in minutes after the midnight of the day on which it begins."""

    begins: int
    ends: int
    """More than 24 * 60 when the span goes past midnight."""

    def __str__(self) -> str:
        ends = self.ends if self.ends <= _DAY_MINUTES else self.ends - _DAY_MINUTES
        return f"{self.begins // 60:02}:{self.begins % 60:02}-{ends // 60:02}:{ends % 60:02}"


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a calendar is open at a moment, and why."""

    is_open: bool
    because: str


def _no_holidays(day: dt.date) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Opening hours in one time zone; of a day, `special` counts first, then `closed`, holidays, `hours`."""

    zone: dt.tzinfo
    hours: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    """Spans by weekday, Monday is 0."""
    special: Mapping[dt.date, tuple[Span, ...]] = field(default_factory=dict)
    closed: frozenset[dt.date] = frozenset()
    holiday: Callable[[dt.date], str | None] = _no_holidays
    """The name of a day's holiday, None when it is none."""

    def is_open(self, at: dt.datetime) -> bool:
        """Tell whether the calendar is open at this moment; `at` must be aware."""
        return self.explain(at).is_open

    def explain(self, at: dt.datetime) -> Opening:
        """Tell whether the calendar is open at this moment, and by which day's rule."""
        today = _local_day(at, self.zone)
        for day in (today - dt.timedelta(days=1), today):
            spans, rule = self._rule(day)
            for span in spans:
                opens, closes = _moments(day, span, self.zone)
                if opens <= at < closes:
                    return Opening(True, f"{rule} {span}")
        spans, rule = self._rule(today)
        return Opening(False, f"outside {rule} {','.join(map(str, spans))}" if spans else rule)

    def next_change(self, at: dt.datetime) -> dt.datetime | None:
        """Return the next moment, in UTC, at which the calendar opens or closes; None when it does not."""
        first = _local_day(at, self.zone) - dt.timedelta(days=1)
        days = [first + dt.timedelta(days=ahead) for ahead in range(HORIZON_DAYS)]
        until: dt.datetime | None = None
        for opens, closes in self._intervals(days):
            if closes <= (until or at):
                continue
            if opens > (until or at):
                return until or opens
            until = closes
        return until if until and _local_day(until, self.zone) <= days[-1] else None

    def _intervals(self, days: Iterable[dt.date]) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        for day in days:
            for span in self._rule(day)[0]:
                opens, closes = _moments(day, span, self.zone)
                if opens < closes:
                    yield opens, closes

    def _rule(self, day: dt.date) -> tuple[tuple[Span, ...], str]:
        if day in self.special:
            return self.special[day], f"special day {day}"
        if day in self.closed:
            return (), f"closed day {day}"
        if (name := self.holiday(day)) is not None:
            return (), f"holiday {name}"
        name = WEEKDAYS[day.weekday()]
        spans = self.hours.get(day.weekday(), ())
        return spans, name if spans else f"no hours on {name}"


def read_hours(hours: Mapping[str, str]) -> dict[int, tuple[Span, ...]]:
    """Read `{"mon-fri": "09:00-12:00,13:00-17:30", "sat": …}`; raise HoursError naming what is wrong."""
    read: dict[int, tuple[Span, ...]] = {}
    for days, spans in hours.items():
        for weekday in _read_weekdays(days):
            if weekday in read:
                raise HoursError(f"{WEEKDAYS[weekday]} is given twice, name every weekday once")
            read[weekday] = read_spans(spans)
    return read


def read_spans(text: str) -> tuple[Span, ...]:
    """Read `09:00-12:00,22:00-06:00`, sorted; raise HoursError naming what is wrong."""
    return tuple(sorted(_read_span(part.strip()) for part in text.split(",")))


def _read_span(text: str) -> Span:
    if (match := _SPAN.fullmatch(text)) is None:
        raise HoursError(f"{text!r} is no span of hours, write it as 09:00-17:30")
    begin_h, begin_min, end_h, end_min = map(int, match.groups())
    begins, ends = begin_h * 60 + begin_min, end_h * 60 + end_min
    if max(begin_min, end_min) > 59 or begins >= _DAY_MINUTES or ends > _DAY_MINUTES:
        raise HoursError(f"{text!r} names a time that no day has, times go from 00:00 to 24:00")
    if begins == ends:
        raise HoursError(f"{text!r} begins when it ends, write 00:00-24:00 for a whole day")
    return Span(begins, ends if ends > begins else ends + _DAY_MINUTES)


def _read_weekdays(text: str) -> Iterator[int]:
    for part in text.lower().split(","):
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise HoursError(f"{text!r} is no weekday, write one of {', '.join(WEEKDAYS)}, or mon-fri")
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        yield from (weekday % 7 for weekday in range(begin, (end if end >= begin else end + 7) + 1))


def _local_day(at: dt.datetime, zone: dt.tzinfo) -> dt.date:
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be placed in a calendar")
    return at.astimezone(zone).date()


def _moments(day: dt.date, span: Span, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
    """Return when the span opens and closes on that day, in UTC."""
    midnight = dt.datetime.combine(day, dt.time())
    opens = midnight + dt.timedelta(minutes=span.begins)
    last = midnight + dt.timedelta(minutes=span.ends) - _TICK
    return (
        _shown(opens, zone, fold=0) or _jump_over(opens, zone),
        (closing + _TICK) if (closing := _shown(last, zone, fold=1)) else _jump_over(last, zone),
    )


def _shown(time: dt.datetime, zone: dt.tzinfo, *, fold: int) -> dt.datetime | None:
    """Return when, in UTC, the wall clock shows this time: the first or second time by `fold` (PEP 495)."""
    moment = time.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == time else None


def _jump_over(time: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Return when, in UTC, the wall clock jumps over this time, which it never shows."""
    before, after = sorted(time.replace(tzinfo=zone, fold=side).astimezone(dt.UTC) for side in (0, 1))
    while after - before > _TICK:
        middle = before + (after - before) // 2
        has_jumped = middle.astimezone(zone).replace(tzinfo=None) > time
        before, after = (before, middle) if has_jumped else (middle, after)
    return after
