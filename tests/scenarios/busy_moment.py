"""A busy moment on a floor: everybody who can be on the line is, each in another place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from ari_apps.outside_world import OutsideCall
from tests.floor_lab import hears, until
from tests.served_floor import Row, ServedFloor

SALES, PRECIOUS, SUPPORT, MENU, MESSAGE = "+4930100", "+4930109", "+4930110", "+4930200", "+4930300"
ABROAD = "+4411223344"
TOLERANCE_S = 2.0
AGENTS = ("anna", "bob", "carl", "dora", "emil", "fay")

FLOOR = f"""
[site]
name = "busy"

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


async def recordings(served: ServedFloor) -> set[Path]:
    """List the messages that are there, or being left."""
    folder = served.floor.asterisk.rendered.directories.spool / "recording" / "voicemail" / "box"
    return await asyncio.to_thread(lambda: set(folder.glob("*.wav")))


@dataclass(slots=True)
class Scene:
    """Who is where."""

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
        before = await recordings(served)
        speaking = await call(served, MESSAGE, 800)

        async def is_recorded() -> bool:
            return await recordings(served) > before

        await until(is_recorded, "the message is being recorded")
        return cls(
            served, wrapped_up, own_call, abroad, talking, anna, held, bob, ringing, carl, waiting,
            choosing, speaking,
        )  # fmt: skip

    @property
    def there(self) -> list[OutsideCall]:
        """All who are on the line."""
        talks = [self.own_call, self.abroad, self.talking, self.anna, self.held, self.bob]
        return [*talks, self.ringing, self.carl, *self.waiting, self.choosing, self.speaking]

    @property
    def callers(self) -> list[OutsideCall]:
        """All who have called in and are on the line."""
        return [self.talking, self.held, self.ringing, *self.waiting, self.choosing, self.speaking]

    async def line(self) -> list[OutsideCall]:
        """Return who waits, in the order of service."""
        numbers = await self.served.line_up("sales")
        there = [one for one in self.served.world.calls if one.record.dialled_by == "outside"]
        callers = {one.record.from_number: one for one in there}
        return [callers[number] for number in numbers]


# -- what is remembered -------------------------------------------------------------------------------------


async def check_talk(served: ServedFloor, caller: OutsideCall, agent: OutsideCall | None) -> Row:
    """Find one visit, answered once, with talk and hold as long as the agent's line was open."""
    await served.until_told("handled", caller)
    (visit,) = await served.visits(caller)
    assert (visit["outcome"], visit["handled"]) == ("answered", 1)
    if agent is not None:
        assert visit["agent"] == agent.record.party
        assert visit["talk_s"] + visit["hold_s"] == pytest.approx(agent.record.talked_s, abs=TOLERANCE_S)
    ends = [told["body"]["outcome"] for told in await served.told("offer_ended", caller)]
    answered = await served.told("answered", caller)
    assert (len(answered), ends) == (1, ["answered"]), f"{caller}: {len(answered)} answers, offers {ends}"
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
