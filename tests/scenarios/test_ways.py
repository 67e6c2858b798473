"""The ways out of the menus: lookups, extensions, numbers, voicemail, Python; and leaving on the way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.ivr.python_calls import PythonCall
from ari_apps.outside_world import OutsideCall
from ari_apps.outside_world.voices import sound, write_wav
from queue_strategies.facts import (
    Answered,
    ContactEnded,
    Handled,
    IvrStep,
    QueueJoined,
    VisitEnded,
    VoicemailLeft,
)
from tests.asterisk_lab import AsteriskLab
from tests.ears import analyse, listen, read
from tests.floor_lab import Floor, FloorLab, hears, until
from tests.scenarios.account_service import GOLD, NONSENSE, SLOW, AccountService, account_service

ACCOUNT, HOUSE, BOSS, LOBBY, MOBILE, NOBODY, BOX, GREETED, CONCIERGE, BROKEN, CIRCLE, ROUND = (
    f"+4930{number}" for number in range(101, 113)
)
MOBILE_NUMBER, NO_NUMBER = "+49170999", "+49170998"
PROMPT, THANKS = 700, 1100


def floor_toml(sounds: Path, service: AccountService) -> str:
    ways = {
        ACCOUNT: "menu:account",
        HOUSE: "menu:house",
        BOSS: "agent:anna",
        LOBBY: "extension:200",
        MOBILE: f"number:{MOBILE_NUMBER}",
        NOBODY: f"number:{NO_NUMBER}",
        BOX: "voicemail:sales",
        GREETED: "voicemail:greeted",
        CONCIERGE: f"python:{__name__}:concierge",
        BROKEN: f"python:{__name__}:broken",
        CIRCLE: "queue:here",
        ROUND: "menu:round",
    }
    routes = "".join(f'[[routes]]\nto = "{to}"\ndestination = "{where}"\n' for to, where in ways.items())
    return f"""
[site]
name = "ways"

[[queues]]
name = "sales"
join_when_empty = "never"
leave_when_empty = "never"

[[queues]]
name = "support"
join_when_empty = "never"
leave_when_empty = "never"

[[queues]]
name = "here"
max_length = 0
overflow = {{ full = "queue:there" }}

[[queues]]
name = "there"
max_length = 0
overflow = {{ full = "queue:here" }}

[[agents]]
id = "anna"
name = "Anna Abel"
extension = "101"
queues = ["sales"]

[[phones]]
id = "lobby"
extension = "200"

[menus.account]
prompt = "sound:beep"
digits = {{ min = 4, max = 4 }}
lookup = {{ url = "{service.url}/{{digits}}", timeout_s = 1.5, value = "tier", otherwise = "queue:support" }}
answers = {{ gold = "queue:sales" }}

[menus.house]
prompt = "file:{sounds}/{PROMPT}.wav"
digits = {{ min = 3, max = 3 }}
then = "extension:{{digits}}"
invalid_prompt = "sound:beeperr"

[menus.round]
prompt = "sound:beep"
then = "python:{__name__}:and_round"

[voicemail.sales]
greeting = []
silence_s = 0
thanks = "file:{sounds}/{THANKS}.wav"

[voicemail.greeted]
greeting = "file:{sounds}/{THANKS}.wav"
silence_s = 1
thanks = []

{routes}"""


async def concierge(call: PythonCall) -> str | None:
    """Know one guest by the number, ask the others for a room."""
    if call.caller_number == "+4917077":
        return "queue:sales"
    room = await call.ask(f"digits:{call.caller_number[-2:]}", min=3, max=3, tries=1, timeout_s=1)
    if room is None:
        await call.hangup("busy")
    call.variables["room"] = room
    met = await call.queue("sales")
    await call.play("digits:{room}")
    return str(met)


async def and_round(call: PythonCall) -> str | None:
    """Lead back to where the caller came from."""
    return "menu:round"


async def broken(call: PythonCall) -> str | None:
    """Fail as programs do."""
    raise ZeroDivisionError(call.caller_number)


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[AccountService]:
    async with account_service() as service:
        yield service


@pytest.fixture(scope="module")
async def floor_of_file(
    shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres, service: AccountService
) -> AsyncIterator[Floor]:
    folder = shared_asterisk_lab.folder()
    write_wav(folder / f"{PROMPT}.wav", sound(PROMPT) * 5)
    write_wav(folder / f"{THANKS}.wav", sound(THANKS))
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        yield await lab.start(floor_toml(folder, service))


async def enter(
    floor: Floor, number: str, from_number: str = "+4917001", speaks: int | None = None
) -> OutsideCall:
    caller = await floor.world.call(number, from_number=from_number, speaks=speaks)
    await caller.answered()
    return caller


async def queue_reached(floor: Floor) -> str:
    (joined,) = await floor.until_told(QueueJoined)
    return joined.queue


async def end_of(floor: Floor) -> ContactEnded:
    """Wait for the contact's end, and see that it is told once and nothing is left in Asterisk."""

    async def gone() -> bool:
        return "0 active channels" in await floor.asterisk.asterisk.cli("core show channels count")

    await until(gone, "no channel is left")
    (ended,) = await floor.until_told(ContactEnded)
    facts = "SELECT count(*) FROM facts WHERE kind = 'contact_ended' AND contact = %s"
    assert await floor.rows(facts, ended.contact) == [(1,)]
    return ended


