"""After a restart the floor goes on where the process before left off."""

from __future__ import annotations

from queue_strategies.events import (
    AgentAnswered,
    AgentReady,
    AgentRestored,
    CallerConnected,
    CallerJoined,
    CallerLeft,
    FloorConfigured,
    OfferRestored,
    RestoringBegan,
    RestoringEnded,
    TalkEnded,
    TalkRestored,
    WrapUpRestored,
)
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    Handled,
    HoldEnded,
    OfferEnded,
    OfferMade,
    QueueJoined,
    VisitEnded,
    WrapUpEnded,
)
from queue_strategies.model import AgentId, AgentState, OfferId, OfferOutcome, QueueName, VisitOutcome
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


def test_an_agent_found_talking_is_on_the_floor_though_removed_after_picking_up() -> None:
    story = restarted().happen(AgentRestored(ANNA, True, None, 50.0)).join("fay")
    story.happen(AgentAnswered(story.offer(ANNA))).happen(FloorConfigured([sales()], [agent(BOB)]))
    story.happen(TalkRestored(caller_named("eva", SALES, joined_moment=30), ANNA, OFFER, 40.0))
    assert story.talking == {ANNA: "eva"}
    assert story.part("eva").told(Handled)[0].agent == ANNA
    assert ANNA not in story.floor.snapshot(100).agents


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


# -- all of it at once, as it is found ----------------------------------------------------------------------


def restoring(**rules: object) -> Story:
    """Return a floor at 100 that is being told how things stand."""
    return restarted(**rules).happen(RestoringBegan())


def adopted(name: str, joined_moment: float, priority: int = 0) -> CallerJoined:
    return CallerJoined(
        caller_named(name, SALES, joined_moment=joined_moment, priority=priority, adopted=True)
    )


def test_nobody_is_rung_until_everybody_is_found_and_then_who_comes_first() -> None:
    story = restoring().happen(AgentRestored(ANNA, True, None, 50.0))
    story.happen(adopted("early", 10.0)).happen(adopted("precious", 90.0, priority=1))
    assert story.ringing == {}
    assert story.happen(RestoringEnded()).ringing == {ANNA: "precious"}


def test_what_an_agent_is_found_doing_is_not_told_again() -> None:
    story = restoring()
    story.happen(AgentRestored(ANNA, True, None, 20.0, since_moment=40.0, told_state=AgentState.TALKING))
    story.happen(TalkRestored(caller_named("eva", SALES, joined_moment=30), ANNA, OFFER, 40.0))
    assert story.happen(RestoringEnded()).facts == []
    assert story.at(110).part("eva").told(AgentStateChanged)[0].lasted_s == 70


def test_what_an_agent_is_not_found_doing_any_more_is_over() -> None:
    story = restoring()
    story.happen(AgentRestored(ANNA, True, None, 20.0, since_moment=40.0, told_state=AgentState.RINGING))
    assert story.facts == []
    (change,) = story.happen(RestoringEnded()).told(AgentStateChanged)
    assert (change.was, change.lasted_s, change.state) == (AgentState.RINGING, 60, AgentState.READY)


def test_a_phone_rings_on_and_is_answered_as_if_nothing_had_been() -> None:
    story = restoring(ring_timeout_s=30).happen(AgentRestored(ANNA, True, None, 50.0))
    story.happen(OfferRestored(caller_named("eva", SALES, joined_moment=80, adopted=True), ANNA, OFFER, 90.0))
    story.happen(adopted("eva", 80.0)).happen(RestoringEnded())
    assert (story.state(ANNA), story.ringing, story.line()) == (AgentState.RINGING, {}, ["eva"])
    story.at(105).happen(AgentAnswered(OFFER)).happen(CallerConnected(OFFER))
    (answered,), (ended,) = story.told(Answered), story.told(OfferEnded)
    assert (answered.wait_s, ended.outcome, ended.rang_s) == (25, OfferOutcome.ANSWERED, 15)
    assert not [*story.told(OfferMade), *story.told(QueueJoined)]


