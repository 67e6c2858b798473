"""Virtual hold: callers keep their places without the line, and are called back in their turn."""

from __future__ import annotations

from typing import Self

import pytest

from queue_strategies.callback import CallbackRules, CalledFirst, KeptPlace
from queue_strategies.commands import CallBack, Connect, Release, StopCallingBack
from queue_strategies.events import (
    AgentAnswered,
    AgentPaused,
    AgentUnpaused,
    CallbackChosen,
    CallbackHoursChanged,
    CallerJoined,
    CustomerAnswered,
    CustomerNotReached,
    FloorConfigured,
    OfferFailed,
    OfferRestored,
    PriorityChanged,
    RestoringBegan,
    RestoringEnded,
)
from queue_strategies.facts import (
    Answered,
    CallbackTaken,
    CallbackTried,
    CalledBack,
    OfferEnded,
    OfferMade,
    VisitEnded,
)
from queue_strategies.figures import Figures
from queue_strategies.model import AgentState, EmptyRule, OfferId, OfferOutcome, Queue, VisitOutcome
from tests.queue_strategies.floor_story import (
    ANNA,
    BOB,
    SALES,
    Story,
    agent,
    caller_named,
    sales,
    visit_of,
)

NUMBER = "+491701"


class Hold(Story):
    """A floor that calls back, where nobody is there to serve callers at first."""

    def __init__(self, *agents: str, queue: Queue | None = None, **rules: object) -> None:
        rules = {"earliest_s": 5.0, "retry_s": 60.0, "tries": 2, **rules}
        kept = CallbackRules(**rules)  # type: ignore[arg-type]
        super().__init__(queue or sales(callback=kept), agents=[agent(ANNA), agent(BOB)])
        for name in (ANNA, BOB):
            self.happen(AgentPaused(name, "lunch"))

    def comes(self, who: str = ANNA) -> Self:
        return self.happen(AgentUnpaused(who))  # type: ignore[arg-type]

    def keep(self, name: str, number: str = NUMBER) -> Self:
        """Let a waiting caller take a callback, and hang up."""
        self.happen(CallbackChosen(visit_of(name), number))
        return self.leave(name)

    def called(self) -> list[str]:
        """Return the numbers that the last event had called."""
        return [command.number for command in self.latest if isinstance(command, CallBack)]

    def reached(self, name: str) -> Self:
        return self.happen(CustomerAnswered(visit_of(name)))

    def not_reached(self, name: str) -> Self:
        return self.happen(CustomerNotReached(visit_of(name), OfferOutcome.RANG_OUT))

    def not_made(self, name: str) -> Self:
        """Let a call to a customer be one for which there is no line."""
        return self.happen(CustomerNotReached(visit_of(name), OfferOutcome.FAILED))

    def until_called(self) -> float:
        """Let time pass until a customer is called; return how long it took."""
        began = self.now
        while (due := self.floor.next_deadline()) is not None and not self.called():
            self.at(due)
        return self.now - began


def test_who_takes_a_callback_and_hangs_up_keeps_the_place() -> None:
    story = Hold()
    story.join("eva").after(1).join("kim").after(1).keep("eva")
    assert (story.line(), story.ends) == (["eva", "kim"], [])
    (taken,) = story.told(CallbackTaken)
    assert (taken.number, taken.position, taken.wait_s) == (NUMBER, 1, 2.0)
    seen = story.floor.snapshot(story.now).queues[SALES]
    assert [caller.callback_number for caller in seen.callers] == [NUMBER, None]
    assert (seen.counts.waiting, seen.longest_waiting_since) == (2, 3.0)


def test_agent_first_the_customer_is_called_when_an_agent_has_picked_up_for_the_callback() -> None:
    story = Hold()
    story.join("eva").after(10).keep("eva").after(100).comes()
    assert story.told(OfferMade)[0].because.startswith("callback, longest_idle")
    story.rang(ANNA).answer(ANNA)
    contact, offer = story.told(OfferMade)[0].contact, story.offer(ANNA)
    assert story.latest == [CallBack(visit_of("eva"), contact, SALES, NUMBER, 1, 30.0, hears=offer)]
    story.after(20).reached("eva")
    assert [type(command) for command in story.latest] == [Connect]
    story.connect(ANNA)
    assert story.talking == {ANNA: "eva"}
    (answered,), (back,) = story.told(Answered), story.told(CalledBack)
    assert (answered.wait_s, answered.callback_s, back.callback_s) == (10.0, 120.0, 120.0)
    assert not answered.within_service_level


