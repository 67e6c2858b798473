"""What the phones of the house do by themselves: agents' codes, calls to each other, calls to the outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    ContactEnded,
    ContactStarted,
    Handled,
    OfferEnded,
    OfferMade,
)
from tests.asterisk_lab import AsteriskLab
from tests.ears import likeness, listen, read
from tests.floor_lab import Floor, hears

SALES, MOBILE = "+4930100", "+49170999"
ANNA, BOB, OTHER = 1000, 1400, 440

FLOOR = f"""
[site]
name = "house"

[[queues]]
name = "sales"
wrap_up_s = 600
join_when_empty = "never"
leave_when_empty = "never"

[[agents]]
id = "anna"
name = "Anna Abel"
extension = "101"
queues = ["sales"]

[[agents]]
id = "bob"
name = "Bob Brown"
extension = "102"

[[phones]]
id = "lobby"
name = "Lobby"
extension = "200"

[outbound]
caller_id = "{SALES}"

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""


@pytest.fixture
def sounds(shared_asterisk_lab: AsteriskLab) -> Path:
    return shared_asterisk_lab.installation.data_dir / "sounds/en"


async def dial_code(floor: Floor, code: str) -> None:
    """Dial a code as anna, hear something said, and be hung up on."""
    call = await floor.world.phone("anna").dial(code)
    await call.answered()
    assert not (await listen(call, 0.8)).silent
    assert (await call.ended()).ended_by == "floor"


async def test_an_agent_logs_in_and_out_by_codes_and_hears_that_it_was_done(
    floor: Floor, sounds: Path
) -> None:
    anna = floor.world.phone("anna")
    await anna.plug_in()
    for code, said, state in (("*11", "agent-loginok", "ready"), ("*12", "agent-loggedoff", "logged_out")):
        call = await anna.dial(code)
        await call.answered()
        assert likeness(read(await call.recorded(1.2)), sounds / f"{said}.wav") > 0.8
        await floor.until_agent("anna", state)
        assert (await call.ended()).ended_by == "floor"
    states = [(fact.was, fact.state) for fact in floor.told(AgentStateChanged) if fact.agent == "anna"]
    assert states[0][0] == "logged_out"
    assert states[-1] == ("ready", "logged_out")
    sql = "SELECT state FROM agent_states WHERE agent = 'anna' AND ended_at IS NULL"
    assert await floor.rows(sql) == [("logged_out",)]