# -- lookups ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "queue"), [(GOLD, "sales"), ("1234", "support"), (SLOW, "support"), (NONSENSE, "support")]
)
async def test_what_a_web_service_says_decides_and_what_it_does_not_say_harms_no_call(
    floor: Floor, service: AccountService, number: str, queue: str
) -> None:
    service.asked.clear()
    caller = await enter(floor, ACCOUNT)
    await caller.press(number)
    assert await queue_reached(floor) == queue
    assert service.asked == [number]
    steps = [fact.step for fact in floor.told(IvrStep)]
    assert steps == ["entered", "chose"] + ["failed"] * (number in (SLOW, NONSENSE))


async def test_a_caller_who_hangs_up_during_a_lookup_joins_no_queue(
    floor: Floor, service: AccountService
) -> None:
    service.asked.clear()
    caller = await enter(floor, ACCOUNT)
    await caller.press(SLOW)

    async def asked() -> bool:
        return service.asked == [SLOW]

    await until(asked, "the service is asked")
    await caller.hang_up()
    assert (await end_of(floor)).ended_by == "caller"
    assert [fact.step for fact in floor.told(IvrStep)] == ["entered", "chose"]
    assert floor.told(QueueJoined) == []


# -- people of the house and outside ------------------------------------------------------------------------


