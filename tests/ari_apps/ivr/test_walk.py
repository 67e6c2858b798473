"""Callers in menus: what they hear, what they press, where they end."""

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ari_apps.destinations import Destination
from ari_apps.ivr.data_dip import NotFound
from ari_apps.ivr.digits import Collected, Matcher
from ari_apps.ivr.ivr_settings import IvrSettings
from ari_apps.ivr.offline_walk import OfflineCall, OfflineLine, Walked, offline_ivr, walk_offline
from ari_apps.ivr.settings import LookupSettings
from ari_apps.ivr.walk import HOPS
from ari_apps.line import CallerGone
from queue_strategies.facts import Fact, IvrStep
from queue_strategies.model import ContactId

MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


def walk(
    menus: dict[str, Any],
    keys: str = "",
    *,
    lookups: Sequence[str] = (),
    at: dt.datetime = MONDAY,
    folder: Path = Path(),
    start: str = "menu:main",
    **rest: Any,
) -> Walked:
    floor = IvrSettings.model_validate({"routes": [{"destination": start}], "menus": menus, **rest})
    call = OfflineCall(to="100", caller="+4915112345", at=at, keys=keys, lookups=lookups)
    walking = walk_offline(
        floor, call, timezone="UTC", language="en", extensions={"101", "102"}, folder=folder
    )
    return asyncio.run(walking)


def steps(walked: Walked) -> list[tuple[str, str, str]]:
    return [(fact.menu, fact.step, fact.choice) for fact in walked.facts if isinstance(fact, IvrStep)]


def heard(walked: Walked) -> list[str]:
    return [line.removeprefix("hears ") for line in walked.way if line.startswith("hears ")]


MAIN: dict[str, Any] = {
    "main": {
        "prompt": "sound:welcome",
        "keys": {"1": "queue:sales", "2": "queue:support", "9": "menu:hours", "*": "hangup:busy"},
        "timeout_prompt": "say:Nobody there?",
        "on_failure": "queue:operators",
    },
    "hours": {"prompt": "say:Nine to five.", "then": "menu:main"},
}


def test_a_key_leads_where_the_menu_says() -> None:
    walked = walk(MAIN, "2")
    assert str(walked.end) == "queue:support"
    assert steps(walked) == [("main", "entered", ""), ("main", "chose", "2")]


def test_a_wrong_key_and_a_silence_are_answered_differently_and_asked_again() -> None:
    walked = walk(MAIN, "7,1")
    assert heard(walked) == ["welcome", "pbx-invalid", "welcome", "“Nobody there?”", "welcome"]
    assert steps(walked)[1:] == [("main", "invalid", "7"), ("main", "timed_out", ""), ("main", "chose", "1")]
    assert str(walked.end) == "queue:sales"


def test_who_never_presses_anything_right_goes_where_failure_leads() -> None:
    for keys in ("", "777", "#,7", "##7"):
        walked = walk(MAIN, keys)
        assert str(walked.end) == "queue:operators"
        assert steps(walked)[-1] == ("main", "failed", "")
        assert len([step for step in steps(walked) if step[1] in ("invalid", "timed_out")]) == 3


def test_a_menu_without_keys_plays_and_goes_on() -> None:
    walked = walk(MAIN, "91")
    assert heard(walked) == ["welcome", "“Nine to five.”", "welcome"]
    assert str(walked.end) == "queue:sales"


def test_keys_dialled_ahead_are_not_lost() -> None:
    assert str(walk(MAIN, "9992").end) == "queue:support"


def test_who_dials_an_extension_gets_it_if_somebody_has_it() -> None:
    menus = {"main": {"keys": {"0": "queue:operators", "1": "queue:sales", "1XX": "extension:{digits}"}}}
    assert str(walk(menus, "101").end) == "extension:101"
    assert str(walk(menus, "1,").end) == "queue:sales"
    walked = walk(menus, "1990")
    assert steps(walked)[1:] == [("main", "invalid", "199"), ("main", "chose", "0")]


