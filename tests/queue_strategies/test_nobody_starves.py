"""Nobody starves: agents are all rung, callers are all served, each within a bound that can be named.

Some starve by design. Linear, top-down and sequentially-by-agent-order keep to the head of the list; chance
promises nothing, its evenness is tested where lots are drawn; a higher penalty waits for the lower ones. The
order "priority" serves the important for as long as there are some. All others keep what stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_strategies.events import AgentLoggedIn, AgentLoggedOut, FloorConfigured
from queue_strategies.model import Agent, AgentId, Skill
from tests.queue_strategies.floor_story import ANNA, SALES, SUPPORT, Story, agent, sales, support

MOST_TALK_S, MOST_LEVEL = 9, 5
SKILL_WORTH_S, HANDLE_TIME_WORTH = 10, 0.25
CALL_S = 2
"""From one caller to the next, as they come here once everybody is at work."""
EXPECTED_S = 180
"""Nobody is expected to need longer, as long as nobody has."""

Bound = Callable[[int, int], int]
"""Within how many offers everybody is rung, from how many members there are and how many calls there were."""
BOUNDS: dict[str, Bound] = {
    **dict.fromkeys(
        [
            "rrmemory",
            "rrordered",
            "round-robin",
            "longest_idle",
            "longest-idle-agent",
            "leastrecent",
        ],
        lambda members, calls: members,
    ),
    **dict.fromkeys(
        ["fewestcalls", "agent-with-fewest-calls"], lambda members, calls: members + (members - 1) * calls
    ),
    "agent-with-least-talk-time": lambda members, calls: members + (members - 1) * calls * MOST_TALK_S,
    "best-skill": lambda members, calls: members + ceil(SKILL_WORTH_S * MOST_LEVEL / CALL_S),
    "predicted-best": lambda members, calls: members + ceil(HANDLE_TIME_WORTH * EXPECTED_S / CALL_S),
}


def team(levels: Sequence[int]) -> list[Agent]:
    """Return members of these levels of spanish."""
    return [
        Agent(id=AgentId(f"a{n}"), queues=agent(ANNA).queues, skills={Skill("spanish"): level})
        for n, level in enumerate(levels)
    ]


def after_calls(
    strategy: str,
    members: Sequence[Agent],
    calls: Sequence[tuple[int, int]],
    worth: float = HANDLE_TIME_WORTH,
) -> Story:
    """Return a floor on which these calls (who, how long) were had, and everybody came to work after them."""
    queue = sales(
        strategy=strategy,
        skills={Skill("spanish"): 1},
        skill_worth_s=SKILL_WORTH_S,
        handle_time_worth=worth,
    )
    story = Story(queue, agents=members, present=False)
    for number, (whose, talk_s) in enumerate(calls):
        who = members[whose % len(members)].id
        story.after(1).happen(AgentLoggedIn(who)).join(f"earlier-{number}").talk(who).after(talk_s)
        story.part(f"earlier-{number}").happen(AgentLoggedOut(who))
    for member in members:
        story.after(1).happen(AgentLoggedIn(member.id))
    return story


@pytest.mark.parametrize("strategy", BOUNDS)
@settings(max_examples=30)
@given(
    levels=st.lists(st.integers(1, MOST_LEVEL), min_size=1, max_size=5),
    calls=st.lists(st.tuples(st.integers(0, 4), st.integers(1, MOST_TALK_S)), max_size=4),
)
def test_every_agent_who_stays_ready_is_rung_within_so_many_offers(
    strategy: str, levels: Sequence[int], calls: Sequence[tuple[int, int]]
) -> None:
    members = team(levels)
    story = after_calls(strategy, members, calls)
    passed_over = {member.id: 0 for member in members}
    bound = BOUNDS[strategy](len(members), len(calls))
    for number in range(bound + len(members)):
        story.after(1).join(f"caller-{number}")
        (who,) = story.ringing
        passed_over = {id_: 0 if id_ == who else offers + 1 for id_, offers in passed_over.items()}
        assert max(passed_over.values()) < bound or len(members) == 1
        story.talk(who).after(1).part(f"caller-{number}")


@settings(max_examples=30)
@given(veterans=st.integers(1, 4), calls=st.integers(1, 3), talk_s=st.integers(170, 180))
def test_predicted_best_tries_a_newcomer_before_those_who_are_known_to_be_average(
    veterans: int, calls: int, talk_s: int
) -> None:
    members = team([1] * (veterans + 1))
    had = [(who, talk_s) for who in range(veterans) for _ in range(calls)]
    story = after_calls("predicted-best", members, had, worth=100).join("eva")
    assert list(story.ringing) == [members[-1].id]


# -- callers ------------------------------------------------------------------------------------------------


def passed_by(
    order: str,
    own: Mapping[str, object],
    others: Mapping[str, object],
    *,
    priority: int = 0,
    ageing_s: float = 60,
    gap_s: int,
    service_s: int,
    at_most: int,
) -> int:
    """Let Eva wait while callers of another queue keep coming; return how many of them Anna serves before."""
    member = agent(ANNA, SALES, SUPPORT)
    queues = sales(**own), support(**others)
    story = Story(*queues, agents=[member])
    story.happen(FloorConfigured(queues, [member], order, ageing_s)).at(10)
    story.join("first").talk(ANNA).join("eva")
    came, free_at, serving = 0, 10 + service_s, "first"
    for passed in range(at_most + 2):
        while 10 + (came + 1) * gap_s <= free_at:
            came += 1
            story.at(10 + came * gap_s).join(f"later-{came}", SUPPORT, priority=priority)
        story.at(free_at).part(serving)
        (serving,) = story.ringing.values()
        if serving == "eva":
            return passed
        story.talk(ANNA)
        free_at += service_s
    raise AssertionError(f"more than {at_most} were served before Eva")


GAPS_S, SERVICES_S = st.integers(1, 20), st.integers(1, 60)
TARGETS_S = st.integers(5, 120)


@settings(max_examples=30)
@given(priority=st.integers(0, 3), ageing_s=st.integers(5, 20), gap_s=GAPS_S, service_s=SERVICES_S)
def test_priorities_that_age_let_those_pass_who_come_before_their_head_start_is_used_up(
    priority: int, ageing_s: int, gap_s: int, service_s: int
) -> None:
    bound = priority * ageing_s // gap_s
    passed = passed_by(
        "priority-ageing",
        {},
        {},
        priority=priority,
        ageing_s=ageing_s,
        gap_s=gap_s,
        service_s=service_s,
        at_most=bound,
    )
    assert passed <= bound


@settings(max_examples=30)
@given(own_s=TARGETS_S, other_s=TARGETS_S, gap_s=GAPS_S, service_s=SERVICES_S)
def test_the_service_level_lets_those_pass_who_come_early_enough_for_their_shorter_target(
    own_s: int, other_s: int, gap_s: int, service_s: int
) -> None:
    bound = max(0, own_s - other_s) // gap_s
    own, others = {"service_level_s": own_s}, {"service_level_s": other_s}
    passed = passed_by("service-level", own, others, gap_s=gap_s, service_s=service_s, at_most=bound)
    assert passed <= bound


@settings(max_examples=30)
@given(own_s=TARGETS_S, other_s=TARGETS_S, gap_s=GAPS_S, service_s=SERVICES_S)
def test_relative_waits_let_no_more_pass_than_the_targets_compare_unless_others_come_faster_than_they_go(
    own_s: int, other_s: int, gap_s: int, service_s: int
) -> None:
    bound = ceil(own_s / other_s)
    own, others = {"service_level_s": own_s}, {"service_level_s": other_s}
    gap_s = service_s + gap_s % 2
    passed = passed_by("relative-wait", own, others, gap_s=gap_s, service_s=service_s, at_most=bound)
    assert passed <= bound


@settings(max_examples=30)
@given(
    own=st.sampled_from([0.5, 1.0, 3.0]),
    other=st.sampled_from([0.5, 1.0, 8.0]),
    gap_s=GAPS_S,
    service_s=SERVICES_S,
)
def test_fair_shares_let_no_more_pass_than_the_shares_compare(
    own: float, other: float, gap_s: int, service_s: int
) -> None:
    bound = ceil(other / own) + 1
    passed = passed_by(
        "fair-share", {"share": own}, {"share": other}, gap_s=gap_s, service_s=service_s, at_most=bound
    )
    assert passed <= bound