def test_customer_first_the_agent_is_reserved_and_rings_when_the_customer_is_there() -> None:
    story = Hold(first=CalledFirst.CUSTOMER)
    story.join("eva").keep("eva").join("kim").after(100).comes()
    assert story.called() == [NUMBER]
    assert (story.state(ANNA), story.ringing) == (AgentState.RINGING, {})
    story.comes(BOB)
    assert story.ringing == {BOB: "kim"}  # who waits behind is not held up
    story.after(3).reached("eva")
    assert story.ringing == {ANNA: "eva", BOB: "kim"}
    story.after(4).talk(ANNA)
    (answered,) = story.told(Answered)
    assert (answered.wait_s, answered.callback_s) == (4.0, 103.0)


def test_a_customer_on_the_line_again_waits_on_at_the_old_rank_when_the_agent_declines() -> None:
    story = Hold(first=CalledFirst.CUSTOMER)
    story.join("eva").keep("eva").after(10).comes().reached("eva").join("kim")
    story.fail(ANNA, OfferOutcome.DECLINED)
    assert story.line() == ["eva", "kim"]
    story.comes(BOB)
    assert story.ringing == {BOB: "eva"}
    story.leave("eva")
    assert story.ends == [("eva", "abandoned")]


@pytest.mark.parametrize("first", CalledFirst)
def test_a_customer_who_does_not_answer_is_called_again_later_and_no_agent_is_blamed(
    first: CalledFirst,
) -> None:
    story = Hold(first=first)
    story.join("eva").keep("eva").after(10).comes()
    if first is CalledFirst.AGENT:
        story.rang(ANNA).answer(ANNA)
    story.after(20).not_reached("eva")
    (tried,), (offer,) = story.told(CallbackTried), story.told(OfferEnded)
    assert (tried.tries, tried.outcome, offer.outcome) == (1, "rang_out", "not_reached")
    assert (story.state(ANNA), story.line()) == (AgentState.READY, ["eva"])
    story.join("kim").talk(ANNA).part("kim").after(59)
    assert story.ringing == {}
    story.after(1)
    assert story.ringing == {ANNA: "eva"} or story.called() == [NUMBER]
    if first is CalledFirst.AGENT:
        story.rang(ANNA).answer(ANNA)
    story.not_reached("eva")
    assert story.ends[-1] == ("eva", "callback_failed")
    assert story.state(ANNA) is AgentState.READY


def test_a_call_to_a_customer_of_which_nothing_is_heard_is_given_up() -> None:
    story = Hold(first=CalledFirst.CUSTOMER)
    story.join("eva").keep("eva").after(10).comes().after(60)
    assert StopCallingBack(visit_of("eva")) in story.commands
    (tried,) = story.told(CallbackTried)
    assert (tried.outcome, tried.tries) == ("failed", 0)
    assert (story.state(ANNA), story.line()) == (AgentState.READY, ["eva"])


def test_a_call_that_cannot_be_made_is_made_ever_later_and_given_up_at_last_without_a_try() -> None:
    story = Hold(first=CalledFirst.CUSTOMER, retry_s=120.0, failures=6)
    story.join("eva").keep("eva").after(10).comes()
    pauses = [story.not_made("eva").until_called() for _ in range(5)]
    assert pauses == [120.0, 240.0, 480.0, 900.0, 900.0]
    assert [(tried.failures, tried.tries) for tried in story.told(CallbackTried)] == [
        (number, 0) for number in range(1, 6)
    ]
    explained = story.floor.explain(story.told(CallbackTaken)[0].contact, story.now)
    assert explained is not None
    assert "could not be called 5 times in a row" in explained.sentence
    story.not_made("eva")
    assert (story.ends, story.line(), story.floor.next_deadline()) == ([("eva", "callback_failed")], [], None)
    assert story.state(ANNA) is AgentState.READY
    figures = Figures()
    figures.add_all(story.facts)
    assert figures.queue(SALES).callbacks_not_made == 6


