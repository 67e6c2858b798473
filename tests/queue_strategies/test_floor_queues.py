"""Queues choose among their members, each by its strategy, and may be changed at any time."""

from __future__ import annotations

from math import inf, nan

import pytest

from queue_strategies.announcements import Announcements
from queue_strategies.callback import CallbackRules
from queue_strategies.commands import Command
from queue_strategies.errors import CallfloorError
from queue_strategies.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentUnpaused,
    FloorConfigured,
    TimePassed,
)
from queue_strategies.facts import AgentStateChanged, OfferEnded, OfferMade
from queue_strategies.model import Agent, AgentState, ContactId, OfferOutcome, VisitOutcome, Widening
from queue_strategies.strategies import UnknownStrategy
from tests.queue_strategies.floor_story import (
    ANNA,
    BOB,
    CARL,
    DORA,
    SALES,
    SUPPORT,
    Story,
    agent,
    sales,
    support,
)

TEAM = [agent(ANNA), agent(BOB), agent(CARL)]


def serve(story: Story, name: str) -> str:
    """Let a caller be served in a second, and return by whom."""
    story.after(1).join(name)
    (who,) = story.ringing
    story.talk(who).after(1).part(name)
    return who


# -- longest idle -------------------------------------------------------------------------------------------


def test_the_longest_idle_agent_is_rung() -> None:
    story = Story(agents=TEAM)
    assert [serve(story, name) for name in ("eva", "fay", "gil", "hal")] == [ANNA, BOB, CARL, ANNA]


def test_work_for_another_queue_is_work() -> None:
    agents = [agent(ANNA, SALES, SUPPORT), agent(BOB, SALES), agent(CARL, SALES)]
    story = Story(sales(), support(), agents=agents).at(10)
    story.join("eva", SUPPORT).talk(ANNA).after(5).part("eva")
    assert [serve(story, name) for name in ("fay", "gil", "hal")] == [BOB, CARL, ANNA]


def test_a_pause_begins_the_idle_time_anew() -> None:
    story = Story(agents=TEAM).at(10).happen(AgentPaused(ANNA, "")).happen(AgentUnpaused(ANNA))
    assert [serve(story, name) for name in ("eva", "fay", "gil")] == [BOB, CARL, ANNA]


def test_a_higher_penalty_is_rung_only_when_no_lower_one_is_ready() -> None:
    agents = [agent(ANNA, sales=2), agent(BOB, sales=1), agent(CARL, sales=1)]
    story = Story(agents=agents).at(10).join("eva").join("fay").join("gil")
    assert story.ringing == {BOB: "eva", CARL: "fay", ANNA: "gil"}


def test_an_offer_says_why() -> None:
    agents = [agent(ANNA, sales=1), agent(BOB, sales=2)]
    story = Story(agents=agents).at(31).join("eva").join("fay")
    assert [fact.because for fact in story.told(OfferMade)] == [
        "longest_idle: idle 30 s, penalty 1, one of 2 ready",
        "longest_idle: idle 29 s, penalty 2, one of 1 ready",
    ]


# -- round robin --------------------------------------------------------------------------------------------


def test_round_robin_goes_on_after_the_one_who_was_rung_last() -> None:
    story = Story(sales(strategy="round_robin"), agents=TEAM)
    assert [serve(story, name) for name in ("eva", "fay", "gil", "hal")] == [ANNA, BOB, CARL, ANNA]
    story.happen(AgentPaused(BOB, "")).after(1)
    assert serve(story, "ida") == CARL
    story.happen(AgentUnpaused(BOB))
    assert [serve(story, name) for name in ("jan", "kim")] == [ANNA, BOB]


def test_who_declines_has_had_the_turn() -> None:
    story = Story(sales(strategy="round_robin", rest_s=0), agents=TEAM).at(10).join("eva")
    assert story.fail(ANNA, OfferOutcome.DECLINED).ringing == {BOB: "eva"}
    assert story.fail(BOB, OfferOutcome.DECLINED).ringing == {CARL: "eva"}
    assert story.fail(CARL, OfferOutcome.DECLINED).ringing == {ANNA: "eva"}


def test_members_of_another_penalty_take_turns_of_their_own() -> None:
    agents = [agent(ANNA, sales=1), agent(BOB), agent(CARL, sales=1)]
    story = Story(sales(strategy="round_robin"), agents=agents)
    story.at(10).join("long").talk(BOB)
    assert [serve(story, name) for name in ("eva", "fay", "gil")] == [ANNA, CARL, ANNA]
    story.part("long")
    assert [serve(story, name) for name in ("hal", "ida")] == [BOB, BOB]


