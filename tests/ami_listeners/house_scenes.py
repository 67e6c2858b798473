"""What happens to calls in a house, scene by scene, played by real phones; each scene has a recording.

`python -m tests.ami_listeners.house_scenes` plays them all and writes tests/recordings anew; then read the
facts that the tests expect of them, once, with your own eyes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from ami_listeners.clock import Clock
from ami_listeners.connection import Connection
from ami_listeners.fold import INTERESTS
from ami_listeners.replay import Recorder
from ari_apps.local_asterisk.installation import find_or_install
from ari_apps.outside_world import OutsideCall
from tests.ami_listeners.house import House, run_house
from tests.asterisk_lab import AsteriskLab

RECORDINGS = Path(__file__).parent.parent / "recordings"
LISTINGS = ("CoreShowChannels", "QueueStatus", "DeviceStateList")
Scene = Callable[[House, Connection], Awaitable[None]]


async def talking(
    house: House, to: str, phone: str, number: str = "+491700000001", *, aloud: bool = False
) -> list[OutsideCall]:
    """Let somebody call from outside and talk to a phone for a moment; without a sound unless `aloud`."""
    caller = await house.world.call(to, from_number=number, speaks=1000 if aloud else None)
    agent = await house.answered(phone, speaks=500 if aloud else None)
    await caller.answered()
    await agent.stays(0.6)
    return [caller, agent]


async def over(*calls: OutsideCall) -> None:
    """Wait until calls have ended."""
    await asyncio.gather(*(call.ended() for call in calls))


# -- plain calls --------------------------------------------------------------------------------------------


async def a_call_passes_through_two_bridges(house: House, operator: Connection) -> None:
    """Bob's extension is behind a Local channel that stays."""
    caller, agent = await talking(house, "132", "bob")
    await caller.hang_up()
    await over(caller, agent)


async def a_local_channel_is_optimised_away(house: House, operator: Connection) -> None:
    caller, agent = await talking(house, "122", "bob", aloud=True)
    await agent.hang_up()
    await over(caller, agent)


async def a_greeted_caller_is_led_to_a_phone(house: House, operator: Connection) -> None:
    """The dialplan answers and plays something before the phone rings."""
    caller, agent = await talking(house, "111", "anna")
    await agent.hang_up()
    await over(caller, agent)


async def anna_calls_bob_and_somebody_outside(house: House, operator: Connection) -> None:
    """Of two calls of hers one stays in the house; on the other she is put on hold."""
    within = await house.phone("anna").dial("102")
    bob = await house.answered("bob")
    await bob.stays(0.5)
    await within.hang_up()
    await over(within, bob)
    number = house.world.number("+4930999")
    out = await house.phone("anna").dial("00+4930999")
    there = await number.rings()
    await there.answer()
    await out.answered()
    await out.stays(0.4)
    await out.hold()
    await out.stays(0.6)
    await out.unhold()
    await out.stays(0.4)
    await there.hang_up()
    await over(out, there)


async def a_call_is_joined_in_the_middle(house: House, operator: Connection) -> None:
    """Whoever listens begins to when two have talked for a while, and one of them has been put on hold."""
    caller, anna = await talking(house, "200", "anna")
    await anna.hold()
    await anna.stays(0.3)
    house.heard.set()
    await anna.stays(0.7)
    await anna.unhold()
    await anna.stays(0.5)
    await anna.transfer("102")
    bob = await house.answered("bob")
    await bob.stays(0.5)
    await caller.hang_up()
    await over(caller, anna, bob)


async def nobody_answers_and_the_caller_gives_up(house: House, operator: Connection) -> None:
    caller = await house.world.call("103")
    call = await house.phone("carl").rings()
    await call.stays(0.5)
    await caller.hang_up()
    await over(caller, call)


async def a_member_answers_behind_a_local_channel(house: House, operator: Connection) -> None:
    """The queue calls a Local channel, which leads to a phone and is optimised away."""
    caller, agent = await talking(house, "201", "carl", aloud=True)
    await agent.hold()
    await agent.stays(0.5)
    await agent.unhold()
    await agent.stays(0.5)
    await agent.hang_up()
    await over(caller, agent)


