"""Reports cut time by the wall clock: whatever clocks do, every moment lies in exactly one span."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ami_listeners.reports.errors import QuestionError
from ami_listeners.reports.period import bounds, midnight, spans
from ami_listeners.reports.question import SUNDAY, Step

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
SUMMER_ENDS, SUMMER_BEGINS = dt.date(2026, 10, 25), dt.date(2026, 3, 29)
HOUR, DAY, TICK = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(microseconds=1)
ODD_ZONES = [
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Goose_Bay",
    "America/Havana",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Gaza",
    "UTC",
]
zones = st.sampled_from(ODD_ZONES) | st.sampled_from(sorted(available_timezones() - {"localtime"}))


@cache
def settings_of_clocks(name: str) -> list[dt.datetime]:
    """Return the days on which the clocks of a zone are set, sixty years long."""
    zone, first = ZoneInfo(name), dt.datetime(1975, 1, 1, tzinfo=dt.UTC)
    days = [first + DAY * number for number in range(62 * 365)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after]


@st.composite
def moments_in_zones(draw: st.DrawFn) -> tuple[dt.datetime, str]:
    """Draw a moment and a zone, mostly within a few days of its clocks being set."""
    name = draw(zones)
    ever = st.datetimes(dt.datetime(1975, 1, 1), dt.datetime(2037, 1, 1)).map(
        lambda moment: moment.replace(tzinfo=dt.UTC)
    )
    if not (days := settings_of_clocks(name)):
        return draw(ever), name
    near = st.builds(lambda day, off: day + off, st.sampled_from(days), st.timedeltas(-DAY, 2 * DAY))
    return draw(near | near | ever), name


def day_of(day: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    return midnight(day, zone), midnight(day + DAY, zone)


@given(moments_in_zones(), st.integers(1, 3 * 24 * 3600), st.sampled_from(Step), st.integers(0, 6))
@example((dt.datetime(2011, 12, 29, tzinfo=dt.UTC), "Pacific/Apia"), 3 * 24 * 3600, Step.DAY, 0)
@example((dt.datetime(2010, 11, 6, tzinfo=dt.UTC), "America/Goose_Bay"), 3 * 24 * 3600, Step.HOUR, 0)
def test_every_moment_lies_in_exactly_one_span(
    when: tuple[dt.datetime, str], seconds: int, step: Step, week_starts: int
) -> None:
    since, zone = when[0], ZoneInfo(when[1])
    until = since + dt.timedelta(seconds=seconds)
    cut = spans(since, until, step, zone, week_starts)
    assert (cut[0].begins, cut[-1].ends) == (since, until)
    assert all(before.ends == after.begins for before, after in itertools.pairwise(cut))
    assert all(span.begins < span.ends for span in cut)
    if step in (Step.QUARTER, Step.HOUR):
        assert max(Counter(span.label for span in cut).values()) == 1, "two spans have one name"
        assert all(span.ends - span.begins <= HOUR for span in cut)
        for span in cut:
            first, last = span.begins.astimezone(zone), (span.ends - TICK).astimezone(zone)
            assert first.utcoffset() == last.utcoffset(), "the clock is set within a span"
            assert (first.date(), first.hour) == (last.date(), last.hour)


@given(moments_in_zones())
@example((dt.datetime(2018, 11, 4, 12, tzinfo=dt.UTC), "America/Sao_Paulo"))
def test_a_day_begins_when_its_clock_first_shows_its_date(when: tuple[dt.datetime, str]) -> None:
    at, zone = when[0], ZoneInfo(when[1])
    day = at.astimezone(zone).date()
    begins = midnight(day, zone)
    assert begins.astimezone(zone).date() >= day
    assert (begins - TICK).astimezone(zone).date() < day


@given(moments_in_zones(), st.sampled_from(Step))
def test_a_span_is_the_same_wherever_the_report_begins(when: tuple[dt.datetime, str], step: Step) -> None:
    at, zone = when[0], ZoneInfo(when[1])
    whole = bounds(at, at + 2 * DAY, step, zone)
    later = bounds(at + DAY, at + 2 * DAY, step, zone)
    assert later[1:] == tuple(cut for cut in whole if cut > at + DAY)


def test_the_day_of_25_hours_has_100_quarters_and_two_hours_called_two() -> None:
    begins, ends = day_of(SUMMER_ENDS, BERLIN)
    assert ends - begins == 25 * HOUR
    assert len(spans(begins, ends, Step.QUARTER, BERLIN)) == 100
    named = [span.label for span in spans(begins, ends, Step.HOUR, BERLIN)]
    assert named[1:5] == [
        "2026-10-25 01:00",
        "2026-10-25 02:00+02:00",
        "2026-10-25 02:00+01:00",
        "2026-10-25 03:00",
    ]


def test_the_day_of_23_hours_has_92_quarters_and_no_hour_called_two() -> None:
    begins, ends = day_of(SUMMER_BEGINS, BERLIN)
    assert ends - begins == 23 * HOUR
    assert len(spans(begins, ends, Step.QUARTER, BERLIN)) == 92
    named = [span.label for span in spans(begins, ends, Step.HOUR, BERLIN)]
    assert named[1:3] == ["2026-03-29 01:00", "2026-03-29 03:00"]


def test_where_clocks_are_set_by_half_an_hour_one_hour_has_thirty_minutes() -> None:
    for day, length, hours in ((dt.date(2026, 4, 5), 24.5, 25), (dt.date(2026, 10, 4), 23.5, 24)):
        begins, ends = day_of(day, LORD_HOWE)
        assert ends - begins == length * HOUR
        cut = spans(begins, ends, Step.HOUR, LORD_HOWE)
        assert len(cut) == hours
        (short,) = [span for span in cut if span.ends - span.begins != HOUR]
        assert short.ends - short.begins == HOUR / 2
        assert short.label.endswith("01:30+10:30" if hours == 25 else "02:30")


@pytest.mark.parametrize(("zone", "minute"), [("Asia/Kolkata", 30), ("Asia/Kathmandu", 15)])
def test_hours_begin_when_the_clocks_of_the_zone_say_so(zone: str, minute: int) -> None:
    since = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    cuts = bounds(since, since + DAY, Step.HOUR, ZoneInfo(zone))
    assert {cut.minute for cut in cuts[1:-1]} == {minute}
    (day,) = bounds(since, since + DAY, Step.DAY, ZoneInfo(zone))[1:-1]
    assert day.astimezone(ZoneInfo(zone)).time() == dt.time()


def test_a_week_begins_on_the_day_that_is_asked_for() -> None:
    since, until = day_of(dt.date(2026, 10, 20), BERLIN)[0], day_of(dt.date(2026, 11, 10), BERLIN)[0]
    cut = spans(since, until, Step.WEEK, BERLIN, SUNDAY)
    assert [span.begins.astimezone(BERLIN).date().isoformat() for span in cut] == [
        "2026-10-20",
        "2026-10-25",
        "2026-11-01",
        "2026-11-08",
    ]
    assert [(span.ends - span.begins) / HOUR for span in cut[1:3]] == [169, 168]


def test_months_are_as_long_as_they_are() -> None:
    since, until = day_of(dt.date(2026, 1, 1), BERLIN)[0], day_of(dt.date(2027, 1, 1), BERLIN)[0]
    cut = spans(since, until, Step.MONTH, BERLIN)
    assert [span.label for span in cut[:2]] == ["2026-01", "2026-02"]
    hours = [(span.ends - span.begins) / HOUR for span in cut]
    assert hours == [744, 672, 743, 720, 744, 720, 744, 744, 720, 745, 720, 744]


def test_more_spans_than_anybody_reads_are_refused() -> None:
    since = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    with pytest.raises(QuestionError, match="ask for longer ones"):
        bounds(since, since + 1000 * DAY, Step.QUARTER, BERLIN)
