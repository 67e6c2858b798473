"""Agents and callers are chosen on a real Asterisk as the strategies, rules and orders say."""

from __future__ import annotations

import asyncio
from copy import deepcopy

import pytest

from queue_strategies.facts import Handled, MembershipPauseChanged, OfferMade, VisitEnded
from queue_strategies.model import VisitOutcome
from tests.command_line import toml
from tests.floor_lab import Floor, until

QUEUES = (
    "linear",
    "turns",
    "counted",
    "progressive",
    "able",
    "ruled",
    "hasty",
    "patient",
    "sticky",
    "strict",
    "lots",
    "weighted",
    "quick",
)
NUMBER = {queue: f"+4930{number:02}00" for number, queue in enumerate(QUEUES, 1)}

FLOOR = (
    """
[site]
name = "strategies"

[callers]
order = "service-level"

[rules]
ring_by_ring = [{ after_s = 0, max_penalty = 0 }, { after_s = 1.5, max_penalty = "+1" }]
give_up_spanish = [{ after_s = 1.5, skills = { spanish = 0 } }]

[[agents]]
id = "anna"
queues = [
  "linear", "turns", "counted", "progressive", "able", { queue = "ruled", penalty = 1 }, "hasty",
  "patient", "sticky", "strict", "lots", "weighted", "quick"
]

[[agents]]
id = "bob"
queues = [
  "linear", "turns", "counted", "progressive", "able", "ruled", { queue = "lots", penalty = 1 },
  { queue = "weighted", penalty = 1 }, "quick"
]
skills = { spanish = 2 }

[[agents]]
id = "carla"
queues = ["sticky", "linear", "turns", "counted", "able", "lots"]
skills = { spanish = 4 }
"""
    + "".join(f'[[routes]]\nto = "{NUMBER[queue]}"\ndestination = "queue:{queue}"\n' for queue in QUEUES)
    + """
[[routes]]
to = "+49309"
destination = "menu:language"

[menus.language]
prompt = ["sound:beep"]
keys = { 1 = { destination = "queue:able", skills = { spanish = 1 } } }

[[queues]]
name = "linear"
strategy = "linear"
rest_s = 30

[[queues]]
name = "turns"
strategy = "rrmemory"

[[queues]]
name = "counted"
strategy = "fewestcalls"

[[queues]]
name = "progressive"
strategy = "ring-progressively"
ring_progressively_delay_s = 1

[[queues]]
name = "able"
strategy = "best-skill"
rule = "give_up_spanish"

[[queues]]
name = "ruled"
rule = "ring_by_ring"

[[queues]]
name = "sticky"
last_agent_patience_s = 600

[[queues]]
name = "strict"
ring_timeout_s = 1
autopause = "queue"
join_when_empty = ["paused"]
leave_when_empty = ["paused"]

[[queues]]
name = "lots"
strategy = "random"
rest_s = 0

[[queues]]
name = "weighted"
strategy = "wrandom"
rest_s = 0

[[queues]]
name = "quick"
strategy = "predicted-best"
handle_time_worth = 1000

[[queues]]
name = "hasty"
service_level_s = 5

[[queues]]
name = "patient"
service_level_s = 60
"""
)


async def offered(floor: Floor) -> list[str]:
    """Return to whom callers were offered so far, in order."""
    return [fact.agent for fact in floor.told(OfferMade)]


async def talk_shortly(floor: Floor, queue: str, talk_s: float = 0) -> str:
    """Let a caller be answered by whoever is rung, and hang up; return who that was."""
    before = len(floor.told(OfferMade))
    caller = await floor.world.call(NUMBER[queue])
    offer = (await floor.until_told(OfferMade, before + 1))[-1]
    rings = await floor.world.phone(offer.agent).rings()
    await rings.answer()
    await floor.until_agent(offer.agent, "talking")
    await asyncio.sleep(talk_s)
    await caller.hang_up()
    await floor.until_agent(offer.agent, "ready")
    return offer.agent


async def test_a_caller_goes_down_the_list_from_agent_to_agent(floor: Floor) -> None:
    await floor.come_to_work("carla", "bob", "anna")
    await floor.world.call(NUMBER["linear"])
    for agent in ("anna", "bob"):
        await (await floor.world.phone(agent).rings()).decline()
    await (await floor.world.phone("carla").rings()).answer()
    await floor.until_agent("carla", "talking")
    assert await offered(floor) == ["anna", "bob", "carla"]