# -- transfers ----------------------------------------------------------------------------------------------


async def an_agent_asks_a_colleague_and_puts_the_caller_through(house: House, operator: Connection) -> None:
    caller, anna = await talking(house, "200", "anna")
    await anna.hold()
    asked = await house.phone("anna").dial("102")
    bob = await house.answered("bob")
    await asked.answered()
    await bob.stays(0.6)
    await anna.transfer_to(asked)
    await bob.stays(0.8)
    await caller.hang_up()
    await over(caller, anna, asked, bob)


async def an_agent_puts_the_caller_through_before_the_colleague_answers(
    house: House, operator: Connection
) -> None:
    caller, anna = await talking(house, "200", "anna")
    await anna.hold()
    asked = await house.phone("anna").dial("102")
    bob = await house.phone("bob").rings()
    await asked.rings()
    await bob.stays(0.4)
    await anna.transfer_to(asked)
    await bob.stays(0.5)
    await bob.answer()
    await bob.stays(0.8)
    await bob.hang_up()
    await over(caller, anna, bob)


async def an_agent_puts_the_caller_through_to_another_queue(house: House, operator: Connection) -> None:
    """Anna waits in Bob's queue herself, and gives the caller her place in it."""
    caller, anna = await talking(house, "200", "anna")
    await anna.hold()
    asked = await house.phone("anna").dial("202")
    await asked.answered()
    bob = await house.phone("bob").rings()
    await bob.stays(0.4)
    await anna.transfer_to(asked)
    await bob.stays(0.4)
    await bob.answer()
    await bob.stays(0.8)
    await caller.hang_up()
    await over(caller, anna, bob)


async def an_agent_takes_the_caller_back(house: House, operator: Connection) -> None:
    """The colleague who is asked does not want the call."""
    caller, anna = await talking(house, "200", "anna")
    await anna.hold()
    asked = await house.phone("anna").dial("102")
    bob = await house.answered("bob")
    await asked.answered()
    await bob.stays(0.6)
    await bob.hang_up()
    await over(asked, bob)
    await anna.unhold()
    await anna.stays(0.6)
    await caller.hang_up()
    await over(caller, anna)


async def an_agent_transfers_by_keys(house: House, operator: Connection) -> None:
    """Anna presses the keys that Asterisk itself knows for an attended transfer, and then hangs up."""
    caller, anna = await talking(house, "200", "anna", aloud=True)
    await anna.press("*2")
    await asyncio.sleep(1.0)
    await anna.press("102")
    bob = await house.phone("bob").rings()
    await bob.stays(0.3)
    await bob.answer()
    await bob.stays(0.8)
    await anna.hang_up()
    await bob.stays(0.8)
    await caller.hang_up()
    await over(caller, anna, bob)


async def an_agent_gives_the_caller_to_a_phone(house: House, operator: Connection) -> None:
    caller, anna = await talking(house, "200", "anna")
    await anna.transfer("102")
    bob = await house.answered("bob")
    await bob.stays(0.8)
    await bob.hang_up()
    await over(caller, anna, bob)


async def an_agent_gives_the_caller_to_another_queue(house: House, operator: Connection) -> None:
    caller, anna = await talking(house, "200", "anna")
    await anna.transfer("202")
    bob = await house.answered("bob")
    await bob.stays(0.8)
    await caller.hang_up()
    await over(caller, anna, bob)


async def an_agent_gives_the_caller_to_nobody(house: House, operator: Connection) -> None:
    """There is no such number: the phone is told so, and goes on talking."""
    caller, anna = await talking(house, "200", "anna")
    await operator.ask(
        "BlindTransfer", Channel=await channel_of(operator, "PJSIP/anna"), Exten="999", Context="house"
    )
    await over(caller, anna)


async def a_call_given_away_is_given_away_again(house: House, operator: Connection) -> None:
    """From Anna to Bob, who asks Carl and puts the caller through."""
    caller, anna = await talking(house, "200", "anna")
    await anna.transfer("102")
    bob = await house.answered("bob")
    await bob.stays(0.5)
    await bob.hold()
    asked = await house.phone("bob").dial("103")
    carl = await house.answered("carl")
    await asked.answered()
    await carl.stays(0.5)
    await bob.transfer_to(asked)
    await carl.stays(0.6)
    await carl.hang_up()
    await over(caller, anna, bob, asked, carl)


