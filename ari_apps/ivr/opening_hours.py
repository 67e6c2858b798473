"""Build calendars and the routes' tree from floor.toml; the package `holidays` knows the days off."""

from __future__ import annotations

import datetime as dt
import difflib
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from queue_strategies.calendar import Calendar, HoursError, read_hours, read_spans
from queue_strategies.routing import RouteNode

if TYPE_CHECKING:
    from ari_apps.ivr.ivr_settings import IvrSettings
    from ari_apps.ivr.settings import CalendarSettings, RouteSettings

Holiday = Callable[[dt.date], str | None]


def time_zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the IANA time zone of this name; raise HoursError with the nearest name when there is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = _nearest(name, zoneinfo.available_timezones()) or "Europe/Berlin"
        raise HoursError(f"{name!r} is no time zone, write an IANA name such as {near}") from None


def country_holidays(code: str) -> Holiday:
    """Return the holidays of a country or subdivision (`DE`, `DE-BY`); raise HoursError when it has none."""
    import holidays  # takes a fifth of a second, which few commands need to spend

    supported = holidays.list_supported_countries()
    country, _, subdivision = code.partition("-")
    known = {"", *supported[country]} if country in supported else None
    if known is None or subdivision not in known or code.endswith("-"):
        near = (
            _nearest(code, [f"{country}-{part}" for part in known if part] if known else supported) or "DE-BY"
        )
        raise HoursError(f"no holidays are known for {code!r}, write a country such as {near}")
    return holidays.country_holidays(country, subdivision or None).get


def build_calendar(settings: CalendarSettings, site_timezone: str) -> Calendar:
    """Build one calendar; raise HoursError naming what is wrong."""
    rest = {} if settings.holidays is None else {"holiday": country_holidays(settings.holidays)}
    return Calendar(
        zone=time_zone(settings.timezone or site_timezone),
        hours=read_hours(settings.hours),
        special={day: read_spans(spans) for day, spans in settings.open.items()},
        closed=frozenset(settings.closed),
        **rest,
    )


def build_calendars(settings: IvrSettings, site_timezone: str) -> Mapping[str, Calendar]:
    """Build every calendar by its name."""
    return {name: build_calendar(one, site_timezone) for name, one in settings.calendars.items()}


def build_routes(settings: Iterable[RouteSettings], place: str = "routes") -> tuple[RouteNode, ...]:
    """Build the routes' tree, each node knowing its place in floor.toml."""
    return tuple(_build_node(one, f"{place}[{number}]") for number, one in enumerate(settings))


def _build_node(settings: RouteSettings, place: str) -> RouteNode:
    return RouteNode(
        place=place,
        to=settings.to,
        callers=settings.from_,
        calendar=settings.calendar,
        when_open=settings.when != "closed",
        destination=None if settings.destination is None else str(settings.destination),
        language=settings.language,
        priority=settings.priority,
        skills=settings.skills,
        children=build_routes(settings.routes, f"{place}.routes"),
    )


def _nearest(name: str, known: Iterable[str]) -> str | None:
    by_small_letters = {candidate.lower(): candidate for candidate in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_small_letters, n=1)
    return by_small_letters[near[0]] if near else None
