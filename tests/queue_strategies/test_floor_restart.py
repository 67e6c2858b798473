"""After a restart the floor goes on where the process before left off."""

from __future__ import annotations

from queue_strategies.events import AgentReady, AgentRestored, CallerJoined, FloorConfigured, TalkRestored
from queue_strategies.facts import AgentStateChanged, Handled, QueueJoined
from queue_strategies.model import AgentId, AgentState, OfferId, OfferOutcome, QueueName
from tests.queue_strategies.floor_story import ANNA, BOB, CARL, SALES, Story, agent, caller_named, sales

TEAM = [agent(ANNA), agent(BOB), agent(CARL)]
OFFER = OfferId("offer-of-yesterday")


def restarted(**rules: object) -> Story:
    """Return a floor at 100 that has just been configured."""
    return Story(sales(**rules), agents=TEAM, present=False).at(100)


def test_agents_are_what_they_were_and_nothing_is_told() -> None:
    story = restarted().happen(AgentRestored(ANNA, True, None, 40.0, since_moment=30.0))
    story.happen(AgentRestored(BOB, True, "lunch", 40.0)).happen(AgentRestored(CARL, False, None, 40.0))
    assert [story.state(who) for who in (ANNA, BOB, CARL)] == [
        AgentState.READY,
        AgentState.PAUSED,
        AgentState.LOGGED_OUT,
    ]
    assert story.facts == []
    assert story.floor.snapshot(100).agents[ANNA].since_moment == 30


def test_a_state_that_outlasts_the_restart_is_counted_whole() -> None:
    story = restarted().happen(AgentRestored(ANNA, True, None, 40.0, since_moment=30.0)).join("eva")
    assert story.told(AgentStateChanged)[0].lasted_s == 70


def test_who_was_idle_longest_still_is() -> None:
    story = (
        restarted().happen(AgentRestored(ANNA, True, None, 50.0)).happen(AgentRestored(BOB, True, None, 40.0))
    )
    assert story.join("eva").ringing == {BOB: "eva"}


def test_a_late_restoring_does_not_undo_what_happened_since() -> None:
    story = restarted().happen(AgentRestored(ANNA, True, "lunch", 50.0)).happen(AgentReady(ANNA))
    story.happen(AgentRestored(ANNA, True, "lunch", 50.0))
    assert story.state(ANNA) is AgentState.READY


def test_an_adopted_caller_keeps_wait_and_place_and_is_not_counted_twice() -> None:
    story = restarted(max_length=1, max_wait_s=60).join("new")
    for name, joined in (("fay", 90.0), ("eva", 80.0), ("old", 10.0)):
        story.happen(CallerJoined(caller_named(name, SALES, joined_moment=joined, adopted=True, attempts=2)))
    assert story.line() == ["eva", "fay"]
    assert story.ends == [("new", "left_empty"), ("old", "timed_out")]
    assert [fact.contact for fact in story.told(QueueJoined)] == ["new"]
    assert story.floor.snapshot(100).queues[SALES].callers[0].attempts == 2
    assert story.happen(AgentRestored(ANNA, True, None, 50.0)).ringing == {ANNA: "eva"}
    assert story.at(101).talk(ANNA).ends[-1] == ("eva", "answered")


def test_a_talk_goes_on_and_is_told_when_it_ends() -> None:
    story = restarted(wrap_up_s=5).happen(AgentRestored(ANNA, True, None, 20.0))
    story.happen(TalkRestored(caller_named("eva", SALES, joined_moment=30), ANNA, OFFER, 40.0))
    assert story.talking == {ANNA: "eva"}
    assert story.facts == []
    assert story.floor.snapshot(100).agents[ANNA].since_moment == 40
    story.at(110).part("eva")
    assert story.handled().talk_s == 70
    assert story.told(AgentStateChanged)[0].lasted_s == 70
    assert story.state(ANNA) is AgentState.WRAP_UP
    assert story.floor.snapshot(110).queues[SALES].counts.talking == 0


def test_a_talk_goes_on_whose_agent_and_queue_are_no_longer_configured() -> None:
    story = restarted()
    gone = AgentId("gone")
    story.happen(TalkRestored(caller_named("eva", QueueName("old"), joined_moment=30), gone, OFFER, 40.0))
    assert story.talking == {gone: "eva"}
    assert story.part("eva").told(Handled)[0].agent == gone
    assert gone not in story.floor.snapshot(100).agents


def test_an_agent_found_talking_is_not_rung() -> None:
    story = restarted().happen(AgentRestored(ANNA, True, None, 50.0)).join("fay")
    assert story.ringing == {ANNA: "fay"}
    story.happen(TalkRestored(caller_named("eva", SALES, joined_moment=30), ANNA, OFFER, 40.0))
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.WITHDRAWN)]
    assert story.talking == {ANNA: "eva"}


def test_a_talk_restored_twice_is_one_talk() -> None:
    restored = TalkRestored(caller_named("eva", SALES, joined_moment=30), ANNA, OFFER, 40.0)
    story = restarted().happen(restored).happen(restored)
    story.happen(TalkRestored(caller_named("fay", SALES, joined_moment=30), ANNA, OfferId("other"), 40.0))
    assert story.talking == {ANNA: "eva"}
    assert story.floor.snapshot(100).queues[SALES].counts.talking == 1


def test_the_agent_of_a_restored_talk_may_be_restored_afterwards() -> None:
    story = restarted().happen(TalkRestored(caller_named("eva", SALES, joined_moment=30), ANNA, OFFER, 40.0))
    story.happen(AgentRestored(ANNA, True, None, 20.0)).happen(FloorConfigured([sales()], TEAM))
    assert (story.talking, story.facts) == ({ANNA: "eva"}, [])
    assert story.part("eva").state(ANNA) is AgentState.READY
