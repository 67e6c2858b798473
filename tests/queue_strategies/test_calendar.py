"""Opening hours: what the wall clock says, on every day of the year, the odd ones included."""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_strategies.calendar import Calendar, HoursError, Span, read_hours, read_spans

BERLIN = ZoneInfo("Europe/Berlin")
ODD_ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # its clocks show midnight twice
    "America/Sao_Paulo",  # until 2018 its clocks jumped over midnight
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # had no 30 December 2011
    "Asia/Kathmandu",
]


def berlin(text: str, fold: int = 0) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


def calendar(hours: Mapping[str, str], **rest: object) -> Calendar:
    return Calendar(zone=BERLIN, hours=read_hours(hours), **rest)  # type: ignore[arg-type]


OFFICE = calendar({"mon-fri": "09:00-12:00,13:00-17:30", "sat": "10:00-14:00"})


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00", True),
        ("2026-11-23T12:00", False),
        ("2026-11-23T13:00", True),
        ("2026-11-23T17:29:59", True),
        ("2026-11-23T17:30", False),
        ("2026-11-28T13:59", True),
        ("2026-11-29T11:00", False),
    ],
)
def test_an_office_is_open_in_its_hours_and_no_longer(moment: str, is_open: bool) -> None:
    assert OFFICE.is_open(berlin(moment)) is is_open


def test_the_caller_s_own_time_zone_does_not_matter() -> None:
    in_tokyo = berlin("2026-11-23T10:00").astimezone(ZoneInfo("Asia/Tokyo"))
    assert OFFICE.is_open(in_tokyo)


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = calendar({"fri": "22:00-06:00"}, closed=frozenset({dt.date(2026, 11, 28)}))
    assert not night.is_open(berlin("2026-11-27T05:00"))
    assert night.is_open(berlin("2026-11-27T22:00"))
    assert night.is_open(berlin("2026-11-28T05:59"))
    assert not night.is_open(berlin("2026-11-28T06:00"))
    assert not night.is_open(berlin("2026-11-28T22:00"))


def test_a_closed_day_a_holiday_and_a_special_day_each_say_so() -> None:
    christmas = {dt.date(2026, 12, 25): "Christmas", dt.date(2026, 12, 26): "St Stephen's"}.get
    office = calendar(
        {"mon-sat": "09:00-17:00"},
        closed=frozenset({dt.date(2026, 12, 24), dt.date(2026, 12, 12)}),
        special={
            dt.date(2026, 12, 12): read_spans("10:00-16:00"),
            dt.date(2026, 12, 26): read_spans("10:00-11:00"),
        },
        holiday=christmas,
    )
    said = {day: office.explain(berlin(f"2026-12-{day}T10:30")) for day in (12, 20, 23, 24, 25, 26)}
    assert {day: opening.is_open for day, opening in said.items()} == {
        12: True, 20: False, 23: True, 24: False, 25: False, 26: True,
    }  # fmt: skip
    assert {day: opening.because for day, opening in said.items()} == {
        12: "special day 2026-12-12 10:00-16:00",
        20: "no hours on sun",
        23: "wed 09:00-17:00",
        24: "closed day 2026-12-24",
        25: "holiday Christmas",
        26: "special day 2026-12-26 10:00-11:00",
    }
    assert office.explain(berlin("2026-12-23T18:00")).because == "outside wed 09:00-17:00"


def test_the_next_change_is_the_next_opening_or_closing_across_days_off() -> None:
    office = calendar({"mon-fri": "09:00-17:00"}, closed=frozenset({dt.date(2026, 11, 23)}))
    assert office.next_change(berlin("2026-11-20T16:00")) == berlin("2026-11-20T17:00")
    assert office.next_change(berlin("2026-11-20T17:00")) == berlin("2026-11-24T09:00")
    assert office.next_change(berlin("2026-11-24T09:00")) == berlin("2026-11-24T17:00")


def test_spans_that_touch_are_one_opening_and_a_calendar_that_never_changes_says_so() -> None:
    day_and_night = calendar({"mon-sun": "00:00-24:00"})
    assert day_and_night.next_change(berlin("2026-11-20T16:00")) is None
    assert calendar({}).next_change(berlin("2026-11-20T16:00")) is None
    long_day = calendar({"mon": "08:00-24:00", "tue": "00:00-02:00"})
    assert long_day.next_change(berlin("2026-11-23T09:00")) == berlin("2026-11-24T02:00")