# -- picked up, sent on, dialled by a program ---------------------------------------------------------------


async def a_colleague_picks_up_a_certain_phone(house: House, operator: Connection) -> None:
    caller = await house.world.call("101")
    rings = await house.phone("anna").rings()
    await rings.stays(0.4)
    bob = await house.phone("bob").dial("**101")
    await bob.answered()
    await bob.stays(1.2)
    await bob.hang_up()
    await over(caller, rings, bob)


async def a_colleague_picks_up_what_rings_in_the_group(house: House, operator: Connection) -> None:
    caller = await house.world.call("101")
    rings = await house.phone("anna").rings()
    await rings.stays(0.4)
    bob = await house.phone("bob").dial("*8")
    await bob.answered()
    await bob.stays(1.2)
    await caller.hang_up()
    await over(caller, rings, bob)


async def a_colleague_picks_up_a_call_of_a_queue(house: House, operator: Connection) -> None:
    caller = await house.world.call("200")
    rings = await house.phone("anna").rings()
    await rings.stays(0.4)
    bob = await house.phone("bob").dial("**101")
    await bob.answered()
    await bob.stays(1.2)
    await bob.hang_up()
    await over(caller, rings, bob)


async def a_phone_sends_its_calls_on(house: House, operator: Connection) -> None:
    """Anna's phone answers 302, and Bob's rings."""
    caller = await house.world.call("101")
    rings = await house.phone("anna").rings()
    await rings.transfer("102")
    bob = await house.answered("bob")
    await bob.stays(0.5)
    await bob.hang_up()
    await over(caller, bob)


async def a_program_dials_for_anna(house: House, operator: Connection) -> None:
    """Her phone rings first, and then Bob's."""
    await operator.ask(
        "Originate", Channel="PJSIP/anna", Exten="102", Context="house", Priority="1", Async="true",
        CallerID="Dialler <500>",
    )  # fmt: skip
    anna = await house.answered("anna")
    bob = await house.answered("bob")
    await bob.stays(0.5)
    await anna.hang_up()
    await over(anna, bob)


async def a_program_dials_a_busy_phone(house: House, operator: Connection) -> None:
    await operator.ask("Originate", Channel="PJSIP/anna", Application="Echo", Async="true", Timeout="5000")
    anna = await house.phone("anna").rings()
    await anna.busy()
    await over(anna)
    await asyncio.sleep(0.3)


async def a_call_file_dials_a_customer(house: House, operator: Connection) -> None:
    number = house.world.number("+4930777")
    await house.drop("PJSIP/+4930777@carrier", "101")
    customer = await number.rings()
    await customer.answer()
    anna = await house.answered("anna")
    await anna.stays(0.5)
    await customer.hang_up()
    await over(anna, customer)


# -- parked, and in a conference ----------------------------------------------------------------------------


async def parked(operator: Connection, timeout_s: int = 20) -> None:
    """Park the caller for Anna."""
    await operator.ask(
        "Park",
        Channel=await channel_of(operator, "PJSIP/carrier"),
        TimeoutChannel=await channel_of(operator, "PJSIP/anna"),
        Timeout=str(timeout_s * 1000),
    )


async def parked_and_fetched(house: House, operator: Connection, number: str) -> None:
    """Park who has called this number and talks with Anna; Bob fetches the caller."""
    caller, anna = await talking(house, number, "anna")
    await parked(operator)
    await caller.stays(0.8)
    bob = await house.phone("bob").dial("701")
    await bob.answered()
    await bob.stays(0.6)
    await bob.hang_up()
    await over(caller, anna, bob)


async def a_parked_call_is_fetched(house: House, operator: Connection) -> None:
    await parked_and_fetched(house, operator, "101")


async def a_caller_of_a_queue_is_parked_and_fetched(house: House, operator: Connection) -> None:
    """Anna's line stays when the caller is parked by a program."""
    await parked_and_fetched(house, operator, "200")


