"""Callers in menus: what they hear, what they press, and where that leads."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.outside_world import OutsideCall
from ari_apps.outside_world.voices import sound, write_wav
from queue_strategies.facts import ContactEnded, IvrStep, QueueJoined
from tests.asterisk_lab import AsteriskLab
from tests.ears import Samples, likeness, listen, read
from tests.floor_lab import Floor, FloorLab, hears, until

MAIN, DEAF, HURRIED, ACCOUNT, WELCOME, BIENVENIDA, OFFICE, SHOP, BANK, BROKEN, SPEECH, COUNT = (
    f"+4930{number}" for number in range(101, 113)
)
A_TUESDAY = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)
CHRISTMAS = dt.datetime(2026, 12, 25, 10, tzinfo=dt.UTC)
LONG, MORE, SHORT = 700, 1100, 1500
ROUNDS = 3
"""Words are listened to so often at most: a busy machine loses some of them now and then."""
"""Tones that stand for prompts; the long one lasts longer than any test."""


def floor_toml(sounds: Path) -> str:
    today = dt.datetime.now(dt.UTC).date()
    closed = [str(today + dt.timedelta(days=days)) for days in (-1, 0, 1)]
    long, more, short = (f"file:{sounds}/{tone}.wav" for tone in (LONG, MORE, SHORT))
    return f"""
[site]
name = "menus"

[calendars.never]
hours = {{ mon-sun = "00:00-24:00" }}
closed = {closed}

[calendars.always]
hours = {{ mon-sun = "00:00-24:00" }}

[calendars.bank]
timezone = "Europe/Berlin"
hours = {{ mon-sun = "00:00-24:00" }}
holidays = "DE-BY"

[[queues]]
name = "sales"
join_when_empty = "never"
leave_when_empty = "never"

[[queues]]
name = "support"
join_when_empty = "never"
leave_when_empty = "never"

[[routes]]
to = "{MAIN}"
destination = "menu:main"

[[routes]]
to = "{DEAF}"
destination = "menu:deaf"

[[routes]]
to = "{HURRIED}"
destination = "menu:hurried"

[[routes]]
to = "{ACCOUNT}"
destination = "menu:account"

[[routes]]
to = "{WELCOME}"
destination = "menu:welcome"

  [[routes.routes]]
  from = "anonymous"
  language = "fr"

[[routes]]
to = "{BIENVENIDA}"
destination = "menu:welcome"
language = "es"

[[routes]]
to = "{OFFICE}"
destination = "menu:main"

  [[routes.routes]]
  calendar = "never"
  when = "closed"
  destination = "menu:closed"

[[routes]]
to = "{SHOP}"
destination = "menu:broken"

  [[routes.routes]]
  calendar = "always"
  when = "closed"
  destination = "menu:closed"

[[routes]]
to = "{BANK}"
destination = "menu:bank"

[[routes]]
to = "{BROKEN}"
destination = "menu:broken"

[[routes]]
to = "{COUNT}"
destination = "menu:count"

[[routes]]
to = "{SPEECH}"
destination = "menu:speech"

[menus.main]
prompt = "{long}"
keys = {{ 1 = "queue:sales", 2 = "menu:more", 3 = {{ destination = "menu:welcome", language = "it" }} }}
on_failure = "queue:support"

[menus.more]
prompt = "{more}"
keys = {{ 1 = "queue:support", 9 = "menu:main" }}

[menus.deaf]
prompt = "{more}"
barge_in = false
keys = {{ 1 = "queue:sales", 2 = "menu:more" }}

[menus.hurried]
prompt = "sound:beep"
keys = {{ 1 = "queue:sales" }}
timeout_s = 0.5
invalid_prompt = "sound:beeperr"
on_failure = "queue:support"

[menus.account]
prompt = "{long}"
digits = {{ min = 4, max = 6, end = "#" }}
between_s = 1
invalid_prompt = "sound:beeperr"
then = "menu:repeat"