def test_a_number_is_asked_for_and_what_follows_may_use_it() -> None:
    menus = {
        "main": {"digits": {"min": 4, "max": 6}, "then": "menu:thanks"},
        "thanks": {
            "prompt": ["say:You entered {digits}, and {main}.", "digits:{digits}"],
            "then": "queue:sales",
        },
    }
    walked = walk(menus, "123#1234#")
    assert steps(walked)[1:3] == [("main", "invalid", "123#"), ("main", "chose", "1234")]
    assert heard(walked)[1:] == ["“You entered 1 2 3 4, and 1234.”", "digits:1234"]


def test_an_end_key_after_enough_digits_does_not_spoil_the_next_question() -> None:
    menus: dict[str, dict[str, Any]] = {
        "main": {"digits": {"min": 4, "max": 4}, "then": "menu:next"},
        "next": {"keys": {"1": "queue:sales"}, "tries": 1, "on_failure": "hangup:rejected"},
    }
    assert str(walk(menus, "1234#1").end) == "queue:sales"
    assert str(walk(menus, "1234##").end) == "hangup:rejected"
    menus["next"]["keys"] = {"#": "queue:hash"}
    assert str(walk(menus, "1234#").end) == "queue:hash"


def test_a_pin_is_nowhere_among_the_facts() -> None:
    walked = walk(
        {"main": {"digits": {"min": 4, "max": 4, "secret": True}, "then": "queue:sales"}}, "12*9876"
    )
    assert steps(walked)[1:] == [("main", "invalid", "***"), ("main", "chose", "****")]


LOOKUP = {
    "main": {
        "digits": {"min": 4, "max": 10},
        "lookup": {"url": "http://127.0.0.1/{digits}", "value": "tier", "otherwise": "queue:support"},
        "answers": {"gold": "queue:vip", "silver": {"destination": "queue:sales", "language": "fr"}},
    }
}


@pytest.mark.parametrize(
    ("answers", "end"),
    [(["gold"], "queue:vip"), (["silver"], "queue:sales"), (["tin"], "queue:support"), ([], "queue:support")],
)
def test_what_a_web_service_knows_of_the_caller_decides(answers: list[str], end: str) -> None:
    walked = walk(LOOKUP, "1234#", lookups=answers)
    assert str(walked.end) == end
    assert walked.line.language == ("fr" if answers == ["silver"] else "en")
    assert (("main", "failed", "lookup") in steps(walked)) == (not answers)


def test_a_menu_outside_its_hours_sends_the_caller_elsewhere_unheard() -> None:
    menus = {"main": {**MAIN["main"], "calendar": "office", "closed": "hangup:rejected"}}
    office = {"office": {"hours": {"mon": "09:00-17:00"}}}
    assert str(walk(menus, "1", calendars=office).end) == "queue:sales"
    walked = walk(menus, "1", calendars=office, at=MONDAY + dt.timedelta(hours=8))
    assert (str(walked.end), heard(walked), steps(walked)) == ("hangup:rejected", [], [])


def test_a_caller_chooses_the_language_of_all_that_follows() -> None:
    menus = {
        "main": {"keys": {"1": {"destination": "menu:hello", "language": "fr"}, "2": "menu:hello"}},
        "hello": {"prompt": {"fr": "say:Bonjour", "en": ["say:Hello"]}, "then": "queue:sales"},
    }
    assert heard(walk(menus, "1")) == ["“Bonjour”"]
    assert heard(walk(menus, "2")) == ["“Hello”"]


def test_a_circle_in_which_nobody_presses_a_key_ends_politely() -> None:
    round_and_round = {"main": {"keys": {"1": "queue:sales"}, "on_failure": "menu:main", "tries": 1}}
    walked = walk(round_and_round)
    assert str(walked.end) == "hangup"
    assert heard(walked)[-1] == "vm-goodbye"
    assert len([step for step in steps(walked) if step[1] == "entered"]) == 3


