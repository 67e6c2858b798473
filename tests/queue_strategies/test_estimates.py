"""The estimated wait: what it says, how it turns out, and that it keeps silent when it turns out badly."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_strategies.announcements import Announcements, EstimateRule
from queue_strategies.estimates import Estimate, Pace, Score, _moments, estimate, rounded
from queue_strategies.events import AgentLoggedIn, AgentLoggedOut
from queue_strategies.facts import EstimateJudged
from queue_strategies.model import Queue, QueueName
from tests.queue_strategies.busy_days import Days

SALES, SUPPORT = QueueName("sales"), QueueName("support")
HOUR_S = 3600.0
TOLD = Announcements(estimate=EstimateRule.P80, start_s=1.0, estimate_once=True)

paces = st.builds(Pace, events=st.floats(3, 1000), exposure_s=st.floats(30, 100_000), moment=st.just(0.0))
nobody_gives_up = Pace(0.0, 0.0, 0.0)


def sales(**rules: object) -> Queue:
    return Queue(name=SALES, announcements=TOLD, **rules)  # type: ignore[arg-type]


def about_three_minutes(chance: random.Random) -> float:
    return chance.lognormvariate(5.0, 0.7)


def shares(judged: list[EstimateJudged]) -> tuple[float, float]:
    """Return which part of the waits came to no more than P50, and than P80."""
    assert len(judged) > 500
    below_p50 = sum(one.actual_s <= one.p50_s for one in judged) / len(judged)
    return below_p50, sum(one.actual_s <= one.p80_s for one in judged) / len(judged)


# -- on a floor under a virtual clock -----------------------------------------------------------------------


@pytest.mark.parametrize(("agents", "patience_s"), [(3, 150.0), (25, None)], ids=["impatient", "patient"])
def test_half_of_the_waits_stay_below_p50_and_four_fifths_below_p80(
    agents: int, patience_s: float | None
) -> None:
    load = 0.93 if patience_s is None else 1.3
    days = Days((sales(),), agents, about_three_minutes, 190 / (load * agents), patience_s)
    days.go_on(HOUR_S + 1500 / agents * 190)
    p50, p80 = shares(days.judged())
    assert p50 == pytest.approx(0.5, abs=0.1)
    assert p80 == pytest.approx(0.8, abs=0.1)


def test_callers_of_another_queue_who_are_served_first_are_counted_in() -> None:
    support = Queue(name=SUPPORT, announcements=TOLD)
    serves = [(SALES,), (SALES,), (SALES, SUPPORT), (SALES, SUPPORT), (SALES, SUPPORT), (SUPPORT,)]
    days = Days(
        (sales(), support), 6, about_three_minutes, 33.5, 400.0, serves=lambda n: serves[n % len(serves)]
    )
    days.go_on(24 * HOUR_S)
    for queue in (SALES, SUPPORT):
        p50, p80 = shares([one for one in days.judged() if one.queue == queue])
        assert p50 == pytest.approx(0.5, abs=0.12)
        assert p80 == pytest.approx(0.8, abs=0.12)


def test_estimates_react_at_once_to_who_is_at_work_and_there_are_none_when_nobody_is() -> None:
    days = Days((sales(leave_when_empty="never"),), 4, about_three_minutes, 30.0)
    days.go_on(2 * HOUR_S)
    of_four = days.floor.expected_wait(SALES, days.now)
    days.staff(AgentLoggedOut, 2, 3)
    of_two = days.floor.expected_wait(SALES, days.now)
    days.staff(AgentLoggedOut, 0, 1)
    of_nobody = days.floor.expected_wait(SALES, days.now)
    days.staff(AgentLoggedIn, 0, 1)
    assert of_four is not None
    assert of_two is not None
    assert of_two.p50_s == pytest.approx(2 * of_four.p50_s, rel=0.1)
    assert of_nobody is None
    assert days.floor.expected_wait(SALES, days.now) == of_two


def test_announcing_stops_while_estimates_are_bad_and_resumes_when_they_are_good_again() -> None:
    def wildly(chance: random.Random) -> float:
        return 60.0 if wild == 0 else (2000.0 if int(days.now / 1800) % 2 else 10.0)

    wild = 0
    days = Days((sales(),), 6, wildly, 9.0, 200.0)
    days.go_on(2 * HOUR_S)
    assert all(one.said_s is not None for one in days.judged())
    wild = 1
    days.go_on(3 * HOUR_S)
    kept_back = [one for one in days.judged(2 * HOUR_S) if one.said_s is None]
    wild = 0
    days.go_on(4 * HOUR_S)
    assert len(kept_back) > 50
    assert all(one.said_s is not None for one in days.judged(8 * HOUR_S))


# -- the formula --------------------------------------------------------------------------------------------


@given(service=paces, patience=paces, agents=st.integers(1, 500), ahead=st.floats(0, 2000))
def test_who_has_more_callers_ahead_or_fewer_agents_waits_longer(
    service: Pace, patience: Pace, agents: int, ahead: float
) -> None:
    here = estimate(ahead, agents, service, patience)
    behind = estimate(ahead + 1, agents, service, patience)
    better_staffed = estimate(ahead, agents + 1, service, patience)
    assert here is not None
    assert behind is not None
    assert better_staffed is not None
    assert 0 < here.p50_s < here.p80_s
    assert (here.p50_s, here.p80_s) < (behind.p50_s, behind.p80_s)
    assert better_staffed.p50_s < here.p50_s
    assert better_staffed.p80_s < here.p80_s


@given(service=paces, ahead=st.integers(0, 200))
def test_without_abandonment_the_mean_wait_is_the_callers_over_the_rate_at_which_agents_come_free(
    service: Pace, ahead: int
) -> None:
    told = estimate(ahead, 5, service, nobody_gives_up)
    assert told is not None
    mean_s = (ahead + 1) * service.exposure_s / service.events / 5
    assert 0.45 * mean_s < told.p50_s < mean_s < told.p80_s < 2 * mean_s


@pytest.mark.parametrize("ahead", [0, 1, 7, 100])
def test_the_quantiles_are_those_of_the_gamma_distribution(ahead: int) -> None:
    """Against chance itself: a million events make the pace certain, so the wait is Erlang's."""
    told = estimate(ahead, 1, Pace(1e9, 1e9, 0.0), nobody_gives_up)
    assert told is not None
    chance = random.Random(7)
    waits = sorted(chance.gammavariate(ahead + 1, 1.0) for _ in range(2000))
    assert told.p50_s == pytest.approx(waits[1000], rel=0.09)
    assert told.p80_s == pytest.approx(waits[1600], rel=0.09)