async def test_who_dials_an_extension_in_the_menu_reaches_that_agent_and_no_other(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await enter(floor, HOUSE, speaks=440)
    await caller.press("999101")
    rings = await floor.world.phone("anna").rings()
    assert rings.record.from_number == "+4917001"
    await rings.answer(speaks=1000)
    await caller.answered()
    await hears(caller, 1000)
    await hears(rings, 440)
    (answered,) = floor.told(Answered)
    assert (answered.agent, answered.direct) == ("anna", True)
    await rings.hang_up()
    await caller.ended()
    assert (await end_of(floor)).ended_by == "agent"
    visit = "SELECT direct, outcome, agent, ended_by FROM visits WHERE visit = %s"
    assert await floor.rows(visit, answered.visit) == [(True, "answered", "anna", "agent")]


async def test_an_agent_who_is_called_by_name_and_is_not_there_is_not_waited_for(floor: Floor) -> None:
    caller = await floor.world.call(BOSS)
    record = await caller.ended()
    assert (record.answered_at, record.sip_status) == (None, 480)
    await end_of(floor)


async def test_a_phone_in_the_lobby_is_no_agent_and_can_be_called(floor: Floor) -> None:
    await floor.world.phone("lobby").plug_in()
    caller = await floor.world.call(LOBBY, speaks=440)
    rings = await floor.world.phone("lobby").rings()
    await rings.answer(speaks=1000)
    await caller.answered()
    await hears(caller, 1000)
    await hears(rings, 440)
    await caller.hang_up()
    await rings.ended()
    assert (await end_of(floor)).ended_by == "caller"


async def test_a_phone_in_the_lobby_that_is_switched_off_cannot_be_called(floor: Floor) -> None:
    await floor.world.phone("lobby").sign_off()
    caller = await floor.world.call(LOBBY)
    record = await caller.ended()
    assert (record.answered_at, record.sip_status) == (None, 480)
    await end_of(floor)


async def test_a_call_is_led_on_to_a_number_outside(floor: Floor) -> None:
    mobile = floor.world.number(MOBILE_NUMBER)
    caller = await floor.world.call(MOBILE, speaks=440)
    rings = await mobile.rings()
    await rings.answer(speaks=1000)
    await caller.answered()
    await hears(caller, 1000)
    await hears(rings, 440)
    await rings.hang_up()
    await caller.ended()
    await end_of(floor)


async def test_a_number_that_nobody_has_ends_the_call(floor: Floor) -> None:
    caller = await floor.world.call(NOBODY)
    record = await caller.ended()
    assert (record.answered_at, record.sip_status) == (None, 480)
    await end_of(floor)


async def test_a_number_of_ours_that_leads_nowhere_is_unallocated(floor: Floor) -> None:
    caller = await floor.world.call("+4930199", from_number="+4917001")
    record = await caller.ended()
    assert (record.cause, record.sip_status, record.answered_at) == (1, 404, None)
    ended = await end_of(floor)
    row = "SELECT called_number, ended_by, cause FROM contacts WHERE contact = %s"
    assert await floor.rows(row, ended.contact) == [("+4930199", "us", 1)]


# -- voicemail ----------------------------------------------------------------------------------------------


async def test_a_message_ended_by_a_key_is_kept_as_it_was_spoken(floor: Floor) -> None:
    caller = await enter(floor, BOX, speaks=440)
    await listen(caller, 2.5)
    await caller.press("#")
    (left,) = await floor.until_told(VoicemailLeft)
    await hears(caller, THANKS)
    ended = await end_of(floor)
    recording = floor.asterisk.rendered.directories.spool / "recording" / f"{left.recording}.wav"
    heard = analyse(read(recording))
    assert heard.tones == {440}
    assert heard.duration_s == pytest.approx(left.duration_s, abs=0.05)
    assert heard.duration_s > 2
    note = json.loads(recording.with_suffix(".json").read_text())
    assert (note["caller_number"], note["called_number"], note["contact"]) == ("+4917001", BOX, ended.contact)
    row = "SELECT box, recording, duration_s FROM voicemails WHERE contact = %s"
    assert await floor.rows(row, ended.contact) == [("sales", left.recording, left.duration_s)]


async def test_a_message_ended_by_putting_the_phone_down_is_kept(floor: Floor) -> None:
    caller = await enter(floor, BOX, speaks=440)
    await listen(caller, 2.5)
    await caller.hang_up()
    (left,) = await floor.until_told(VoicemailLeft)
    assert (await end_of(floor)).ended_by == "caller"
    recording = floor.asterisk.rendered.directories.spool / "recording" / f"{left.recording}.wav"
    heard = analyse(read(recording))
    assert heard.tones == {440}
    assert heard.duration_s == pytest.approx(left.duration_s, abs=0.05)
    assert heard.duration_s > 2
    assert recording.with_suffix(".json").is_file()


async def test_who_says_nothing_leaves_no_message(floor: Floor) -> None:
    caller = await enter(floor, GREETED)
    await hears(caller, THANKS)
    assert (await caller.ended(30)).ended_by == "floor"
    await end_of(floor)
    assert floor.told(VoicemailLeft) == []
    assert list((floor.asterisk.rendered.directories.spool / "recording/voicemail/greeted").glob("*")) == []


# -- Python -------------------------------------------------------------------------------------------------


async def test_a_coroutine_asks_lets_wait_and_has_the_last_word(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await enter(floor, CONCIERGE)
    await caller.press("217")
    rings = await floor.world.phone("anna").rings()
    await rings.answer()
    await floor.until_told(Answered)
    await rings.hang_up()
    await floor.until_told(Handled)
    assert not (await listen(caller, 1.0)).silent
    await caller.ended()
    assert (await end_of(floor)).cause == 16


async def test_a_coroutine_sends_a_caller_on_by_the_number(floor: Floor) -> None:
    await floor.world.call(CONCIERGE, from_number="+4917077")
    assert await queue_reached(floor) == "sales"


async def test_a_coroutine_hangs_up_busy(floor: Floor) -> None:
    caller = await floor.world.call(CONCIERGE)
    assert (await caller.ended()).cause == 17


async def test_a_coroutine_that_breaks_bids_the_caller_goodbye(floor: Floor) -> None:
    caller = await enter(floor, BROKEN)
    assert (await caller.ended()).cause == 16
    await end_of(floor)


# -- circles, and leaving on the way ------------------------------------------------------------------------


@pytest.mark.parametrize("number", [CIRCLE, ROUND])
async def test_a_circle_ends(floor: Floor, number: str) -> None:
    caller = await floor.world.call(number)
    await caller.ended()
    assert (await end_of(floor)).ended_by == "us"
    assert len(floor.told(VisitEnded)) <= 50


@pytest.mark.parametrize("number", [ACCOUNT, HOUSE, BOSS, MOBILE, BOX, GREETED, CONCIERGE])
async def test_a_caller_may_leave_at_any_time(floor: Floor, number: str) -> None:
    await floor.come_to_work("anna")
    floor.world.number(MOBILE_NUMBER)
    caller = await floor.world.call(number)
    await caller.rings()
    await caller.hang_up()
    assert (await end_of(floor)).ended_by == "caller"
    await floor.until_agent("anna", "ready")
    assert floor.told(VoicemailLeft) == []
