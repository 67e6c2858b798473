"""A caller is put before an agent: ringing, answering, and everything that can come between."""

from __future__ import annotations

import pytest

from queue_strategies.commands import Connect, Ring, StopRinging
from queue_strategies.events import (
    AgentAnswered,
    AgentLoggedIn,
    AgentRang,
    CallerConnected,
    CallerJoined,
    CallerLeft,
    Event,
    OfferFailed,
    TalkEnded,
)
from queue_strategies.facts import Answered, Handled, OfferEnded, OfferMade, QueueJoined, VisitEnded
from queue_strategies.model import AgentState, ContactId, OfferId, OfferOutcome, VisitOutcome
from tests.queue_strategies.floor_story import (
    ANNA,
    BOB,
    CARL,
    SALES,
    Story,
    agent,
    caller_named,
    sales,
    visit_of,
)

ANNA_AND_BOB = [agent(ANNA), agent(BOB)]


def outcomes(story: Story) -> list[tuple[str, str]]:
    return [(fact.agent, fact.outcome.value) for fact in story.told(OfferEnded)]


def test_a_caller_is_rung_through_answered_and_talks() -> None:
    story = Story(sales(wrap_up_s=10)).at(10).join("eva")
    assert story.ringing == {ANNA: "eva"}
    story.at(11).rang(ANNA).at(15).answer(ANNA)
    assert [type(command) for command in story.latest] == [Connect]
    assert story.talking == {}
    story.at(15.5).connect(ANNA)
    assert story.talking == {ANNA: "eva"}
    answered = story.told(Answered)[0]
    assert (answered.wait_s, answered.within_service_level) == (5.5, True)
    offer = story.told(OfferEnded)[0]
    assert (offer.outcome, offer.rang_s) == (OfferOutcome.ANSWERED, 4)
    story.at(40).part("eva")
    assert story.state(ANNA) is AgentState.WRAP_UP
    assert story.handled().talk_s == 24.5
    story.at(50)
    assert story.state(ANNA) is AgentState.READY


@pytest.mark.parametrize(
    ("outcome", "rest_s", "meanwhile"),
    [
        (OfferOutcome.RANG_OUT, 5, AgentState.RESTING),
        (OfferOutcome.DECLINED, 5, AgentState.RESTING),
        (OfferOutcome.FAILED, 5, AgentState.RESTING),
        (OfferOutcome.UNREACHABLE, 30, AgentState.UNREACHABLE),
    ],
)
def test_an_agent_who_does_not_take_the_offer_is_spared_for_a_while(
    outcome: OfferOutcome, rest_s: float, meanwhile: AgentState
) -> None:
    story = Story(sales(rest_s=5, unreachable_rest_s=30)).at(10).join("eva").rang(ANNA)
    story.at(12).fail(ANNA, outcome)
    assert story.ringing == {}
    assert story.line() == ["eva"]
    assert story.state(ANNA) is meanwhile
    story.at(12 + rest_s - 0.01)
    assert story.ringing == {}
    story.at(12 + rest_s)
    assert story.ringing == {ANNA: "eva"}
    assert outcomes(story) == [(ANNA, outcome.value)]


def test_an_unanswered_call_moves_on_to_the_next_agent() -> None:
    story = Story(sales(ring_timeout_s=20), agents=ANNA_AND_BOB).at(10).join("eva").at(11).rang(ANNA)
    story.at(30.9)
    assert story.ringing == {ANNA: "eva"}
    story.at(31)
    assert story.ringing == {BOB: "eva"}
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.RANG_OUT)]
    assert outcomes(story) == [(ANNA, "rang_out")]


def test_a_phone_that_never_reports_ringing_is_dead() -> None:
    story = Story(sales(ring_timeout_s=60), agents=ANNA_AND_BOB).at(10).join("eva").at(20)
    assert story.ringing == {BOB: "eva"}
    assert outcomes(story) == [(ANNA, "unreachable")]
    assert story.state(ANNA) is AgentState.UNREACHABLE


def test_a_caller_whose_agent_declines_keeps_the_place() -> None:
    story = Story(agents=ANNA_AND_BOB).at(10).join("eva").join("fay").join("gil").join("hal")
    assert story.ringing == {ANNA: "eva", BOB: "fay"}
    story.at(11).fail(ANNA, OfferOutcome.DECLINED)
    assert story.line() == ["eva", "fay", "gil", "hal"]
    story.at(16)
    assert story.ringing == {ANNA: "eva", BOB: "fay"}