# -- ring all -----------------------------------------------------------------------------------------------


def test_everybody_ready_is_rung_and_the_first_to_answer_gets_the_caller() -> None:
    story = Story(sales(strategy="ring_all"), agents=TEAM).at(10).join("eva")
    assert story.ringing == {ANNA: "eva", BOB: "eva", CARL: "eva"}
    story.rang(ANNA).rang(BOB).rang(CARL).answer(BOB)
    assert story.stopped() == [
        (story.offer(ANNA), OfferOutcome.ANSWERED_ELSEWHERE),
        (story.offer(CARL), OfferOutcome.ANSWERED_ELSEWHERE),
    ]
    assert story.connect(BOB).talking == {BOB: "eva"}
    assert {story.state(ANNA), story.state(CARL)} == {AgentState.READY}


def test_two_who_pick_up_at_the_same_moment_do_not_both_get_the_caller() -> None:
    story = Story(sales(strategy="ring_all"), agents=TEAM).at(10).join("eva").answer(BOB).answer(CARL)
    assert story.stopped() == [(story.offer(CARL), OfferOutcome.WITHDRAWN)]
    assert story.connect(BOB).talking == {BOB: "eva"}


def test_who_becomes_ready_joins_the_ringing() -> None:
    story = Story(sales(strategy="ring_all"), agents=TEAM).at(10).happen(AgentPaused(CARL, "")).join("eva")
    assert story.ringing == {ANNA: "eva", BOB: "eva"}
    assert story.happen(AgentUnpaused(CARL)).ringing == {ANNA: "eva", BOB: "eva", CARL: "eva"}


def test_the_others_go_on_ringing_when_one_declines() -> None:
    story = Story(sales(strategy="ring_all"), agents=TEAM).at(10).join("eva")
    assert story.fail(BOB, OfferOutcome.DECLINED).ringing == {ANNA: "eva", CARL: "eva"}
    story.rang(ANNA).at(15).rang(CARL)
    assert story.ringing == {ANNA: "eva", CARL: "eva", BOB: "eva"}


def test_after_an_answer_the_others_are_rung_for_the_next_caller() -> None:
    story = Story(sales(strategy="ring_all"), agents=TEAM).at(10).join("eva").join("fay")
    assert set(story.ringing.values()) == {"eva"}
    story.answer(BOB)
    assert story.ringing == {ANNA: "fay", CARL: "fay"}


def test_all_phones_fall_silent_when_the_caller_leaves() -> None:
    story = Story(sales(strategy="ring_all"), agents=TEAM).at(10).join("eva").leave("eva")
    assert story.ringing == {}
    assert [fact.outcome for fact in story.told(OfferEnded)] == [OfferOutcome.CALLER_LEFT] * 3


def test_a_caller_who_could_not_be_bridged_rings_everybody_again() -> None:
    story = Story(sales(strategy="ring_all"), agents=TEAM).at(10).join("eva").answer(BOB).at(20)
    assert story.ringing == {ANNA: "eva", CARL: "eva"}


# -- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("longest_idel", "longest_idle"),
        ("ringal", "ringall"),
        ("roundrobin", "rrmemory"),
        ("round-robbin", "round-robin"),
    ],
)
def test_an_unknown_strategy_is_refused_with_the_nearest_name_and_nothing_changes(
    wrong: str, right: str
) -> None:
    story = Story().at(10).join("eva")
    with pytest.raises(
        CallfloorError, match=f"queue sales: unknown strategy '{wrong}', did you mean {right}"
    ):
        story.happen(FloorConfigured([sales(strategy=wrong)], []))
    assert story.ringing == {ANNA: "eva"}


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"ring_timeout_s": -5.0}, "queue sales: ring_timeout_s is -5.0, write a number, 0 or above"),
        ({"max_wait_s": inf}, "queue sales: max_wait_s is inf, write a number, 0 or above"),
        ({"wrap_up_s": "20"}, "queue sales: wrap_up_s is '20', write a number, 0 or above"),
        ({"max_length": -1}, "queue sales: max_length is -1, write a number, 0 or above"),
        ({"weight": nan}, "queue sales: weight is nan, write a number"),
        ({"share": 0.0}, "queue sales: share is 0.0, write a number above 0"),
        (
            {"rule": (Widening(after_s=0), Widening(after_s=nan))},
            "queue sales: rule[1]: after_s is nan, write a number, 0 or above",
        ),
        (
            {"announcements": Announcements(every_s=-1)},
            "queue sales: announcements: every_s is -1, write a number, 0 or above",
        ),
        (
            {"callback": CallbackRules(ring_s=-1)},
            "queue sales: callback: ring_s is -1, write a number, 0 or above",
        ),
    ],
)
def test_a_figure_with_which_no_floor_could_run_is_refused_with_its_place(
    rules: dict[str, object], told: str
) -> None:
    story = Story().at(10).join("eva")
    with pytest.raises(CallfloorError) as refusal:
        story.happen(FloorConfigured([sales(**rules)], []))
    assert str(refusal.value) == told
    assert story.ringing == {ANNA: "eva"}


