"""Asterisk, PostgreSQL or half of callfloor dies under the people on the line: each end is told once."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path

import aiohttp
import psycopg
import pytest

from ami_listeners.clock import utc_now
from ami_listeners.local_postgres import LocalPostgres
from ari_apps.outside_world import OutsideCall
from ari_apps.outside_world.calls import CallOver
from ari_apps.outside_world.parties import Phone
from tests.asterisk_lab import AsteriskLab
from tests.command_line import Serving
from tests.floor_lab import FloorLab, hears, until
from tests.scenarios.busy_moment import (
    ABROAD,
    AGENTS,
    FLOOR,
    SALES,
    Scene,
    call,
    check_abandoned,
    check_talk,
    queue_up,
    talk,
)
from tests.served_floor import ServedFloor

WORKERS = ("anna", "bob", "carl", "dora", "fay")
"""Who serves sales."""


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
    await served.check_figures()
    assert callfloor.faults == []


async def test_nobody_is_lost_by_an_asterisk_that_answers_late(served: ServedFloor) -> None:
    began = utc_now()
    await served.start()
    (callfloor,) = served.processes.values()
    scene = await Scene.of(served)
    *_, precious = scene.waiting
    asterisk = served.floor.asterisk.asterisk
    os.kill(asterisk.pid, signal.SIGSTOP)
    try:  # for longer than any request is waited for
        await served.post("agents/dora/unpause")
        holding = asyncio.create_task(served.post(f"calls/{await served.id_of(scene.talking)}/hold"))
        newcomer = await call(served, SALES)
        await callfloor.until(ready=False, ari="silent")
        await asyncio.sleep(2.0)
    finally:
        os.kill(asterisk.pid, signal.SIGCONT)
    await callfloor.until(ready=True, ari=True, ami=True, calls=True)
    await asyncio.gather(holding, return_exceptions=True)  # done late, or refused
    assert [party for party in scene.there if party.is_over] == []
    if (await served.get("agents/anna"))["on_hold"]:
        await served.post(f"calls/{await served.id_of(scene.talking)}/resume")
    await asyncio.gather(hears(scene.talking, 1000), hears(scene.anna, 440))
    # the phone that was not reached in time rings for whose turn it is
    at_dora = await rings_on(served.world.phone("dora"))
    assert at_dora.record.from_number == precious.record.from_number
    await at_dora.answer(speaks=1500)
    await hears(precious, 1500)
    await served.until_told("queue_joined", newcomer)
    for agent in (at_dora, scene.anna):
        await agent.hang_up()
    for caller, agent in ((precious, at_dora), (scene.talking, scene.anna)):
        await served.until_told("handled", caller)
        (visit,) = await served.visits(caller)
        assert (visit["outcome"], visit["handled"], visit["agent"]) == ("answered", 1, agent.record.party)
    lost = await served.rows(
        "SELECT * FROM contacts WHERE started_at > %s AND ended_by NOT IN ('agent', 'caller')", began
    )
    assert lost == []
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
    dead = list(served.world.calls)
    for one in dead:
        await one.hang_up()
    served.world.forget_calls()
    for says, answers in ((440, 1000), (520, 1140), (620, 1260), (740, 1380)):
        caller = await call(served, SALES, says)
        at_agent = await anybody_rings(served, dead)
        await at_agent.answer(speaks=answers)
        await asyncio.gather(hears(caller, answers), hears(at_agent, says))


async def rings_on(phone: Phone) -> OutsideCall:
    """Wait until a phone rings for somebody; what rang by a request that was done late is silenced."""
    while True:
        at_phone = await phone.rings()
        with suppress(CallOver):
            await at_phone.stays(1.0)
            return at_phone


async def anybody_rings(served: ServedFloor, dead: Sequence[OutsideCall]) -> OutsideCall:
    """Wait until a phone rings for a call that is none of the dead, some of which take a moment to end."""

    async def ringing() -> OutsideCall | None:
        calls = [one for one in served.world.calls if one.record.dialled_by == "floor" and one not in dead]
        return next((one for one in calls if one.is_ringing), None)

    return await until(ringing, "a phone rings")


# -- PostgreSQL ---------------------------------------------------------------------------------------------


@pytest.fixture
async def mortal(open_folder: Path) -> AsyncIterator[LocalPostgres]:
    """A PostgreSQL that may go away; nobody else's."""
    async with LocalPostgres(open_folder / "mortal") as server:
        yield server