async def test_callers_are_given_to_the_agents_in_turn(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob", "carla")
    assert {await talk_shortly(floor, "turns") for _ in range(3)} == {"anna", "bob", "carla"}


async def test_whoever_had_the_fewest_callers_is_rung(floor: Floor) -> None:
    await floor.come_to_work("anna")
    for _ in range(2):
        await talk_shortly(floor, "counted")
    await floor.come_to_work("carla")
    assert await talk_shortly(floor, "counted") == "carla"
    assert await talk_shortly(floor, "counted") == "carla"


async def test_one_phone_more_rings_after_each_delay(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    await floor.world.call(NUMBER["progressive"])
    at_anna = await floor.world.phone("anna").rings()
    assert await offered(floor) == ["anna"]
    at_bob = await floor.world.phone("bob").rings()
    await floor.until_agent("anna", "ringing")
    await at_bob.answer()
    await at_anna.ended()
    await floor.until_agent("bob", "talking")


@pytest.mark.parametrize(("queue", "drawn"), [("lots", {"anna", "carla"}), ("weighted", {"anna", "bob"})])
async def test_lots_are_drawn_anew_for_a_caller_whom_nobody_takes(
    floor: Floor, queue: str, drawn: set[str]
) -> None:
    """Penalties are strict for random and no bar for wrandom; missing one of two 100 times is no chance."""
    await floor.come_to_work("anna", "bob", "carla")
    await floor.world.call(NUMBER[queue])
    for draw in range(1, 100):
        rung = (await floor.until_told(OfferMade, draw))[-1].agent
        rings = await floor.world.phone(rung).rings()
        if set(await offered(floor)) == drawn:
            break
        await rings.decline()
    assert set(await offered(floor)) == drawn
    await rings.answer()
    await floor.until_agent(rung, "talking")


async def test_whoever_is_expected_to_be_done_first_is_rung_although_idle_the_shortest(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await talk_shortly(floor, "quick")
    await floor.post("agents/anna/pause", {"reason": "lunch"})
    await floor.come_to_work("bob")
    await talk_shortly(floor, "quick", talk_s=1.5)
    await floor.post("agents/bob/pause", {"reason": "lunch"})
    quicker, slower = (done.agent for done in sorted(floor.told(Handled), key=lambda done: done.talk_s))
    for agent in (slower, quicker):
        await floor.post(f"agents/{agent}/unpause")
    assert await talk_shortly(floor, "quick") == quicker
    assert "expected to be done in" in floor.told(OfferMade)[-1].because


async def test_a_caller_asks_for_a_skill_by_a_key_and_gives_it_up_by_waiting(floor: Floor) -> None:
    await floor.come_to_work("bob", "carla", "anna")
    first = await floor.world.call("+49309", from_number="+491701")
    await until(lambda: is_asked(floor, "+491701"), "the menu asks")
    await first.press("1")
    await (await floor.world.phone("carla").rings()).answer()
    await floor.post("agents/bob/pause", {"reason": "lunch"})
    second = await floor.world.call("+49309", from_number="+491702")
    await until(lambda: is_asked(floor, "+491702"), "the menu asks")
    await second.press("1")
    await floor.until_waiting("able", 1)
    call = await floor.call_of("+491702")
    why = await floor.get(f"calls/{call['id']}/why")
    assert {"agent": "anna", "why": "skill spanish missing, asked for 1"} in why["excluded"]
    await floor.world.phone("anna").rings()
    assert await offered(floor) == ["carla", "anna"]


async def is_asked(floor: Floor, caller_number: str) -> bool:
    call = await floor.call_of(caller_number)
    return bool(call["destination"] == "menu:language")


async def test_why_is_answered_for_a_call_that_is_over_and_after_a_restart(floor: Floor) -> None:
    await floor.come_to_work("anna", "bob")
    caller = await floor.world.call(NUMBER["linear"], from_number="+491701")
    await (await floor.world.phone("anna").rings()).decline()
    await (await floor.world.phone("bob").rings()).answer()
    await floor.until_agent("bob", "talking")
    call = (await floor.call_of("+491701"))["id"]
    await caller.hang_up()
    await floor.until_agent("bob", "ready")
    declined, answered = (await floor.get(f"calls/{call}/why"))["offers"]
    assert (declined["agent"], declined["outcome"], declined["ready"]) == ("anna", "declined", 2)
    assert [one["agent"] for one in declined["considered"]] == ["anna", "bob"]
    assert {"agent": "anna", "why": "declined the last caller"} in answered["excluded"]
    await floor.rows("SELECT")
    await floor.restart()
    told = (await floor.get(f"calls/{call}/why"))["offers"]
    assert [(one["agent"], one["outcome"]) for one in told] == [("anna", "declined"), ("bob", "answered")]
    assert told[1]["because"] == answered["because"] + ", one of 1 ready"


async def test_a_customer_waits_for_the_agent_of_the_last_call_also_after_a_restart(floor: Floor) -> None:
    await floor.come_to_work("carla")
    caller = await floor.world.call(NUMBER["sticky"], from_number="+491701")
    await (await floor.world.phone("carla").rings()).answer()
    await floor.until_agent("carla", "talking")
    await caller.hang_up()
    await floor.until_agent("carla", "ready")
    await floor.rows("SELECT")
    await floor.restart()
    await floor.post("agents/carla/pause", {"reason": "lunch"})
    await floor.come_to_work("anna")
    await floor.world.call(NUMBER["sticky"], from_number="+491701")
    await floor.until_waiting("sticky", 1)
    await floor.world.call(NUMBER["sticky"], from_number="+491702")
    await floor.world.phone("anna").rings()
    call = await floor.call_of("+491701")
    assert "waits for carla alone" in (await floor.get(f"calls/{call['id']}/why"))["summary"]
    await floor.post("agents/carla/unpause")
    await floor.world.phone("carla").rings()


async def test_a_higher_penalty_is_rung_only_when_the_rule_says_so(floor: Floor) -> None:
    await floor.come_to_work("anna")
    await floor.world.call(NUMBER["ruled"])
    await floor.until_waiting("ruled", 1)
    assert (await floor.get("agents/anna"))["state"] == "ready"
    await floor.world.phone("anna").rings()
    (offer,) = floor.told(OfferMade)
    assert "penalty 1" in offer.because


async def test_the_caller_whose_target_is_closer_is_served_first(floor: Floor) -> None:
    await floor.come_to_work("anna")
    talking = await floor.world.call(NUMBER["hasty"])
    await (await floor.world.phone("anna").rings()).answer()
    await floor.until_agent("anna", "talking")
    await floor.world.call(NUMBER["patient"])
    await floor.until_waiting("patient", 1)
    await floor.world.call(NUMBER["hasty"])
    await floor.until_waiting("hasty", 1)
    await talking.hang_up()
    await floor.until_told(OfferMade, 2)
    assert floor.told(OfferMade)[-1].queue == "hasty"


async def test_a_strategy_changes_while_callers_wait(floor: Floor) -> None:
    await floor.come_to_work("anna")
    talking = await floor.world.call(NUMBER["linear"])
    await (await floor.world.phone("anna").rings()).answer()
    await floor.until_agent("anna", "talking")
    first = await floor.world.call(NUMBER["linear"], from_number="+491701")
    await floor.until_waiting("linear", 1)
    second = await floor.world.call(NUMBER["linear"], from_number="+491702")
    await floor.until_waiting("linear", 2)
    changed = deepcopy(floor.data)
    queue = next(queue for queue in changed["queues"] if queue["name"] == "linear")
    path = floor.asterisk.configuration.path
    queue["strategy"] = "ring-al"
    path.write_text(toml(changed))
    with pytest.raises(AssertionError, match="did you mean ring-all"):
        await floor.post("reload")
    queue["strategy"] = "ring-all"
    path.write_text(toml(changed))
    await floor.post("reload")
    assert (await floor.get("queues/linear"))["strategy"] == "ring-all"
    assert not talking.is_over
    for agent in ("bob", "carla"):
        await floor.world.phone(agent).plug_in()
        await floor.post(f"agents/{agent}/log-in")
    at_bob, at_carla = [await floor.world.phone(agent).rings() for agent in ("bob", "carla")]
    assert {fact.contact for fact in floor.told(OfferMade)[1:]} == {(await floor.call_of("+491701"))["id"]}
    await at_carla.answer()
    await at_bob.ended()
    assert not first.is_over
    assert not second.is_over
    path.write_text(toml(floor.data))
    await floor.post("reload")


async def test_what_needs_a_restart_is_named_and_nothing_changes(floor: Floor) -> None:
    changed = deepcopy(floor.data)
    changed["agents"] = changed["agents"][:2]
    changed["site"]["language"] = "es"
    changed["queues"][0]["strategy"] = "ring-all"
    floor.asterisk.configuration.path.write_text(toml(changed))
    with pytest.raises(AssertionError, match=r"site, agents carla \(new or gone\) cannot change while"):
        await floor.post("reload")
    assert (await floor.get("queues/linear"))["strategy"] == "linear"


async def test_an_agent_who_lets_it_ring_is_paused_in_that_queue_also_after_a_restart(floor: Floor) -> None:
    await floor.come_to_work("anna")
    caller = await floor.world.call(NUMBER["strict"])
    await floor.world.phone("anna").rings()
    await floor.until_told(MembershipPauseChanged)
    assert (await floor.get("agents/anna"))["paused_queues"] == {"strict": "autopause"}
    await caller.ended()
    assert floor.told(VisitEnded)[0].outcome is VisitOutcome.LEFT_EMPTY
    await floor.rows("SELECT")
    await floor.restart()
    refused = await floor.world.call(NUMBER["strict"])
    await refused.ended()
    assert not refused.record.answered_at
    await floor.world.call(NUMBER["linear"])
    await (await floor.world.phone("anna").rings()).answer()
    await floor.until_agent("anna", "talking")
    await floor.post("agents/anna/queues/strict/unpause")
    assert (await floor.get("agents/anna"))["paused_queues"] == {}
