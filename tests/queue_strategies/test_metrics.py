"""Every number means what METRICS says, and comes from facts alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.errors import CallfloorError
from queue_strategies.events import (
    AgentLoggedOut,
    AgentPaused,
    AgentUnpaused,
    CallerHeld,
    CallerPressed,
    CallerResumed,
)
from queue_strategies.metrics import (
    SERVICE_LEVELS,
    AgentFigures,
    Figures,
    Histogram,
    QueueFigures,
    Ratio,
    abandonment_rate,
    abandonment_rate_not_short,
    average_handle_time,
    average_speed_of_answer,
    handled_an_hour,
    occupancy,
    service_level,
    transfer_rate,
    utilization,
)
from queue_strategies.model import AgentState, OfferOutcome, Queue, VisitOutcome
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


def figures_of(story: Story) -> Figures:
    figures = Figures()
    figures.add_all(story.facts)
    return figures


def a_day_at_sales() -> Story:
    """Tell a day whose numbers can be checked by head; service level 20 s, short abandon 5 s, wrap-up 10 s.

    ann answered after 10 s, talks 60 s, 15 of them on hold; ben answered after 30 s, talks 40 s, transferred;
    cat abandons after 3 s, dan after 15 s, eli after 25 s; fay times out at 100 s, gus presses 0 after 8 s.
    """
    rules = {"service_level_s": 20.0, "short_abandon_s": 5.0, "wrap_up_s": 10.0, "ring_timeout_s": 60.0}
    story = Story(sales(**rules, max_wait_s=100.0, exit_keys=frozenset("0")))
    story.at(100).join("ann").rang(ANNA).at(110).answer(ANNA).connect(ANNA)
    story.at(120).happen(CallerHeld(visit_of("ann"))).at(135).happen(CallerResumed(visit_of("ann")))
    story.at(150).join("ben").at(170).part("ann")
    story.at(180).answer(ANNA).connect(ANNA)
    for name, joined, gone in (("cat", 182, 185), ("gus", 190, 198), ("dan", 200, 215)):
        story.at(joined).join(name).at(gone)
        story = story.happen(CallerPressed(visit_of(name), "0")) if name == "gus" else story.leave(name)
    story.at(220).part("ben", by="transfer", to="queue:support", kind="blind")
    story.at(230).happen(AgentPaused(ANNA, "lunch")).join("eli").join("fay").at(255).leave("eli")
    return story.at(330).happen(AgentUnpaused(ANNA)).at(400).happen(AgentLoggedOut(ANNA))


def day() -> QueueFigures:
    return figures_of(a_day_at_sales()).queues[SALES]


def test_the_day_is_counted() -> None:
    queue = day()
    assert (queue.offered, queue.answered, queue.answered_within) == (7, 2, 1)
    assert (queue.abandoned, queue.short_abandoned, queue.abandoned_within) == (3, 1, 2)
    assert {outcome: n for outcome, n in queue.outcomes.items() if n} == {
        VisitOutcome.ABANDONED: 3,
        VisitOutcome.TIMED_OUT: 1,
        VisitOutcome.EXITED_BY_KEY: 1,
    }
    assert queue.longest_wait_s == 100
    assert (queue.talk_s, queue.hold_s, queue.wrap_up_s, queue.handled) == (85, 15, 20, 2)
    assert (queue.handle_time.count, queue.handle_time.sum) == (2, 120)


@pytest.mark.parametrize(
    ("figure", "numerator", "denominator"),
    [
        (average_speed_of_answer, 40, 2),
        (average_handle_time, 120, 2),
        (abandonment_rate, 3, 7),
        (abandonment_rate_not_short, 2, 6),
        (transfer_rate, 1, 2),
    ],
)
def test_a_figure_keeps_its_two_counters(
    figure: Callable[[QueueFigures], Ratio], numerator: float, denominator: float
) -> None:
    assert figure(day()) == Ratio(numerator, denominator)
    assert figure(day()).value == pytest.approx(numerator / denominator)
    assert figure(QueueFigures()).value is None


@pytest.mark.parametrize(
    ("formula", "numerator", "denominator"),
    [
        ("answered_within/answered_and_abandoned_not_short", 1, 4),
        ("answered_within/answered", 1, 2),
        ("answered_and_abandoned_within/answered_and_abandoned", 3, 5),
        ("answered_and_abandoned_within/offered", 3, 7),
        ("answered_within/offered", 1, 7),
        ("answered_within/answered_and_abandoned", 1, 5),
        ("answered_within/answered_and_abandoned_late", 1, 3),
        ("removed_within/queued", 4, 7),
    ],
)
def test_each_service_level_is_what_its_name_says(formula: str, numerator: int, denominator: int) -> None:
    assert service_level(day(), formula) == Ratio(numerator, denominator)
    assert service_level(QueueFigures(), formula).value is None


def test_there_are_eight_formulas_and_the_default_is_one_of_them() -> None:
    assert len(SERVICE_LEVELS) == 8
    assert Queue(name=SALES).service_level_formula in SERVICE_LEVELS


def test_an_unknown_formula_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(CallfloorError, match="did you mean 'answered_within/offered'"):
        service_level(QueueFigures(), "answered_within/ofered")


def test_an_agents_time_is_accounted_for() -> None:
    anna = figures_of(a_day_at_sales()).agents[ANNA]
    assert anna.handled == 2
    assert (anna.talk_s, anna.hold_s, anna.wrap_up_s, anna.ringing_s) == (85, 15, 20, 10)
    assert (anna.paused_s, anna.state_s[AgentState.TALKING]) == (100, 100)
    assert anna.available_s == 399 - 100 - 20 - 10 - 100
    assert anna.logged_in_s == 399
    assert occupancy(anna) == Ratio(130, 130 + 169)
    assert utilization(anna) == Ratio(120, 399)
    assert handled_an_hour(anna) == Ratio(2, 399 / 3600)
    assert average_handle_time(anna) == Ratio(120, 2)
    assert occupancy(AgentFigures()).value is None


def test_offers_not_taken_are_counted_by_outcome_and_those_taken_back_are_not() -> None:
    story = Story(sales(strategy="ring_all", rest_s=1), agents=[agent(ANNA), agent(BOB)]).at(10).join("eva")
    story.fail(ANNA, OfferOutcome.DECLINED).at(11).fail(ANNA, OfferOutcome.UNREACHABLE)
    story.rang(BOB).at(40).answer(BOB).at(50)
    story.leave("eva")
    anna, bob = (figures_of(story).agents[who] for who in (ANNA, BOB))
    assert (anna.offers[OfferOutcome.DECLINED], anna.offers[OfferOutcome.UNREACHABLE]) == (1, 1)
    assert bob.offers[OfferOutcome.RANG_OUT] == 1
    assert anna.not_answered + bob.not_answered == sum(
        count
        for offers in (anna.offers, bob.offers)
        for outcome, count in offers.items()
        if outcome not in (OfferOutcome.CALLER_LEFT, OfferOutcome.WITHDRAWN)
    )


def test_a_personal_line_counts_for_the_agent_and_not_for_queues() -> None:
    queues = (sales(direct=True, wrap_up_s=5), support())
    story = Story(*queues, agents=[agent(ANNA, SALES, SUPPORT)]).at(10).join("eva").talk(ANNA)
    story.at(20).join("fay").leave("fay").part("eva", by="transfer", to="agent:bob").at(25).join(
        "gil", SUPPORT
    )
    figures = figures_of(story.talk(ANNA).part("gil"))
    assert list(figures.queues) == [SUPPORT]
    assert figures.queues[SUPPORT].handled == 1
    assert (figures.agents[ANNA].handled, figures.agents[ANNA].wrap_up_s) == (2, 5)


def test_handle_time_waits_for_the_wrap_up() -> None:
    story = Story(sales(wrap_up_s=30)).at(10).join("eva").talk(ANNA).at(20).part("eva")
    assert figures_of(story).queues[SALES].handle_time.count == 0
    assert figures_of(story.at(50)).queues[SALES].handle_time.sum == 40


def test_buckets_hold_what_is_at_or_below_their_bound() -> None:
    histogram = Histogram((1.0, 5.0))
    for duration_s in (0.0, 1.0, 1.1, 5.0, 5.1):
        histogram.observe(duration_s)
    assert histogram.cumulative() == [(1.0, 2), (5.0, 4), (float("inf"), 5)]
    assert histogram.sum == pytest.approx(12.2)


ratios = st.builds(Ratio, st.integers(0, 10_000), st.integers(0, 10_000))


@given(ratios, ratios)
def test_two_intervals_make_the_ratio_of_the_whole(first: Ratio, second: Ratio) -> None:
    whole = first + second
    total = first.denominator + second.denominator
    assert whole.value == (None if total == 0 else (first.numerator + second.numerator) / total)