def test_a_phone_that_rang_out_meanwhile_has_rung_out() -> None:
    story = restoring(ring_timeout_s=5, rest_s=9).happen(AgentRestored(ANNA, True, None, 50.0))
    story.happen(AgentRestored(BOB, True, None, 60.0))
    story.happen(OfferRestored(caller_named("eva", SALES, joined_moment=80, adopted=True), ANNA, OFFER, 90.0))
    story.happen(RestoringEnded())
    assert [fact.outcome for fact in story.told(OfferEnded)] == [OfferOutcome.RANG_OUT]
    assert story.ringing == {BOB: "eva"}


def test_a_phone_that_may_not_ring_on_is_silenced() -> None:
    story = restoring().happen(AgentRestored(ANNA, True, None, 50.0))
    story.happen(TalkRestored(caller_named("fay", SALES, joined_moment=30), ANNA, OfferId("talk"), 40.0))
    story.happen(OfferRestored(caller_named("eva", SALES, joined_moment=80, adopted=True), ANNA, OFFER))
    assert story.stopped() == [(OFFER, OfferOutcome.WITHDRAWN)]
    assert (story.line(), story.talking) == (["eva"], {ANNA: "fay"})


def test_a_wrap_up_lasts_for_the_rest_of_its_time() -> None:
    story = restoring(wrap_up_s=20)
    story.happen(AgentRestored(ANNA, True, None, 90.0, since_moment=90.0, told_state=AgentState.WRAP_UP))
    story.happen(WrapUpRestored(caller_named("eva", SALES, joined_moment=10), ANNA, 90.0))
    assert story.happen(RestoringEnded()).facts == []
    assert story.state(ANNA) is AgentState.WRAP_UP
    assert story.at(111).told(WrapUpEnded)[0].wrap_up_s == 20
    assert story.told(AgentStateChanged)[0].lasted_s == 20


def test_a_wrap_up_that_ended_meanwhile_lasted_no_longer_than_it_may() -> None:
    story = restoring(wrap_up_s=5)
    story.happen(AgentRestored(ANNA, True, None, 90.0, since_moment=90.0, told_state=AgentState.WRAP_UP))
    story.happen(WrapUpRestored(caller_named("eva", SALES, joined_moment=10), ANNA, 90.0))
    (ended,) = story.happen(RestoringEnded()).told(WrapUpEnded)
    assert (ended.wrap_up_s, ended.moment, story.state(ANNA)) == (5, 95, AgentState.READY)


def test_an_agent_whose_phone_is_found_ringing_wraps_up_nothing_any_more() -> None:
    story = restoring(wrap_up_s=30).happen(AgentRestored(ANNA, True, None, 50.0))
    story.happen(OfferRestored(caller_named("eva", SALES, joined_moment=80, adopted=True), ANNA, OFFER, 90.0))
    story.happen(WrapUpRestored(caller_named("fay", SALES, joined_moment=30), ANNA, 95.0))
    story.happen(RestoringEnded())
    assert story.state(ANNA) is AgentState.RINGING
    story.at(105).happen(CallerLeft(visit_of("eva")))
    assert story.state(ANNA) is AgentState.READY


def test_a_hold_goes_on_and_earlier_ones_are_not_forgotten() -> None:
    story = restoring().happen(AgentRestored(ANNA, True, None, 20.0))
    caller = caller_named("eva", SALES, joined_moment=30)
    story.happen(TalkRestored(caller, ANNA, OFFER, 40.0, hold_s=3, held_since_moment=95.0))
    story.happen(RestoringEnded()).at(105).part("eva")
    assert story.told(HoldEnded)[0].hold_s == 10
    assert (story.handled().hold_s, story.handled().talk_s) == (13, 52)


def test_who_left_meanwhile_waited_and_talked_until_then() -> None:
    story = restoring(wrap_up_s=30).happen(AgentRestored(ANNA, True, None, 20.0)).happen(adopted("eva", 80.0))
    story.happen(TalkRestored(caller_named("fay", SALES, joined_moment=30), ANNA, OFFER, 40.0))
    story.happen(CallerLeft(visit_of("eva"), VisitOutcome.ABANDONED, 84.0))
    story.happen(TalkEnded(visit_of("fay"), "caller", happened_moment=75.0)).happen(RestoringEnded())
    (ended,) = story.told(VisitEnded)
    assert (ended.wait_s, ended.short, ended.moment) == (4, True, 84)
    assert (story.handled().talk_s, story.handled().moment) == (35, 75)
    assert story.at(106).told(WrapUpEnded)[0].wrap_up_s == 30
    assert story.told(OfferMade) == []


