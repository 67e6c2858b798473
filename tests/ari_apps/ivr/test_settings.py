"""The calls' part of floor.toml: what it means, and how it is refused."""

import datetime as dt
import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from ari_apps.ivr.ivr_settings import IvrSettings
from ari_apps.ivr.opening_hours import build_calendars, build_routes, country_holidays
from queue_strategies.calendar import HoursError
from queue_strategies.routing import Arrival, route
from tests.ari_apps.ivr.floor_with_menus import FLOOR


@pytest.fixture(scope="module")
def floor() -> IvrSettings:
    data = tomllib.loads(FLOOR)
    return IvrSettings.model_validate({name: data[name] for name in IvrSettings.model_fields if name in data})


def test_every_name_that_is_used_is_listed_with_its_place(floor: IvrSettings) -> None:
    listed = {(reference.place, reference.kind, reference.name) for reference in floor.references()}
    assert {
        ("routes[0].destination", "menu", "main"),
        ("routes[0].routes[0].calendar", "calendar", "office"),
        ("menus.main.keys.1", "queue", "sales"),
        ("menus.main.on_failure", "queue", "support"),
        ("menus.closed.then", "voicemail", "sales"),
        ("menus.account.lookup.otherwise", "queue", "support"),
        ("menus.account.answers.gold", "queue", "sales"),
    } <= listed


@pytest.mark.parametrize(
    ("moment", "destination"),
    [
        ("2026-12-23T10:00", "menu:main"),
        ("2026-12-23T18:00", "menu:closed"),
        ("2026-12-24T10:00", "menu:closed"),  # a closed day
        ("2026-12-25T10:00", "menu:closed"),  # a holiday
        ("2026-12-12T15:00", "menu:main"),  # a Saturday with hours of its own
        ("2026-12-19T15:00", "menu:closed"),  # a Saturday without
        ("2027-01-06T10:00", "menu:closed"),  # Epiphany is a holiday in Bavaria
    ],
)
def test_a_floor_answers_in_its_hours_and_not_on_holidays(
    floor: IvrSettings, moment: str, destination: str
) -> None:
    calendars = build_calendars(floor, "Europe/Berlin")
    at = dt.datetime.fromisoformat(moment).replace(tzinfo=calendars["office"].zone)
    arrival = Arrival(called_number="+4930123", caller_number="+49151", at=at)
    assert route(build_routes(floor.routes), arrival, calendars).destination == destination


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (
            {"calendars": {"o": {"timezone": "Europe/Berlim"}}},
            "calendars.o.timezone",
            "such as Europe/Berlin",
        ),
        ({"calendars": {"o": {"timezone": "../../etc/passwd"}}}, "calendars.o.timezone", "is no time zone"),
        ({"calendars": {"o": {"holidays": "DE-BX"}}}, "calendars.o.holidays", "such as DE-"),
        ({"calendars": {"o": {"holidays": "Germany"}}}, "calendars.o.holidays", "no holidays are known"),
        ({"calendars": {"o": {"holidays": "__doc__"}}}, "calendars.o.holidays", "no holidays are known"),
        ({"calendars": {"o": {"hours": {"mon": "9-5"}}}}, "calendars.o.hours", "write it as 09:00-17:30"),
        ({"calendars": {"o": {"open": {"2026-12-12": "x"}}}}, "calendars.o.open.2026-12-12", "write it as"),
        (
            {"calendars": {"o": {"open": {"2026-12-12": "09:00-10:00"}, "closed": ["2026-12-12"]}}},
            "calendars.o",
            "both closed and open",
        ),
        ({"routes": [{"when": "open"}]}, "routes.0", "needs a calendar"),
        ({"routes": [{"too": "1"}]}, "routes.0.too", "Extra inputs"),
        ({"routes": [{"destination": "extension:{digits}"}]}, "routes.0", "name an extension"),
        ({"menus": {"m": {"keys": {"1": "quue:x"}}}}, "menus.m.keys.1.destination", "write kind:name"),
        ({"menus": {"m": {"prompt": "say:"}}}, "menus.m.prompt", "what to say"),
        ({"menus": {"m": {"language": "../fr"}}}, "menus.m.language", "is no language"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(data: dict[str, Any], place: str, says: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        IvrSettings.model_validate(data)
    (told,) = refusal.value.errors()
    assert ".".join(map(str, told["loc"])) == place
    assert says in told["msg"]


def test_holidays_are_those_of_the_country_and_its_part() -> None:
    new_year, epiphany = dt.date(2027, 1, 1), dt.date(2027, 1, 6)
    assert country_holidays("DE")(new_year)
    assert country_holidays("DE")(epiphany) is None
    assert country_holidays("DE-BY")(epiphany)
    with pytest.raises(HoursError):
        country_holidays("DE-")


def test_a_prompt_is_spoken_in_the_nearest_language_there_is() -> None:
    menus = {
        "m": {"prompt": {"fr": "say:Bonjour", "en": ["say:Hello", "sound:x"]}},
        "n": {"prompt": "say:Hi"},
    }
    read = IvrSettings.model_validate({"menus": menus}).menus
    assert read["m"].prompt.spoken_in("fr_CA") == ("say:Bonjour",)
    assert read["m"].prompt.spoken_in("en") == ("say:Hello", "sound:x")
    assert read["m"].prompt.spoken_in("ru") == ("say:Bonjour",)
    assert read["n"].prompt.spoken_in("ru") == ("say:Hi",)
    assert read["n"].timeout_prompt.spoken_in("ru") == ()