@pytest.fixture
async def remembering(
    served_of_file: ServedFloor, shared_asterisk_lab: AsteriskLab, mortal: LocalPostgres
) -> AsyncIterator[ServedFloor]:
    """The same floor with another callfloor, which remembers in that one."""
    served = ServedFloor(served_of_file.floor, shared_asterisk_lab.folder(), url=mortal.url)
    yield served
    await served.everybody_goes()
    await served.close()


@dataclass(slots=True)
class Rush:
    """Callers who keep coming, and agents who keep answering."""

    served: ServedFloor
    talks_s: float = 0.4
    pause_s: float = 0.3
    callers: list[OutsideCall] = field(default_factory=list)

    @asynccontextmanager
    async def goes_on(self) -> AsyncIterator[None]:
        """Let calls come and be answered; afterwards nobody is on the line."""
        async with asyncio.TaskGroup() as people:
            agents = [people.create_task(self._work(agent)) for agent in WORKERS]
            arrivals = people.create_task(self._arrive())
            yield
            arrivals.cancel()
            for caller in self.callers:
                await caller.ended(60.0)
            for agent in agents:
                agent.cancel()

    async def _arrive(self) -> None:
        while True:
            self.callers.append(await call(self.served, SALES))
            await asyncio.sleep(self.pause_s)

    async def _work(self, agent: str) -> None:
        phone = self.served.world.phone(agent)
        while True:
            at_agent = await phone.rings(None)
            await at_agent.answer()
            await at_agent.stays(self.talks_s)
            await at_agent.hang_up()


async def test_no_call_notices_a_database_that_is_away_and_nothing_told_is_lost(
    remembering: ServedFloor, mortal: LocalPostgres
) -> None:
    served = remembering
    await served.start()
    (callfloor,) = served.processes.values()
    # it is noticed although nobody has anything to remember
    await mortal.stop()
    await callfloor.until(ready=True, ari=True, database="cannot be used")
    await mortal.start()
    await callfloor.until(ready=True, database=True)
    await served.floor.come_to_work(*WORKERS)
    rush = Rush(served)
    async with rush.goes_on():
        await asyncio.sleep(2.0)
        await mortal.stop()
        await callfloor.until(ready=True, ari=True, database="cannot be used")
        answered = await count(served, "answered")
        await asyncio.sleep(3.0)
        # calls go on, are counted, and wait to be remembered
        before, counted, after = utc_now(), await served.floor.metrics(), utc_now()
        assert counted["callfloor_queue_answered_total", "sales"] > answered
        assert counted["callfloor_database_up",] == 0
        assert counted["callfloor_journal_spool_bytes",] > 0
        assert await is_alive(callfloor)
        # even callfloor's own death takes nothing with it that was told
        await served.kill()
        await served.start(ready=False)
        (callfloor,) = served.processes.values()
        await callfloor.until(ready=True, ari=True, calls=True, database="cannot be used")
        await asyncio.sleep(3.0)
        await mortal.start()
        await callfloor.until(ready=True, database=True)
        await asyncio.sleep(2.0)
    assert len(rush.callers) > 20
    await until(partial(nothing_waits, served), "everything is in the database")
    for caller in rush.callers:
        (contact,), (visit,) = await served.contacts(caller), await served.visits(caller)
        assert (contact["ended_by"], visit["outcome"], visit["handled"]) == ("agent", "answered", 1), visit
        for kind in ("contact_started", "queue_joined", "answered", "handled", "contact_ended"):
            assert len(await served.told(kind, caller)) == 1, kind
    # what was told on /metrics meanwhile was right
    for kind in ("answered", "handled"):
        at_least, at_most = [
            len(await served.rows("SELECT id FROM facts WHERE kind = %s AND at < %s", kind, moment))
            for moment in (before, after)
        ]
        assert at_least <= counted[f"callfloor_queue_{kind}_total", "sales"] <= at_most
    offers = await served.rows("SELECT offer FROM offers WHERE ended_at IS NULL")
    assert offers == []
    assert callfloor.faults == []


async def count(served: ServedFloor, what: str) -> float:
    """Read a counter of the queue sales."""
    return (await served.floor.metrics())[f"callfloor_queue_{what}_total", "sales"]


async def nothing_waits(served: ServedFloor) -> bool:
    """Tell whether every fact is in the database."""
    counted = await served.floor.metrics()
    return counted["callfloor_journal_spool_bytes",] == 0 and counted["callfloor_journal_lag_seconds",] == 0


# -- one half of callfloor ----------------------------------------------------------------------------------


@pytest.fixture
def embedded(open_folder: Path) -> Path:
    """Where callfloor's own PostgreSQL keeps its data."""
    return open_folder / "own"