def test_a_call_that_rang_ends_the_row_of_those_that_could_not_be_made() -> None:
    story = Hold(first=CalledFirst.CUSTOMER, failures=2, retry_s=60.0)
    story.join("eva").keep("eva").after(10).comes().not_made("eva").until_called()
    assert story.not_reached("eva").until_called() == 60.0
    assert story.not_made("eva").until_called() == 60.0
    assert [(tried.tries, tried.failures) for tried in story.told(CallbackTried)] == [(0, 1), (1, 0), (1, 1)]


def test_calls_that_could_not_be_made_count_on_after_a_restart() -> None:
    place = KeptPlace(number=NUMBER, taken_moment=0.0, failures=3, tried_moment=900.0)
    story = Hold(first=CalledFirst.CUSTOMER, failures=4, retry_s=60.0).comes()
    story.now = 1000.0
    story.happen(RestoringBegan()).join("eva", adopted=True, kept=place).happen(RestoringEnded())
    assert story.until_called() == 140.0  # 4 minutes after the third
    story.not_made("eva")
    assert story.ends == [("eva", "callback_failed")]


def test_while_asterisk_is_away_no_call_counts_as_tried() -> None:
    story = Hold(tries=1)
    story.join("eva").keep("eva").after(10).comes().rang(ANNA).answer(ANNA)
    story.happen(RestoringBegan()).not_reached("eva").happen(RestoringEnded())
    assert (story.line(), story.ends) == (["eva"], [])


def test_an_agent_who_hangs_up_while_the_customers_phone_rings_ends_that_call() -> None:
    story = Hold()
    story.join("eva").keep("eva").after(10).comes().rang(ANNA).answer(ANNA)
    story.fail(ANNA, OfferOutcome.DECLINED)
    assert StopCallingBack(visit_of("eva")) in story.latest
    assert (story.line(), story.told(CallbackTried)) == (["eva"], [])
    story.reached("eva")  # in the very moment
    assert story.floor.snapshot(story.now).queues[SALES].callers[0].callback_number is None
    story.comes(BOB)
    assert story.ringing == {BOB: "eva"}


def test_nobody_is_called_back_before_the_line_is_free() -> None:
    story = Hold()
    story.join("eva").comes()
    assert story.ringing == {ANNA: "eva"}
    story.keep("eva")
    assert (story.ringing, story.state(ANNA)) == ({}, AgentState.READY)
    story.after(4.9)
    assert story.ringing == {}
    story.after(0.1)
    assert story.ringing == {ANNA: "eva"}


def test_outside_the_hours_nobody_is_called_back_and_others_are_served() -> None:
    story = Hold()
    story.join("eva").keep("eva").join("kim").after(10)
    story.happen(CallbackHoursChanged(SALES, open=False)).comes()
    assert story.ringing == {ANNA: "kim"}
    story.comes(BOB)
    assert story.ringing == {ANNA: "kim"}
    assert "in the hours" in story.floor.explain(story.told(CallbackTaken)[0].contact, story.now).sentence  # type: ignore[union-attr]
    story.happen(CallbackHoursChanged(SALES, open=True))
    assert story.ringing == {ANNA: "kim", BOB: "eva"}


def test_neither_a_wait_too_long_nor_an_empty_queue_nor_a_key_ends_a_callback() -> None:
    queue = sales(
        callback=CallbackRules(),
        max_wait_s=30.0,
        exit_keys=frozenset("0"),
        leave_when_empty=EmptyRule.NOBODY_UNPAUSED,
        join_when_empty=EmptyRule.NEVER,
    )
    story = Hold(queue=queue)
    story.comes().comes(BOB).join("kim").join("tom").join("eva").keep("eva")
    story.happen(AgentPaused(ANNA, "lunch")).happen(AgentPaused(BOB, "lunch")).after(100)
    assert {who for who, _ in story.ends} == {"kim", "tom"}
    assert story.line() == ["eva"]


def test_a_second_request_for_the_same_number_keeps_the_firsts_place() -> None:
    story = Hold()
    story.join("eva").after(1).join("kim").keep("eva").after(1).join("eva-again").keep("eva-again")
    assert (story.line(), story.ends) == (["eva-again", "kim"], [("eva", "withdrawn")])
    story.after(10).comes()
    assert story.ringing == {ANNA: "eva-again"}


