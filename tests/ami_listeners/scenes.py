"""What happens at a native queue, scene by scene, played by real phones; each scene has a recording.

`python -m tests.ami_listeners.scenes` plays them all and writes tests/recordings anew; then read the facts
that the tests expect of them, once, with your own eyes.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from ami_listeners.clock import Clock
from ami_listeners.connection import Connection, Received
from ami_listeners.fold import INTERESTS
from ami_listeners.replay import Recorder
from ari_apps.local_asterisk.installation import find_or_install
from tests.ami_listeners.native_floor import Caller, NativeFloor, Phone, run_native_floor
from tests.ami_listeners.poor_line import poor_line
from tests.asterisk_lab import AsteriskLab

RECORDINGS = Path(__file__).parent.parent / "recordings"

Receive = Callable[[Received], None]
Scene = Callable[[NativeFloor, Connection], Awaitable[None]]


async def answered_and_wrapped_up(floor: NativeFloor, operator: Connection) -> None:
    """Anna answers, talks for a second and hangs up; her queue gives her a second of wrap-up."""
    async with floor.phone("anna", Phone(talk_s=1)):
        await floor.call("sales")
        await asyncio.sleep(1.2)


async def caller_hangs_up_while_talking(floor: NativeFloor, operator: Connection) -> None:
    async with floor.phone("carl", Phone()):
        await floor.call("support", Caller(wait_s=1.5))


async def abandoned_while_waiting(floor: NativeFloor, operator: Connection) -> None:
    await floor.call("nobody", Caller(wait_s=1))


async def abandoned_while_ringing(floor: NativeFloor, operator: Connection) -> None:
    async with floor.phone("carl", Phone(status="never")):
        await floor.call("support", Caller(wait_s=1))


async def timed_out(floor: NativeFloor, operator: Connection) -> None:
    await floor.call("brief", Caller(wait_s=3))


async def left_empty(floor: NativeFloor, operator: Connection) -> None:
    caller = asyncio.create_task(floor.call("leaving"))
    await asyncio.sleep(1)
    await operator.ask("QueuePause", Interface="PJSIP/dora", Paused="true", Reason="lunch")
    await caller
    await operator.ask("QueuePause", Interface="PJSIP/dora", Paused="false")


async def refused_at_the_door(floor: NativeFloor, operator: Connection) -> None:
    """One waits where one may; the second finds it full; a third finds a queue without anybody."""
    first = asyncio.create_task(floor.call("tiny", Caller(wait_s=2)))
    await asyncio.sleep(1)
    await floor.call("tiny")
    await first
    await floor.call("strict")


async def exited_by_key(floor: NativeFloor, operator: Connection) -> None:
    await floor.call("nobody", Caller(wait_s=2, press=(1, "5")))


async def withdrawn(floor: NativeFloor, operator: Connection) -> None:
    caller = asyncio.create_task(floor.call("nobody"))
    await asyncio.sleep(1)
    (channel,) = (await operator.ask_all("CoreShowChannels")).items
    await operator.ask("QueueWithdrawCaller", Queue="nobody", Caller=channel.text("Channel"))
    await caller


async def hung_up_on(floor: NativeFloor, operator: Connection) -> None:
    """Asterisk itself ends the waiting caller's channel."""
    caller = asyncio.create_task(floor.call("nobody"))
    await asyncio.sleep(1)
    (channel,) = (await operator.ask_all("CoreShowChannels")).items
    await operator.ask("Hangup", Channel=channel.text("Channel"))
    await caller


async def phones_that_do_not_answer(floor: NativeFloor, operator: Connection) -> None:
    """One says no, one rings on, one is not there."""
    async with floor.phone("rude", Phone(status="486 Busy Here")), floor.phone("carl", Phone(status="never")):
        await floor.call("refusing", Caller(wait_s=1))
        await floor.call("support", Caller(wait_s=2.6))
        await floor.call("silent", Caller(wait_s=2.6))


async def two_queues_in_one_call(floor: NativeFloor, operator: Connection) -> None:
    async with floor.phone("anna", Phone(talk_s=1)):
        await floor.call("twice")


