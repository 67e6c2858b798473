# ruff: noqa: E501 - a table of situations reads best with one a line
"""Who of those who wait is served next, when one agent comes free for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from queue_strategies.errors import CallfloorError
from queue_strategies.events import AgentLoggedIn, FloorConfigured, PriorityChanged
from queue_strategies.model import AgentId, Queue, QueueName
from queue_strategies.orders import ORDERS
from tests.queue_strategies.floor_story import ANNA, SALES, SUPPORT, Story, agent, sales, support, visit_of

MEMBER = agent(ANNA, SALES, SUPPORT)


def opened(order: str, *queues: Queue, ageing_s: float = 60.0) -> Story:
    """Return a floor of this order on which nobody has come to work yet."""
    queues = queues or (sales(join_when_empty="never"), support(join_when_empty="never"))
    story = Story(*queues, agents=[MEMBER], present=False)
    return story.happen(FloorConfigured(queues, [MEMBER], order, ageing_s))


def served(story: Story, callers: int) -> list[str]:
    """Let Anna come to work at last, and return whom she serves, one after the other."""
    story.happen(AgentLoggedIn(ANNA))
    seen: list[str] = []
    for _ in range(callers):
        name = story.ringing[ANNA]
        seen.append(name)
        story.talk(ANNA).part(name)
    return seen


@dataclass(frozen=True)
class Situation:
    order: str
    expected: Sequence[str]
    callers: Sequence[tuple[str, QueueName, float, int]]
    """Who, where, when, how important."""
    targets_s: tuple[float, float] = (20.0, 20.0)
    weights: tuple[int, int] = (0, 0)


SITUATIONS = [
    Situation("priority", ["vip", "first", "second"], [("first", SALES, 0, 0), ("second", SUPPORT, 5, 0), ("vip", SUPPORT, 50, 1)]),
    Situation("priority-ageing", ["vip", "first", "second"], [("first", SALES, 0, 0), ("second", SUPPORT, 5, 0), ("vip", SUPPORT, 50, 1)]),
    Situation("priority-ageing", ["first", "vip", "second"], [("first", SALES, 0, 0), ("second", SUPPORT, 5, 0), ("vip", SUPPORT, 62, 1)]),
    Situation("service-level", ["urgent", "early"], [("early", SALES, 0, 0), ("urgent", SUPPORT, 30, 0)], targets_s=(60, 20)),
    Situation("service-level", ["early", "urgent"], [("early", SALES, 0, 0), ("urgent", SUPPORT, 45, 0)], targets_s=(60, 20)),
    Situation("relative-wait", ["short", "long"], [("long", SALES, 0, 0), ("short", SUPPORT, 60, 0)], targets_s=(120, 20)),
    Situation("relative-wait", ["long", "short"], [("long", SALES, 0, 0), ("short", SUPPORT, 90, 0)], targets_s=(120, 20)),
    Situation("fair-share", ["a", "x", "b", "y", "c"], [("a", SALES, 0, 0), ("b", SALES, 1, 0), ("c", SALES, 2, 0), ("x", SUPPORT, 3, 0), ("y", SUPPORT, 4, 0)]),
    Situation("priority", ["heavy", "first"], [("first", SALES, 0, 9), ("heavy", SUPPORT, 5, 0)], weights=(0, 1)),
    Situation("service-level", ["heavy", "first"], [("first", SALES, 0, 0), ("heavy", SUPPORT, 5, 0)], weights=(0, 1)),
]  # fmt: skip


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: f"{s.order}-{'-'.join(s.expected)}")
def test_callers_are_served_in_this_order(situation: Situation) -> None:
    queues = [
        queue(join_when_empty="never", service_level_s=target_s, weight=weight)
        for queue, target_s, weight in zip(
            (sales, support), situation.targets_s, situation.weights, strict=True
        )
    ]
    story = opened(situation.order, *queues)
    for name, queue, moment, priority in situation.callers:
        story.at(moment).join(name, queue, priority=priority)
    assert served(story.at(100), len(situation.expected)) == situation.expected


def test_every_order_is_in_the_table() -> None:
    assert {situation.order for situation in SITUATIONS} == set(ORDERS)


def test_a_queue_has_its_share_of_the_agents_however_many_wait_in_another() -> None:
    queues = sales(join_when_empty="never", share=3), support(join_when_empty="never")
    story = opened("fair-share", *queues)
    for number in range(40):
        story.join(f"s{number}", SALES).join(f"t{number}", SUPPORT)
    assert Counter(name[0] for name in served(story, 40)) == {"s": 30, "t": 10}


def test_a_caller_for_whom_many_phones_ring_is_one_caller_of_the_share() -> None:
    queues = sales(join_when_empty="never", strategy="ring-all"), support(join_when_empty="never")
    members = [agent(AgentId(f"a{n}"), SALES, SUPPORT) for n in range(4)]
    story = Story(*queues, agents=members, present=False)
    story.happen(FloorConfigured(queues, members, "fair-share"))
    for number in range(20):
        story.join(f"s{number}", SALES).join(f"t{number}", SUPPORT)
    for member in members:
        story.happen(AgentLoggedIn(member.id))
    seen: list[str] = []
    while len(seen) < 20:
        who, name = next(iter(story.ringing.items()))
        seen.append(name[0])
        story.talk(who).part(name)
    assert abs(Counter(seen)["s"] - 10) <= 2


def test_a_queue_in_which_nobody_waited_has_saved_no_turns_up() -> None:
    story = opened("fair-share")
    for number in range(30):
        story.join(f"s{number}", SALES)
    served(story, 10)
    for number in range(10):
        story.join(f"t{number}", SUPPORT)
    seen = []
    for _ in range(10):
        name = story.ringing[ANNA]
        seen.append(name[0])
        story.talk(ANNA).part(name)
    assert Counter(seen)["s"] >= 4


@pytest.mark.parametrize(("order", "starves"), [("priority", True), ("priority-ageing", False)])
def test_an_endless_stream_of_important_callers_starves_others_unless_priorities_age(
    order: str, starves: bool
) -> None:
    story = opened(order, ageing_s=120).happen(AgentLoggedIn(ANNA))
    story.join("vip-0", priority=1).talk(ANNA).join("eva").join("vip-1", priority=1)
    seen = []
    for number in range(2, 20):
        contact = story.after(60).talking[ANNA]
        seen.append(contact)
        story.join(f"vip-{number}", priority=1).part(contact).talk(ANNA)
    assert ("eva" not in seen) is starves


def test_callers_who_wait_are_put_into_the_new_order_at_once() -> None:
    story = opened("priority").join("eva").after(100).join("vip", priority=1)
    assert story.line() == ["vip", "eva"]
    story.happen(FloorConfigured([sales(join_when_empty="never")], [MEMBER], "priority-ageing", 60.0))
    assert story.line() == ["eva", "vip"]
    story.happen(PriorityChanged(visit_of("vip"), 2))
    assert story.line() == ["vip", "eva"]


def test_an_unknown_order_is_refused_with_the_nearest_name_and_nothing_changes() -> None:
    story = opened("priority").join("eva")
    with pytest.raises(
        CallfloorError, match="unknown order of callers 'servce_level', did you mean service-level"
    ):
        story.happen(FloorConfigured([], [], "servce_level"))
    assert story.line() == ["eva"]