def test_nothing_is_estimated_before_a_few_callers_were_taken() -> None:
    assert estimate(3, 5, Pace(2.0, 400.0, 0.0), nobody_gives_up) is None
    assert estimate(3, 0, Pace(50.0, 400.0, 0.0), nobody_gives_up) is None


def test_what_happened_half_an_hour_ago_counts_half() -> None:
    pace = Pace()
    pace.note(0.0, events=8, exposure_s=100.0)
    pace.fade(1800.0)
    assert pace.events == pytest.approx(4)
    assert pace.exposure_s == pytest.approx(50, rel=0.05)


@given(seconds=st.floats(0, 10_000), to_s=st.sampled_from([10.0, 30.0, 60.0]))
def test_a_wait_is_rounded_up_and_never_to_nothing(seconds: float, to_s: float) -> None:
    said_s = rounded(seconds, to_s)
    assert said_s >= to_s
    assert seconds <= said_s + 1e-6
    assert said_s < 60 or said_s % 60 == 0
    assert said_s == to_s or said_s - max(60, to_s) < seconds


@given(st.lists(st.floats(0, 1000), max_size=300))
def test_a_score_that_has_lost_trust_regains_it_by_good_estimates(waits_s: list[float]) -> None:
    score, told = Score(), Estimate(50.0, 80.0)
    for wait_s in waits_s:
        score.judge(told, wait_s)
    for n in range(1000):
        score.judge(told, 10.0 * (n % 10))
    assert score.trusted
    for _ in range(100):
        score.judge(told, 200.0)
    assert not score.trusted


def test_trust_is_lost_late_and_regained_late_so_that_announcing_does_not_stop_and_go() -> None:
    def middling(score: Score) -> bool:
        for n in range(400):  # a quarter below P50, three quarters below P80
            score.judge(Estimate(50.0, 80.0), (10.0, 60.0, 60.0, 200.0)[n % 4])
        return score.trusted

    distrusted = Score()
    for _ in range(100):
        distrusted.judge(Estimate(50.0, 80.0), 200.0)
    assert middling(Score())
    assert not middling(distrusted)


@given(service=paces, ahead=st.integers(0, 50))
def test_what_is_known_from_fewer_callers_is_told_with_more_caution(service: Pace, ahead: int) -> None:
    well_known = Pace(100 * service.events, 100 * service.exposure_s, 0.0)
    little = estimate(ahead, 3, service, nobody_gives_up)
    much = estimate(ahead, 3, well_known, nobody_gives_up)
    assert little is not None
    assert much is not None
    assert little.p80_s > much.p80_s


@given(steps=st.integers(65, 3000), taken=st.floats(0.001, 10), giving_up=st.floats(0.0001, 0.1))
def test_long_lines_are_summed_up_in_one_step_as_exactly_as_place_by_place(
    steps: int, taken: float, giving_up: float
) -> None:
    mean, variance = _moments(steps, taken, giving_up)
    rates = [taken + ahead * giving_up for ahead in range(steps)]
    assert mean == pytest.approx(sum(1 / rate for rate in rates), rel=1e-3)
    assert variance == pytest.approx(sum(1 / rate**2 for rate in rates), rel=1e-3)
