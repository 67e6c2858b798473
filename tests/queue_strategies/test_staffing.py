"""How many agents a promise takes: published figures, the long way round, what holds for any traffic."""

from __future__ import annotations

from dataclasses import astuple, fields, replace
from math import isfinite

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queue_strategies.metrics import SERVICE_LEVELS, UnknownFormula
from queue_strategies.staffing import (
    ExpectedFigures,
    Goals,
    Interval,
    Overloaded,
    StaffingError,
    Traffic,
    expected,
    fewest_agents,
    plan,
    scheduled_agents,
)
from queue_strategies.staffing.erlang_a import erlang_a
from queue_strategies.staffing.erlang_b import blocked, fewest_agents_blocking
from queue_strategies.staffing.expected import BOTH_WITHIN_OF_OFFERED, FORMULAS, USUAL_FORMULA
from queue_strategies.staffing.requirements import can_worsen
from tests.queue_strategies.birth_death import solve

AHT_S = 180.0
ROUNDING = 1e-9

agents_of_a_team = st.integers(1, 150)
loads = st.floats(0.05, 200)
patience = st.none() | st.floats(5, 3600)
redials = st.sampled_from([0.0, 0.3, 0.9])


@st.composite
def traffics(draw: st.DrawFn, most: int = 150) -> Traffic:
    """Traffic of which some is lost, by impatience, by lines, or both; that many agents find a line."""
    patience_s = draw(patience)
    some_lines = st.integers(most, most + 100)
    lines = draw(some_lines if patience_s is None else st.none() | some_lines)
    return Traffic(draw(st.floats(0.05, most * 1.3)) / AHT_S, AHT_S, patience_s, lines, draw(redials))


def close(value: float) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


# -- published figures --------------------------------------------------------------------------------------


def test_ten_lines_under_five_erlang_block_as_the_tables_of_erlang_b_say() -> None:
    assert blocked(10, 5.0) == pytest.approx(0.01838457, abs=5e-9)
    assert fewest_agents_blocking(5.0, 0.0184) == 10
    assert fewest_agents_blocking(5.0, 0.0183) == 11


def test_fourteen_agents_for_twelve_erlang_answer_as_the_tables_of_erlang_c_say() -> None:
    figures = expected(Traffic(4 / 60, AHT_S), 14, within_s=20)
    assert figures.asa_s / 60 == pytest.approx(0.72, abs=0.005)
    assert 0.6142 <= (figures.service_level().value or 0) < 0.6143
    assert figures.occupancy == pytest.approx(0.8571, abs=5e-5)


def test_fifty_agents_and_impatient_callers_do_as_garnett_mandelbaum_and_reiman_say() -> None:
    """Their table 1 (2002): 48 calls a minute of one minute, patience 2 minutes; and without impatience."""
    impatient = expected(Traffic(48 / 60, 60, 120), 50)
    assert impatient.abandoned == pytest.approx(0.031, abs=5e-4)
    assert impatient.mean_wait_s == pytest.approx(3.7, abs=0.05)
    assert impatient.queue_length == pytest.approx(3, abs=0.5)
    assert impatient.occupancy == pytest.approx(0.93, abs=5e-3)
    patient = expected(Traffic(48 / 60, 60), 50)
    assert patient.asa_s == pytest.approx(20.8, abs=0.05)
    assert patient.queue_length == pytest.approx(17, abs=0.5)
    assert patient.occupancy == pytest.approx(0.96)


def test_thirteen_agents_with_impatient_callers_do_as_a_published_erlang_a_example_says() -> None:
    """The guide of pyworkforce: 100 calls in 30 minutes, AHT 3 minutes, patience 5 minutes, 20 seconds."""
    figures = expected(Traffic(100 / 1800, AHT_S, 300), 13, within_s=20)
    assert figures.service_level().value == pytest.approx(0.858, abs=1e-3)
    assert figures.occupancy == pytest.approx(0.750, abs=1e-3)
    assert figures.abandoned == pytest.approx(0.025, abs=1e-3)
    assert figures.waiting == pytest.approx(0.226, abs=1e-3)
    assert figures.mean_wait_s / 60 == pytest.approx(0.125, abs=1e-3)


# -- the long way round -------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(
    st.integers(1, 8),
    st.floats(0.1, 20),
    st.just(0.0) | st.floats(0.01, 20),
    st.integers(0, 25),
    st.floats(0, 3),
)
def test_every_figure_is_what_following_the_callers_state_by_state_gives(
    agents: int, load: float, impatience: float, room: int, within: float
) -> None:
    assert_same(agents, load, impatience, room, within)