[menus.repeat]
prompt = ["digits:{{digits}}", "{long}"]
keys = {{ 1 = "queue:sales" }}

[menus.count]
prompt = "number:42"
keys = {{ 1 = "queue:sales" }}

[menus.welcome]
prompt = ["sound:vm-goodbye", "silence:2"]

[menus.closed]
prompt = "{short}"

[menus.bank]
calendar = "bank"
closed = "menu:closed"
prompt = "{more}"

[menus.broken]
prompt = ["sound:no-such-sound", "sound:no-such-sound-either|We are glad that you call.", "{more}"]

[menus.speech]
prompt = "say:Please hold the line, {{caller_name}}."
"""


@pytest.fixture(scope="module")
def sounds(shared_asterisk_lab: AsteriskLab) -> Path:
    folder = shared_asterisk_lab.folder()
    for tone, length in ((LONG, 10), (MORE, 1), (SHORT, 1)):
        write_wav(folder / f"{tone}.wav", sound(tone) * length)
    return folder


@pytest.fixture(scope="module")
async def floor_of_file(
    shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres, sounds: Path
) -> AsyncIterator[Floor]:
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        yield await lab.start(floor_toml(sounds))


async def enter(floor: Floor, number: str, from_number: str | None = "+491701") -> OutsideCall:
    """Call, and return when the prompt has begun."""
    caller = await floor.world.call(number, from_number=from_number)
    await floor.until_told(IvrStep)
    await caller.answered()
    return caller


def steps(floor: Floor) -> list[tuple[str, str, str]]:
    return [(fact.menu, fact.step, fact.choice) for fact in floor.told(IvrStep)]


async def queue_reached(floor: Floor) -> str:
    (joined,) = await floor.until_told(QueueJoined)
    return joined.queue


async def test_a_key_leads_to_its_queue_and_cuts_the_prompt_short(floor: Floor) -> None:
    caller = await enter(floor, MAIN)
    await hears(caller, LONG)
    await caller.press("1")
    assert await queue_reached(floor) == "sales"
    assert LONG not in (await listen(caller)).tones
    assert steps(floor) == [("main", "entered", ""), ("main", "chose", "1")]
    row = "SELECT queue, outcome FROM visits WHERE contact = %s"
    assert await floor.rows(row, floor.told(QueueJoined)[0].contact) == [("sales", None)]


async def test_a_menu_below_a_menu_leads_on_and_back(floor: Floor) -> None:
    caller = await enter(floor, MAIN)
    await hears(caller, LONG)
    await caller.press("2")
    await hears(caller, MORE)
    await caller.press("9")
    await hears(caller, LONG)
    await caller.press("1")
    assert await queue_reached(floor) == "sales"


async def test_who_knows_the_menus_types_ahead(floor: Floor) -> None:
    caller = await enter(floor, DEAF)
    await caller.press("21")
    assert await queue_reached(floor) == "support"
    assert steps(floor)[1:] == [("deaf", "chose", "2"), ("more", "entered", ""), ("more", "chose", "1")]


async def test_a_prompt_that_is_not_to_be_interrupted_is_heard_to_its_end(floor: Floor) -> None:
    caller = await enter(floor, DEAF)
    await caller.press("1")
    await hears(caller, MORE)
    assert floor.told(QueueJoined) == []
    assert await queue_reached(floor) == "sales"


async def test_three_wrong_keys_lead_to_where_failure_leads(floor: Floor) -> None:
    caller = await enter(floor, HURRIED)
    for tries in (1, 2, 3):
        await caller.press("7")

        async def refused(tries: int = tries) -> bool:
            return sum(step == "invalid" for _, step, _ in steps(floor)) == tries

        await until(refused, "the key is refused")
    assert await queue_reached(floor) == "support"
    wrong = ("hurried", "invalid", "7")
    assert steps(floor) == [("hurried", "entered", ""), wrong, wrong, wrong, ("hurried", "failed", "")]


async def spoken_to(
    floor: Floor, call: Callable[[], Awaitable[OutsideCall]], said: Path
) -> tuple[OutsideCall, Samples]:
    """Let somebody call, again if little of what is said was heard; return the last call and its sound."""
    for _ in range(ROUNDS):
        caller = await call()
        heard = read(await caller.recorded(1.5))
        if likeness(heard, said) > 0.8:
            break
        await floor.go_home()
    return caller, heard


async def test_a_wrong_key_is_answered_with_an_apology(
    floor: Floor, shared_asterisk_lab: AsteriskLab
) -> None:
    apology = shared_asterisk_lab.installation.data_dir / "sounds/en/pbx-invalid.wav"

    async def presses_wrong() -> OutsideCall:
        caller = await enter(floor, MAIN)
        await caller.press("#")
        return caller

    caller, heard = await spoken_to(floor, presses_wrong, apology)
    assert likeness(heard, apology) > 0.8
    await caller.press("1")
    assert await queue_reached(floor) == "sales"
    assert steps(floor)[1] == ("main", "invalid", "#")


async def test_a_caller_who_presses_nothing_is_asked_three_times(floor: Floor) -> None:
    await enter(floor, HURRIED)
    assert await queue_reached(floor) == "support"
    nothing = ("hurried", "timed_out", "")
    assert steps(floor) == [
        ("hurried", "entered", ""),
        nothing,
        nothing,
        nothing,
        ("hurried", "failed", ""),
    ]


async def test_an_account_number_is_taken_up_to_its_end_key_and_said_back(
    floor: Floor, shared_asterisk_lab: AsteriskLab
) -> None:
    caller = await enter(floor, ACCOUNT)
    await hears(caller, LONG)
    await caller.press("4711#")
    await floor.until_told(IvrStep, 3)
    heard = read(await caller.recorded(1.5))
    spoken = shared_asterisk_lab.installation.data_dir / "sounds/en/digits"
    scores = {digit: likeness(heard, spoken / f"{digit}.wav") for digit in range(10)}
    assert max(scores, key=lambda digit: scores[digit]) in (4, 7, 1), scores
    assert steps(floor)[1:] == [("account", "chose", "4711"), ("repeat", "entered", "")]
    await caller.press("1")
    assert await queue_reached(floor) == "sales"


async def test_a_number_is_spoken_to_its_end_whatever_is_pressed_and_the_key_counts(floor: Floor) -> None:
    caller = await enter(floor, COUNT)
    await caller.press("1")
    assert await queue_reached(floor) == "sales"
    assert steps(floor)[1:] == [("count", "chose", "1")]


async def test_the_end_key_after_a_whole_number_is_no_answer_to_the_next_question(floor: Floor) -> None:
    caller = await enter(floor, ACCOUNT)
    await caller.press("471100#1")
    assert await queue_reached(floor) == "sales"
    assert ("repeat", "invalid", "#") not in steps(floor)


async def test_a_number_too_short_is_asked_for_again_and_one_without_end_key_is_taken(floor: Floor) -> None:
    caller = await enter(floor, ACCOUNT)
    await caller.press("12#")
    await hears(caller, LONG)
    await caller.press("12345")
    await floor.until_told(IvrStep, 4)
    assert steps(floor)[1:3] == [("account", "invalid", "12#"), ("account", "chose", "12345")]


@pytest.mark.parametrize(
    ("number", "from_number", "language"),
    [(WELCOME, "+491701", "en"), (BIENVENIDA, "+491701", "es"), (WELCOME, None, "fr")],
)
async def test_callers_are_spoken_to_in_the_language_of_their_route(
    floor: Floor, shared_asterisk_lab: AsteriskLab, number: str, from_number: str | None, language: str
) -> None:
    spoken = shared_asterisk_lab.installation.data_dir / "sounds"
    right = spoken / language / "vm-goodbye.wav"
    _, heard = await spoken_to(floor, partial(enter, floor, number, from_number), right)
    scores = {each: likeness(heard, spoken / each / "vm-goodbye.wav") for each in ("en", "es", "fr", "it")}
    assert max(scores, key=lambda each: scores[each]) == language, scores
    assert scores[language] > 0.8


async def test_a_language_is_chosen_by_a_key(floor: Floor, shared_asterisk_lab: AsteriskLab) -> None:
    goodbye = shared_asterisk_lab.installation.data_dir / "sounds/it/vm-goodbye.wav"

    async def presses_three() -> OutsideCall:
        caller = await enter(floor, MAIN)
        await caller.press("3")
        await floor.until_told(IvrStep, 3)
        return caller

    _, heard = await spoken_to(floor, presses_three, goodbye)
    assert likeness(heard, goodbye) > 0.8


async def test_who_calls_while_nobody_is_there_hears_so_and_the_call_ends(floor: Floor) -> None:
    caller = await enter(floor, OFFICE)
    await hears(caller, SHORT)
    assert (await caller.ended()).ended_by == "floor"
    assert steps(floor) == [("closed", "entered", "")]
    (ended,) = await floor.until_told(ContactEnded)
    assert (ended.ended_by, ended.cause) == ("us", 16)


@pytest.mark.parametrize(("date", "tone"), [(A_TUESDAY, MORE), (CHRISTMAS, SHORT)])
async def test_a_holiday_is_a_closed_day(floor: Floor, date: dt.datetime, tone: int) -> None:
    floor.date = date
    try:
        await hears(await enter(floor, BANK), tone)
    finally:
        floor.date = None


async def test_who_calls_while_somebody_is_there_is_not_told_otherwise(floor: Floor) -> None:
    await enter(floor, SHOP)
    assert steps(floor) == [("broken", "entered", "")]


async def test_a_missing_sound_is_spoken_or_passed_over(floor: Floor) -> None:
    caller = await enter(floor, BROKEN)
    heard = await listen(caller, 0.8)
    assert not heard.silent
    assert MORE not in heard.tones
    await hears(caller, MORE)
    assert (await caller.ended()).cause == 16


async def test_a_sound_that_vanishes_while_callfloor_runs_harms_no_call(floor: Floor, sounds: Path) -> None:
    first = await enter(floor, DEAF)
    await hears(first, MORE)
    await first.hang_up()
    (sounds / f"{MORE}.wav").rename(sounds / "away.wav")
    try:
        second = await floor.world.call(DEAF)
        await second.answered()
        await second.press("1")
        assert await queue_reached(floor) == "sales"
    finally:
        (sounds / "away.wav").rename(sounds / f"{MORE}.wav")


async def test_speech_is_heard(floor: Floor) -> None:
    name = "Zoë [[ü]] --version; $(x)"
    caller = await floor.world.call(SPEECH, from_number="+491701", from_name=name)
    await caller.answered()
    heard = await listen(caller, 1.5)
    assert heard.longest_gap_ms < 1000, str(heard)
    assert (await caller.ended(20)).ended_by == "floor"
    (ended,) = await floor.until_told(ContactEnded)
    row = "SELECT caller_name FROM contacts WHERE contact = %s"
    assert await floor.rows(row, ended.contact) == [(name,)]


async def test_a_caller_who_hangs_up_in_a_menu_is_gone_for_good(floor: Floor) -> None:
    caller = await enter(floor, MAIN)
    await caller.hang_up()
    (ended,) = await floor.until_told(ContactEnded)
    assert (ended.ended_by, ended.cause) == ("caller", 16)
    sql = "SELECT caller_number, called_number, ended_by, cause FROM contacts WHERE contact = %s"
    assert await floor.rows(sql, ended.contact) == [("+491701", MAIN, "caller", 16)]
