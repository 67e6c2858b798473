"""Whoever keeps a place without the line is called back once, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ami_listeners.local_postgres import LocalPostgres
from tests.asterisk_lab import AsteriskLab
from tests.floor_lab import FloorLab, hears, hears_music
from tests.served_floor import ServedFloor

SALES, EVA = "+4930100", "+491701"

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

[[agents]]
id = "anna"
queues = ["sales"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""


@pytest.fixture
async def served(shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[ServedFloor]:
    """A floor whose callfloor and Asterisk may die."""
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        served = ServedFloor(await lab.start(FLOOR, started=False), shared_asterisk_lab.folder())
        yield served
        await served.close()


async def test_a_callback_outlives_the_machine_and_is_made_once(served: ServedFloor) -> None:
    await served.start()
    floor, mobile, phone = served.floor, served.world.number(EVA), served.world.phone("anna")
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    caller = await served.world.call(SALES, from_number=EVA)
    await floor.until_waiting("sales", 1)
    await hears_music(caller)
    await caller.press("21")
    await caller.ended()
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