def test_an_agent_who_declined_goes_to_the_end_of_the_idle() -> None:
    story = Story(agents=ANNA_AND_BOB).at(10).join("eva").fail(ANNA, OfferOutcome.DECLINED)
    assert story.leave("eva").at(20).join("fay").ringing == {BOB: "fay"}


@pytest.mark.parametrize("outcome", [VisitOutcome.ABANDONED, VisitOutcome.LOST])
def test_an_agent_whose_caller_hung_up_while_it_rang_keeps_the_place(outcome: VisitOutcome) -> None:
    story = Story(agents=ANNA_AND_BOB).at(10).join("eva").rang(ANNA).at(13).leave("eva", outcome)
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.CALLER_LEFT)]
    assert story.ends == [("eva", outcome.value)]
    assert story.released == []
    assert story.join("fay").ringing == {ANNA: "fay"}


# -- between picking up and being bridged -------------------------------------------------------------------


def test_a_caller_who_hangs_up_while_being_connected_leaves_no_leg() -> None:
    story = Story().at(10).join("eva").rang(ANNA).at(12).answer(ANNA).leave("eva")
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.CALLER_LEFT)]
    assert story.ends == [("eva", "abandoned")]
    assert story.state(ANNA) is AgentState.READY
    story.connect(ANNA)
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.WITHDRAWN)]
    assert story.ends == [("eva", "abandoned")]


def test_an_agent_whose_leg_dies_before_the_bridge_leaves_the_caller_in_place() -> None:
    story = Story(agents=ANNA_AND_BOB).at(10).join("eva").join("fay").answer(ANNA)
    story.happen(OfferFailed(story.offer(ANNA), OfferOutcome.FAILED))
    assert (story.offer(ANNA), OfferOutcome.FAILED) in story.stopped()
    assert story.line() == ["eva", "fay"]
    assert story.fail(BOB, OfferOutcome.DECLINED).ringing == {}
    assert story.at(15).ringing == {ANNA: "eva", BOB: "fay"}


def test_a_talk_that_ends_before_it_began_is_a_failed_offer() -> None:
    story = Story(agents=ANNA_AND_BOB).at(10).join("eva").answer(ANNA).part("eva", by="agent")
    assert story.ringing == {BOB: "eva"}
    assert outcomes(story) == [(ANNA, "failed")]


def test_a_bridge_that_is_never_confirmed_is_given_up() -> None:
    story = Story(agents=ANNA_AND_BOB).at(10).join("eva").answer(ANNA).at(19.9)
    assert story.state(ANNA) is AgentState.RINGING
    story.at(20)
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.FAILED)]
    assert story.ringing == {BOB: "eva"}


def test_a_caller_who_cannot_be_bridged_again_and_again_does_not_use_up_the_agents() -> None:
    story = Story(sales(rest_s=0), agents=[agent(ANNA), agent(BOB), agent(CARL)]).at(10).join("eva")
    for who in (ANNA, BOB):
        story.answer(who).happen(OfferFailed(story.offer(who), OfferOutcome.FAILED))
    assert story.ringing == {}
    explained = story.floor.explain(ContactId("eva"), 10)
    assert explained is not None
    assert "could not be connected 2 times, next try in 2 s" in explained.sentence
    assert story.join("fay").ringing == {CARL: "fay"}
    assert story.line() == ["eva", "fay"]
    assert story.at(12).ringing == {CARL: "fay", ANNA: "eva"}


def test_a_caller_does_not_time_out_once_an_agent_has_picked_up() -> None:
    story = Story(sales(max_wait_s=30)).at(10).join("eva").at(19).rang(ANNA).at(35).answer(ANNA).at(42)
    assert story.ends == []
    assert story.connect(ANNA).ends == [("eva", "answered")]


def test_a_caller_whose_time_ran_out_during_a_failed_bridge_is_let_go_then() -> None:
    story = Story(sales(max_wait_s=30)).at(10).join("eva").at(19).rang(ANNA).at(35).answer(ANNA).at(45)
    assert story.ends == [("eva", "timed_out")]


def test_a_bridge_reported_before_the_answer_counts() -> None:
    story = Story().at(10).join("eva").rang(ANNA).at(12).connect(ANNA)
    assert story.talking == {ANNA: "eva"}
    assert story.at(12.1).answer(ANNA).latest == []