async def test_an_agent_pauses_for_a_reason_and_comes_back_by_codes(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await dial_code(floor, "*132")
    await floor.until_agent("anna", "paused")
    assert (await floor.get("agents/anna"))["pause_reason"] == "lunch"
    await floor.world.call(SALES)
    await floor.until_waiting("sales", 1)
    assert floor.told(OfferMade) == []
    await dial_code(floor, "*14")
    await floor.world.phone("anna").rings()
    (paused,) = (fact for fact in floor.told(AgentStateChanged) if fact.state == "paused")
    assert paused.pause_reason == "lunch"
    sql = "SELECT count(*) FROM agent_states WHERE agent = 'anna' AND pause_reason = 'lunch' AND lasted_s > 0"
    assert await floor.rows(sql) == [(1,)]


async def test_a_pause_without_a_reason_is_one_as_well_and_ready_ends_it(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await dial_code(floor, "*13")
    await floor.until_agent("anna", "paused")
    await dial_code(floor, "*15")
    await floor.until_agent("anna", "ready")


async def test_an_agent_ends_the_wrap_up_by_a_code(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await floor.world.call(SALES)
    await (await floor.world.phone("anna").rings()).answer()
    await floor.until_told(Answered)
    await caller.hang_up()
    await floor.until_agent("anna", "wrap_up")
    await dial_code(floor, "*15")
    await floor.until_agent("anna", "ready")


@pytest.mark.parametrize(("phone", "code"), [("lobby", "*12"), ("anna", "*139"), ("anna", "*21*0900#")])
async def test_a_code_that_is_none_of_ours_does_nothing_and_is_not_tried_on_the_carrier(
    floor: Floor, phone: str, code: str
) -> None:
    await floor.come_to_work("anna")
    await floor.world.phone("lobby").plug_in()
    call = await floor.world.phone(phone).dial(code)
    record = await call.ended()
    assert (record.answered_at, record.sip_status) == (None, 404)
    await floor.until_agent("anna", "ready")
    assert (await floor.get("agents/anna"))["pause_reason"] is None


async def test_an_agent_who_calls_somebody_outside_is_offered_nobody_until_that_is_over(floor: Floor) -> None:
    await floor.come_to_work("anna")
    mobile = floor.world.number(MOBILE)
    call = await floor.world.phone("anna").dial(MOBILE, speaks=ANNA)
    outside = await mobile.rings()
    assert (outside.record.from_number, outside.record.from_name) == (SALES, SALES)
    await floor.until_agent("anna", "busy")
    await floor.world.call(SALES)
    await outside.answer(speaks=OTHER)
    await call.answered()
    await hears(call, OTHER)
    await hears(outside, ANNA)
    await floor.until_waiting("sales", 1)
    assert floor.told(OfferMade) == []
    await outside.hang_up()
    await call.ended()
    await floor.world.phone("anna").rings()
    (ended,) = await floor.until_told(ContactEnded)
    row = "SELECT direction, called_number, caller_number FROM contacts WHERE contact = %s"
    assert await floor.rows(row, ended.contact) == [("internal", MOBILE, "101")]


async def test_an_agent_who_gives_up_calling_is_free_and_the_other_phone_is_silent(floor: Floor) -> None:
    await floor.come_to_work("anna")
    call = await floor.world.phone("anna").dial(MOBILE)
    outside = await floor.world.number(MOBILE).rings()
    await call.rings()
    await call.hang_up()
    await outside.ended()
    await floor.until_agent("anna", "ready")
    (ended,) = await floor.until_told(ContactEnded)
    assert ended.ended_by == "caller"


async def test_an_agent_whose_number_dialled_is_nobodys_hears_so_and_is_free(floor: Floor) -> None:
    await floor.come_to_work("anna")
    call = await floor.world.phone("anna").dial("+49170998")
    assert (await call.ended()).answered_at is None
    await floor.until_agent("anna", "ready")


async def test_agents_call_each_other_by_extension(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    call = await floor.world.phone("anna").dial("102", speaks=ANNA)
    at_bob = await floor.world.phone("bob").rings()
    assert (at_bob.record.from_number, at_bob.record.from_name) == ("101", "Anna Abel")
    await at_bob.answer(speaks=BOB)
    await call.answered()
    await hears(call, BOB)
    await hears(at_bob, ANNA)
    states = {agent["id"]: agent["state"] for agent in await floor.get("agents")}
    assert states == {"anna": "busy", "bob": "talking"}
    await at_bob.hang_up()
    await call.ended()
    await floor.until_agent("anna", "ready")
    await floor.until_agent("bob", "ready")
    (handled,) = floor.told(Handled)
    assert (handled.agent, handled.direct) == ("bob", True)
    assert not [name for name in await floor.metrics() if "agent/bob" in name]


async def test_who_stops_calling_a_colleague_silences_the_phone(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    call = await floor.world.phone("anna").dial("102")
    at_bob = await floor.world.phone("bob").rings()
    await call.hang_up()
    await at_bob.ended()
    await floor.until_agent("bob", "ready")
    (offer,) = floor.told(OfferEnded)
    assert offer.outcome == "caller_left"


async def test_agents_and_the_lobby_call_each_other(floor: Floor) -> None:
    await floor.come_to_work("anna")
    lobby, anna = floor.world.phone("lobby"), floor.world.phone("anna")
    await lobby.plug_in()
    call = await anna.dial("200", speaks=ANNA)
    at_lobby = await lobby.rings()
    await at_lobby.answer(speaks=OTHER)
    await call.answered()
    await hears(call, OTHER)
    await hears(at_lobby, ANNA)
    await call.hang_up()
    await at_lobby.ended()
    back = await lobby.dial("101", speaks=OTHER)
    at_anna = await anna.rings()
    await at_anna.answer(speaks=ANNA)
    await back.answered()
    await hears(at_anna, OTHER)
    await at_anna.hang_up()
    await back.ended()
    started = await floor.until_told(ContactStarted, 2)
    assert [fact.direction for fact in started] == ["internal", "internal"]
