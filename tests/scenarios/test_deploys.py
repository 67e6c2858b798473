"""callfloor is stopped, killed and started anew under the people on the line, who notice nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.outside_world import OutsideCall
from tests.asterisk_lab import AsteriskLab
from tests.ears import analyse, read
from tests.floor_lab import FloorLab, hears, hears_music
from tests.scenarios.busy_moment import (
    AGENTS,
    FLOOR,
    SALES,
    TOLERANCE_S,
    Scene,
    call,
    check_abandoned,
    check_talk,
)
from tests.served_floor import ServedFloor

LISTENED_S = 5.0


@pytest.fixture(scope="module", params=["outbound", "inbound"])
async def served_of_file(
    request: pytest.FixtureRequest, shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres
) -> AsyncIterator[ServedFloor]:
    """A floor for each way in which events come."""
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        floor = await lab.start(FLOOR.replace("EVENTS", request.param), started=False)
        served = ServedFloor(floor, shared_asterisk_lab.folder())
        yield served
        await served.close()


@pytest.fixture
async def served(served_of_file: ServedFloor) -> AsyncIterator[ServedFloor]:
    """That floor with callfloor running, and nobody on it."""
    await served_of_file.start()
    yield served_of_file
    await served_of_file.everybody_goes()
    await served_of_file.terminate()


# -- the restart --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["terminate", "kill"])
async def test_nobody_notices_a_deploy(served: ServedFloor, end: str) -> None:
    kept = served.floor.asterisk.rendered.events == "outbound"
    scene = await Scene.of(served)
    early, late, precious = scene.waiting
    states = await served.states(AGENTS)
    assert await scene.line() == [precious, scene.ringing, early, late]
    # callfloor goes, and comes back; meanwhile one more calls, another gives up, as does one who waits
    ears = [
        asyncio.create_task(one.recorded(LISTENED_S)) for one in (scene.talking, scene.anna, scene.own_call)
    ]
    await asyncio.sleep(0.5)
    went = time.monotonic()
    await (served.terminate() if end == "terminate" else served.kill())
    newcomer, passer_by = await call(served, SALES), await call(served, SALES)
    scene.waiting.remove(early)
    await early.hang_up()
    if not kept:
        await (await served.world.phone("dora").rings()).answer()
    await asyncio.sleep(1.0)
    await passer_by.hang_up()
    await asyncio.sleep(1.0)
    await served.start()
    away_s = time.monotonic() - went
    # nobody was dropped, everybody keeps the place, agents do what they did, and no talk has a gap
    assert [party for party in scene.there if party.is_over] == []
    assert await served.states(AGENTS) == states
    assert await scene.line() == [precious, scene.ringing, late] + [newcomer] * kept
    for heard, tone in zip(await asyncio.gather(*ears), (1000, 440, 700), strict=True):
        said = analyse(read(heard))
        assert said.tones == {tone}, said
        assert said.longest_gap_ms < 200, said
    at_fay = await go_on(scene, precious)
    # and what is remembered is what SIP saw
    for caller, agent in ((scene.talking, scene.anna), (scene.ringing, scene.carl), (precious, at_fay)):
        await check_talk(served, caller, agent)
    held = await check_talk(served, scene.held, scene.bob)
    assert held["hold_s"] > LISTENED_S - TOLERANCE_S
    assert (await check_talk(served, scene.wrapped_up, None))["wrap_up_s"] > LISTENED_S
    (message,) = await served.until_told("voicemail_left", scene.speaking)
    assert message["body"]["duration_s"] > 3
    gone = [early, passer_by] if kept else [early]
    for caller in gone:
        await check_abandoned(served, caller, 0 if kept else away_s)
    once = [*gone, *([newcomer] if kept else []), late, scene.choosing, scene.speaking]
    assert [len(await served.contacts(caller)) for caller in once] == [1] * len(once)
    assert not newcomer.is_over


async def go_on(scene: Scene, next_caller: OutsideCall) -> OutsideCall:
    """See that everything can be done that could be done before; returns the call at fay, who comes free."""
    served = scene.served
    await hears_music(scene.held)
    await served.post(f"calls/{await served.id_of(scene.held)}/resume")
    await asyncio.gather(hears(scene.held, 1140), hears(scene.bob, 520))
    await scene.carl.answer(speaks=1400)
    await asyncio.gather(hears(scene.ringing, 1400), hears(scene.carl, 620))
    await scene.choosing.press("2")
    await served.until_told("queue_joined", scene.choosing)
    await scene.speaking.press("#")
    await scene.speaking.ended()
    await scene.abroad.hang_up()
    await scene.own_call.ended()
    at_fay = await served.world.phone("fay").rings()
    assert at_fay.record.from_number == next_caller.record.from_number
    await at_fay.answer()
    await served.until_told("answered", next_caller)
    await served.post("agents/emil/ready")
    for agent in (at_fay, scene.anna, scene.bob, scene.carl):
        await agent.hang_up()
    return at_fay
