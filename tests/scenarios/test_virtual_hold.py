"""Virtual hold: callers keep the place without the line, and are called back, whatever happens in between."""

from __future__ import annotations

import asyncio
import datetime as dt
from copy import deepcopy

from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import (
    Answered,
    CallbackTaken,
    CallbackTried,
    CalledBack,
    IvrStep,
    OfferEnded,
    VisitEnded,
)
from tests.command_line import toml
from tests.floor_lab import Floor, hears, hears_music

AGENT_FIRST, CUSTOMER_FIRST, MENU = "+4930100", "+4930200", "+4930300"
EVA, OTHER = "+491701", "0301234"

MONDAY_AT_NIGHT = dt.datetime(2027, 3, 1, 3, tzinfo=dt.UTC)
MONDAY_AT_TEN = dt.datetime(2027, 3, 1, 10, tzinfo=dt.UTC)

FLOOR = f"""
[site]
name = "hold"

[[queues]]
name = "sales"
leave_when_empty = "never"
rest_s = 1

[queues.callback]
key = "2"
numbers = ["+4917*", "030*"]
tries = 2
retry_s = 1
earliest_s = 1
said_number = "digits:{{callback}}"
said_choice = "sound:beep"
said_ask = "sound:beep"
said_wrong = "sound:beep"
said_taken = "sound:beep"

[[queues]]
name = "support"
leave_when_empty = "never"
rest_s = 1

[queues.callback]
numbers = ["*"]
first = "customer"
retry_s = 1
earliest_s = 1
said_number = "sound:beep"
said_choice = "sound:beep"
said_taken = "sound:beep"
said_hello = "sound:beep"

hours = "office"

[calendars.office]
hours = {{ mon-fri = "09:00-17:00" }}

[[agents]]
id = "anna"
queues = ["sales", "support"]

[[routes]]
to = "{AGENT_FIRST}"
destination = "queue:sales"

[[routes]]
to = "{CUSTOMER_FIRST}"
destination = "queue:support"

[[routes]]
to = "{MENU}"
destination = "menu:main"

[menus.main]
prompt = "sound:beep"
timeout_s = 30
keys = {{ 1 = "queue:sales" }}
"""


async def keep_the_place(floor: Floor, called: str, queue: str, keys: str = "1") -> OutsideCall:
    """Let Eva call, wait, ask for a callback, and be bid goodbye."""
    caller = await floor.world.call(called, from_number=EVA, speaks=440)
    await floor.until_waiting(queue, 1)
    await hears_music(caller)
    await caller.press("2" + keys)
    await caller.ended()
    return caller