@pytest.mark.parametrize(
    ("agents", "load", "impatience", "room", "within"),
    [(10_000, 10_030.0, 0.5, 300, 20 / 180), (1, 200.0, 1.0, 250, 5.0)],
    ids=["ten thousand agents", "one agent, hopelessly overloaded"],
)
def test_figures_are_no_less_exact_at_the_extremes(
    agents: int, load: float, impatience: float, room: int, within: float
) -> None:
    assert_same(agents, load, impatience, room, within)


def assert_same(agents: int, load: float, impatience: float, room: int, within: float) -> None:
    quickly = erlang_a(agents, load, impatience, room)
    slowly = solve(agents, load, impatience, room, within)
    for name in (
        "waiting",
        "blocked",
        "answered",
        "abandoned",
        "speed_of_answer",
        "queue_length",
        "occupancy",
    ):
        assert getattr(quickly, name) == close(float(getattr(slowly, name))), name
    assert quickly.answered_within(within) == close(float(slowly.answered_within))
    assert quickly.abandoned_within(within) == close(float(slowly.abandoned_within))


# -- what must hold for any traffic -------------------------------------------------------------------------


@settings(max_examples=60)
@given(traffics(), agents_of_a_team)
def test_one_agent_more_is_never_worse_for_a_caller_and_never_busier(traffic: Traffic, agents: int) -> None:
    few, more = expected(traffic, agents), expected(traffic, min(agents + 1, 150))
    assert more.answered_within >= few.answered_within - ROUNDING
    assert more.answered >= few.answered - ROUNDING
    assert more.abandoned <= few.abandoned + ROUNDING or may_worsen(traffic, Goals(abandoned=0.1))
    assert more.blocked <= few.blocked + ROUNDING or may_worsen(traffic, Goals(blocked=0.1))
    assert more.asa_s <= few.asa_s + ROUNDING * few.asa_s + ROUNDING
    assert more.occupancy <= few.occupancy + ROUNDING


def may_worsen(traffic: Traffic, goals: Goals) -> bool:
    return not can_worsen(traffic, goals).are_none


@settings(max_examples=40)
@given(
    traffics(most=20),
    st.sampled_from(
        [
            Goals(service_level=0.8),
            Goals(asa_s=12),
            Goals(service_level=0.9, occupancy=0.85, abandoned=0.04),
            Goals(blocked=0.02, asa_s=30),
        ]
    ),
)
def test_the_fewest_agents_keep_the_promise_and_no_fewer_do(traffic: Traffic, goals: Goals) -> None:
    goals = replace(
        goals,
        abandoned=goals.abandoned if traffic.patience_s else None,
        blocked=goals.blocked if traffic.lines else None,
    )
    try:
        agents = fewest_agents(traffic, goals)
    except StaffingError:
        agents = (traffic.lines or 100) + 1
    else:
        assert goals.met_by(expected(traffic, agents))
    assert not any(goals.met_by(expected(traffic, fewer)) for fewer in range(1, agents))


@settings(max_examples=60)
@given(
    st.integers(1, 40),
    st.floats(0.05, 3),
    st.floats(1, 3000),
    redials,
    st.sampled_from([USUAL_FORMULA, BOTH_WITHIN_OF_OFFERED]),
    st.data(),
)
def test_where_one_agent_more_can_be_worse_the_first_is_found_whom_trying_all_would_find(
    lines: int, busy: float, patience_s: float, redial: float, formula: str, data: st.DataObject
) -> None:
    traffic = Traffic(busy * lines / AHT_S, AHT_S, patience_s, lines, redial)
    every = [expected(traffic, agents) for agents in range(1, lines + 1)]
    reached = data.draw(st.sampled_from(every))
    shares = (reached.service_level(formula).value, reached.abandoned, reached.blocked)
    asked = [share if ROUNDING < (share or 0) < 1 and data.draw(st.booleans()) else None for share in shares]
    goals = Goals(service_level=asked[0], abandoned=asked[1], blocked=asked[2] or 0.999, formula=formula)
    first = next((one.agents for one in every if goals.met_by(one)), None)
    if first is None:
        with pytest.raises(StaffingError, match="no number of agents"):
            fewest_agents(traffic, goals)
    else:
        assert fewest_agents(traffic, goals) == first


