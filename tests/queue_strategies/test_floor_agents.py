"""Agents come and go, pause, rest, wrap up, and have calls of their own."""

from __future__ import annotations

import pytest

from queue_strategies.events import (
    AgentFreed,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentOccupied,
    AgentPaused,
    AgentReady,
    AgentUnpaused,
    CallerHeld,
    CallerResumed,
    Event,
    PhoneChanged,
)
from queue_strategies.facts import (
    AgentStateChanged,
    HoldEnded,
    HoldStarted,
    OfferEnded,
    Transferred,
    WrapUpEnded,
)
from queue_strategies.model import AgentId, AgentState, ContactId, OfferOutcome
from tests.queue_strategies.floor_story import (
    ANNA,
    BOB,
    SALES,
    SUPPORT,
    Story,
    agent,
    sales,
    support,
    visit_of,
)

LOGGED_OUT, READY, RINGING = AgentState.LOGGED_OUT, AgentState.READY, AgentState.RINGING
TALKING, WRAP_UP, PAUSED, BUSY = AgentState.TALKING, AgentState.WRAP_UP, AgentState.PAUSED, AgentState.BUSY

OWN_CALL = ContactId("mum")


def talking_floor(*, wrap_up_s: float = 20, own_wrap_up_s: float | None = None) -> Story:
    """Return a floor where anna talks to eva since 10."""
    agents = [agent(ANNA, wrap_up_s=own_wrap_up_s)]
    return Story(sales(wrap_up_s=wrap_up_s), agents=agents).at(10).join("eva").talk(ANNA)


# -- wrap-up ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queues", "own", "lasts_s"), [(20, None, 20), (20, 5, 5), (20, 0, 0), (0, 5, 5), (0, None, 0)]
)
def test_wrap_up_lasts_as_the_queue_says_unless_the_agent_has_another(
    queues: float, own: float | None, lasts_s: float
) -> None:
    story = talking_floor(wrap_up_s=queues, own_wrap_up_s=own).at(30).part("eva").join("fay")
    assert story.handled().wrap_up_follows is (lasts_s > 0)
    if lasts_s:
        assert story.at(30 + lasts_s - 0.1).state(ANNA) is WRAP_UP
        assert story.at(30 + lasts_s).told(WrapUpEnded)[0].wrap_up_s == lasts_s
        assert story.told(WrapUpEnded)[0].ended_by == "timer"
    assert story.ringing == {ANNA: "fay"}


def test_an_agent_may_end_wrap_up() -> None:
    story = talking_floor().at(30).part("eva").join("fay").at(34).happen(AgentReady(ANNA))
    assert story.ringing == {ANNA: "fay"}
    ended = story.told(WrapUpEnded)[0]
    assert (ended.wrap_up_s, ended.ended_by) == (4, "agent")
    assert story.leave("fay").at(60).told(WrapUpEnded) == [ended]


def test_logging_out_in_wrap_up_ends_it() -> None:
    story = talking_floor().at(30).part("eva").at(34).happen(AgentLoggedOut(ANNA))
    assert story.told(WrapUpEnded)[0].ended_by == "logout"
    assert story.state(ANNA) is LOGGED_OUT


def test_logging_out_in_mid_talk_lets_it_go_on_and_no_wrap_up_follows() -> None:
    story = talking_floor().at(20).happen(AgentLoggedOut(ANNA))
    assert story.state(ANNA) is TALKING
    assert story.told(AgentStateChanged)[-1].logged_in is False
    story.at(30).part("eva")
    assert story.state(ANNA) is LOGGED_OUT
    assert story.told(WrapUpEnded) == []
    assert story.handled().wrap_up_follows is False
    assert story.handled().talk_s == 20


def test_who_logs_in_again_in_mid_talk_has_wrap_up() -> None:
    story = talking_floor().happen(AgentLoggedOut(ANNA)).happen(AgentLoggedIn(ANNA)).part("eva")
    assert story.state(ANNA) is WRAP_UP


# -- pause --------------------------------------------------------------------------------------------------


def test_an_agent_who_pauses_gets_no_caller() -> None:
    story = Story(agents=[agent(ANNA), agent(BOB)]).at(10).happen(AgentPaused(ANNA, "lunch")).join("eva")
    assert story.ringing == {BOB: "eva"}
    change = story.told(AgentStateChanged)[-2]
    assert (change.agent, change.state, change.reason, change.pause_reason) == (
        ANNA,
        PAUSED,
        "lunch",
        "lunch",
    )
    assert story.join("fay").happen(AgentUnpaused(ANNA)).ringing == {BOB: "eva", ANNA: "fay"}


