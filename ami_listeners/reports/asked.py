"""Read what people write of a report: days, moments, weekdays, time zones."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from difflib import get_close_matches

from ami_listeners.reports.errors import QuestionError
from ami_listeners.reports.period import midnight

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEARS = range(1970, 2200)
_DAYS_AGO = {"today": 0, "yesterday": 1}


def beginning(text: str, zone: zoneinfo.ZoneInfo, now: dt.datetime, place: str) -> dt.datetime:
    """Read when a report begins: a moment, or the beginning of a day; raises QuestionError."""
    day = _day(text, zone, now, place)
    return _moment(text, zone, place) if day is None else midnight(day, zone)


def end(text: str, zone: zoneinfo.ZoneInfo, now: dt.datetime, place: str) -> dt.datetime:
    """Read when a report ends: a moment, or the end of a day, which belongs to it; raises QuestionError."""
    day = _day(text, zone, now, place)
    return _moment(text, zone, place) if day is None else midnight(day + dt.timedelta(days=1), zone)


def _day(text: str, zone: zoneinfo.ZoneInfo, now: dt.datetime, place: str) -> dt.date | None:
    if text in _DAYS_AGO:
        return now.astimezone(zone).date() - dt.timedelta(days=_DAYS_AGO[text])
    try:
        day = dt.date.fromisoformat(text) if len(text) <= len("2026-11-20") else None
    except ValueError:
        return None
    if day is not None:
        _check_year(day.year, place)
    return day


def _check_year(year: int, place: str) -> None:
    if year not in YEARS:
        raise QuestionError(f"{place}: {year} is no year of a report, write one from 1970 to 2199")


def _moment(text: str, zone: zoneinfo.ZoneInfo, place: str) -> dt.datetime:
    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        raise QuestionError(
            f"{place}: {text[:40]!r} is no day and no moment, write 2026-11-20, 2026-11-20T14:30, "
            "today or yesterday"
        ) from None
    _check_year(read.year, place)
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(dt.UTC)


def weekday(text: str, place: str) -> int:
    """Read a weekday, Monday is 0; raises QuestionError."""
    if text.lower() not in WEEKDAYS:
        raise QuestionError(f"{place}: {text[:40]!r} is no weekday, write one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(text.lower())


def zone(name: str, place: str) -> zoneinfo.ZoneInfo:
    """Read the name of a time zone; raises QuestionError with the nearest one."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name[:40], zoneinfo.available_timezones(), n=1)
        told = near[0] if near else "Europe/Berlin"
        raise QuestionError(
            f"{place}: {name[:40]!r} is no time zone, write an IANA name such as {told}"
        ) from None
