"""Callers, queues and agents: the ways most calls go, seen from outside and in what is remembered."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from queue_strategies.facts import (
    Answered,
    ContactEnded,
    Handled,
    OfferEnded,
    OfferMade,
    QueueJoined,
    VisitEnded,
    WrapUpEnded,
)
from tests.floor_lab import Floor, hears, hears_music

SALES, SUPPORT, EVERYBODY, HURRIED = "+4930100", "+4930200", "+4930300", "+4930400"

FLOOR = f"""
[site]
name = "queues"

[[queues]]
name = "sales"
wrap_up_s = 1
ring_timeout_s = 4
rest_s = 1
leave_when_empty = "never"

[[queues]]
name = "support"
rest_s = 1
join_when_empty = "never"
leave_when_empty = "never"

[[queues]]
name = "everybody"
strategy = "ring_all"

[[queues]]
name = "hurried"
max_wait_s = 2
max_length = 1
join_when_empty = "never"
leave_when_empty = "never"
exit_keys = "0"
overflow = {{ timed_out = "menu:sorry", full = "hangup:busy", exited_by_key = "queue:support" }}

[menus.sorry]
prompt = ["sound:vm-goodbye"]

[[agents]]
id = "anna"
name = "Anna Abel"
extension = "101"
queues = ["sales", "support", "everybody"]

[[agents]]
id = "bob"
extension = "102"
queues = ["sales", "everybody"]