def test_who_gave_up_meanwhile_has_given_up_even_if_the_longest_wait_is_over_by_now() -> None:
    story = restoring(max_wait_s=10).happen(adopted("eva", 80.0))
    story.happen(CallerLeft(visit_of("eva"), VisitOutcome.ABANDONED, 84.0)).happen(RestoringEnded())
    assert story.ends == [("eva", "abandoned")]


def test_who_has_waited_too_long_by_now_is_let_go_of_once_whatever_rings() -> None:
    story = restoring(max_wait_s=10, ring_timeout_s=60).happen(AgentRestored(ANNA, True, None, 50.0))
    caller = caller_named("eva", SALES, joined_moment=80, adopted=True)
    story.happen(OfferRestored(caller, ANNA, OFFER, 95.0)).happen(CallerJoined(caller))
    assert story.ends == []
    assert story.happen(RestoringEnded()).ends == [("eva", "timed_out")]
    assert story.stopped() == [(OFFER, OfferOutcome.WITHDRAWN)]
    assert story.floor.next_deadline() is None


def test_who_waits_in_a_queue_that_was_removed_is_withdrawn_once() -> None:
    story = restoring()
    caller = caller_named("eva", QueueName("old"), joined_moment=80, adopted=True)
    story.happen(OfferRestored(caller, AgentId("gone"), OFFER, 95.0)).happen(CallerJoined(caller))
    story.happen(RestoringEnded())
    assert story.ends == [("eva", "withdrawn")]
    story = restoring().happen(CallerJoined(caller))
    story.happen(CallerLeft(caller.visit, VisitOutcome.ABANDONED, 84.0)).happen(RestoringEnded())
    assert story.ends == [("eva", "abandoned")]


def test_an_offer_that_may_not_go_on_is_told_to_have_ended() -> None:
    story = restoring()
    caller = caller_named("eva", SALES, joined_moment=80, adopted=True)
    story.happen(OfferRestored(caller, AgentId("gone"), OFFER, 95.0)).happen(RestoringEnded())
    (ended,) = story.told(OfferEnded)
    assert (ended.offer, ended.outcome, ended.rang_s) == (OFFER, OfferOutcome.WITHDRAWN, 5)
    assert story.line() == ["eva"]


def test_an_agent_who_was_removed_meanwhile_has_logged_out() -> None:
    gone = AgentId("gone")
    ready = AgentRestored(gone, True, None, 20.0, since_moment=40.0, told_state=AgentState.READY)
    story = restoring().happen(ready).happen(RestoringEnded())
    (change,) = story.told(AgentStateChanged)
    assert (change.agent, change.was, change.lasted_s) == (gone, AgentState.READY, 60)
    assert (change.state, change.logged_in) == (AgentState.LOGGED_OUT, False)
    assert gone not in story.floor.snapshot(100).agents
    absent = AgentRestored(gone, False, None, 20.0, since_moment=40.0, told_state=AgentState.LOGGED_OUT)
    assert restoring().happen(absent).happen(RestoringEnded()).facts == []


def test_an_agent_who_was_removed_in_mid_call_has_logged_out_when_that_is_over() -> None:
    gone = AgentId("gone")
    talking = AgentRestored(gone, True, None, 20.0, since_moment=40.0, told_state=AgentState.TALKING)
    story = restoring().happen(talking)
    story.happen(TalkRestored(caller_named("eva", SALES, joined_moment=30), gone, OFFER, 40.0))
    assert story.happen(RestoringEnded()).facts == []
    (change,) = story.at(110).part("eva").told(AgentStateChanged)
    assert (change.was, change.lasted_s, change.state) == (AgentState.TALKING, 70, AgentState.LOGGED_OUT)