def test_a_customer_with_a_callback_who_calls_in_again_joins_at_the_kept_place() -> None:
    story = Hold(queue=sales(callback=CallbackRules(), max_length=2))
    story.join("eva").after(1).join("kim").keep("eva").after(9).join("eva-again", number=NUMBER)
    assert (story.line(), story.ends) == (["eva-again", "kim"], [("eva", "withdrawn")])
    story.after(5).comes().talk(ANNA)
    assert story.told(Answered)[0].wait_s == 5.0


def test_a_customer_who_is_not_let_in_again_is_still_called_back() -> None:
    story = Hold(queue=sales(callback=CallbackRules(), join_when_empty=EmptyRule.NOBODY_UNPAUSED))
    story.comes().join("eva").keep("eva").happen(AgentPaused(ANNA, "lunch"))
    story.join("eva-again", number=NUMBER)
    assert (story.line(), story.ends) == (["eva"], [("eva-again", "left_empty")])


def test_a_callback_can_be_cancelled_even_while_the_phone_rings() -> None:
    story = Hold()
    story.join("eva").keep("eva").after(10).comes().rang(ANNA).answer(ANNA)
    story.leave("eva", VisitOutcome.WITHDRAWN)
    assert {type(command) for command in story.latest} >= {StopCallingBack, Release}
    assert (story.ends, story.line(), story.state(ANNA)) == (
        [("eva", "withdrawn")],
        [],
        AgentState.READY,
    )


def test_priority_moves_a_callback_too() -> None:
    story = Hold()
    story.join("kim").join("eva").keep("eva").happen(PriorityChanged(visit_of("eva"), 5))
    assert story.line() == ["eva", "kim"]


def test_who_was_promised_a_callback_while_its_rules_were_removed_is_called_back_all_the_same() -> None:
    story = Hold()
    story.join("eva").happen(FloorConfigured([sales()], [agent(ANNA)])).keep("eva")
    assert (story.line(), story.ends) == (["eva"], [])
    story.after(60).comes().rang(ANNA).answer(ANNA)
    assert story.called() == [NUMBER]


def test_after_a_restart_a_place_is_kept_and_a_phone_that_rings_rings_on() -> None:
    queue = sales(callback=CallbackRules(tries=2, retry_s=60.0))
    story = Story(queue, agents=[agent(ANNA)])
    story.now = 1000.0
    story.happen(RestoringBegan())
    waits = KeptPlace(number="1", taken_moment=500.0, tries=1, tried_moment=1040.0)
    rings = KeptPlace(number="2", taken_moment=600.0, dialled_moment=990.0)
    story.join("eva", adopted=True, kept=waits).join("kim", adopted=True, kept=rings)
    story.happen(RestoringEnded())
    assert (story.ringing, story.told(CallbackTaken), story.line()) == ({}, [], ["eva", "kim"])
    story.happen(CustomerAnswered(visit_of("kim")))
    assert story.ringing == {ANNA: "kim"}
    story.talk(ANNA).part("kim").at(1100)
    assert story.ringing == {ANNA: "eva"}
    story.rang(ANNA).answer(ANNA).happen(CustomerNotReached(visit_of("eva"), OfferOutcome.DECLINED))
    assert story.ends == [("kim", "answered"), ("eva", "callback_failed")]


def test_a_place_that_is_kept_outlives_its_queue() -> None:
    story = Hold()
    story.join("eva").keep("eva").after(10)
    story.happen(FloorConfigured([], [agent(ANNA)]))
    assert (story.line(), story.ends) == (["eva"], [])
    story.comes().rang(ANNA).answer(ANNA).reached("eva").connect(ANNA)
    assert (story.ends, story.line()) == ([("eva", "answered")], [])
    story.part("eva")
    assert not story.floor.snapshot(story.now).queues


def test_a_place_that_is_kept_is_given_up_with_its_queue_and_all_who_could_have_called_back() -> None:
    story = Hold()
    story.join("eva").keep("eva").after(10).happen(FloorConfigured([], []))
    assert story.ends == [("eva", "withdrawn")]