async def a_parked_call_comes_back(house: House, operator: Connection) -> None:
    """Nobody fetches it in time: Anna's phone rings again."""
    caller, anna = await talking(house, "101", "anna")
    await parked(operator, timeout_s=1)
    again = await house.answered("anna")
    await again.stays(0.5)
    await again.hang_up()
    await over(caller, anna, again)


async def a_parked_caller_gives_up(house: House, operator: Connection) -> None:
    caller, anna = await talking(house, "101", "anna")
    await parked(operator)
    await caller.stays(0.8)
    await caller.hang_up()
    await over(caller, anna)


async def three_meet_in_a_conference(house: House, operator: Connection) -> None:
    anna = await house.phone("anna").dial("300")
    await anna.answered()
    await anna.stays(0.5)
    bob = await house.phone("bob").dial("300")
    await bob.answered()
    await bob.stays(0.5)
    caller = await house.world.call("300")
    await caller.answered()
    await caller.stays(0.6)
    await anna.hang_up()
    await bob.stays(0.5)
    await bob.hang_up()
    await caller.stays(0.5)
    await caller.hang_up()
    await over(anna, bob, caller)


SCENES: tuple[Scene, ...] = (
    a_call_passes_through_two_bridges, a_local_channel_is_optimised_away, a_greeted_caller_is_led_to_a_phone,
    anna_calls_bob_and_somebody_outside, a_call_is_joined_in_the_middle,
    nobody_answers_and_the_caller_gives_up,
    a_member_answers_behind_a_local_channel, an_agent_asks_a_colleague_and_puts_the_caller_through,
    an_agent_puts_the_caller_through_before_the_colleague_answers,
    an_agent_puts_the_caller_through_to_another_queue, an_agent_takes_the_caller_back,
    an_agent_transfers_by_keys, an_agent_gives_the_caller_to_a_phone,
    an_agent_gives_the_caller_to_another_queue, an_agent_gives_the_caller_to_nobody,
    a_call_given_away_is_given_away_again, a_colleague_picks_up_a_certain_phone,
    a_colleague_picks_up_what_rings_in_the_group, a_colleague_picks_up_a_call_of_a_queue,
    a_phone_sends_its_calls_on, a_program_dials_for_anna, a_program_dials_a_busy_phone,
    a_call_file_dials_a_customer, a_parked_call_is_fetched, a_caller_of_a_queue_is_parked_and_fetched,
    a_parked_call_comes_back,
    a_parked_caller_gives_up, three_meet_in_a_conference,
)  # fmt: skip

BEGUN_UNHEARD = frozenset({a_call_is_joined_in_the_middle})


async def channel_of(operator: Connection, begins: str) -> str:
    """Find the one channel whose name begins so."""
    listed = (await operator.ask_all("CoreShowChannels")).items
    (name,) = [each.text("Channel") for each in listed if each.text("Channel").startswith(begins)]
    return name


async def record(
    names: list[str],
    folder: Path = RECORDINGS,
    interests: Mapping[bytes, bytes] | None = INTERESTS,
) -> None:
    """Play scenes and write down what Asterisk told to one with callfloor's own permissions."""
    async with AsteriskLab(find_or_install(with_sipp=True)) as lab, run_house(lab) as house:
        operator = Connection(house.settings("operator"), clock=Clock(), receive=lambda _: None)
        running = operator.connect()
        await operator.connected()
        for scene in [each for each in SCENES if not names or each.__name__ in names]:
            house.world.forget_calls()
            with (folder / f"{scene.__name__}.jsonl").open("wb") as file:
                listener = Connection(
                    house.settings("callfloor"), clock=Clock(), receive=Recorder(file), interests=interests
                )
                house.heard.clear()
                playing = asyncio.create_task(scene(house, operator)) if scene in BEGUN_UNHEARD else None
                if playing is not None:
                    await house.heard.wait()
                listening = listener.connect()
                await listener.connected()
                for action in LISTINGS:
                    await listener.ask_all(action)
                await (playing or scene(house, operator))
                await asyncio.sleep(1.2)  # until a wrap-up is over, and all is told
                listener.close()
                await listening
            print(scene.__name__, flush=True)
        operator.close()
        await running


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:]))