@pytest.mark.parametrize(
    ("someone", "told"),
    [
        (agent(ANNA, wrap_up_s=nan), "agent anna: wrap_up_s is nan, write a number, 0 or above"),
        (agent(ANNA, sales=None), "agent anna in sales: penalty is None, write a number"),  # type: ignore[arg-type]
    ],
)
def test_a_figure_of_an_agent_is_refused_likewise(someone: Agent, told: str) -> None:
    with pytest.raises(CallfloorError) as refusal:
        Story(sales(), agents=[someone])
    assert str(refusal.value) == told


def test_a_refused_configuration_loses_nothing_that_was_due() -> None:
    story = Story().at(10).join("eva")
    story.now = 60.0
    with pytest.raises(UnknownStrategy):
        story.happen(FloorConfigured([sales(strategy="")], []))
    assert story.happen(TimePassed()).told(OfferEnded)[0].outcome is OfferOutcome.UNREACHABLE


# -- changes while callers wait -----------------------------------------------------------------------------


def test_a_removed_queue_is_served_until_it_is_empty_and_nobody_new_may_join() -> None:
    agents = [agent(ANNA, SALES, SUPPORT), agent(BOB, SUPPORT)]
    story = Story(sales(), support(), agents=agents).at(10)
    story.join("eva", SALES).talk(ANNA).join("fay", SALES).join("gil", SUPPORT).talk(BOB).join("hal", SUPPORT)
    story.happen(FloorConfigured([support()], [agent(ANNA, SUPPORT), agent(BOB, SUPPORT)]))
    assert story.join("ida", SALES).ends[2:] == [("ida", "withdrawn")]
    assert story.join("jon", SALES, adopted=True).line() == ["fay", "jon"]
    assert story.floor.refusal(SALES) is VisitOutcome.WITHDRAWN
    assert [queue.name for queue in story.floor.closed_queues()] == [SALES]
    explained = story.floor.explain(ContactId("fay"), story.now)
    assert explained is not None
    assert "in sales, which nobody may join any more: " in explained.sentence
    assert story.part("eva").handled().queue == SALES
    assert story.ringing == {ANNA: "fay"}
    story.talk(ANNA).leave("jon")
    assert story.floor.snapshot(10).queues[SALES].closed
    story.part("fay")
    assert story.floor.snapshot(10).queues.keys() == {SUPPORT}
    assert story.floor.snapshot(10).agents[ANNA].queues == (SUPPORT,)
    assert story.ringing == {ANNA: "hal"}


def test_a_queue_that_is_configured_again_goes_on_with_those_who_wait() -> None:
    again = sales(join_when_empty="never", leave_when_empty="never")
    story = Story(agents=[agent(ANNA)]).at(10).join("eva").talk(ANNA).join("fay")
    story.happen(FloorConfigured([support()], [agent(ANNA, SUPPORT)]))
    story.happen(FloorConfigured([again, support()], [agent(ANNA, SUPPORT), agent(BOB)])).join("gil")
    assert story.line() == ["fay", "gil"]
    assert not story.floor.closed_queues()
    story.happen(AgentLoggedIn(BOB))
    assert story.ringing == {BOB: "fay"}
    story.part("eva").leave("fay").leave("gil")
    assert story.line() == []


def test_nobody_waits_in_a_removed_queue_of_whose_members_none_is_left() -> None:
    agents = [agent(ANNA), agent(BOB, SUPPORT)]
    story = Story(sales(leave_when_empty="never"), support(), agents=agents).at(10)
    story.join("eva").talk(ANNA).join("fay")
    story.happen(FloorConfigured([support()], agents[1:]))
    assert (story.ends, story.talking) == ([("eva", "answered"), ("fay", "withdrawn")], {ANNA: "eva"})