def test_a_pause_asked_for_in_mid_talk_begins_after_the_wrap_up() -> None:
    story = talking_floor().at(20).happen(AgentPaused(ANNA, "lunch")).join("fay")
    assert story.state(ANNA) is TALKING
    assert story.told(AgentStateChanged)[-1].pause_reason == "lunch"
    assert story.at(30).part("eva").state(ANNA) is WRAP_UP
    assert story.at(50).state(ANNA) is PAUSED
    assert story.ringing == {}
    assert story.states(ANNA)[-4:] == [TALKING, TALKING, WRAP_UP, PAUSED]


def test_a_pause_that_has_not_begun_may_be_taken_back() -> None:
    story = talking_floor(wrap_up_s=0).happen(AgentPaused(ANNA, "lunch")).happen(AgentUnpaused(ANNA))
    assert story.at(30).part("eva").state(ANNA) is READY


def test_to_pause_while_the_phone_rings_is_to_decline() -> None:
    story = Story(agents=[agent(ANNA), agent(BOB)]).at(10).join("eva").rang(ANNA)
    story.happen(AgentPaused(ANNA, ""))
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.DECLINED)]
    assert story.told(OfferEnded)[0].outcome is OfferOutcome.DECLINED
    assert story.state(ANNA) is PAUSED
    assert story.ringing == {BOB: "eva"}


def test_a_pause_may_change_its_reason() -> None:
    story = Story().at(10).happen(AgentPaused(ANNA, "lunch")).at(20).happen(AgentPaused(ANNA, "meeting"))
    change = story.told(AgentStateChanged)[-1]
    assert (change.was, change.lasted_s, change.state, change.reason) == (PAUSED, 10, PAUSED, "meeting")
    assert story.floor.snapshot(25).agents[ANNA].since_moment == 10


def test_logging_out_forgets_the_pause() -> None:
    story = Story().happen(AgentPaused(ANNA, "lunch")).happen(AgentLoggedOut(ANNA))
    assert story.happen(AgentPaused(ANNA, "lunch")).state(ANNA) is LOGGED_OUT
    assert story.happen(AgentLoggedIn(ANNA)).state(ANNA) is READY


def test_ready_ends_rest_and_pause_at_once() -> None:
    story = Story().at(10).join("eva").fail(ANNA, OfferOutcome.DECLINED)
    assert story.happen(AgentReady(ANNA)).ringing == {ANNA: "eva"}
    story.happen(AgentPaused(ANNA, "lunch"))
    assert story.happen(AgentReady(ANNA)).ringing == {ANNA: "eva"}


def test_an_agent_who_logs_out_while_ringing_gives_the_caller_back() -> None:
    story = Story(agents=[agent(ANNA), agent(BOB)]).at(10).join("eva").rang(ANNA).happen(AgentLoggedOut(ANNA))
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.WITHDRAWN)]
    assert story.ringing == {BOB: "eva"}


def test_an_agent_who_logs_out_after_picking_up_talks_to_the_end() -> None:
    story = Story().at(10).join("eva").answer(ANNA).happen(AgentLoggedOut(ANNA)).connect(ANNA)
    assert story.talking == {ANNA: "eva"}
    assert story.part("eva").state(ANNA) is LOGGED_OUT


# -- phones and calls of their own --------------------------------------------------------------------------


def test_an_unplugged_phone_gets_no_caller_until_it_is_back() -> None:
    story = Story().at(10).happen(PhoneChanged(ANNA, reachable=False)).join("eva")
    assert story.state(ANNA) is AgentState.UNREACHABLE
    assert story.at(500).happen(PhoneChanged(ANNA, reachable=True)).ringing == {ANNA: "eva"}


def test_a_dead_phone_that_is_seen_again_is_tried_at_once() -> None:
    story = Story(sales(unreachable_rest_s=30)).at(10).join("eva").fail(ANNA, OfferOutcome.UNREACHABLE)
    assert story.at(12).happen(PhoneChanged(ANNA, reachable=True)).ringing == {ANNA: "eva"}


def test_a_phone_seen_again_does_not_end_the_rest_of_one_who_declined() -> None:
    story = Story().at(10).join("eva").fail(ANNA, OfferOutcome.DECLINED)
    assert story.at(12).happen(PhoneChanged(ANNA, reachable=True)).ringing == {}