async def an_agent_pauses_and_comes_back(floor: NativeFloor, operator: Connection) -> None:
    await operator.ask("QueuePause", Interface="PJSIP/anna", Paused="true", Reason="tea")
    await asyncio.sleep(0.5)
    await operator.ask("QueuePause", Interface="PJSIP/anna", Paused="false")
    await operator.ask(
        "QueueAdd", Queue="sales", Interface="Local/77@callers", MemberName="Visitor", Paused="true"
    )
    await asyncio.sleep(0.2)
    await operator.ask("QueueRemove", Queue="sales", Interface="Local/77@callers")


async def everybody_rings(floor: NativeFloor, operator: Connection) -> None:
    async with floor.phone("anna", Phone(talk_s=0.5)), floor.phone("bob", Phone(status="never")):
        await floor.call("everybody")


async def moved_on(floor: NativeFloor, operator: Connection) -> None:
    """Somebody takes the waiting caller out of the queue and sends the call elsewhere."""
    caller = asyncio.create_task(floor.call("nobody", Caller(wait_s=2)))
    await asyncio.sleep(1)
    (channel,) = (await operator.ask_all("CoreShowChannels")).items
    name = channel.text("Channel")
    await operator.ask("Redirect", Channel=name, Exten="echo", Context="callers", Priority="1")
    await caller


async def transferred(floor: NativeFloor, operator: Connection) -> None:
    """The agent gives the caller away, blindly."""
    async with floor.phone("carl", Phone()):
        caller = asyncio.create_task(floor.call("support", Caller(wait_s=3)))
        await asyncio.sleep(1.5)
        (agent,) = [
            each
            for each in (await operator.ask_all("CoreShowChannels")).items
            if each.text("Channel").startswith("PJSIP/carl")
        ]
        await operator.ask("BlindTransfer", Channel=agent.text("Channel"), Exten="echo", Context="callers")
        await caller


async def heard_on_a_poor_line(floor: NativeFloor, operator: Connection) -> None:
    """A caller hears a tone and says it back; every twentieth packet is lost, and the caller complains."""
    async with poor_line(loses_each=20, late_s=0.05) as ear:
        await floor.call("tone", Caller(wait_s=6, ear=ear))


SCENES: tuple[Scene, ...] = (
    answered_and_wrapped_up, caller_hangs_up_while_talking, abandoned_while_waiting, abandoned_while_ringing,
    timed_out, left_empty, refused_at_the_door, exited_by_key, withdrawn, hung_up_on,
    phones_that_do_not_answer, two_queues_in_one_call, an_agent_pauses_and_comes_back, everybody_rings,
    transferred, moved_on, heard_on_a_poor_line,
)  # fmt: skip


@contextlib.asynccontextmanager
async def connected(floor: NativeFloor, username: str, receive: Receive) -> AsyncIterator[Connection]:
    """Log in as somebody, and hand on what that one may hear and the fold wants."""
    settings = floor.settings(username=username)
    connection = Connection(settings, clock=Clock(), receive=receive, interests=INTERESTS)
    running = connection.connect()
    try:
        await connection.connected()
        yield connection
    finally:
        connection.close()
        await running


async def record(names: list[str]) -> None:
    """Play scenes and write down what Asterisk told to one with callfloor's own permissions."""
    async with AsteriskLab(find_or_install(with_sipp=True)) as lab:
        floor = await run_native_floor(lab)
        for scene in [each for each in SCENES if not names or each.__name__ in names]:
            with (RECORDINGS / f"{scene.__name__}.jsonl").open("wb") as file:
                async with (
                    connected(floor, "operator", lambda _: None) as operator,
                    connected(floor, "callfloor", Recorder(file)) as listener,
                ):
                    for action in ("CoreShowChannels", "QueueStatus", "DeviceStateList"):
                        await listener.ask_all(action)
                    await scene(floor, operator)
                    await asyncio.sleep(0.5)
            print(scene.__name__)


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:]))
