"""callfloor is stopped, killed and started anew under the people on the line, who notice nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

import pytest

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.outside_world import OutsideCall
from tests.asterisk_lab import AsteriskLab
from tests.ears import analyse, read
from tests.floor_lab import FloorLab, hears, hears_music, until
from tests.served_floor import Row, ServedFloor

SALES, PRECIOUS, SUPPORT, MENU, MESSAGE = "+4930100", "+4930109", "+4930110", "+4930200", "+4930300"
ABROAD = "+4411223344"
AGENTS = ("anna", "bob", "carl", "dora", "emil", "fay")
LISTENED_S = 5.0
AWAY_S = 5.0
"""At most."""
TOLERANCE_S = 2.0

FLOOR = f"""
[site]
name = "deploys"

[asterisk]
events = "EVENTS"

[[queues]]
name = "sales"
ring_timeout_s = 60
join_when_empty = "never"
leave_when_empty = "never"

[[queues]]
name = "support"
wrap_up_s = 60
ring_timeout_s = 60

[menus.main]
prompt = ["sound:vm-options", "sound:vm-options"]
timeout_s = 60
keys = {{ 2 = "queue:sales" }}

[voicemail.box]
greeting = ["sound:beep"]
thanks = ["sound:beep"]
min_s = 0.5
silence_s = 0

[[agents]]
id = "anna"
extension = "101"
queues = ["sales"]

[[agents]]
id = "bob"
extension = "102"
queues = ["sales"]

[[agents]]
id = "carl"
extension = "103"
queues = ["sales"]

[[agents]]
id = "dora"
queues = ["sales"]

[[agents]]
id = "emil"
queues = ["support"]

[[agents]]
id = "fay"
queues = ["sales"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"

[[routes]]
to = "{PRECIOUS}"
destination = "queue:sales"
priority = 5

[[routes]]
to = "{SUPPORT}"
destination = "queue:support"

[[routes]]
to = "{MENU}"
destination = "menu:main"

[[routes]]
to = "{MESSAGE}"
destination = "voicemail:box"
"""


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


# -- the people ---------------------------------------------------------------------------------------------

_numbers = count(1)


async def call(served: ServedFloor, to: str, speaks: int | None = None) -> OutsideCall:
    """Let somebody call who never called before."""
    return await served.world.call(to, from_number=f"+49170{next(_numbers):04}", speaks=speaks)


async def talk(
    served: ServedFloor, agent: str, says: int, answers: int, to: str = SALES
) -> tuple[OutsideCall, OutsideCall]:
    """Bring a caller and the agent who is next together."""
    caller = await call(served, to, says)
    at_agent = await served.world.phone(agent).rings()
    await at_agent.answer(speaks=answers)
    await served.until_told("answered", caller)
    await asyncio.gather(hears(caller, answers), hears(at_agent, says))
    return caller, at_agent


async def queue_up(served: ServedFloor, to: str = SALES) -> OutsideCall:
    """Let somebody wait for sales."""
    caller = await call(served, to)
    await served.until_told("queue_joined", caller)
    return caller


async def is_recorded(served: ServedFloor) -> bool:
    """Tell whether somebody leaves a message."""
    folder = served.floor.asterisk.rendered.directories.spool / "recording" / "voicemail" / "box"
    return any(await asyncio.to_thread(lambda: list(folder.glob("*.wav"))))


@dataclass(slots=True)
class Scene:
    """A busy moment: everybody who can be on the line is, each in another place."""

    served: ServedFloor
    wrapped_up: OutsideCall
    """Emil's last caller."""
    own_call: OutsideCall
    """Fay has called somebody outside."""
    abroad: OutsideCall
    talking: OutsideCall
    anna: OutsideCall
    held: OutsideCall
    bob: OutsideCall
    ringing: OutsideCall
    carl: OutsideCall
    """Carl's phone rings."""
    waiting: list[OutsideCall]
    """The last one is precious."""
    choosing: OutsideCall
    """In a menu."""
    speaking: OutsideCall
    """Leaves a message."""

    @classmethod
    async def of(cls, served: ServedFloor) -> Scene:
        """Let it come about."""
        world, floor = served.world, served.floor
        await floor.come_to_work(*AGENTS)
        await served.post("agents/dora/pause", {"reason": "lunch"})
        wrapped_up, at_emil = await talk(served, "emil", 440, 1000, SUPPORT)
        await at_emil.hang_up()
        await floor.until_agent("emil", "wrap_up")
        own_call = await world.phone("fay").dial(ABROAD, speaks=1300)
        abroad = await world.number(ABROAD).rings()
        await abroad.answer(speaks=700)
        await own_call.answered()
        await own_call.stays(0.3)
        await asyncio.gather(hears(own_call, 700), hears(abroad, 1300))
        talking, anna = await talk(served, "anna", 440, 1000)
        held, bob = await talk(served, "bob", 520, 1140)
        await served.post(f"calls/{await served.id_of(held)}/hold")
        ringing = await call(served, SALES, 620)
        carl = await world.phone("carl").rings()
        waiting = [await queue_up(served, to) for to in (SALES, SALES, PRECIOUS)]
        choosing = await call(served, MENU)
        await served.until_told("ivr_step", choosing)
        speaking = await call(served, MESSAGE, 800)
        await until(lambda: is_recorded(served), "the message is being recorded")
        return cls(
            served, wrapped_up, own_call, abroad, talking, anna, held, bob, ringing, carl, waiting,
            choosing, speaking,
        )  # fmt: skip

    @property
    def there(self) -> list[OutsideCall]:
        """All who are on the line."""
        talks = [self.own_call, self.abroad, self.talking, self.anna, self.held, self.bob]
        return [*talks, self.ringing, self.carl, *self.waiting, self.choosing, self.speaking]

    async def line(self) -> list[OutsideCall]:
        """Return who waits, in the order of service."""
        numbers = await self.served.line_up("sales")
        there = [one for one in self.served.world.calls if one.record.dialled_by == "outside"]
        callers = {one.record.from_number: one for one in there}
        return [callers[number] for number in numbers]


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
        await check_abandoned(served, caller, 0 if kept else AWAY_S)
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


# -- what is remembered -------------------------------------------------------------------------------------


async def check_talk(served: ServedFloor, caller: OutsideCall, agent: OutsideCall | None) -> Row:
    """Find one visit, answered once, with talk and hold as long as the agent's line was open."""
    await served.until_told("handled", caller)
    (visit,) = await served.visits(caller)
    assert (visit["outcome"], visit["handled"]) == ("answered", 1)
    if agent is not None:
        assert visit["agent"] == agent.record.party
        assert visit["talk_s"] + visit["hold_s"] == pytest.approx(agent.record.talked_s, abs=TOLERANCE_S)
    assert len(await served.told("answered", caller)) == len(await served.told("offer_ended", caller)) == 1
    return visit


async def check_abandoned(served: ServedFloor, caller: OutsideCall, unheard_s: float = 0.0) -> None:
    """Find one visit, abandoned after as long a wait as the caller's line was open.

    Where Asterisk keeps no events, an end that nobody heard is known only when callfloor is back.
    """
    line = caller.record
    assert line.ended_at is not None
    await served.until_told("contact_ended", caller)
    (visit,), (contact,) = await served.visits(caller), await served.contacts(caller)
    assert (visit["outcome"], contact["ended_by"]) == ("abandoned", "caller")
    waited_s = line.ended_at - line.dialled_at
    for told_s in (visit["wait_s"], contact["duration_s"]):
        assert waited_s - TOLERANCE_S < told_s < waited_s + unheard_s + TOLERANCE_S