def test_an_agent_on_a_call_of_their_own_is_busy() -> None:
    story = Story().at(10).happen(AgentOccupied(ANNA, OWN_CALL)).join("eva")
    assert (story.state(ANNA), story.ringing) == (BUSY, {})
    story.happen(AgentOccupied(ANNA, OWN_CALL)).happen(AgentOccupied(ANNA, ContactId("dad")))
    assert story.happen(AgentFreed(ANNA, OWN_CALL)).ringing == {}
    assert story.happen(AgentFreed(ANNA, ContactId("dad"))).ringing == {ANNA: "eva"}


def test_a_call_the_queue_gave_is_not_the_agents_own() -> None:
    story = Story().at(10).join("eva").happen(AgentOccupied(ANNA, ContactId("eva")))
    story.talk(ANNA).happen(AgentOccupied(ANNA, ContactId("eva"))).part("eva")
    assert story.state(ANNA) is READY


def test_nobody_knows_a_stranger() -> None:
    stranger = AgentId("stranger")
    events: list[Event] = [
        AgentLoggedIn(stranger),
        AgentLoggedOut(stranger),
        AgentPaused(stranger, ""),
        AgentUnpaused(stranger),
        AgentReady(stranger),
        PhoneChanged(stranger, reachable=False),
        AgentOccupied(stranger, OWN_CALL),
        AgentFreed(stranger, OWN_CALL),
    ]
    story = Story()
    told = len(story.facts)
    for event in events:
        story.happen(event)
    assert (len(story.facts), story.commands) == (told, [])


# -- talk ---------------------------------------------------------------------------------------------------


def test_hold_is_counted_apart_from_talk() -> None:
    story = (
        talking_floor().at(20).happen(CallerHeld(visit_of("eva"))).at(22).happen(CallerHeld(visit_of("eva")))
    )
    assert story.floor.snapshot(22).agents[ANNA].on_hold
    story.at(25).happen(CallerResumed(visit_of("eva"))).happen(CallerResumed(visit_of("eva")))
    story.at(30).happen(CallerHeld(visit_of("eva"))).at(33).part("eva", by="caller")
    assert [fact.hold_s for fact in story.told(HoldEnded)] == [5, 3]
    assert len(story.told(HoldStarted)) == 2
    assert (story.handled().talk_s, story.handled().hold_s) == (15, 8)


def test_a_transfer_is_told_with_the_talk_it_ended() -> None:
    story = talking_floor().at(20).part("eva", by="transfer", to="queue:support", kind="attended")
    told = story.told(Transferred)[0]
    assert (told.agent, told.to, told.kind) == (ANNA, "queue:support", "attended")
    assert story.handled().ended_by == "transfer"


def test_an_agent_of_two_queues_is_reserved_for_one_caller() -> None:
    story = Story(sales(), support(), agents=[agent(ANNA, SALES, SUPPORT)]).at(10)
    story.join("eva", SALES).join("fay", SUPPORT)
    assert story.ringing == {ANNA: "eva"}
    assert story.talk(ANNA).ringing == {}
    assert story.part("eva").ringing == {ANNA: "fay"}


def test_states_that_did_not_last_are_not_told() -> None:
    story = talking_floor(wrap_up_s=5).join("fay").at(30).part("eva").at(35)
    assert story.states(ANNA)[-3:] == [TALKING, WRAP_UP, RINGING]


def test_an_agents_states_add_up_to_the_agents_day() -> None:
    story = talking_floor().at(30).part("eva").at(60).happen(AgentPaused(ANNA, "lunch")).at(90)
    story.happen(AgentUnpaused(ANNA)).at(100).join("fay").at(105).leave("fay").at(110)
    story.happen(AgentLoggedOut(ANNA))
    assert sum(fact.lasted_s for fact in story.told(AgentStateChanged)) == 110
    spent = {fact.was: fact.lasted_s for fact in story.told(AgentStateChanged) if fact.was is not READY}
    assert spent == {LOGGED_OUT: 1, TALKING: 20, WRAP_UP: 20, PAUSED: 30, RINGING: 5}


def test_what_was_due_is_settled_in_its_order_before_what_happens() -> None:
    story = (
        Story(sales(wrap_up_s=5, max_wait_s=12)).at(10).join("eva").talk(ANNA).join("fay").at(20).part("eva")
    )
    story.now = 30.0
    story.happen(AgentLoggedOut(ANNA))
    assert story.ends == [("eva", "answered"), ("fay", "timed_out")]
    assert story.ringing == {}
    assert [(fact.moment, fact.state) for fact in story.told(AgentStateChanged)][-2:] == [
        (25, READY),
        (30, LOGGED_OUT),
    ]
