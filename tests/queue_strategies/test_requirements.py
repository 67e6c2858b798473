# ruff: noqa: E501 - a table of situations reads best with one a line
"""A caller is put before those agents alone who can do what is asked, and asks for less by waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    CallerJoined,
    FloorConfigured,
    PhoneChanged,
    RestoringBegan,
    RestoringEnded,
)
from queue_strategies.model import Agent, AgentId, OfferOutcome, Queue, Skill, Widening
from queue_strategies.requirement import penalty_for, required
from tests.queue_strategies.floor_story import (
    ANNA,
    BOB,
    CARL,
    SALES,
    SUPPORT,
    Story,
    agent,
    caller_named,
    sales,
    support,
)

SPANISH, FRENCH = Skill("spanish"), Skill("french")


def able(name: AgentId, penalty: int = 0, **skills: int) -> Agent:
    """Return a member of sales who can do these things."""
    memberships = agent(name, sales=penalty).queues
    return Agent(id=name, queues=memberships, skills={Skill(skill): level for skill, level in skills.items()})


# -- skills -------------------------------------------------------------------------------------------------


def test_a_caller_who_asks_for_a_skill_waits_for_an_agent_who_has_it_at_the_level() -> None:
    story = Story(sales(), agents=[able(ANNA, spanish=1), able(BOB, spanish=3)], present=False)
    story.happen(AgentLoggedIn(ANNA)).join("eva", skills={SPANISH: 2})
    assert not story.ringing
    story.happen(AgentLoggedIn(BOB))
    assert story.ringing == {BOB: "eva"}


def test_who_asks_for_nothing_is_served_past_one_who_waits_for_a_skill() -> None:
    story = Story(sales(), agents=[able(ANNA), able(BOB, spanish=3)]).happen(AgentPaused(BOB, ""))
    story.join("eva", skills={SPANISH: 2}).after(1).join("fay")
    assert story.ringing == {ANNA: "fay"}
    assert story.line() == ["eva", "fay"]


def test_the_queue_and_the_caller_both_ask() -> None:
    agents = [able(ANNA, spanish=5), able(BOB, french=5), able(CARL, spanish=1, french=1)]
    story = Story(sales(skills={SPANISH: 1}), agents=agents).join("eva", skills={FRENCH: 1})
    assert story.ringing == {CARL: "eva"}


def test_a_level_that_is_lowered_by_waiting_lets_more_agents_ring() -> None:
    rule = (Widening(after_s=20, skills={SPANISH: 1}), Widening(after_s=40, skills={SPANISH: 0}))
    agents = [able(ANNA), able(BOB, spanish=1), able(CARL, spanish=5)]
    story = Story(sales(rule=rule, rest_s=100), agents=agents).at(10).join("eva", skills={SPANISH: 4})
    assert story.ringing == {CARL: "eva"}
    story.fail(CARL, OfferOutcome.DECLINED)
    assert not story.at(29.9).ringing
    assert story.at(30).ringing == {BOB: "eva"}
    story.fail(BOB, OfferOutcome.DECLINED)
    assert not story.at(49.9).ringing
    assert story.at(50).ringing == {ANNA: "eva"}


def test_what_a_caller_would_have_given_up_meanwhile_is_given_up_when_asterisk_is_back() -> None:
    rule = (Widening(after_s=20, skills={SPANISH: 0}),)
    story = Story(sales(rule=rule), agents=[able(ANNA)]).at(10).join("eva", skills={SPANISH: 3})
    story.happen(RestoringBegan()).at(40).happen(RestoringEnded())
    assert story.ringing == {ANNA: "eva"}


def test_best_skill_prefers_the_better_until_another_has_been_idle_for_long_enough() -> None:
    queue = sales(strategy="best-skill", skills={SPANISH: 1}, skill_worth_s=10)
    story = Story(queue, agents=[able(ANNA, spanish=5), able(BOB, spanish=1)], present=False)
    story.happen(AgentLoggedIn(BOB)).at(39).happen(AgentLoggedIn(ANNA)).join("eva")
    assert story.ringing == {ANNA: "eva"}
    story = Story(queue, agents=[able(ANNA, spanish=5), able(BOB, spanish=1)], present=False)
    story.happen(AgentLoggedIn(BOB)).at(41).happen(AgentLoggedIn(ANNA)).join("eva")
    assert story.ringing == {BOB: "eva"}


# -- penalties over time ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ring:
    """Which penalties are rung after so long, by a rule: `penalties[n]` is that of the nth agent."""

    sentence: str
    rule: Sequence[Widening]
    after_s: float
    rung: Sequence[int]
    rules: Mapping[str, object] = field(default_factory=dict)


RINGS = [
    Ring("a maximum lets lower penalties ring alone", [Widening(after_s=0, max_penalty=1)], 0, [0, 1]),
    Ring("a step that is not due yet changes nothing", [Widening(after_s=5, max_penalty=0)], 4, [0, 1, 2, 3]),
    Ring("the last step that is due holds", [Widening(after_s=0, max_penalty=0), Widening(after_s=5, max_penalty=2)], 5, [0, 1, 2]),
    Ring("a minimum takes the lower ones out", [Widening(after_s=3, min_penalty=2)], 3, [2, 3]),
    Ring("raised ones stand beside those they are raised to", [Widening(after_s=0, raise_penalty=2, max_penalty=2)], 0, [0, 1, 2]),
    Ring("raising comes before the bounds", [Widening(after_s=0, raise_penalty=2, min_penalty=2)], 0, [0, 1, 2, 3]),
    Ring("with few members penalties are disregarded", [Widening(after_s=0, max_penalty=0)], 0, [0, 1, 2, 3], {"penalty_members_limit": 4}),
    Ring("with one member more they are not", [Widening(after_s=0, max_penalty=0)], 0, [0], {"penalty_members_limit": 3}),
]  # fmt: skip


@pytest.mark.parametrize("ring", RINGS, ids=lambda ring: ring.sentence.replace(" ", "_"))
def test_a_rule_moves_the_bounds_of_the_penalties_as_in_app_queue(ring: Ring) -> None:
    agents = [agent(AgentId(f"a{penalty}"), sales=penalty) for penalty in range(4)]
    queue = sales(strategy="ring-all", rule=tuple(ring.rule), **ring.rules)
    story = Story(queue, agents=agents).at(50)
    story.happen(CallerJoined(caller_named("eva", SALES, joined_moment=50 - ring.after_s)))
    assert set(story.ringing) == {f"a{penalty}" for penalty in ring.rung}


steps = st.lists(
    st.builds(
        Widening,
        after_s=st.floats(0, 100),
        max_penalty=st.integers(0, 5),
        skills=st.dictionaries(st.sampled_from([SPANISH, FRENCH]), st.integers(0, 5)),
    ),
    max_size=6,
)


@given(
    steps=steps,
    asked=st.dictionaries(st.sampled_from([SPANISH, FRENCH]), st.integers(1, 5)),
    members=st.lists(
        st.tuples(st.integers(0, 5), st.dictionaries(st.sampled_from([SPANISH, FRENCH]), st.integers(1, 5))),
        min_size=1,
        max_size=8,
    ),
)
def test_a_ring_that_only_ever_allows_more_never_loses_an_agent(
    steps: list[Widening],
    asked: dict[Skill, int],
    members: list[tuple[int, dict[Skill, int]]],
) -> None:
    times = sorted(step.after_s for step in steps)
    penalties = sorted(step.max_penalty or 0 for step in steps)
    rule = tuple(
        Widening(after_s=after_s, max_penalty=penalty, skills=step.skills)
        for after_s, penalty, step in zip(times, penalties, steps, strict=True)
    )
    queue = Queue(name=SALES, skills=asked, rule=rule)
    caller = caller_named("eva", SALES, joined_moment=0.0)

    def fit(now: float) -> set[int]:
        wanted = required(queue, caller, 0.0, now, members=len(members))
        return {
            n
            for n, (penalty, skills) in enumerate(members)
            if penalty_for(wanted, Seen(AgentId(f"a{n}"), penalty, skills)) is not None
        }

    moments = [times[0], *times] if times else [0.0]
    for earlier, later in pairwise(moments):
        assert fit(earlier) <= fit(later)


@dataclass(frozen=True)
class Seen:
    agent: AgentId
    penalty: int
    skills: Mapping[Skill, int]


# -- one agent alone ----------------------------------------------------------------------------------------


def patient(**rules: object) -> Story:
    return Story(sales(last_agent_patience_s=15, **rules), agents=[agent(ANNA), agent(BOB)]).at(10)


def test_a_caller_waits_for_the_agent_of_the_last_call_as_long_as_patience_lasts() -> None:
    story = patient().join("fay").talk(ANNA).after(1).join("eva", wants_agent=ANNA)
    assert not story.ringing
    assert not story.at(25.9).ringing
    assert story.at(26).ringing == {BOB: "eva"}


def test_the_agent_of_the_last_call_takes_the_caller_as_soon_as_free() -> None:
    story = patient().join("fay").talk(ANNA).after(1).join("eva", wants_agent=ANNA)
    story.after(5).part("fay")
    assert story.ringing == {ANNA: "eva"}


@pytest.mark.parametrize("gone", ["never came", "goes home", "is taken off the queue"])
def test_nobody_waits_for_an_agent_who_is_not_there(gone: str) -> None:
    story = patient()
    if gone == "never came":
        story.happen(AgentLoggedOut(ANNA)).join("eva", wants_agent=ANNA)
    else:
        story.join("fay").talk(ANNA).join("eva", wants_agent=ANNA)
        assert not story.ringing
        if gone == "goes home":
            story.happen(AgentLoggedOut(ANNA))
        else:
            changed = [agent(ANNA, SUPPORT), agent(BOB)]
            story.happen(FloorConfigured([sales(last_agent_patience_s=15), support()], changed))
    assert story.ringing == {BOB: "eva"}


# -- who does not take a caller -----------------------------------------------------------------------------


def test_an_agent_who_did_not_take_a_caller_often_enough_is_not_rung_for_that_caller_again() -> None:
    story = Story(sales(rest_s=1, offers_per_agent=2), agents=[agent(ANNA), agent(BOB)])
    story.at(10).happen(AgentPaused(BOB, "")).join("eva")
    story.rang(ANNA).fail(ANNA, OfferOutcome.RANG_OUT).after(1)
    assert story.ringing == {ANNA: "eva"}
    story.rang(ANNA).fail(ANNA, OfferOutcome.DECLINED).after(1)
    assert not story.ringing
    story.after(5).join("fay")
    assert story.ringing == {ANNA: "fay"}
    assert "often enough" in _why_not(story, "eva", ANNA)


def test_when_nobody_is_left_who_could_be_rung_the_count_begins_anew() -> None:
    story = Story(sales(rest_s=1, offers_per_agent=1), agents=[agent(ANNA), agent(BOB)]).at(10).join("eva")
    for who in (ANNA, BOB):
        story.rang(who).fail(who, OfferOutcome.DECLINED)
    assert story.after(1).ringing == {ANNA: "eva"}


@pytest.mark.parametrize("others", ["go home", "cannot do it"])
def test_an_agent_who_refused_is_rung_again_when_nobody_else_could_be(others: str) -> None:
    able_bob = able(BOB, spanish=1) if others == "go home" else able(BOB)
    queue = sales(rest_s=1, offers_per_agent=1, skills={SPANISH: 1})
    story = Story(queue, agents=[able(ANNA, spanish=1), able_bob]).at(10).join("eva")
    story.rang(ANNA).fail(ANNA, OfferOutcome.DECLINED)
    if others == "go home":
        story.after(5)
        assert story.ringing == {BOB: "eva"}
        story.happen(AgentLoggedOut(BOB))
    assert story.after(5).ringing == {ANNA: "eva"}


def test_who_refused_too_often_while_alone_is_rung_no_more_once_somebody_else_comes() -> None:
    story = Story(sales(rest_s=1, offers_per_agent=1), agents=[agent(ANNA), agent(BOB)]).at(10)
    story.happen(AgentLoggedOut(BOB)).join("eva").rang(ANNA).fail(ANNA, OfferOutcome.DECLINED)
    story.happen(PhoneChanged(BOB, reachable=False)).happen(AgentLoggedIn(BOB))
    assert not story.after(5).ringing
    assert story.happen(PhoneChanged(BOB, reachable=True)).ringing == {BOB: "eva"}


def test_a_wanted_agent_who_refuses_too_often_is_wanted_no_longer() -> None:
    story = patient(offers_per_agent=1, rest_s=1).join("eva", wants_agent=ANNA).rang(ANNA)
    assert story.fail(ANNA, OfferOutcome.DECLINED).ringing == {BOB: "eva"}


def test_a_wanted_agent_who_goes_home_is_wanted_no_longer_even_between_two_tries() -> None:
    story = Story(sales(last_agent_patience_s=600, retry_s=5), agents=[agent(ANNA), agent(BOB)]).at(10)
    story.join("eva", wants_agent=ANNA).rang(ANNA).fail(ANNA, OfferOutcome.DECLINED)
    assert story.happen(AgentLoggedOut(ANNA)).after(5).ringing == {BOB: "eva"}


def _why_not(story: Story, name: str, who: AgentId) -> str:
    explained = story.floor.explain(caller_named(name, SALES, joined_moment=0).contact, story.now)
    assert explained is not None
    return next(one.why for one in explained.excluded if one.agent == who)