async def test_a_caller_hangs_up_keeps_the_place_and_hears_the_agent_who_picked_up_for_the_callback(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    mobile = floor.world.number(EVA)
    await keep_the_place(floor, AGENT_FIRST, "sales")
    (taken,) = await floor.until_told(CallbackTaken)
    (pending,) = await floor.get("callbacks")
    assert (taken.number, pending["number"], pending["position"]) == (EVA, EVA, 1)
    await floor.until_waiting("sales", 1)
    await floor.post("agents/anna/unpause")
    rings = await floor.world.phone("anna").rings()
    assert rings.record.from_number == EVA
    await rings.answer(speaks=1000)
    back = await mobile.rings()
    await hears(rings, 440, 480)  # the tone of ringing
    await back.answer(speaks=620)
    (answered,) = await floor.until_told(Answered)
    assert answered.callback_s is not None
    await asyncio.gather(hears(back, 1000), hears(rings, 620))
    assert (await floor.get("callbacks"), floor.told(VisitEnded)) == ([], [])


async def test_a_queue_that_is_removed_keeps_its_promises_and_loses_nobody(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    mobile = floor.world.number(EVA)
    await keep_the_place(floor, AGENT_FIRST, "sales")
    waiting = await floor.world.call(AGENT_FIRST, from_number="+491702")
    await floor.until_waiting("sales", 2)
    choosing = await floor.world.call(MENU, from_number="+491703")
    await floor.until_told(IvrStep)
    removed = await go_on_without_sales(floor)
    who = "1 caller waits and 1 is to be called back"
    assert removed == [f"queue sales: removed, {who}: they are served, nobody new may join"]
    assert (await floor.get("queues/sales"))["closed"]
    assert (await floor.metrics())["callfloor_queue_callers_waiting", "sales"] == 2
    await choosing.press("1")
    await floor.until_waiting("support", 1)  # where that number leads now
    await asyncio.sleep(1.0)  # earliest_s
    await floor.post("agents/anna/unpause")
    rings = await floor.world.phone("anna").rings()
    await rings.answer(speaks=1000)
    back = await mobile.rings()
    await back.answer(speaks=620)
    await asyncio.gather(hears(back, 1000), hears(rings, 620))
    await back.hang_up()
    await (await floor.world.phone("anna").rings()).answer(speaks=1000)
    await hears(waiting, 1000)
    await waiting.hang_up()
    await (await floor.world.phone("anna").rings()).answer(speaks=1000)
    await hears(choosing, 1000)
    assert [queue["name"] for queue in await floor.get("queues")] == ["support"]
    assert floor.told(VisitEnded) == []
    floor.asterisk.configuration.path.write_text(toml(floor.data))
    await floor.post("reload")


async def go_on_without_sales(floor: Floor) -> list[str]:
    """Let the floor go on without the queue and the menu that leads there; return what it says to that."""
    changed = deepcopy(floor.data)
    changed["queues"] = [queue for queue in changed["queues"] if queue["name"] != "sales"]
    changed["agents"][0]["queues"] = ["support"]
    changed["routes"] = [route | {"destination": "queue:support"} for route in changed["routes"]]
    del changed["menus"]
    floor.asterisk.configuration.path.write_text(toml(changed))
    removed: list[str] = (await floor.post("reload"))["removed"]
    return removed


async def test_a_customer_is_called_first_hears_music_and_is_served_at_the_old_place(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    floor.date = MONDAY_AT_NIGHT
    mobile = floor.world.number(EVA)
    await keep_the_place(floor, CUSTOMER_FIRST, "support")
    await asyncio.sleep(1.0)  # earliest_s
    await floor.post("agents/anna/unpause")
    assert not floor.world.phone("anna").is_called
    await floor.until_agent("anna", "ready")  # nobody is called at night
    floor.date = MONDAY_AT_TEN
    back = await mobile.rings()
    assert not floor.world.phone("anna").is_called
    await back.answer(speaks=620)
    await floor.until_told(CalledBack)
    later = await floor.world.call(CUSTOMER_FIRST, from_number="+491702")
    await floor.until_waiting("support", 2)
    rings = await floor.world.phone("anna").rings()
    await hears_music(back)
    await rings.answer(speaks=1000)
    await floor.until_told(Answered)
    await asyncio.gather(hears(back, 1000), hears(rings, 620))
    await back.hang_up()
    await later.hang_up()
    ended = await floor.until_told(VisitEnded)
    assert [one.outcome for one in ended] == ["abandoned"]  # the one who waited behind
    floor.date = None


async def test_a_customer_who_does_not_answer_is_called_again_at_the_number_that_was_typed(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    at_home = floor.world.number(OTHER)
    await keep_the_place(floor, AGENT_FIRST, "sales", keys=f"20900555#{OTHER}#1")
    (taken,) = await floor.until_told(CallbackTaken)
    assert taken.number == OTHER
    await floor.post("agents/anna/unpause")
    await (await floor.world.phone("anna").rings()).answer()
    await (await at_home.rings()).busy()
    (tried,), (offer,) = await floor.until_told(CallbackTried), await floor.until_told(OfferEnded)
    assert (tried.outcome, offer.outcome) == ("declined", "not_reached")
    rings = await floor.world.phone("anna").rings()  # at once ready again, and rung after the pause
    await rings.answer(speaks=1000)
    back = await at_home.rings()
    await back.answer(speaks=620)
    await floor.until_told(Answered)
    await hears(back, 1000)


async def test_an_agent_who_comes_while_the_caller_is_asked_for_a_number_is_connected_at_once(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    caller = await floor.world.call(AGENT_FIRST, from_number=EVA, speaks=440)
    await floor.until_waiting("sales", 1)
    await hears_music(caller)
    await caller.press("2")
    await floor.post("agents/anna/unpause")
    rings = await floor.world.phone("anna").rings()
    await rings.answer(speaks=1000)
    await floor.until_told(Answered)
    await asyncio.gather(hears(caller, 1000), hears(rings, 440))
    assert floor.told(CallbackTaken) == []


async def test_an_agent_who_hangs_up_ends_the_call_to_the_customer_who_calls_in_and_has_the_place(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    mobile = floor.world.number(EVA)
    await keep_the_place(floor, AGENT_FIRST, "sales")
    await floor.post("agents/anna/unpause")
    rings = await floor.world.phone("anna").rings()
    await rings.answer()
    back = await mobile.rings()
    await floor.post("agents/anna/pause", {"reason": "coffee"})
    await rings.hang_up()
    await back.ended()
    again = await floor.world.call(AGENT_FIRST, from_number=EVA, speaks=440)
    (ended,) = await floor.until_told(VisitEnded)
    assert (ended.outcome, await floor.get("callbacks")) == ("withdrawn", [])
    await floor.until_waiting("sales", 1)
    await again.hang_up()
