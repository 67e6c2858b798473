"""Whoever keeps a place without the line is called back once, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator

import pytest

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.outside_world.calls import OutsideCall
from tests.asterisk_lab import AsteriskLab
from tests.floor_lab import FloorLab, hears, hears_music
from tests.served_floor import ServedFloor

SALES, SUPPORT, EVA = "+4930100", "+4930200", "+491701"

FLOOR = f"""
[site]
name = "kept"

[[queues]]
name = "sales"
leave_when_empty = "never"

[queues.callback]
numbers = ["+49*"]
earliest_s = 1
ring_s = 60
said_number = "sound:beep"
said_choice = "sound:beep"
said_taken = "sound:beep"

[[queues]]
name = "support"
leave_when_empty = "never"
rest_s = 60

[queues.callback]
numbers = ["+49*"]
first = "customer"
earliest_s = 1
ring_s = 60
said_number = "sound:beep"
said_choice = "sound:beep"
said_taken = "sound:beep"
said_hello = "sound:beep"

[[agents]]
id = "anna"
queues = ["sales", "support"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"

[[routes]]
to = "{SUPPORT}"
destination = "queue:support"
"""


@pytest.fixture
async def served(shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[ServedFloor]:
    """A floor whose callfloor and Asterisk may die."""
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        served = ServedFloor(await lab.start(FLOOR, started=False), shared_asterisk_lab.folder())
        yield served
        await served.close()


async def keeps_the_place(served: ServedFloor, number: str, queue: str) -> OutsideCall:
    """Call while anna is at lunch, wait, and hang up with the promise of a call back."""
    await served.floor.come_to_work("anna")
    await served.floor.post("agents/anna/pause", {"reason": "lunch"})
    caller = await served.world.call(number, from_number=EVA)
    await served.floor.until_waiting(queue, 1)
    await hears_music(caller)
    await caller.press("21")
    await caller.ended()
    return caller


async def test_a_callback_outlives_the_machine_and_is_made_once(served: ServedFloor) -> None:
    await served.start()
    floor, mobile, phone = served.floor, served.world.number(EVA), served.world.phone("anna")
    caller = await keeps_the_place(served, SALES, "sales")
    # the whole machine dies
    asterisk = floor.asterisk.asterisk
    await asyncio.gather(served.kill(), asterisk.kill())
    await asterisk.start()
    await served.start()
    (pending,) = await served.get("callbacks")
    assert (pending["number"], pending["position"]) == (EVA, 1)
    # callfloor dies while the customer's phone rings, and the agent hears it
    await phone.plug_in()
    await floor.post("agents/anna/unpause")
    rings = await phone.rings()
    await rings.answer(speaks=1000)
    back = await mobile.rings()
    await back.rings()
    await served.kill()
    await served.start()
    await back.answer(speaks=620)
    await floor.until_agent("anna", "talking")
    await asyncio.gather(hears(back, 1000), hears(rings, 620))
    # and while the two talk
    await served.kill()
    await served.start()
    await asyncio.gather(hears(back, 1000), hears(rings, 620))
    await back.hang_up()
    await rings.ended()
    await floor.until_agent("anna", "ready")
    await served.until_told("handled", caller)
    assert (len(mobile.calls), len(phone.calls)) == (1, 1)
    (visit,) = await served.visits(caller)
    assert (visit["outcome"], visit["callback_number"], visit["handled"]) == ("answered", EVA, 1)
    assert visit["callback_s"] > visit["wait_s"]
    assert [row["number"] for row in await served.rows("SELECT * FROM callbacks_now")] == []
    figures = await served.rows("SELECT * FROM queue_figures")
    assert [(one["offered"], one["callbacks_served"], one["lost"]) for one in figures] == [(1, 1, 0)]


async def test_a_customer_whose_phone_rings_first_is_called_by_nobody_else_and_the_agent_stays_reserved(
    served: ServedFloor,
) -> None:
    await served.start()
    floor, mobile, phone = served.floor, served.world.number(EVA), served.world.phone("anna")
    caller = await keeps_the_place(served, SUPPORT, "support")
    await floor.post("agents/anna/unpause")
    # callfloor dies while the customer's phone rings, and the customer declines
    back = await mobile.rings()
    await served.kill()
    await back.busy()
    await served.start()
    back = await mobile.rings()
    assert (await floor.get("agents/anna"))["state"] == "ringing"  # reserved anew, at once
    # and it dies again; the customer's phone rings on
    await served.kill()
    await served.start()
    await asyncio.sleep(1.0)
    assert (await floor.get("agents/anna"))["state"] == "ringing"
    await back.answer(speaks=620)
    rings = await phone.rings()
    # and while the agent's phone rings
    await served.kill()
    await served.start()
    await rings.answer(speaks=1000)
    await floor.until_agent("anna", "talking")
    await asyncio.gather(hears(back, 1000), hears(rings, 620))
    await back.hang_up()
    await rings.ended()
    await served.until_told("handled", caller)
    assert (len(mobile.calls), len(phone.calls)) == (2, 1)
    ends = [row["body"]["outcome"] for row in await served.told("offer_ended", caller)]
    assert ends == ["withdrawn", "answered"]
    assert await served.told("callback_tried", caller) == []
    told = await served.rows("SELECT * FROM facts WHERE kind = 'agent_state_changed' ORDER BY id")
    assert "resting" not in [row["body"]["state"] for row in told]


async def test_a_call_back_for_which_there_is_no_line_is_given_up_and_the_floors_people_are_told(
    served: ServedFloor,
) -> None:
    data = tomllib.loads(served.line.config.read_text())
    data["trunks"].append({"name": "unheard-of", "address": "sip:127.0.0.1:9"})  # Asterisk's files lack it
    data["outbound"]["trunk"] = "unheard-of"
    data["queues"][1]["callback"] |= {"failures": 3, "retry_s": 1}
    served.line.configure(data)
    await served.start()
    floor = served.floor
    caller = await keeps_the_place(served, SUPPORT, "support")
    await floor.post("agents/anna/unpause")
    await served.until_told("callback_tried", caller)
    await served.kill()
    await served.start()
    await served.until_told("visit_ended", caller)
    tried = [row["body"] for row in await served.told("callback_tried", caller)]
    assert [(one["outcome"], one["failures"], one["tries"]) for one in tried] == [
        ("failed", failures, 0) for failures in (1, 2, 3)
    ]
    (visit,) = await served.visits(caller)
    assert (visit["outcome"], visit["callback_failures"]) == ("callback_failed", 3)
    serving = served.processes["all"]
    (warned,) = serving.logged("callback.given_up")
    assert (warned["queue"], "outbound.trunk" in warned["remedy"]) == ("support", True)
    counted = await floor.metrics(serving.http)
    assert counted["callfloor_queue_callbacks_not_made_total", "support"] >= 1  # since the restart
    assert (await floor.get("callbacks"), (await floor.get("agents/anna"))["state"]) == ([], "ready")