def test_a_caller_who_presses_keys_in_a_circle_for_ever_is_let_go_in_the_end() -> None:
    walked = walk(MAIN, "9" * 1000)
    assert str(walked.end) == "hangup"
    assert len([step for step in steps(walked) if step[1] == "entered"]) == HOPS


def test_a_message_can_be_left() -> None:
    walked = walk({}, start="voicemail:sales", voicemail={"sales": {"greeting": "say:Speak.", "max_s": 60}})
    assert walked.way == [
        "hears “Speak.”",
        "hears beep",
        "leaves a message of at most 60 s",
        "hears vm-goodbye",
    ]
    assert str(walked.end) == "hangup"


class GoneLine(OfflineLine):
    """A caller who hangs up as soon as something is asked."""

    async def collect(self, media: Sequence[str], matcher: Matcher, **waits: Any) -> Collected:
        raise CallerGone


async def test_a_caller_who_hangs_up_in_a_menu_ends_the_walk() -> None:
    facts: list[Fact] = []
    floor = IvrSettings.model_validate({"menus": MAIN})
    ivr = offline_ivr(floor, {}, (), Path(), at=MONDAY, ask=no_answer, remember=facts.append)
    with pytest.raises(CallerGone):
        await ivr.walk(GoneLine(ContactId("c"), "", "", "en", "", print), Destination.parse("menu:main"))
    assert [fact.step for fact in facts if isinstance(fact, IvrStep)] == ["entered"]


async def no_answer(lookup: LookupSettings, values: Mapping[str, str]) -> NotFound:
    return NotFound("nobody asked")


@pytest.mark.parametrize(
    "menu",
    [
        {"then": "extension:{digits}"},
        {"keys": {"1": "queue:sales"}, "on_failure": "extension:{digits}"},
        {"keys": {"1": "queue:sales"}, "digits": {}},
        {"answers": {"gold": "queue:sales"}},
        {"calendar": "office"},
        {"keys": {"e": "queue:sales"}},
        {"lookup": {"url": "ftp://example.com"}},
        {"lookup": {"url": "http://{caller}/"}},
        {"prompt": "welcome"},
        {"prompt": "sound:../../etc/passwd"},
        {"prompt": {"english": [1]}},
        {"digits": {"min": 5, "max": 2}},
    ],
)
def test_a_menu_that_cannot_work_is_refused_when_it_is_read(menu: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        IvrSettings.model_validate({"menus": {"main": menu}})
    assert refusal.value.errors()[0]["loc"][:2] == ("menus", "main")


places = st.sampled_from(["menu:a", "menu:b", "menu:c", "queue:x", "hangup:busy", "voicemail:v"])
prompts = st.sampled_from(["sound:welcome", "say:Hello {caller} {digits}", "digits:{digits}", "number:{b}"])
by_keys = st.one_of(places, st.just("extension:{digits}"))
keys = st.dictionaries(st.text("0123456789*#XZN", min_size=1, max_size=3), by_keys, max_size=4)
menu = st.fixed_dictionaries(
    {
        "prompt": st.lists(prompts, min_size=1, max_size=2),
        "on_failure": places,
        "then": places,
        "tries": st.integers(1, 3),
    },
    optional={"language": st.sampled_from(["en", "fr", "ru"])},
)
asking = st.one_of(
    menu.flatmap(lambda plain: keys.map(lambda found: {**plain, "keys": found})),
    menu.map(lambda plain: {**plain, "digits": {"min": 1, "max": 3}}),
)
floors = st.fixed_dictionaries({"a": asking, "b": asking, "c": menu})


@settings(deadline=None, max_examples=200)
@given(floors, st.text("0123456789*#ABCD,", max_size=60))
def test_every_walk_ends_somewhere_whatever_is_pressed(menus: dict[str, Any], pressed: str) -> None:
    walked = walk(menus, pressed, start="menu:a", voicemail={"v": {}})
    assert str(walked.end) in {
        "queue:x",
        "hangup:busy",
        "hangup",
        "extension:101",
        "extension:102",
    }
    assert len(walked.facts) < HOPS * 8
