"""Who may wait, who is rung, what follows for an agent who does not pick up: as in app_queue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queue_strategies.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentOccupied,
    AgentPaused,
    AgentReady,
    AgentRestored,
    AgentUnpaused,
    MembershipPauseRestored,
    PhoneChanged,
    RestoringBegan,
    RestoringEnded,
)
from queue_strategies.facts import MembershipPauseChanged
from queue_strategies.model import Absence, AgentId, AgentState, ContactId, OfferOutcome, Skill, Widening
from tests.queue_strategies.floor_story import ANNA, BOB, CARL, SALES, SUPPORT, Story, agent, sales, support

CALL = ContactId("mum")
SPANISH = Skill("spanish")
DOES = {
    Absence.LOGGED_OUT: lambda story: story.happen(AgentLoggedOut(ANNA)),
    Absence.PAUSED: lambda story: story.happen(AgentPaused(ANNA, "lunch")),
    Absence.UNREACHABLE: lambda story: story.happen(PhoneChanged(ANNA, reachable=False)),
    Absence.NOT_RESPONDING: lambda story: (
        story.join("x").rang(ANNA).fail(ANNA, OfferOutcome.RANG_OUT).leave("x")
    ),
    Absence.RINGING: lambda story: story.join("x").rang(ANNA),
    Absence.TALKING: lambda story: story.join("x").talk(ANNA),
    Absence.WRAP_UP: lambda story: story.join("x").talk(ANNA).part("x"),
    Absence.BUSY: lambda story: story.happen(AgentOccupied(ANNA, CALL)),
    Absence.RESTING: lambda story: story.join("x").rang(ANNA).fail(ANNA, OfferOutcome.DECLINED).leave("x"),
    Absence.PENALTY: lambda story: story,
}


def one_agent(absence: Absence, **rules: object) -> Story:
    """Return a floor on which anna alone serves sales, and does not count as being there if so absent."""
    more: dict[str, object] = {"not_responding_after": 1} if absence is Absence.NOT_RESPONDING else {}
    if absence is Absence.PENALTY:
        more["rule"] = (Widening(after_s=0, max_penalty=0),)
    queue = sales(wrap_up_s=20, rest_s=20, **rules, **more)
    member = agent(ANNA, sales=int(absence is Absence.PENALTY))
    return Story(queue, agents=[member]).at(10)


@pytest.mark.parametrize("absence", Absence)
def test_nobody_joins_a_queue_whose_members_are_all_absent_by_its_rule(absence: Absence) -> None:
    story = one_agent(absence, join_when_empty=frozenset({absence}), leave_when_empty="never")
    DOES[absence](story)
    assert story.join("eva").ends[-1] == ("eva", "left_empty")


@pytest.mark.parametrize(
    "absence", [one for one in Absence if one not in (Absence.LOGGED_OUT, Absence.PENALTY)]
)
def test_an_absence_that_the_rule_does_not_name_keeps_nobody_out(absence: Absence) -> None:
    others = frozenset(set(Absence) - {absence, Absence.PENALTY})
    if absence in (Absence.NOT_RESPONDING, Absence.UNREACHABLE):
        others -= {Absence.RESTING}
    story = one_agent(absence, join_when_empty=others, leave_when_empty="never")
    DOES[absence](story)
    assert "eva" in story.join("eva").line()


@pytest.mark.parametrize("absence", [Absence.PAUSED, Absence.UNREACHABLE, Absence.BUSY, Absence.LOGGED_OUT])
def test_who_waits_is_let_go_when_the_last_member_becomes_absent_by_the_rule(absence: Absence) -> None:
    rule = frozenset({absence})
    queue = sales(join_when_empty="never", leave_when_empty=rule, rule=(Widening(after_s=0, max_penalty=0),))
    story = Story(queue, agents=[agent(ANNA), agent(BOB, sales=1)]).at(10)
    story.join("taken").talk(ANNA).join("eva").happen(AgentLoggedOut(BOB))
    assert story.line() == ["eva"]
    story.part("taken").fail(ANNA, OfferOutcome.DECLINED)
    assert story.line() == ["eva"]
    DOES[absence](story)
    assert story.ends[-1] == ("eva", "left_empty")


def test_who_waits_is_let_go_when_everybody_left_has_too_high_a_penalty() -> None:
    rule = (Widening(after_s=0, max_penalty=0),)
    leave = frozenset({Absence.PENALTY, Absence.PAUSED})
    story = Story(sales(rule=rule, leave_when_empty=leave), agents=[agent(ANNA), agent(BOB, sales=1)]).at(10)
    story.join("taken").talk(ANNA).join("eva")
    assert story.line() == ["eva"]
    story.happen(AgentPaused(ANNA, "lunch"))
    assert story.ends[-1] == ("eva", "left_empty")


def test_who_waits_is_let_go_when_waiting_has_made_everybody_unfit() -> None:
    rule = (Widening(after_s=10, min_penalty=5),)
    leave = frozenset({Absence.PENALTY})
    story = Story(sales(rule=rule, leave_when_empty=leave), agents=[agent(ANNA)]).at(10)
    story.join("taken").talk(ANNA).join("eva").at(19.9)
    assert story.line() == ["eva"]
    assert story.at(20).ends[-1] == ("eva", "left_empty")


def test_a_queue_that_serves_all_it_may_is_full_although_an_agent_is_ready() -> None:
    story = Story(sales(max_talking=1, max_length=1), agents=[agent(ANNA), agent(BOB)]).at(10)
    story.join("eva").talk(ANNA).join("fay").join("gil")
    assert story.line() == ["fay"]
    assert story.ends[-1] == ("gil", "full")


def test_no_more_callers_of_a_queue_are_served_at_once_than_it_may_have() -> None:
    queues = sales(max_talking=1), support()
    story = Story(*queues, agents=[agent(ANNA, SALES, SUPPORT), agent(BOB, SALES, SUPPORT)]).at(10)
    story.join("eva").join("fay")
    assert story.ringing == {ANNA: "eva"}
    story.talk(ANNA).join("gil", SUPPORT)
    assert story.ringing == {BOB: "gil"}
    story.talk(BOB).part("gil")
    assert not story.ringing
    story.part("eva")
    assert list(story.ringing.values()) == ["fay"]


@pytest.mark.parametrize("strategy", ["ring-all", "ring-progressively"])
@pytest.mark.parametrize("asked", [{}, {SPANISH: 1}])
def test_a_further_phone_rings_for_who_is_served_although_the_queue_serves_all_it_may(
    strategy: str, asked: dict[Skill, int]
) -> None:
    queue = sales(strategy=strategy, max_talking=1, ring_progressively_delay_s=1)
    agents = [replace(agent(who), skills={SPANISH: 1}) for who in (ANNA, BOB, CARL)]
    story = Story(queue, agents=agents).at(10)
    story.happen(AgentPaused(BOB, "lunch")).happen(AgentPaused(CARL, "lunch"))
    story.join("eva", skills=asked).join("fay", priority=1).after(3)
    assert story.line() == ["fay", "eva"]
    assert story.ringing == {ANNA: "eva"}
    story.happen(AgentReady(BOB))
    assert story.ringing == {ANNA: "eva", BOB: "eva"}
    story.talk(ANNA).happen(AgentReady(CARL))
    assert not story.ringing
    story.part("eva")
    assert set(story.ringing.values()) == {"fay"}


def test_a_caller_whom_nobody_took_waits_for_the_next_try() -> None:
    story = Story(sales(retry_s=5), agents=[agent(ANNA), agent(BOB)]).at(10).join("eva")
    story.rang(ANNA).fail(ANNA, OfferOutcome.DECLINED)
    assert not story.at(14.9).ringing
    assert story.at(15).ringing == {BOB: "eva"}


def test_an_agent_on_a_call_of_the_own_is_rung_where_the_queue_rings_in_use() -> None:
    story = Story(sales(ring_in_use=True), support(), agents=[agent(ANNA, SALES, SUPPORT)]).at(10)
    story.happen(AgentOccupied(ANNA, CALL)).join("gil", SUPPORT)
    assert not story.ringing
    story.join("eva")
    assert story.ringing == {ANNA: "eva"}
    story.talk(ANNA).join("fay")
    assert not story.ringing


# -- who does not pick up -----------------------------------------------------------------------------------


def let_ring(story: Story, who: AgentId = ANNA, outcome: OfferOutcome = OfferOutcome.RANG_OUT) -> Story:
    """Let a caller come, whom this agent does not take, and go."""
    name = f"caller-{len(story.facts)}"
    return story.join(name).fail(who, outcome).leave(name)


def test_an_agent_who_lets_it_ring_is_paused_in_that_queue_and_serves_others() -> None:
    queues = sales(autopause="queue", rest_s=0), support()
    story = let_ring(Story(*queues, agents=[agent(ANNA, SALES, SUPPORT)]).at(10))
    assert not story.join("eva").ringing
    assert story.join("gil", SUPPORT).ringing == {ANNA: "gil"}
    story.talk(ANNA).part("gil").happen(AgentUnpaused(ANNA, SALES))
    assert story.ringing == {ANNA: "eva"}
    assert [(fact.queue, fact.paused, fact.reason) for fact in story.told(MembershipPauseChanged)] == [
        (SALES, True, "autopause"),
        (SALES, False, ""),
    ]


def test_an_agent_who_lets_it_ring_is_paused_altogether() -> None:
    story = let_ring(Story(sales(autopause="all"), agents=[agent(ANNA)]).at(10))
    seen = story.floor.snapshot(story.now).agents[ANNA]
    assert (seen.state, seen.pause_reason) == (AgentState.PAUSED, "autopause")
    assert story.happen(AgentReady(ANNA)).state(ANNA) is AgentState.READY


@pytest.mark.parametrize(
    ("outcome", "rules", "pauses"),
    [
        (OfferOutcome.RANG_OUT, {}, True),
        (OfferOutcome.DECLINED, {}, False),
        (OfferOutcome.DECLINED, {"autopause_declined": True}, True),
        (OfferOutcome.UNREACHABLE, {}, False),
        (OfferOutcome.UNREACHABLE, {"autopause_unreachable": True}, True),
        (OfferOutcome.FAILED, {"autopause_declined": True, "autopause_unreachable": True}, False),
    ],
)
def test_what_pauses_an_agent_is_for_the_queue_to_say(
    outcome: OfferOutcome, rules: dict[str, object], pauses: bool
) -> None:
    story = Story(sales(autopause="all", **rules), agents=[agent(ANNA)]).at(10)
    assert (
        let_ring(story, outcome=outcome).floor.snapshot(10).agents[ANNA].pause_reason == "autopause"
    ) is pauses


def test_an_agent_is_not_paused_too_soon_after_the_last_call() -> None:
    story = Story(sales(autopause="all", autopause_delay_s=30, rest_s=0), agents=[agent(ANNA)]).at(10)
    story.join("eva").talk(ANNA).at(20).part("eva").at(49)
    assert let_ring(story).state(ANNA) is AgentState.READY
    assert let_ring(story.at(50)).state(ANNA) is AgentState.PAUSED


def test_an_agent_who_does_not_pick_up_again_and_again_counts_as_not_responding() -> None:
    story = Story(sales(not_responding_after=3, rest_s=0), agents=[agent(ANNA)]).at(10)
    let_ring(let_ring(story))
    story.join("eva").talk(ANNA).part("eva")
    let_ring(let_ring(story))
    let_ring(story, outcome=OfferOutcome.DECLINED)
    assert story.state(ANNA) is AgentState.READY
    assert let_ring(story).state(ANNA) is AgentState.NOT_RESPONDING
    story.after(1000)
    assert story.state(ANNA) is AgentState.NOT_RESPONDING
    assert story.happen(AgentReady(ANNA)).state(ANNA) is AgentState.READY
    assert let_ring(story).state(ANNA) is AgentState.READY


def test_who_did_not_respond_and_who_was_paused_in_a_queue_still_is_after_a_restart() -> None:
    story = Story(sales(), support(), agents=[agent(ANNA), agent(BOB, SALES, SUPPORT)], present=False).at(100)
    story.happen(RestoringBegan())
    for who, state in ((ANNA, AgentState.NOT_RESPONDING), (BOB, AgentState.READY)):
        story.happen(AgentRestored(who, True, None, 50, since_moment=50, told_state=state))
    story.happen(MembershipPauseRestored(BOB, SALES, "autopause")).happen(RestoringEnded())
    assert story.state(ANNA) is AgentState.NOT_RESPONDING
    assert not story.facts
    assert not story.join("eva").ringing
    assert story.join("gil", SUPPORT).ringing == {BOB: "gil"}
    assert story.happen(AgentReady(ANNA)).ringing == {ANNA: "eva", BOB: "gil"}


def test_coming_to_work_anew_ends_every_pause() -> None:
    story = let_ring(Story(sales(autopause="queue", rest_s=0), agents=[agent(ANNA)]).at(10))
    story.happen(AgentLoggedOut(ANNA)).happen(AgentLoggedIn(ANNA))
    assert story.join("eva").ringing == {ANNA: "eva"}
