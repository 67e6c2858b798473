"""What a call was about is to be said before wrap-up ends, where the queue wants it so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.events import (
    AgentLoggedOut,
    AgentReady,
    AgentRestored,
    DispositionNoted,
    FloorConfigured,
    RestoringBegan,
    RestoringEnded,
    WrapUpRestored,
)
from queue_strategies.facts import Handled, WrapUpEnded
from queue_strategies.model import AgentState
from tests.queue_strategies.floor_story import ANNA, Story, agent, caller_named, sales, visit_of

SALES = caller_named("ann", sales().name, joined_moment=10)
NOTED = DispositionNoted(ANNA, visit_of("ann"))


def talking(wrap_up_s: float = 20.0) -> Story:
    """Let anna talk with ann since 110."""
    story = Story(sales(wrap_up_s=wrap_up_s, disposition_required=True))
    return story.at(100).join("ann").rang(ANNA).at(110).answer(ANNA).connect(ANNA)


def test_wrap_up_goes_on_beyond_its_time_until_it_was_said_what_the_call_was_about() -> None:
    story = talking().at(150).part("ann").at(400)
    assert story.state(ANNA) is AgentState.WRAP_UP
    assert story.floor.snapshot(400).agents[ANNA].until_moment is None
    (ended,) = story.happen(NOTED).told(WrapUpEnded)
    assert (ended.moment, ended.wrap_up_s, ended.ended_by) == (400, 250, "agent")
    assert story.state(ANNA) is AgentState.READY


def test_who_has_said_it_wraps_up_for_the_usual_time() -> None:
    story = talking().at(150).part("ann").at(155).happen(NOTED)
    assert story.state(ANNA) is AgentState.WRAP_UP
    assert story.at(171).told(WrapUpEnded)[0].wrap_up_s == 20


def test_it_may_be_said_while_they_talk_and_then_nothing_is_owed() -> None:
    story = talking(wrap_up_s=0).at(120).happen(NOTED).at(150).part("ann")
    assert story.state(ANNA) is AgentState.READY
    assert story.told(Handled)[0].wrap_up_follows is False


def test_an_agent_cannot_leave_it_out_but_a_supervisor_can() -> None:
    story = talking(wrap_up_s=0).at(150).part("ann").at(160).happen(AgentReady(ANNA))
    assert story.told(Handled)[0].wrap_up_follows
    assert story.state(ANNA) is AgentState.WRAP_UP
    (ended,) = story.happen(AgentReady(ANNA, forced=True)).told(WrapUpEnded)
    assert (ended.ended_by, ended.wrap_up_s, story.state(ANNA)) == ("supervisor", 10, AgentState.READY)


def test_who_goes_home_owes_nothing() -> None:
    (ended,) = talking().at(150).part("ann").at(500).happen(AgentLoggedOut(ANNA)).told(WrapUpEnded)
    assert (ended.ended_by, ended.wrap_up_s) == ("logout", 350)


def test_a_queue_that_asks_for_it_no_more_lets_go_of_those_whose_time_is_up() -> None:
    story = talking().at(150).part("ann").at(500)
    story.happen(FloorConfigured([sales(wrap_up_s=20)], [agent(ANNA)]))
    assert story.state(ANNA) is AgentState.READY


@given(st.booleans(), st.floats(0, 60))
def test_a_restart_forgets_neither_that_it_is_owed_nor_that_it_was_said(
    disposed: bool, away_s: float
) -> None:
    story = Story(sales(wrap_up_s=20, disposition_required=True), present=False)
    story.at(100).happen(RestoringBegan())
    story.happen(
        AgentRestored(ANNA, True, None, 90.0, since_moment=90.0, told_state=AgentState.WRAP_UP)
    ).happen(WrapUpRestored(SALES, ANNA, 90.0, disposed)).happen(RestoringEnded())
    story.at(100 + away_s)
    over = disposed and 100 + away_s >= 110
    assert story.state(ANNA) is (AgentState.READY if over else AgentState.WRAP_UP)
    assert story.floor.snapshot(100 + away_s).agents[ANNA].work_after is None or not over