def test_a_caller_being_connected_is_spared_by_the_removal_of_the_queue_and_its_members() -> None:
    connects = Story(agents=TEAM).at(10).join("eva").answer(ANNA).happen(FloorConfigured([], []))
    assert connects.connect(ANNA).ends == [("eva", "answered")]
    fails = Story(agents=TEAM).at(10).join("eva").answer(ANNA).happen(FloorConfigured([], [])).at(20)
    assert fails.ends == [("eva", "withdrawn")]
    assert fails.ringing == {}


def test_a_removed_agent_finishes_the_talk_and_is_gone() -> None:
    story = Story(sales(wrap_up_s=20), agents=TEAM).at(10).join("eva").talk(ANNA).join("fay").rang(BOB)
    story.happen(FloorConfigured([sales(wrap_up_s=20)], [agent(CARL)]))
    assert story.ringing == {CARL: "fay"}
    assert set(story.floor.snapshot(10).agents) == {ANNA, CARL}
    story.at(20).part("eva")
    assert set(story.floor.snapshot(20).agents) == {CARL}
    assert story.told(AgentStateChanged)[-1].state is AgentState.LOGGED_OUT
    assert not story.handled().wrap_up_follows
    assert story.happen(AgentLoggedIn(ANNA)).latest == []


def test_an_agent_who_comes_back_during_the_talk_stays() -> None:
    story = Story(agents=[agent(ANNA)]).at(10).join("eva").talk(ANNA).happen(FloorConfigured([sales()], []))
    story.happen(FloorConfigured([sales()], [agent(ANNA)])).happen(AgentLoggedIn(ANNA)).part("eva")
    assert story.state(ANNA) is AgentState.READY


def test_a_new_member_serves_those_who_wait() -> None:
    story = Story(sales(), support(), agents=[agent(ANNA, SALES), agent(BOB, SUPPORT)]).at(10)
    story.join("eva").talk(ANNA).join("fay")
    story.happen(FloorConfigured([sales(), support()], [agent(ANNA, SALES), agent(BOB, SALES, SUPPORT)]))
    assert story.ringing == {BOB: "fay"}


def test_a_strategy_may_change_while_callers_wait() -> None:
    story = Story(agents=TEAM).at(10).join("eva").fail(ANNA, OfferOutcome.DECLINED)
    assert story.ringing == {BOB: "eva"}
    story.happen(FloorConfigured([sales(strategy="ring_all")], TEAM))
    assert story.ringing == {BOB: "eva", CARL: "eva"}
    story.happen(FloorConfigured([sales(strategy="longest_idle")], TEAM)).at(15)
    assert story.ringing == {BOB: "eva", CARL: "eva"}
    assert story.answer(CARL).connect(CARL).talking == {CARL: "eva"}


def test_a_shorter_wait_holds_for_those_who_wait_already() -> None:
    story = Story().at(10).join("first").talk(ANNA).join("eva").at(40).join("fay")
    story.happen(FloorConfigured([sales(max_wait_s=30)], [agent(ANNA)]))
    assert story.ends == [("first", "answered"), ("eva", "timed_out")]
    assert story.at(70).ends[-1] == ("fay", "timed_out")


def test_a_longer_wait_holds_for_those_who_wait_already() -> None:
    story = Story(sales(max_wait_s=30)).at(10).join("first").talk(ANNA).join("eva").at(30)
    story.happen(FloorConfigured([sales()], [agent(ANNA)]))
    assert story.floor.next_deadline() is None


def test_the_same_configuration_again_changes_nothing() -> None:
    story = Story(sales(strategy="round_robin"), agents=TEAM)
    assert serve(story, "eva") == ANNA
    story.after(1).join("fay").join("gil").talk(BOB)
    facts = len(story.facts)
    story.happen(FloorConfigured([sales(strategy="round_robin")], TEAM))
    assert (list(story.latest), len(story.facts)) == ([], facts)
    assert story.ringing == {CARL: "gil"}
    assert story.join("hal").ringing == {CARL: "gil", ANNA: "hal"}


def test_a_queue_nobody_serves_takes_nobody() -> None:
    story = Story(sales(), support(), agents=[agent(ANNA, SALES)]).at(10).join("eva", SUPPORT)
    assert story.ends == [("eva", "left_empty")]


def test_an_agent_without_queues_or_with_unknown_ones_waits_for_nobody() -> None:
    story = Story(sales(), agents=[agent(DORA, SUPPORT)]).at(10)
    assert story.state(DORA) is AgentState.READY
    assert story.floor.snapshot(10).agents[DORA].queues == ()
    assert story.happen(AgentLoggedOut(DORA)).commands == list[Command]()