@pytest.fixture
async def halves(
    served_of_file: ServedFloor, shared_asterisk_lab: AsteriskLab, embedded: Path
) -> AsyncIterator[ServedFloor]:
    """The same floor with another callfloor, in two processes that run a PostgreSQL for themselves."""
    served = ServedFloor(served_of_file.floor, shared_asterisk_lab.folder(), embedded=embedded)
    yield served
    await served.close()


@pytest.mark.timeout(240)
async def test_halves_come_and_go_and_nothing_is_lost_or_told_twice(
    halves: ServedFloor, embedded: Path
) -> None:
    served, world = halves, halves.world
    await served.start("apps", "listeners")
    await served.floor.come_to_work("anna")
    talking, anna = await talk(served, "anna", 440, 1000)
    waiting = await queue_up(served)
    # each tells what it knows
    states = await served.states(AGENTS)
    acts = await served.floor.metrics(served.processes["apps"].http)
    listens = await served.floor.metrics(served.processes["listeners"].http)
    assert acts["callfloor_queue_callers_waiting", "sales"] == 1
    assert acts["callfloor_ari_up",] == acts["callfloor_ami_up",] == listens["callfloor_ami_up",] == 1
    assert ("callfloor_ari_up",) not in listens
    assert (await served.check_figures("apps"))["sales"]["answered"] == 1
    # while one is away the other goes on, and says so
    passing = []
    for half, end in product(("apps", "listeners"), (served.terminate, served.kill)):
        await end(half)
        (other,) = served.processes.values()
        await other.until(ready=True, database=True, ami=True)
        assert await answers(served)
        passing.append(await call(served, SALES))
        await asyncio.sleep(1.0)
        await passing[-1].hang_up()
        await served.start(half)
        await until_reachable(served, "anna")
    await world.phone("bob").plug_in()
    await until_reachable(served, "bob")
    await world.phone("bob").sign_off()
    await until_reachable(served, "bob", expected=False)
    assert await served.states(AGENTS) == states
    assert await served.line_up("sales") == [waiting.record.from_number]
    await asyncio.gather(hears(talking, 1000), hears(anna, 440))
    await anna.hang_up()
    at_anna = await world.phone("anna").rings()
    await at_anna.answer()
    await served.until_told("answered", waiting)
    await at_anna.hang_up()
    # everything is remembered, and once
    for caller, agent in ((talking, anna), (waiting, at_anna)):
        await check_talk(served, caller, agent)
    for caller in passing:
        await check_abandoned(served, caller)
    everybody = [talking, waiting, *passing]
    contacts = [contact for caller in everybody for contact in await served.contacts(caller)]
    assert len(contacts) == len(everybody)

    async def no_call_is_open() -> bool:
        return not await served.rows("SELECT call FROM calls WHERE ended_at IS NULL")

    await until(no_call_is_open, "the end of every call is told")
    told = await served.rows(
        "SELECT body->>'call' AS call, kind, count(*) AS times FROM facts"
        " WHERE kind IN ('call_started', 'call_ended') GROUP BY 1, 2"
    )
    assert {row["times"] for row in told} == {1}
    heard = [contact["channel"] for contact in contacts[:4]]  # the last two called while nobody listened
    assert {(call, kind) for call in heard for kind in ("call_started", "call_ended")} <= {
        (row["call"], row["kind"]) for row in told
    }
    # the server they share outlives the death of both, and ends with the last
    await served.everybody_goes()
    facts = await served.rows("SELECT id FROM facts")
    await served.kill()
    there = await served.rows("SELECT id FROM facts")
    assert all(fact in there for fact in facts)
    await served.start("listeners")
    await served.start("apps")
    # should it die itself, it is started anew
    os.kill(postmaster(embedded), signal.SIGKILL)
    await until(partial(answers, served), "there is a PostgreSQL again")
    for serving in served.processes.values():
        await serving.until(ready=True, database=True)
        assert serving.faults == []
    await served.terminate("listeners")
    await served.processes["apps"].until(ready=True, database=True)
    await served.terminate("apps")
    assert not await answers(served)


def postmaster(data_dir: Path) -> int:
    """Return the process id of the server that runs on a folder."""
    return int((data_dir / "postmaster.pid").read_text().split()[0])


async def answers(served: ServedFloor) -> bool:
    """Tell whether there is a PostgreSQL."""
    try:
        return bool(await served.rows("SELECT 1 AS there"))
    except psycopg.OperationalError:
        return False


async def until_reachable(served: ServedFloor, agent: str, *, expected: bool = True) -> None:
    """Wait until it is known whether an agent's phone is there."""

    async def known() -> bool:
        return bool((await served.get(f"agents/{agent}"))["reachable"] is expected)

    await until(known, f"the phone of {agent} is there: {expected}")