@pytest.mark.parametrize(
    ("day", "hours", "lasts_h"),
    [
        ("2026-03-29", "00:00-24:00", 23),
        ("2026-10-25", "00:00-24:00", 25),
        ("2026-03-29", "01:00-05:00", 3),
        ("2026-10-25", "01:00-05:00", 5),
        ("2026-03-29", "02:30-05:00", 2),  # begins when the clock jumps over 02:30
        ("2026-03-29", "01:00-02:30", 1),  # and ends so
        ("2026-03-29", "02:10-02:50", 0),
        ("2026-10-25", "00:00-02:00", 2),
        ("2026-10-25", "00:00-02:30", 3.5),  # until 02:30 is shown for the second time
        ("2026-10-25", "03:00-04:00", 1),
    ],
)
def test_the_days_of_23_and_25_hours_are_open_as_long_as_their_clocks_say(
    day: str, hours: str, lasts_h: float
) -> None:
    office = calendar({}, special={dt.date.fromisoformat(day): read_spans(hours)})
    opens = office.next_change(berlin(f"{day}T00:00").astimezone(dt.UTC) - dt.timedelta(minutes=1))
    if opens is None:
        assert lasts_h == 0
        return
    closes = office.next_change(opens)
    assert closes is not None
    assert closes - opens == dt.timedelta(hours=lasts_h)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        OFFICE.is_open(dt.datetime(2026, 11, 23, 10))


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        ({"mon": "9-17"}, "'9-17' is no span"),
        ({"mon": "09:00-25:00"}, "a time that no day has"),
        ({"mon": "24:00-25:00"}, "a time that no day has"),
        ({"mon": "09:60-10:00"}, "a time that no day has"),
        ({"mon": "09:00-09:00"}, "write 00:00-24:00 for a whole day"),
        ({"mon": ""}, "'' is no span"),
        ({"mon": "٠٩:00-10:00"}, "is no span"),
        ({"monday": "09:00-10:00"}, "'monday' is no weekday"),
        ({"mon-": "09:00-10:00", "-": "09:00-10:00"}, "'-' is no weekday"),
        ({"mon-fri": "09:00-10:00", "fri": "09:00-11:00"}, "fri is given twice"),
    ],
)
def test_hours_that_cannot_be_read_are_refused_with_the_remedy(hours: Mapping[str, str], says: str) -> None:
    with pytest.raises(HoursError, match=says):
        read_hours(hours)


def test_weekdays_may_be_listed_and_may_run_past_sunday() -> None:
    assert sorted(read_hours({"sat-mon": "09:00-10:00", "wed,thu": "10:00-11:00"})) == [0, 2, 3, 5, 6]


spans = st.builds(
    lambda begins, lasts: Span(begins, begins + lasts), st.integers(0, 1439), st.integers(1, 1440)
).map(lambda span: Span(span.begins, min(span.ends, span.begins + 1440, 2879)))
hours = st.dictionaries(
    st.integers(0, 6), st.lists(spans, min_size=1, max_size=3).map(lambda many: tuple(sorted(many)))
)
CLOCKS_CHANGED = {
    "Europe/Berlin": ["2015-03-29T01:00", "2015-10-25T01:00"],
    "America/Havana": ["2015-03-08T05:00", "2015-11-01T05:00"],
    "America/Sao_Paulo": ["2015-10-18T03:00", "2016-02-21T02:00"],
    "Australia/Lord_Howe": ["2015-04-04T15:00", "2015-10-03T15:30"],
    "Pacific/Apia": ["2011-12-30T10:00"],
}


@st.composite
def calendars_and_moments(draw: st.DrawFn) -> tuple[Calendar, dt.datetime]:
    zone = draw(st.sampled_from(ODD_ZONES))
    calendar = Calendar(zone=ZoneInfo(zone), hours=draw(hours))
    changed = [dt.datetime.fromisoformat(moment) for moment in CLOCKS_CHANGED.get(zone, [])]
    near = st.sampled_from(changed or [dt.datetime(2015, 1, 1)])
    around = st.timedeltas(dt.timedelta(hours=-30), dt.timedelta(hours=30))
    moment = draw(near) + draw(around) if draw(st.booleans()) else draw(moments)
    return calendar, moment.replace(tzinfo=dt.UTC)


moments = st.datetimes(dt.datetime(2011, 1, 1), dt.datetime(2019, 1, 1))


def on_the_wall(calendar: Calendar, at: dt.datetime) -> bool:
    """The naive rule: what the wall clock shows lies in a span of its day or of the day before."""
    shown = at.astimezone(calendar.zone)
    minute = shown.hour * 60 + shown.minute
    today = calendar.hours.get(shown.weekday(), ())
    yesterday = calendar.hours.get((shown.weekday() - 1) % 7, ())
    return any(span.begins <= minute < span.ends for span in today) or any(
        minute + 1440 < span.ends for span in yesterday
    )


def clocks_change_near(zone: dt.tzinfo, at: dt.datetime) -> bool:
    around = [(at + dt.timedelta(days=days)).astimezone(zone).utcoffset() for days in (-3, 0, 3)]
    return len(set(around)) > 1


@settings(deadline=None)
@given(calendars_and_moments())
def test_a_calendar_is_open_whenever_the_wall_clock_shows_a_time_in_its_hours(
    asked: tuple[Calendar, dt.datetime],
) -> None:
    calendar, at = asked
    if clocks_change_near(calendar.zone, at):
        assert calendar.is_open(at) or not on_the_wall(calendar, at)
    else:
        assert calendar.is_open(at) == on_the_wall(calendar, at)


@settings(deadline=None)
@given(calendars_and_moments(), st.integers(0, 999_999))
def test_nothing_changes_before_the_next_change_and_everything_at_it(
    asked: tuple[Calendar, dt.datetime], millionths: int
) -> None:
    calendar, at = asked
    change = calendar.next_change(at)
    until = change or at + dt.timedelta(days=300)
    assert until > at
    assert calendar.is_open(at + (until - at) * millionths // 1_000_000) == calendar.is_open(at)
    if change is not None:
        assert calendar.is_open(change) != calendar.is_open(at)
