"""Hold and transfers, blind and attended, asked for by REST and by the agents' phones themselves."""

from __future__ import annotations

from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import Answered, Handled, HoldEnded, Transferred
from tests.floor_lab import Floor, hears, hears_music

SALES = "+4930100"
ABROAD = "+4411223344"

FLOOR = f"""
[site]
name = "transfers"

[[queues]]
name = "sales"

[[queues]]
name = "support"
join_when_empty = "never"
leave_when_empty = "never"

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
"""

CALLER, ANNA, BOB = 440, 1000, 1400


async def talk(floor: Floor) -> tuple[OutsideCall, OutsideCall, str]:
    """Bring a caller and anna together; returns both ends and the call's id."""
    caller = await floor.world.call(SALES, from_number="+491701", speaks=CALLER)
    at_anna = await floor.world.phone("anna").rings()
    await at_anna.answer(speaks=ANNA)
    await floor.until_told(Answered)
    return caller, at_anna, (await floor.call_of("+491701"))["id"]


async def test_hold_plays_music_to_the_caller_and_lets_nobody_hear_the_other(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, at_anna, call = await talk(floor)
    await floor.post(f"calls/{call}/hold")
    assert ANNA not in (await hears_music(caller)).tones
    await hears(at_anna)
    await floor.post(f"calls/{call}/resume")
    await hears(caller, ANNA)
    (held,) = await floor.until_told(HoldEnded)
    assert held.hold_s > 1


async def test_a_phone_holds_by_itself_and_the_time_is_counted(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller, at_anna, _ = await talk(floor)
    await at_anna.hold()
    assert ANNA not in (await hears_music(caller)).tones
    await at_anna.unhold()
    await floor.until_told(HoldEnded)
    await hears(caller, ANNA)


async def test_a_blind_transfer_frees_the_agent_and_brings_the_caller_to_another(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller, at_anna, call = await talk(floor)
    await floor.post(f"calls/{call}/transfer", {"to": "extension:102"})
    await at_anna.ended()
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer(speaks=BOB)
    await floor.until_told(Answered, 2)
    await hears(caller, BOB)
    (transferred,), (handled,) = floor.told(Transferred), floor.told(Handled)
    assert (transferred.kind, transferred.to, handled.ended_by) == ("blind", "extension:102", "transfer")
    await floor.until_agent("anna", "ready")


async def test_a_blind_transfer_to_nobody_brings_the_caller_back_to_the_queue(floor: Floor) -> None:
    await floor.come_to_work("anna")
    _, at_anna, call = await talk(floor)
    await floor.post(f"calls/{call}/transfer", {"to": "agent:bob"})
    await at_anna.ended()
    await (await floor.world.phone("anna").rings()).answer()
    assert [fact.queue for fact in await floor.until_told(Answered, 2)] == ["sales", "sales"]


async def test_a_transfer_to_a_number_outside_lets_the_two_talk_without_us(floor: Floor) -> None:
    await floor.come_to_work("anna")
    friend = floor.world.number(ABROAD)
    caller, at_anna, call = await talk(floor)
    await floor.post(f"calls/{call}/transfer", {"to": f"number:{ABROAD}"})
    at_friend = await friend.rings()
    await at_friend.answer(speaks=BOB)
    await at_anna.ended()
    await hears(caller, BOB)
    await at_friend.hang_up()
    await caller.ended()


async def test_an_attended_transfer_lets_the_agents_speak_first_while_the_caller_hears_music(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna", "bob")
    caller, at_anna, call = await talk(floor)
    await floor.post(f"calls/{call}/consult", {"to": "agent:bob"})
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer(speaks=BOB)
    await floor.until_told(Answered, 2)
    await hears(at_anna, BOB)
    await hears(at_bob, ANNA)
    assert not {ANNA, BOB} & (await hears_music(caller)).tones
    await floor.post(f"calls/{call}/complete-transfer")
    await at_anna.ended()
    await hears(caller, BOB)
    await hears(at_bob, CALLER)
    (transferred,) = floor.told(Transferred)
    assert (transferred.kind, transferred.agent) == ("attended", "anna")
    await at_bob.hang_up()
    await caller.ended()
    assert len(await floor.until_told(Handled, 2)) == 2


async def test_a_consultation_that_is_cancelled_gives_the_caller_back(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller, at_anna, call = await talk(floor)
    await floor.post(f"calls/{call}/consult", {"to": "extension:102"})
    at_bob = await floor.world.phone("bob").rings()
    await floor.post(f"calls/{call}/cancel-consult")
    await at_bob.ended()
    await hears(caller, ANNA)
    await hears(at_anna, CALLER)


async def test_an_agent_who_hangs_up_while_the_consulted_phone_rings_leaves_the_caller_waiting_for_it(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna", "bob")
    caller, at_anna, call = await talk(floor)
    await floor.post(f"calls/{call}/consult", {"to": "queue:support"})
    at_bob = await floor.world.phone("bob").rings()
    await at_anna.hang_up()
    await floor.until_agent("anna", "ready")
    await at_bob.answer(speaks=BOB)
    await floor.until_told(Answered, 2)
    await hears(caller, BOB)


async def test_a_phone_transfers_by_itself_and_the_caller_is_followed(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller, at_anna, _ = await talk(floor)
    await at_anna.transfer("102")
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer(speaks=BOB)
    await floor.until_told(Answered, 2)
    await hears(caller, BOB)
    (transferred,) = floor.told(Transferred)
    assert (transferred.kind, transferred.to) == ("blind", "extension:102")
    await floor.until_agent("anna", "ready")


async def test_a_phone_brings_two_of_its_calls_together_and_both_are_followed(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller, at_anna, _ = await talk(floor)
    await at_anna.hold()
    second = await floor.world.phone("anna").dial("102", speaks=ANNA)
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer(speaks=BOB)
    await second.answered()
    await floor.until_told(Answered, 2)
    await at_anna.transfer_to(second)
    await hears(caller, BOB)
    await hears(at_bob, CALLER)
    await at_bob.hang_up()
    await caller.ended()
    (transferred,) = floor.told(Transferred)
    assert transferred.kind == "attended"
    await floor.until_agent("anna", "ready")