@pytest.mark.parametrize(
    ("traffic", "goals", "agents"),
    [
        (Traffic(10_000 / 3600, 3600, 120, 12_000, 0.4), Goals(abandoned=0.03), 9832),
        (Traffic(10_000 / 3600, 3600, 120, 9_900, 0.4), Goals(abandoned=0.03, blocked=0.01), 9831),
    ],
)
def test_thousands_of_agents_are_found_without_trying_each(
    traffic: Traffic, goals: Goals, agents: int
) -> None:
    tried: list[int] = []
    assert fewest_agents(traffic, goals, tried.append) == agents
    assert len(tried) < 60


def test_more_agents_block_more_where_callers_hang_up_sooner_than_agents() -> None:
    traffic = Traffic(20 / AHT_S, AHT_S, 5, 12)
    shares = [expected(traffic, agents).blocked for agents in (1, 6, 12)]
    assert shares == sorted(shares)
    assert shares[0] < 0.01 < shares[2]
    assert fewest_agents(traffic, Goals(blocked=0.01)) == 1
    with pytest.raises(StaffingError, match="no number of agents up to 12"):
        fewest_agents(traffic, Goals(blocked=0.01, abandoned=0.1))


def test_agents_whom_only_rounding_keeps_from_being_overloaded_are_overloaded() -> None:
    traffic = Traffic(49 / AHT_S, AHT_S)
    assert traffic.load < 49
    with pytest.raises(Overloaded, match="take 50 or more"):
        expected(traffic, 49)
    assert traffic.fewest_stable == 50


@settings(max_examples=40)
@given(
    st.integers(1, 10_000),
    st.floats(-6, 4),
    st.none() | st.floats(-2, 4),
    st.none() | st.integers(0, 20_000),
    st.floats(0, 4),
)
@example(agents=1, load=0.0, patience_log=-2.0, room=None, within=4.0)
def test_figures_of_one_to_ten_thousand_agents_are_finite_and_add_up_whatever_the_load(
    agents: int, load: float, patience_log: float | None, room: int | None, within: float
) -> None:
    lines = agents + room if room is not None else None
    patience_s = 10**patience_log if patience_log is not None else None
    traffic = Traffic(10**load / AHT_S, AHT_S, patience_s, lines)
    try:
        figures = expected(traffic, agents, within_s=10**within - 1)
    except Overloaded:
        assert (patience_s, lines) == (None, None)
        assert traffic.load > agents * (1 - 1e-6)
        return
    assert all(isfinite(value) and value >= 0 for value in astuple(figures))
    assert figures.answered + figures.abandoned + figures.blocked == pytest.approx(1, abs=1e-9)
    assert figures.blocked == 0 or lines is not None
    assert figures.answered_within <= figures.answered + ROUNDING
    assert figures.abandoned_short <= figures.abandoned + ROUNDING
    for formula in FORMULAS:
        assert 0 <= (figures.service_level(formula).value or 0) <= 1 + ROUNDING


@settings(max_examples=25)
@given(st.integers(1, 200), st.floats(0.05, 0.9), st.floats(0, 600))
def test_callers_of_endless_patience_are_those_of_erlang_c(agents: int, busy: float, within_s: float) -> None:
    calls_per_s = busy * agents / AHT_S
    patient = expected(Traffic(calls_per_s, AHT_S, 90_000 * AHT_S), agents, within_s=within_s)
    endless = expected(Traffic(calls_per_s, AHT_S), agents, within_s=within_s)
    many_lines = expected(Traffic(calls_per_s, AHT_S, None, 2_000), agents, within_s=within_s)
    for field in fields(ExpectedFigures):
        value = pytest.approx(getattr(endless, field.name), rel=1e-2, abs=1e-3)
        assert getattr(patient, field.name) == value, field.name
        exact = pytest.approx(getattr(endless, field.name), rel=1e-8, abs=1e-9)
        assert getattr(many_lines, field.name) == exact, field.name


@given(st.integers(1, 300), loads, patience)
def test_with_a_line_for_each_agent_and_no_more_it_is_erlang_b(
    agents: int, load: float, patience_s: float | None
) -> None:
    figures = expected(Traffic(load / AHT_S, AHT_S, patience_s, agents), agents)
    assert figures.blocked == pytest.approx(blocked(agents, load), rel=1e-9)
    assert (figures.waiting, figures.abandoned, figures.asa_s, figures.queue_length) == (0, 0, 0, 0)


@settings(max_examples=40)
@given(traffics(), agents_of_a_team)
def test_all_calls_are_the_first_ones_and_those_of_the_lost_who_call_again(
    traffic: Traffic, agents: int
) -> None:
    figures = expected(traffic, agents)
    lost = figures.abandoned + figures.blocked
    assert figures.load == pytest.approx(figures.calls_per_s * AHT_S)
    redials_per_s = traffic.redial * figures.calls_per_s * lost
    assert figures.calls_per_s == pytest.approx(traffic.calls_per_s + redials_per_s, rel=1e-9)
    assert figures.answered <= expected(replace(traffic, redial=0.0), agents).answered + ROUNDING


