"""Asterisk, PostgreSQL or half of callfloor dies under the people on the line: each end is told once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import aiohttp
import pytest

from ami_listeners.clock import utc_now
from ami_listeners.local_postgres import LocalPostgres
from ari_apps.outside_world import OutsideCall
from tests.asterisk_lab import AsteriskLab
from tests.command_line import Serving
from tests.floor_lab import FloorLab, hears, until
from tests.scenarios.busy_moment import ABROAD, AGENTS, FLOOR, SALES, Scene, call
from tests.served_floor import ServedFloor

GONE_UNTIL_S = 60.0


@pytest.fixture(scope="module")
async def served_of_file(
    shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres
) -> AsyncIterator[ServedFloor]:
    """A floor whose Asterisk and callfloor may die."""
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        floor = await lab.start(FLOOR.replace("EVENTS", "auto"), started=False)
        served = ServedFloor(floor, shared_asterisk_lab.folder())
        yield served
        await served.close()


@pytest.fixture
async def served(served_of_file: ServedFloor) -> AsyncIterator[ServedFloor]:
    """That floor; what runs of callfloor is for the test to start."""
    yield served_of_file
    await served_of_file.everybody_goes()
    await served_of_file.terminate()


async def is_alive(serving: Serving) -> bool:
    """Ask /healthz."""
    async with aiohttp.ClientSession() as session, session.get(f"{serving.http}/healthz") as answer:
        return answer.status == 200


# -- Asterisk -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_calls_that_die_with_asterisk_are_lost_and_the_next_is_served(
    served: ServedFloor, end: str
) -> None:
    began = utc_now()
    await served.start()
    (callfloor,) = served.processes.values()
    scene = await Scene.of(served)
    asterisk = served.floor.asterisk.asterisk
    await (asterisk.kill() if end == "kill" else asterisk.stop())
    # callfloor says so, and lives
    await callfloor.until(ready=False, ari=False)
    assert await is_alive(callfloor)
    await callfloor.until(ready=False, ari="Asterisk", ami=False, database=True)
    assert (await served.floor.metrics())["callfloor_ari_up",] == 0
    # whatever is asked meanwhile tears nothing and nobody
    for call_under_way in await served.get("calls"):
        with pytest.raises(AssertionError, match=r"409.*until Asterisk is back"):
            await served.post(f"calls/{call_under_way['id']}/hold")
    for asked in ("carl/pause", "carl/unpause", "dora/unpause", "emil/ready"):
        await served.post(f"agents/{asked}", {"reason": "tea"} if asked.endswith("/pause") else None)
    await asterisk.start()
    await callfloor.until(ready=True, ari=True, ami=True, calls=True)
    await check_all_lost(scene, began)
    for agent in AGENTS:
        await served.floor.until_agent(agent, "ready")
    await serve_the_next(scene)
    figures = await served.check_figures()
    assert (figures["sales"]["lost"], figures["sales"]["abandoned"]) == (4, 0)
    assert all(one["outcome"] != "failed" for one in await served.rows("SELECT outcome FROM offers"))
    assert callfloor.faults == []


async def test_calls_that_die_with_the_whole_machine_are_lost_and_agents_go_on(served: ServedFloor) -> None:
    began = utc_now()
    await served.start()
    scene = await Scene.of(served)
    states = await served.states(AGENTS)
    asterisk = served.floor.asterisk.asterisk
    await asyncio.gather(served.kill(), asterisk.kill())
    await served.start(ready=False)
    (callfloor,) = served.processes.values()
    await callfloor.until(ready=False, ari="Asterisk", calls="who is on the line", database=True)
    await asterisk.start()
    await callfloor.until(ready=True, ari=True, ami=True, calls=True)
    await check_all_lost(scene, began)
    free = dict.fromkeys(("anna", "bob", "carl", "fay"), ("ready", True, None))
    for agent in free:
        await served.floor.until_agent(agent, "ready")
    assert await served.states(AGENTS) == states | free
    await serve_the_next(scene)
    assert callfloor.faults == []


async def check_all_lost(scene: Scene, began: dt.datetime) -> None:
    """See that everybody who was on the line is lost, and told so once."""
    served = scene.served
    for caller in scene.callers:
        await served.until_told("contact_ended", caller)
        (contact,) = await served.contacts(caller)
        assert contact["ended_by"] == "lost", contact
        assert len(await served.told("contact_ended", caller)) == 1
    own = await served.rows(
        "SELECT ended_by FROM contacts WHERE called_number = %s AND started_at > %s", ABROAD, began
    )
    assert own == [{"ended_by": "lost"}]
    for caller in (scene.talking, scene.held):
        (visit,) = await served.visits(caller)
        assert (visit["outcome"], visit["handled"]) == ("answered", 1)
        assert [fact["body"]["ended_by"] for fact in await served.told("handled", caller)] == ["lost"]
    for caller in (scene.ringing, *scene.waiting):
        (visit,) = await served.visits(caller)
        assert (visit["outcome"], visit["handled"]) == ("lost", 0)
        assert len(await served.told("visit_ended", caller)) == 1


async def serve_the_next(scene: Scene) -> None:
    """Let people put down dead phones, and as many call anew as agents are free."""
    served = scene.served
    for dead in served.world.calls:
        await dead.hang_up()
    served.world.forget_calls()
    for says, answers in ((440, 1000), (520, 1140), (620, 1260), (740, 1380)):
        caller = await call(served, SALES, says)
        at_agent = await anybody_rings(served)
        await at_agent.answer(speaks=answers)
        await asyncio.gather(hears(caller, answers), hears(at_agent, says))


async def anybody_rings(served: ServedFloor) -> OutsideCall:
    """Wait until a phone rings that did not before."""

    async def ringing() -> OutsideCall | None:
        calls = [one for one in served.world.calls if one.record.dialled_by == "floor"]
        return next((one for one in calls if one.is_ringing), None)

    return await until(ringing, "a phone rings")
