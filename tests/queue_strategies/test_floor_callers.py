"""Callers come, wait and go, each in exactly one way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queue_strategies.commands import Release
from queue_strategies.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    CallerJoined,
    CallerPressed,
    PhoneChanged,
    PriorityChanged,
    TimePassed,
)
from queue_strategies.facts import PriorityGiven, QueueJoined, VisitEnded
from queue_strategies.model import ContactId, EmptyRule, OfferOutcome, QueueName, VisitId, VisitOutcome
from tests.queue_strategies.floor_story import (
    ANNA,
    BOB,
    SALES,
    SUPPORT,
    Story,
    agent,
    caller_named,
    sales,
    support,
    visit_of,
)

NEVER = EmptyRule.NEVER


def busy_floor(**rules: object) -> Story:
    """Return a floor whose one agent, anna, talks to somebody called first."""
    return Story(sales(**rules)).at(10).join("first").talk(ANNA)


@pytest.mark.parametrize(
    ("wait_s", "short", "within"),
    [(4.9, True, True), (5, True, True), (5.1, False, True), (21, False, False)],
)
def test_a_caller_who_gives_up_is_abandoned(wait_s: float, short: bool, within: bool) -> None:
    story = busy_floor(short_abandon_s=5, service_level_s=20).at(20).join("eva").after(wait_s).leave("eva")
    ended = story.told(VisitEnded)[0]
    assert ended.outcome is VisitOutcome.ABANDONED
    assert (ended.short, ended.within_service_level) == (short, within)
    assert ended.wait_s == pytest.approx(wait_s)
    assert story.released == []


def test_a_caller_who_has_waited_long_enough_is_let_go() -> None:
    story = busy_floor(max_wait_s=60).at(20).join("eva").at(79.9)
    assert story.line() == ["eva"]
    story.at(80)
    assert story.ends[1:] == [("eva", "timed_out")]
    assert story.released == [("eva", "timed_out")]


def test_a_caller_may_time_out_while_a_phone_rings() -> None:
    story = Story(sales(max_wait_s=15)).at(10).join("eva").rang(ANNA).at(25)
    assert story.stopped() == [(story.offer(ANNA), OfferOutcome.WITHDRAWN)]
    assert story.ends == [("eva", "timed_out")]


@pytest.mark.parametrize(
    ("key", "ends"), [("0", [("eva", "exited_by_key")]), ("5", []), ("", []), ("00", [])]
)
def test_an_exit_key_lets_the_caller_out(key: str, ends: list[tuple[str, str]]) -> None:
    story = busy_floor(exit_keys=frozenset("0*")).join("eva")
    story.happen(CallerPressed(visit_of("eva"), key))
    assert story.ends[1:] == ends
    if ends:
        assert story.latest == [Release(visit_of("eva"), ContactId("eva"), VisitOutcome.EXITED_BY_KEY, "0")]
        assert story.told(VisitEnded)[0].key == "0"


def test_an_exit_key_stops_the_phone_but_comes_too_late_once_it_is_picked_up() -> None:
    story = Story(sales(exit_keys=frozenset("0"))).at(10).join("eva").join("fay")
    story.happen(CallerPressed(visit_of("eva"), "0"))
    assert story.ringing == {ANNA: "fay"}
    story.answer(ANNA).happen(CallerPressed(visit_of("fay"), "0"))
    assert story.connect(ANNA).talking == {ANNA: "fay"}


def test_a_full_queue_takes_nobody_more() -> None:
    story = busy_floor(max_length=2).join("eva").join("fay").join("gil")
    assert story.ends[1:] == [("gil", "full")]
    assert story.told(QueueJoined)[-1].position == 3
    story.leave("eva").join("hal")
    assert story.line() == ["fay", "hal"]


def test_a_full_queue_takes_a_caller_for_whom_an_agent_is_ready() -> None:
    story = Story(sales(max_length=1), agents=[agent(ANNA), agent(BOB)]).at(10).join("eva").join("fay")
    assert story.ringing == {ANNA: "eva", BOB: "fay"}
    assert story.join("gil").ends == [("gil", "full")]


GONE = AgentLoggedOut(ANNA)
PAUSED = AgentPaused(ANNA, "lunch")
UNPLUGGED = PhoneChanged(ANNA, reachable=False)


@pytest.mark.parametrize(
    ("rule", "empty_when"),
    [
        (EmptyRule.NEVER, []),
        (EmptyRule.NOBODY_LOGGED_IN, [GONE]),
        (EmptyRule.NOBODY_UNPAUSED, [GONE, PAUSED]),
        (EmptyRule.NOBODY_REACHABLE, [GONE, PAUSED, UNPLUGGED]),
    ],
)
@pytest.mark.parametrize("event", [GONE, PAUSED, UNPLUGGED])
def test_nobody_waits_for_nobody(
    rule: EmptyRule, empty_when: list[object], event: AgentLoggedOut | AgentPaused | PhoneChanged
) -> None:
    left = [("eva", "left_empty")] if event in empty_when else []
    waits_already = busy_floor(join_when_empty=NEVER, leave_when_empty=rule).join("eva").happen(event)
    assert waits_already.ends[1:] == left
    assert waits_already.talking == {ANNA: "first"}
    comes_then = busy_floor(join_when_empty=rule, leave_when_empty=NEVER).happen(event).join("eva")
    assert comes_then.ends[1:] == left
    assert comes_then.released == left


def test_who_was_let_in_to_an_empty_queue_waits_until_it_becomes_empty_again() -> None:
    story = Story(sales(join_when_empty=NEVER), present=False).at(5).join("eva")
    assert story.line() == ["eva"]
    story.happen(AgentLoggedIn(ANNA))
    assert story.ringing == {ANNA: "eva"}
    story.happen(AgentLoggedOut(ANNA))
    assert story.ends == [("eva", "left_empty")]


def test_a_caller_whose_last_phone_turns_out_dead_leaves_when_nobody_is_reachable() -> None:
    rules = {"leave_when_empty": EmptyRule.NOBODY_REACHABLE, "join_when_empty": NEVER}
    story = Story(sales(**rules)).at(10).join("eva").join("fay")
    story.fail(ANNA, OfferOutcome.UNREACHABLE)
    assert story.ends == [("eva", "left_empty"), ("fay", "left_empty")]


def test_who_is_offered_is_spared_when_the_queue_becomes_empty_and_leaves_when_the_offer_fails() -> None:
    agents = [agent(ANNA), agent(BOB)]
    story = Story(sales(leave_when_empty=EmptyRule.NOBODY_REACHABLE), agents=agents).at(10)
    story.join("eva").join("fay").join("gil").rang(ANNA).rang(BOB)
    story.happen(PhoneChanged(ANNA, reachable=False)).happen(PhoneChanged(BOB, reachable=False))
    assert story.ends == [("gil", "left_empty")]
    story.fail(ANNA, OfferOutcome.UNREACHABLE)
    assert story.ends == [("gil", "left_empty"), ("eva", "left_empty")]
    assert story.answer(BOB).connect(BOB).talking == {BOB: "fay"}


# -- order of service ---------------------------------------------------------------------------------------


def test_two_hundred_callers_are_served_in_order() -> None:
    agents = [agent(name) for name in (ANNA, BOB)]
    story = Story(agents=agents).at(10)
    names = [f"caller-{number}" for number in range(200)]
    for name in names:
        story.after(0.01).join(name)
    served = []
    while story.ringing:
        for who, name in list(story.ringing.items()):
            served.append(name)
            story.after(1).talk(who).after(1).part(name)
    assert served == names
    assert {outcome for _, outcome in story.ends} == {"answered"}


def test_the_higher_priority_is_served_first_and_then_the_earlier_caller() -> None:
    story = busy_floor().join("eva").after(1).join("fay", priority=5).after(1).join("gil", priority=5)
    assert story.line() == ["fay", "gil", "eva"]
    assert [fact.position for fact in story.told(QueueJoined)] == [1, 1, 1, 2]
    assert story.part("first").ringing == {ANNA: "fay"}


def test_a_priority_may_change_while_the_caller_waits() -> None:
    story = busy_floor().join("eva").after(1).join("fay")
    story.happen(PriorityChanged(visit_of("fay"), 1))
    assert story.line() == ["fay", "eva"]
    assert story.part("first").ringing == {ANNA: "fay"}
    story.happen(PriorityChanged(visit_of("fay"), -1))
    assert story.line() == ["eva", "fay"]
    assert story.ringing == {ANNA: "fay"}


@pytest.mark.parametrize(
    ("weights", "priorities", "first"),
    [
        ((0, 0), (0, 0), "eva"),
        ((0, 1), (0, 0), "fay"),
        ((0, 0), (0, 1), "fay"),
        ((1, 0), (0, 9), "eva"),
    ],
)
def test_between_queues_weight_decides_then_priority_then_arrival(
    weights: tuple[int, int], priorities: tuple[int, int], first: str
) -> None:
    queues = (sales(weight=weights[0]), support(weight=weights[1]))
    story = Story(*queues, agents=[agent(ANNA, SALES, SUPPORT)]).at(10).join("first").talk(ANNA)
    story.join("eva", SALES, priority=priorities[0]).after(1).join("fay", SUPPORT, priority=priorities[1])
    assert story.part("first").ringing == {ANNA: first}


def test_a_contact_who_joins_another_queue_is_not_connected_for_the_first() -> None:
    story = Story(sales(), support(), agents=[agent(ANNA, SALES), agent(BOB, SUPPORT)]).at(10)
    story.join("eva").answer(ANNA)
    second = replace(caller_named("eva", SUPPORT, joined_moment=11), visit=VisitId("second-visit"))
    assert story.happen(CallerJoined(second)).ends == [("eva", "withdrawn")]
    assert (story.offer(ANNA), OfferOutcome.WITHDRAWN) in story.stopped()
    assert story.ringing == {BOB: "eva"}


def test_a_contact_waits_in_one_queue_at_a_time() -> None:
    story = Story(sales(), support(), agents=[agent(ANNA, SALES, SUPPORT)]).at(10).join("first").talk(ANNA)
    story.join("eva")
    second = VisitId("second-visit")
    story.happen(CallerJoined(replace(caller_named("eva", SUPPORT, joined_moment=11), visit=second)))
    assert story.ends[1:] == [("eva", "withdrawn")]
    assert (story.line(SALES), story.line(SUPPORT)) == ([], ["eva"])


def test_a_caller_for_a_queue_that_does_not_exist_is_let_go() -> None:
    story = Story().at(10).join("eva", QueueName("sails"))
    assert story.released == [("eva", "withdrawn")]
    assert len(story.told(QueueJoined)) == len(story.told(VisitEnded)) == 1


@pytest.mark.parametrize("outcome", [VisitOutcome.WITHDRAWN, VisitOutcome.TIMED_OUT])
def test_who_is_withdrawn_from_outside_is_released(outcome: VisitOutcome) -> None:
    story = busy_floor().join("eva").leave("eva", outcome)
    assert story.released == [("eva", outcome.value)]
    assert story.ends[1:] == [("eva", outcome.value)]


def test_a_clock_that_goes_back_stands_still() -> None:
    story = busy_floor(max_wait_s=5).at(20).happen(TimePassed())
    story.now = 15.0
    story.happen(CallerJoined(caller_named("eva", SALES, joined_moment=14)))
    assert story.ends[1:] == [("eva", "timed_out")]
    assert story.told(VisitEnded)[0].moment == 20


def test_a_wait_never_began_in_the_future() -> None:
    story = busy_floor()
    story.happen(CallerJoined(caller_named("eva", SALES, joined_moment=99))).after(1).leave("eva")
    assert story.told(VisitEnded)[0].wait_s == 1


def moved(name: str, to: QueueName, *, waited_s: float, now: float) -> CallerJoined:
    """Return the coming of somebody who waited in another queue before."""
    caller = caller_named(name, to, joined_moment=now, waited_before_s=waited_s)
    return CallerJoined(replace(caller, visit=VisitId(f"second-visit-{name}")))


def test_who_is_moved_stands_where_the_wait_so_far_belongs_and_each_queue_counts_its_own() -> None:
    story = Story(sales(), support(max_wait_s=60), agents=[agent(ANNA, SALES, SUPPORT)])
    story.at(10).join("first").talk(ANNA)
    story.at(20).join("eva").at(40).join("fay", SUPPORT).at(50)
    story.happen(moved("eva", SUPPORT, waited_s=30, now=50))
    assert (story.line(SALES), story.line(SUPPORT)) == ([], ["eva", "fay"])
    assert story.told(QueueJoined)[-1].position == 1
    story.at(60)
    first, second = (caller for caller in story.floor.snapshot(60).queues[SUPPORT].callers)
    assert (first.joined_moment, first.waited_before_s, second.waited_before_s) == (50, 30, 0)
    story.at(99.9)
    assert story.line(SUPPORT) == ["eva", "fay"]
    story.at(110)  # she had waited 90 s in all; the queue lets go of her after its own 60
    assert [(end.queue, end.outcome, end.wait_s) for end in story.told(VisitEnded)] == [
        (SALES, VisitOutcome.WITHDRAWN, 30),
        (SUPPORT, VisitOutcome.TIMED_OUT, 60),
        (SUPPORT, VisitOutcome.TIMED_OUT, 60),
    ]


def test_who_begins_anew_stands_at_the_end() -> None:
    story = Story(sales(), support(), agents=[agent(ANNA, SALES, SUPPORT)]).at(10).join("first").talk(ANNA)
    story.at(20).join("eva").at(40).join("fay", SUPPORT).at(50)
    assert story.happen(moved("eva", SUPPORT, waited_s=0, now=50)).line(SUPPORT) == ["fay", "eva"]


def test_another_priority_is_told_once_and_takes_effect_at_once() -> None:
    story = busy_floor().join("eva").after(1).join("fay")
    for _ in range(2):
        story.happen(PriorityChanged(visit_of("fay"), 3))
    assert story.line() == ["fay", "eva"]
    (given,) = story.told(PriorityGiven)
    assert (given.visit, given.priority) == (visit_of("fay"), 3)


def test_a_queue_says_beforehand_whom_it_would_not_let_in() -> None:
    story = Story(sales(max_length=1, join_when_empty=EmptyRule.NOBODY_UNPAUSED)).at(10)
    assert story.floor.refusal(SALES) is None
    story.join("first").talk(ANNA).join("eva")
    assert story.floor.refusal(SALES) is VisitOutcome.FULL
    story.leave("eva").happen(AgentPaused(ANNA, "lunch")).part("first")
    assert story.floor.refusal(SALES) is VisitOutcome.LEFT_EMPTY
    assert story.floor.refusal(QueueName("sails")) is VisitOutcome.WITHDRAWN