def test_callbacks_have_figures_of_their_own() -> None:
    story = Hold(tries=1)
    story.join("eva").after(10).keep("eva").join("kim").keep("kim", "2").after(100).comes()
    story.rang(ANNA).answer(ANNA).reached("eva").connect(ANNA).part("eva").rang(ANNA).answer(ANNA)
    story.not_reached("kim")
    figures = Figures()
    figures.add_all(story.facts)
    queue = figures.queue(SALES)
    assert (queue.callbacks_taken, queue.callbacks_served) == (2, 1)
    assert (queue.offered, queue.answered, queue.outcomes[VisitOutcome.CALLBACK_FAILED]) == (2, 1, 1)
    assert (queue.wait_answered.sum, queue.time_to_callback.sum, queue.abandoned) == (10.0, 100.0, 0)
    assert story.told(VisitEnded)[0].callback_s == 100.0


def test_two_who_call_from_one_number_both_wait() -> None:
    story = Hold()
    story.join("eva", number=NUMBER).join("kim", number=NUMBER)
    assert story.line() == ["eva", "kim"]


def restarted(first: CalledFirst, *, dialled: bool, reserved: bool, rang: float | None = 992.0) -> Hold:
    """Return a floor that finds Eva's place kept after a restart, and Anna reserved or rung for it."""
    story = Hold(first=first).comes()
    story.now = 1000.0
    place = KeptPlace(number=NUMBER, taken_moment=500.0, dialled_moment=1000.0 if dialled else None)
    eva = caller_named("eva", SALES, joined_moment=400.0, adopted=True, kept=place)
    story.happen(RestoringBegan()).happen(OfferRestored(eva, ANNA, OfferId("o"), rang, reserved=reserved))
    return story.happen(CallerJoined(eva))


def test_after_a_restart_the_agent_is_reserved_while_the_customers_phone_rings_on() -> None:
    story = restarted(CalledFirst.CUSTOMER, dialled=True, reserved=True).happen(RestoringEnded())
    story.comes(BOB).after(29)
    assert (story.state(ANNA), story.state(BOB)) == (AgentState.RINGING, AgentState.READY)
    assert story.commands == []
    story.reached("eva").talk(ANNA)
    assert (story.talking, story.told(OfferMade)) == ({ANNA: "eva"}, [])


def test_after_a_restart_the_agent_is_let_go_without_blame_whose_customer_is_called_no_more() -> None:
    story = restarted(CalledFirst.CUSTOMER, dialled=False, reserved=True)
    (ended,) = story.told(OfferEnded)
    assert (ended.outcome, ended.rang_s, story.state(ANNA)) == ("withdrawn", 0.0, AgentState.READY)
    story.happen(RestoringEnded())
    assert (story.called(), story.told(CallbackTried)) == ([NUMBER], [])


def test_after_a_restart_an_agent_who_hears_it_ring_hears_on_however_long_ago_that_began() -> None:
    story = restarted(CalledFirst.AGENT, dialled=True, reserved=False, rang=None).happen(RestoringEnded())
    story.happen(AgentAnswered(OfferId("o"))).after(29).reached("eva")
    assert [type(command) for command in story.latest] == [Connect]


def test_after_a_restart_nobody_is_called_for_an_agent_who_has_hung_up() -> None:
    story = restarted(CalledFirst.AGENT, dialled=True, reserved=False)
    story.happen(OfferFailed(OfferId("o"), OfferOutcome.DECLINED))
    assert story.latest == [StopCallingBack(visit_of("eva"))]
    assert (story.line(), story.told(CallbackTried)) == (["eva"], [])


def test_no_agent_is_blamed_for_rules_that_change_while_the_customers_phone_rings() -> None:
    story = Hold(first=CalledFirst.CUSTOMER, ring_s=5.0).join("eva").keep("eva").after(10).comes()
    patient = CallbackRules(first=CalledFirst.CUSTOMER, ring_s=300.0)
    story.happen(FloorConfigured([sales(callback=patient)], [agent(ANNA)])).after(60)
    (ended,) = story.told(OfferEnded)
    assert (ended.outcome, story.state(ANNA)) == ("not_reached", AgentState.READY)
