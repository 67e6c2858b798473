"""Cut time into spans by the wall clock of a zone, so that every moment lies in exactly one of them.

A day goes from midnight to midnight, however many hours its clocks make of it. An hour ends when the wall
clock is set, too: of the day with 25 hours two are called 02:00, and where clocks are set by half an hour one
has 30 minutes. Zones that are half an hour or 45 minutes off begin their hours when their own clocks do.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ami_listeners.reports.errors import QuestionError
from ami_listeners.reports.question import MONDAY, Step

MOST_SPANS = 40_000
"""A year has 35,136 quarters of an hour at most."""
_MINUTES = {Step.QUARTER: 15, Step.HOUR: 60}
_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time with the name that people give it."""

    begins: dt.datetime
    """UTC; belongs to it."""
    ends: dt.datetime
    """UTC; does not."""
    label: str


def spans(
    since: dt.datetime, until: dt.datetime, step: Step, zone: ZoneInfo, week_starts: int = MONDAY
) -> tuple[Span, ...]:
    """Cut the time from `since` to `until`; raises QuestionError when that makes too many spans."""
    cuts = bounds(since, until, step, zone, week_starts)
    return tuple(
        Span(begins, ends, label(begins, ends, step, zone)) for begins, ends in itertools.pairwise(cuts)
    )


def bounds(
    since: dt.datetime, until: dt.datetime, step: Step, zone: ZoneInfo, week_starts: int = MONDAY
) -> tuple[dt.datetime, ...]:
    """Return where the spans meet, in UTC, with both ends; the first and the last span may be cut short."""
    since, until = since.astimezone(dt.UTC), until.astimezone(dt.UTC)
    found = [since]
    for begins in _beginnings(since, step, zone, week_starts):
        if begins >= until:
            break
        if begins > found[-1]:
            found.append(begins)
        if len(found) > MOST_SPANS:
            raise QuestionError(f"that is more than {MOST_SPANS} spans, ask for longer ones or for less time")
    return (*found, until)


def _beginnings(since: dt.datetime, step: Step, zone: ZoneInfo, week_starts: int) -> Iterator[dt.datetime]:
    """Yield in their order when spans begin, from about `since` on; without end, but of Step.ALL none."""
    if step in _MINUTES:
        at = since
        while True:
            yield (at := _next_aligned(at, _MINUTES[step], zone))
    day = since.astimezone(zone).date()
    while step is not Step.ALL:
        day += _DAY
        if _begins_one(day, step, week_starts):
            yield midnight(day, zone)


def _begins_one(day: dt.date, step: Step, week_starts: int) -> bool:
    match step:
        case Step.WEEK:
            return day.weekday() == week_starts
        case Step.MONTH:
            return day.day == 1
        case _:
            return True


def _next_aligned(at: dt.datetime, minutes: int, zone: ZoneInfo) -> dt.datetime:
    """Return when the wall clock next shows a multiple of so many minutes, or is set before it does."""
    local = at.astimezone(zone)
    into = dt.timedelta(minutes=local.minute % minutes, seconds=local.second, microseconds=local.microsecond)
    aligned = at + dt.timedelta(minutes=minutes) - into
    if aligned.astimezone(zone).utcoffset() == local.utcoffset():
        return aligned
    return _first(lambda moment: moment.astimezone(zone).utcoffset() != local.utcoffset(), at, aligned)


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Return when, in UTC, a day begins: when the wall clock first shows its date, or a later one."""
    begins = dt.datetime.combine(day, dt.time(), zone)
    sooner, later = sorted(begins.replace(fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if sooner.astimezone(zone).replace(tzinfo=None) == begins.replace(tzinfo=None):
        return sooner
    return _first(lambda moment: moment.astimezone(zone).date() >= day, sooner - _SECOND, later)


def _first(holds: Callable[[dt.datetime], bool], before: dt.datetime, after: dt.datetime) -> dt.datetime:
    """Return the first whole second after `before` at which something holds, as it does at `after`."""
    before = before.replace(microsecond=0)
    while after - before > _SECOND:
        middle = before + (after - before) // (2 * _SECOND) * _SECOND
        before, after = (before, middle) if holds(middle) else (middle, after)
    return after


def label(begins: dt.datetime, ends: dt.datetime, step: Step, zone: ZoneInfo) -> str:
    """Name a span as its wall clock does; of two hours of the same name each has its offset."""
    local, last = begins.astimezone(zone), (ends - dt.timedelta(microseconds=1)).astimezone(zone)
    match step:
        case Step.QUARTER | Step.HOUR:
            return f"{local:%Y-%m-%d %H:%M}{_offset(local)}"
        case Step.DAY:
            return f"{local:%Y-%m-%d %a}"
        case Step.WEEK:
            return f"{local:%Y-%m-%d} – {last:%m-%d}"
        case Step.MONTH:
            return f"{local:%Y-%m}"
        case Step.ALL:
            return f"{local:%Y-%m-%d %H:%M} – {ends.astimezone(zone):%Y-%m-%d %H:%M}"


def _offset(local: dt.datetime) -> str:
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return local.isoformat()[-6:] if twice else ""