# -- late, double and unknown -------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [AgentRang, AgentAnswered, CallerConnected])
def test_a_leg_of_an_offer_that_is_over_is_stopped(event: type[AgentRang]) -> None:
    story = Story().happen(event(OfferId("long-gone")))
    assert story.latest == [StopRinging(OfferId("long-gone"), OfferOutcome.WITHDRAWN)]


def test_an_answer_that_crosses_the_ring_timeout_leaves_no_leg() -> None:
    story = Story(sales(ring_timeout_s=20), agents=ANNA_AND_BOB).at(10).join("eva").rang(ANNA).at(30)
    assert story.ringing == {BOB: "eva"}
    story.answer(ANNA)
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.WITHDRAWN)]
    assert story.ringing == {BOB: "eva"}


def test_an_answer_that_comes_with_the_deadline_is_too_late() -> None:
    story = Story(sales(ring_timeout_s=20)).at(10).join("eva").rang(ANNA)
    story.now = 30.0
    story.happen(AgentAnswered(story.offer(ANNA)))
    assert [type(command) for command in story.latest] == [StopRinging, StopRinging]
    assert story.told(OfferEnded)[-1].outcome is OfferOutcome.RANG_OUT


def test_everything_told_twice_counts_once() -> None:
    story = Story(sales(wrap_up_s=5)).at(10)
    joined = CallerJoined(caller_named("eva", SALES, joined_moment=10))
    story.happen(joined).happen(joined)
    offer = story.offer(ANNA)
    for event in (AgentRang(offer), AgentAnswered(offer), CallerConnected(offer)):
        story.happen(event).happen(event)
    story.happen(AgentAnswered(offer)).happen(OfferFailed(offer, OfferOutcome.RANG_OUT))
    assert story.talking == {ANNA: "eva"}
    story.at(20).part("eva").part("eva").leave("eva").part("eva", by="caller")
    kinds = (QueueJoined, OfferMade, OfferEnded, Answered, Handled)
    assert [len(story.told(kind)) for kind in kinds] == [1, 1, 1, 1, 1]
    assert story.told(VisitEnded) == []
    assert len([command for command in story.commands if isinstance(command, Ring)]) == 1


@pytest.mark.parametrize("first", ["caller", "agent"])
def test_both_hang_up_at_the_same_moment(first: str) -> None:
    story = Story().at(10).join("eva").talk(ANNA).at(20)
    events: list[Event] = [CallerLeft(visit_of("eva")), TalkEnded(visit_of("eva"), "agent")]
    for event in events if first == "caller" else reversed(events):
        story.happen(event)
    assert story.handled().ended_by == first
    assert len(story.told(Handled)) == 1
    assert story.state(ANNA) is AgentState.READY


@pytest.mark.parametrize(
    ("outcome", "ended_by"), [(VisitOutcome.ABANDONED, "caller"), (VisitOutcome.LOST, "lost")]
)
def test_a_caller_who_leaves_a_talk_ends_it(outcome: VisitOutcome, ended_by: str) -> None:
    story = Story().at(10).join("eva").talk(ANNA).at(20).leave("eva", outcome)
    assert story.handled().ended_by == ended_by
    assert story.ends == [("eva", "answered")]


def test_a_leg_that_dies_in_mid_talk_ends_it() -> None:
    story = Story().at(10).join("eva").talk(ANNA).at(20)
    story.happen(OfferFailed(story.offer(ANNA), OfferOutcome.FAILED))
    assert story.handled().ended_by == "lost"


def test_an_outcome_that_cannot_be_is_taken_for_a_failure() -> None:
    story = Story().at(10).join("eva")
    story.fail(ANNA, OfferOutcome.ANSWERED)
    assert outcomes(story) == [(ANNA, "failed")]


def test_a_fault_cannot_spin_even_without_a_rest() -> None:
    story = Story(sales(rest_s=0, unreachable_rest_s=0)).at(10).join("eva").fail(ANNA, OfferOutcome.FAILED)
    assert story.ringing == {}
    assert story.at(11).ringing == {ANNA: "eva"}
    assert story.fail(ANNA, OfferOutcome.UNREACHABLE).ringing == {}


def test_a_phone_is_never_rung_for_two() -> None:
    story = Story().at(10).join("eva").join("fay").join("gil")
    assert story.ringing == {ANNA: "eva"}
    assert story.happen(AgentLoggedIn(ANNA)).latest == []