[[agents]]
id = "carla"
extension = "103"
queues = ["sales"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"

[[routes]]
to = "{SUPPORT}"
destination = "queue:support"

[[routes]]
to = "{EVERYBODY}"
destination = "queue:everybody"

[[routes]]
to = "{HURRIED}"
destination = "queue:hurried"
"""


async def test_a_caller_is_answered_by_an_agent_who_then_wraps_up(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await floor.world.call(SALES, from_number="+491701", from_name="Zoë Ünal")
    rings = await floor.world.phone("anna").rings()
    assert (rings.record.from_number, rings.record.from_name) == ("+491701", "Zoë Ünal")
    await rings.answer()
    (answered,) = await floor.until_told(Answered)
    await caller.hang_up()
    await rings.ended()
    await floor.until_agent("anna", "wrap_up")
    await floor.until_told(WrapUpEnded)
    await floor.until_agent("anna", "ready")
    (handled,), (ended,) = floor.told(Handled), floor.told(ContactEnded)
    assert (answered.agent, handled.ended_by, ended.ended_by) == ("anna", "caller", "caller")


async def test_caller_and_agent_hear_each_other_and_nobody_else(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    first = await floor.world.call(SALES, from_number="+491701", speaks=440)
    with_anna = await floor.world.phone("anna").rings()
    await with_anna.answer(speaks=1000)
    second = await floor.world.call(SALES, from_number="+491702", speaks=620)
    with_bob = await floor.world.phone("bob").rings()
    await with_bob.answer(speaks=1400)
    await floor.until_told(Answered, 2)
    await asyncio.gather(hears(first, 1000), hears(with_anna, 440), hears(second, 1400), hears(with_bob, 620))


async def test_a_waiting_caller_hears_music_which_ends_when_an_agent_answers(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    caller = await floor.world.call(SALES, from_number="+491701", speaks=440)
    await floor.until_waiting("sales", 1)
    await hears_music(caller)
    await floor.post("agents/anna/unpause")
    await (await floor.world.phone("anna").rings()).answer(speaks=1000)
    await floor.until_told(Answered)
    await hears(caller, 1000)


async def test_a_caller_who_gives_up_while_waiting_is_abandoned(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    caller = await floor.world.call(SALES, from_number="+491701")
    await floor.until_waiting("sales", 1)
    await caller.hang_up()
    (ended,) = await floor.until_told(VisitEnded)
    assert (ended.outcome, ended.short, floor.told(OfferMade)) == ("abandoned", True, [])


async def test_a_caller_who_gives_up_while_the_phone_rings_silences_it(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await floor.world.call(SALES, from_number="+491701")
    rings = await floor.world.phone("anna").rings()
    await caller.hang_up()
    await rings.ended()
    (ended,) = await floor.until_told(VisitEnded)
    (offer,) = floor.told(OfferEnded)
    assert (ended.outcome, offer.outcome) == ("abandoned", "caller_left")
    await floor.until_agent("anna", "ready")


async def test_a_phone_rings_for_the_next_caller_once_it_is_silent_for_the_one_who_gave_up(
    floor: Floor,
) -> None:
    await floor.come_to_work("anna")
    began = floor.callfloor.clock.moment()
    callers = [await floor.world.call(SALES, from_number=f"+49170{number}") for number in range(8)]
    await floor.until_told(QueueJoined, len(callers))
    last = (await floor.until_told(OfferMade))[-1]
    while len(left := floor.told(VisitEnded)) < len(callers) - 1:
        number = (await floor.get(f"calls/{last.contact}"))["caller_number"]
        await next(caller for caller in callers if caller.record.from_number == number).hang_up()
        last = (await floor.until_told(OfferMade, len(left) + 2))[-1]
    rings = [ring for ring in floor.world.log.of("anna") if ring.dialled_at > began]
    assert len(rings) > 1
    for before, after in pairwise(rings):
        assert before.ended_at is not None
        assert before.ended_at <= after.dialled_at


async def test_an_unanswered_call_moves_on_to_the_next_agent(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller = await floor.world.call(SALES, from_number="+491701")
    first = await floor.world.phone("anna").rings()
    second = await floor.world.phone("bob").rings()
    await first.ended()
    await second.answer()
    await caller.answered()
    await floor.until_told(Answered)
    assert [offer.outcome for offer in floor.told(OfferEnded)] == ["rang_out", "answered"]
    await second.hang_up()
    await caller.ended()


async def test_a_refused_call_moves_on_at_once_and_the_caller_keeps_the_place(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    await floor.world.call(SALES, from_number="+491701")
    await (await floor.world.phone("anna").rings()).decline()
    await (await floor.world.phone("bob").rings(1.5)).answer()
    await floor.until_told(Answered)
    assert [offer.outcome for offer in floor.told(OfferEnded)] == ["declined", "answered"]


async def test_a_phone_that_was_unplugged_is_told_apart_from_one_that_is_not_answered(floor: Floor) -> None:
    # Nobody else uses her phone: until 32 s later SIP may repeat the INVITE that found nobody.
    await floor.come_to_work("carla", "bob")
    await floor.world.phone("carla").unplug()
    await floor.world.call(SALES, from_number="+491701")
    await (await floor.world.phone("bob").rings(15)).answer()
    await floor.until_told(Answered)
    assert [offer.outcome for offer in floor.told(OfferEnded)] == ["unreachable", "answered"]
    await floor.until_agent("carla", "unreachable")


async def test_both_hang_up_at_the_same_moment_and_nothing_is_left_over(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await floor.world.call(SALES, from_number="+491701")
    rings = await floor.world.phone("anna").rings()
    await rings.answer()
    await floor.until_told(Answered)
    await asyncio.gather(caller.hang_up(), rings.hang_up())
    assert len(await floor.until_told(Handled)) == 1
    await floor.until_agent("anna", "ready")
    assert "0 active channels" in await floor.asterisk.asterisk.cli("core show channels count")


async def test_a_caller_who_hangs_up_while_the_agent_answers_leaves_no_leg_behind(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await floor.world.call(SALES, from_number="+491701")
    rings = await floor.world.phone("anna").rings()
    await asyncio.gather(rings.answer(), caller.hang_up())
    await rings.ended()
    await floor.until_agent("anna", "ready")


async def test_an_agent_of_two_queues_is_rung_for_one_caller_at_a_time(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await floor.world.call(SALES, from_number="+491701")
    rings = await floor.world.phone("anna").rings()
    await floor.world.call(SUPPORT, from_number="+491702")
    await floor.until_waiting("support", 1)
    assert not floor.world.phone("anna").is_called
    await rings.answer()
    await floor.until_told(Answered)
    assert not floor.world.phone("anna").is_called
    await rings.hang_up()
    await (await floor.world.phone("anna").rings()).answer()
    assert [fact.queue for fact in await floor.until_told(Answered, 2)] == ["sales", "support"]


async def test_ring_all_rings_everybody_and_stops_when_one_answers(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    await floor.world.call(EVERYBODY, from_number="+491701")
    at_anna = await floor.world.phone("anna").rings()
    at_bob = await floor.world.phone("bob").rings()
    await at_bob.answer()
    await at_anna.ended()
    (answered,) = await floor.until_told(Answered)
    assert answered.agent == "bob"
    assert {(fact.agent, fact.outcome) for fact in floor.told(OfferEnded)} == {
        ("anna", "answered_elsewhere"),
        ("bob", "answered"),
    }


async def test_a_caller_who_waited_too_long_overflows(floor: Floor) -> None:
    caller = await floor.world.call(HURRIED, from_number="+491701")
    (ended,) = await floor.until_told(VisitEnded)
    assert ended.outcome == "timed_out"
    assert (await caller.ended()).cause == 16


async def test_one_caller_too_many_hears_the_busy_tone(floor: Floor) -> None:
    await floor.world.call(HURRIED, from_number="+491701")
    await floor.until_waiting("hurried", 1)
    second = await floor.world.call(HURRIED, from_number="+491702")
    assert (await second.ended()).cause == 17
    assert second.record.answered_at is None
    assert floor.told(VisitEnded)[0].outcome == "full"


async def test_a_caller_leaves_the_queue_by_a_key(floor: Floor) -> None:
    caller = await floor.world.call(HURRIED, from_number="+491701")
    await caller.answered()
    await caller.press("0")
    await floor.until_waiting("support", 1)
    assert [(fact.outcome, fact.key) for fact in floor.told(VisitEnded)] == [("exited_by_key", "0")]