def test_the_formulas_of_the_service_level_are_those_of_the_figures() -> None:
    assert FORMULAS.keys() == SERVICE_LEVELS.keys()
    figures = expected(Traffic(1, AHT_S, 60, 190), 170)
    short, late = figures.abandoned_short, figures.abandoned - figures.abandoned_within
    assert 0 < short < figures.abandoned_within < figures.abandoned
    by_hand = {
        "answered_within/offered": figures.answered_within,
        "answered_within/answered": figures.answered_within / figures.answered,
        "answered_within/answered_and_abandoned_late": figures.answered_within / (figures.answered + late),
        "removed_within/queued": (figures.answered_within + figures.abandoned_within) / (1 - figures.blocked),
    }
    for formula, level in by_hand.items():
        assert figures.service_level(formula).value == pytest.approx(level)
    with pytest.raises(UnknownFormula, match="did you mean 'answered_within/answered'"):
        figures.service_level("answered_withn/answered")


# -- a day --------------------------------------------------------------------------------------------------


def test_a_day_gives_each_interval_its_own_agents_and_adds_up_calls_not_percentages() -> None:
    busy, quiet = Traffic(400 / 1800, AHT_S), Traffic(20 / 1800, 200)
    goals = Goals(service_level=0.8, within_s=20)
    day = plan(
        [
            Interval("09:00", 1800, busy),
            Interval("09:30", 1800, quiet, agents=3),
            Interval("10:00", 1800, None),
        ],
        goals,
        shrinkage=0.3,
    )
    first, second, third = day.intervals
    assert [one.agents for one in day.intervals] == [fewest_agents(busy, goals), 3, 0]
    assert [one.scheduled for one in day.intervals] == [-(-first.agents * 10 // 7), 5, 0]
    assert third.figures is None
    assert day.calls == pytest.approx(420)
    assert day.agent_hours == (first.agents + 3) / 2
    waits = [one.figures.asa_s for one in (first, second) if one.figures]
    assert day.asa_s.value == pytest.approx((400 * waits[0] + 20 * waits[1]) / 420)
    assert (day.abandoned.value, day.blocked.value) == (0, 0)
    assert day.scheduled_hours == (first.scheduled + 5) / 2
    levels = [one.figures.service_level().value or 0 for one in (first, second) if one.figures]
    assert day.service_level.value == pytest.approx((400 * levels[0] + 20 * levels[1]) / 420)
    assert day.occupancy.value == pytest.approx((40 + 20 / 9) / (first.agents + 3))


def test_an_interval_that_cannot_keep_up_is_told_by_its_name() -> None:
    with pytest.raises(StaffingError, match="09:30: agents: 3 cannot serve 40 erlang while nobody hangs up"):
        plan([Interval("09:30", 1800, Traffic(400 / 1800, AHT_S), agents=3)], Goals(service_level=0.8))


@pytest.mark.parametrize(("agents", "shrinkage", "scheduled"), [(55, 0.0, 55), (21, 0.3, 30), (22, 0.3, 32)])
def test_those_who_are_away_are_scheduled_on_top(agents: int, shrinkage: float, scheduled: int) -> None:
    assert scheduled_agents(agents, shrinkage) == scheduled


# -- questions without an answer ----------------------------------------------------------------------------


@pytest.mark.parametrize("agents", [2.5, 14.0, True, 0, -3, 100_001])
def test_agents_come_whole(agents: float) -> None:
    with pytest.raises(StaffingError, match=r"agents: .* whole number from 1 to 100000"):
        expected(Traffic(1 / 60, AHT_S), agents)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("traffic", "goals", "told"),
    [
        (Traffic(1, AHT_S), Goals(), "nothing is promised"),
        (Traffic(1, AHT_S), Goals(abandoned=0.03), "nobody hangs up without a patience"),
        (Traffic(1, AHT_S), Goals(blocked=0.03), "nobody is blocked without a bound of lines"),
        (Traffic(1, AHT_S, 60, 90), Goals(service_level=0.8), "no number of agents up to 90 keeps"),
    ],
)
def test_a_promise_that_no_number_of_agents_keeps_is_refused(
    traffic: Traffic, goals: Goals, told: str
) -> None:
    with pytest.raises(StaffingError, match=told):
        fewest_agents(traffic, goals)
