"""What waiting callers are told, and the agent who answers them: heard, cut off, and never in the way."""

from __future__ import annotations

from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import Answered, OfferEnded, VisitEnded
from tests.asterisk_lab import AsteriskLab
from tests.ears import likeness, listen, read
from tests.floor_lab import Floor, hears, hears_music

SALES, POLITE, FORMAL = "+4930100", "+4930200", "+4930300"
FOR_EVER, TO_AGENT, AGENT, CALLER = 620, 1400, 1000, 440

FLOOR = f"""
[site]
name = "announcements"

[[queues]]
name = "sales"
exit_keys = "0"
join_when_empty = "never"
leave_when_empty = "never"
announcements = {{ messages = ["tone:{FOR_EVER}"], message_start_s = 0, message_every_s = 300 }}
overflow = {{ exited_by_key = "queue:polite" }}

[[queues]]
name = "polite"
join_when_empty = "never"
leave_when_empty = "never"
announcements = {{ position = "always", start_s = 0, said_thanks = [] }}
briefing = "tone:{TO_AGENT}"
briefing_max_s = 3

[[queues]]
name = "formal"
join_when_empty = "never"
leave_when_empty = "never"
briefing = "tone:{TO_AGENT}"
briefing_max_s = 60

[[agents]]
id = "anna"
extension = "101"
queues = ["sales", "polite", "formal"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"

[[routes]]
to = "{POLITE}"
destination = "queue:polite"

[[routes]]
to = "{FORMAL}"
destination = "queue:formal"
"""


async def wait(floor: Floor, number: str, from_number: str = "+491701") -> OutsideCall:
    """Let anna pause, and a caller wait."""
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    caller = await floor.world.call(number, from_number=from_number, speaks=CALLER)
    await caller.answered()
    return caller


async def test_a_waiting_caller_is_told_the_place_and_then_hears_music_again(
    floor: Floor, shared_asterisk_lab: AsteriskLab
) -> None:
    await floor.world.call(POLITE, from_number="+491701")
    await floor.until_waiting("polite", 1)
    second = await floor.world.call(POLITE, from_number="+491702", speaks=CALLER)
    await second.answered()
    heard = read(await second.recorded(5.4))
    sounds = shared_asterisk_lab.installation.data_dir / "sounds/en"
    second_s = 8000
    assert likeness(heard[: 2 * second_s], sounds / "queue-thereare.wav") > 0.8
    assert likeness(heard[2 * second_s : 3 * second_s], sounds / "digits/2.wav") > 0.8
    assert likeness(heard[3 * second_s : 5 * second_s], sounds / "queue-callswaiting.wav") > 0.8
    await hears_music(second)


async def test_an_answer_cuts_an_announcement_off(floor: Floor) -> None:
    caller = await wait(floor, SALES)
    await hears(caller, FOR_EVER)
    await floor.post("agents/anna/unpause")
    await (await floor.world.phone("anna").rings()).answer(speaks=AGENT)
    await floor.until_told(Answered)
    await hears(caller, AGENT)


async def test_an_exit_key_is_heard_during_an_announcement(floor: Floor) -> None:
    caller = await wait(floor, SALES)
    await hears(caller, FOR_EVER)
    await caller.press("0")
    await floor.until_waiting("polite", 1)
    assert [fact.key for fact in floor.told(VisitEnded)] == ["0"]
    assert FOR_EVER not in (await listen(caller)).tones


async def test_a_restart_in_the_middle_of_an_announcement_keeps_no_answer_waiting(floor: Floor) -> None:
    caller = await wait(floor, SALES)
    await hears(caller, FOR_EVER)
    await floor.restart()
    assert FOR_EVER not in (await hears_music(caller)).tones
    await floor.post("agents/anna/unpause")
    await (await floor.world.phone("anna").rings()).answer(speaks=AGENT)
    await floor.until_told(Answered)
    await hears(caller, AGENT)


async def wait_until_the_agent_is_told(floor: Floor, number: str) -> tuple[OutsideCall, OutsideCall]:
    """Return a caller who waits, and the agent's leg on which it is being told who that is."""
    caller = await wait(floor, number)
    await floor.post("agents/anna/unpause")
    rings = await floor.world.phone("anna").rings()
    await rings.answer(speaks=AGENT)
    await hears(rings, TO_AGENT)
    return caller, rings


async def test_an_agent_alone_is_told_who_calls_before_the_two_are_bridged(floor: Floor) -> None:
    caller, rings = await wait_until_the_agent_is_told(floor, POLITE)
    assert not {TO_AGENT, AGENT} & (await listen(caller, 0.6)).tones
    (answered,) = await floor.until_told(Answered)
    await hears(caller, AGENT)
    await hears(rings, CALLER)
    assert answered.wait_s > 3


async def test_a_key_of_the_agents_ends_what_is_told_also_after_a_restart(floor: Floor) -> None:
    caller, rings = await wait_until_the_agent_is_told(floor, FORMAL)
    await floor.restart()
    await hears(rings, TO_AGENT)
    await rings.press("5")
    await floor.until_told(Answered)
    await hears(caller, AGENT)
    await hears(rings, CALLER)


async def test_a_caller_who_hangs_up_while_the_agent_is_told_of_it_has_abandoned(floor: Floor) -> None:
    caller, rings = await wait_until_the_agent_is_told(floor, FORMAL)
    await caller.hang_up()
    await rings.ended()
    assert [fact.outcome for fact in await floor.until_told(VisitEnded)] == ["abandoned"]
    assert [fact.outcome for fact in floor.told(OfferEnded)] == ["caller_left"]
    await floor.until_agent("anna", "ready")


async def test_an_agent_who_hangs_up_on_being_told_leaves_the_caller_waiting_for_the_next(
    floor: Floor,
) -> None:
    caller, rings = await wait_until_the_agent_is_told(floor, FORMAL)
    await rings.hang_up()
    assert [fact.outcome for fact in await floor.until_told(OfferEnded)] == ["failed"]
    assert AGENT not in (await hears_music(caller)).tones
    await floor.until_waiting("formal", 1)
