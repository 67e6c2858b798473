"""Who waits does not stay where the call began: supervisors move callers, or they come back by themselves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ari_apps.ivr.python_calls import PythonCall
from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import ContactStarted, Handled, OfferEnded, VisitEnded
from queue_strategies.model import OfferOutcome
from tests.command_line import CommandLine
from tests.floor_lab import Floor, hears, until

SALES, SUPPORT, SECRETARY = "+4930100", "+4930200", "+4930300"
CALLER, AGENT = 440, 1000

FLOOR = f"""
[site]
name = "steering"

[[queues]]
name = "sales"
rest_s = 1
resume_s = 60
join_when_empty = "never"
leave_when_empty = "never"
overflow = {{ withdrawn = "menu:sorry" }}

[[queues]]
name = "support"
join_when_empty = "never"
leave_when_empty = "never"

[[queues]]
name = "staffed"

[menus.sorry]
prompt = ["sound:vm-goodbye"]

[[agents]]
id = "anna"
extension = "101"
queues = ["sales"]

[[agents]]
id = "bob"
extension = "102"
queues = ["support"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"

[[routes]]
to = "{SUPPORT}"
destination = "queue:support"

[[routes]]
to = "{SECRETARY}"
destination = "python:{__name__}:secretary"
"""


async def secretary(call: PythonCall) -> str:
    """Bring somebody to sales, and say something afterwards."""
    await call.queue("sales")
    return "hangup:congestion"


_numbers = iter(range(1, 100))


async def wait(floor: Floor, to: str = SALES) -> tuple[OutsideCall, str]:
    """Let somebody wait; returns the line and the call's id."""
    number = f"+49170{next(_numbers):04}"
    caller = await floor.world.call(to, from_number=number, speaks=CALLER)
    call = await floor.call_of(number)
    await caller.answered()
    return caller, str(call["id"])


async def waits(floor: Floor, queue: str, *calls: str) -> None:
    """Wait until exactly these calls wait there, in this order."""

    async def there() -> bool:
        return [one["call"] for one in (await floor.get(f"queues/{queue}"))["callers"]] == list(calls)

    await until(there, f"{calls} wait in {queue}")


async def paused(floor: Floor, *agents: str) -> None:
    """Let agents be there, but not take calls."""
    await floor.come_to_work(*agents)
    for agent in agents:
        await floor.post(f"agents/{agent}/pause", {"reason": "lunch"})


async def test_who_is_moved_keeps_the_wait_and_each_queue_counts_its_own(floor: Floor) -> None:
    await paused(floor, "bob")
    moved, eva = await wait(floor)
    preferred, fay = await wait(floor, SUPPORT)
    gus = (await wait(floor, SUPPORT))[1]
    await floor.post(f"calls/{eva}/move", {"queue": "support"})
    await waits(floor, "support", eva, fay, gus)
    await floor.put(f"calls/{gus}/priority", {"priority": -1})
    await floor.put(f"calls/{fay}/priority", {"priority": 5})
    await waits(floor, "support", fay, eva, gus)
    for queue, why in (
        ("support", "409.*waits in queue:support already"),
        ("suport", "404.*no queue 'suport', did you mean support"),
    ):
        with pytest.raises(AssertionError, match=why):
            await floor.post(f"calls/{eva}/move", {"queue": queue})
    await floor.restart()
    await waits(floor, "support", fay, eva, gus)
    await floor.post("agents/bob/unpause")
    for caller in (preferred, moved):
        at_bob = await floor.world.phone("bob").rings()
        assert at_bob.record.from_number == caller.record.from_number
        await at_bob.answer(speaks=AGENT)
        await asyncio.gather(hears(caller, AGENT), hears(at_bob, CALLER))
        await at_bob.hang_up()
        await caller.ended()
    await floor.until_told(Handled, 2)
    first, second = await floor.rows(
        "SELECT queue, outcome, wait_s, joined_at, decided_at FROM visits WHERE contact = %s"
        " ORDER BY joined_at",
        eva,
    )
    assert (first[:2], second[:2]) == (("sales", "withdrawn"), ("support", "answered"))
    assert first[2] + second[2] == pytest.approx((second[4] - first[3]).total_seconds(), abs=0.1)
    assert len(floor.told(ContactStarted)) == 3


async def test_who_begins_anew_stands_at_the_end_and_no_phone_rings_on_for_the_first_queue(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    _, eva = await wait(floor)
    at_anna = await floor.world.phone("anna").rings()
    _, fay = await wait(floor, SUPPORT)
    with pytest.raises(AssertionError, match=r"409.*queue:staffed has nobody now who could serve it"):
        await floor.post(f"calls/{eva}/move", {"queue": "staffed"})
    assert not at_anna.is_over
    await floor.post(f"calls/{eva}/move", {"queue": "support", "anew": True})
    await waits(floor, "support", fay, eva)
    await at_anna.ended()
    (ended,) = await floor.until_told(OfferEnded)
    assert ended.outcome is OfferOutcome.WITHDRAWN


@pytest.mark.parametrize(
    ("to", "cause"), [("hangup:busy", 17), (None, 16)], ids=["elsewhere", "as the queue says"]
)
async def test_who_is_withdrawn_goes_on_where_it_is_said(floor: Floor, to: str | None, cause: int) -> None:
    await paused(floor, "anna")
    caller, eva = await wait(floor)
    await floor.post(f"calls/{eva}/withdraw", {"to": to})
    assert (await caller.ended()).cause == cause
    (ended,) = await floor.until_told(VisitEnded)
    assert ended.outcome == "withdrawn"
    menus = await floor.rows("SELECT body->>'menu' FROM facts WHERE kind = 'ivr_step' AND contact = %s", eva)
    assert bool(menus) is (to is None)
    with pytest.raises(AssertionError, match=r"404.*or it is over"):
        await floor.post(f"calls/{eva}/withdraw", {"to": "hangup"})


async def test_who_is_led_by_a_coroutine_comes_back_to_it_from_another_queue_but_not_when_withdrawn(
    floor: Floor,
) -> None:
    await paused(floor, "anna", "bob")
    (moved, eva), (withdrawn, fay) = await wait(floor, SECRETARY), await wait(floor, SECRETARY)
    await floor.post(f"calls/{fay}/withdraw", {"to": "hangup:busy"})
    assert (await withdrawn.ended()).cause == 17
    await floor.post(f"calls/{eva}/move", {"queue": "support"})
    await waits(floor, "support", eva)
    await floor.post("agents/bob/unpause")
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer(speaks=AGENT)
    await hears(moved, AGENT)
    await at_bob.hang_up()
    assert (await moved.ended()).cause == 34


async def test_who_hangs_up_and_calls_again_has_the_place_of_before(floor: Floor) -> None:
    await paused(floor, "anna")
    caller, _ = await wait(floor)
    fay = (await wait(floor))[1]
    await caller.hang_up()
    await waits(floor, "sales", fay)
    number = caller.record.from_number
    await floor.world.call(SALES, from_number=number)
    again = (await floor.call_of(number))["id"]
    await waits(floor, "sales", again, fay)
    await floor.restart()
    await waits(floor, "sales", again, fay)


async def test_the_command_line_steers_too(floor: Floor, tmp_path: Path) -> None:
    await paused(floor, "anna")
    caller, eva = await wait(floor)
    _, fay = await wait(floor)
    line = CommandLine(tmp_path)
    secrets = {"secrets": str(floor.asterisk.secrets.directory)}
    line.configure(floor.data | {"site": floor.data["site"] | secrets})

    async def run(*words: str) -> str:
        said = await line.run("calls", *words, "-c", str(line.config))
        assert (said.code, said.text) == (0, said.text), said.text
        return said.text

    await run("priority", fay, "7")
    await waits(floor, "sales", fay, eva)
    await run("move", fay, "support", "--anew")
    assert fay in await run("list")
    await waits(floor, "support", fay)
    await run("withdraw", eva, "--to", "hangup:rejected")
    assert (await caller.ended()).cause == 21
    said = await line.run("calls", "move", eva, "support", "-c", str(line.config))
    assert (said.code, "or it is over" in said.error) == (2, True)
