"""Days on the live Floor under a virtual clock: reckoned by hand, compared on the same luck, lived again."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from queue_strategies.facts import AgentStateChanged, Answered, Fact, OfferEnded, Transferred, VisitEnded
from queue_strategies.metrics import Ratio
from queue_strategies.model import (
    Agent,
    AgentId,
    Membership,
    OfferOutcome,
    Queue,
    QueueName,
    Skill,
    VisitOutcome,
    Widening,
)
from queue_strategies.simulation import (
    FIGURES,
    NEVER,
    Asked,
    CallRecordError,
    Constant,
    Customer,
    CustomerKind,
    Day,
    DistributionError,
    Empirical,
    Experiment,
    Exponential,
    Gamma,
    Habits,
    History,
    LogNormal,
    PoissonDemand,
    RateProfile,
    Scenario,
    Shift,
    Streams,
    Variant,
    bounds,
    bounds_of_moves,
    difference,
    estimate,
    read_call_records,
    read_distribution,
)
from queue_strategies.simulation.confidence import student_t
from queue_strategies.simulation.short_cut import EVERYBODY

SALES, SUPPORT = QueueName("sales"), QueueName("support")
ANNA, BOB = AgentId("anna"), AgentId("bob")
KIND = CustomerKind(queue=SALES, talk=Constant(60))
BERLIN = ZoneInfo("Europe/Berlin")


def luck(seed: int) -> Streams:
    return lambda name: Random(f"{seed}/{name}")


def agent(name: AgentId, *queues: QueueName, **skills: int) -> Agent:
    can = {Skill(skill): level for skill, level in skills.items()}
    return Agent(id=name, queues={queue: Membership() for queue in queues}, skills=can)


def customers(*who: tuple[float, float, float]) -> list[Customer]:
    """Those who come at a moment, talk for so long, and wait for so long."""
    return [
        Customer(number=number, kind=KIND, arrives_s=arrives, talk_s=talk, patience_s=patience)
        for number, (arrives, talk, patience) in enumerate(who, 1)
    ]


def live(scenario: Scenario, who: Sequence[Customer], closes_s: float = math.inf) -> list[Fact]:
    facts: list[Fact] = []
    Day(scenario, luck(1), facts.append).live(who, closes_s)
    return facts


def answers(facts: Sequence[Fact]) -> list[tuple[float, str, float]]:
    return [(fact.moment, fact.agent, fact.wait_s) for fact in facts if isinstance(fact, Answered)]


def endings(facts: Sequence[Fact]) -> list[tuple[float, VisitOutcome, float]]:
    return [(fact.moment, fact.outcome, fact.wait_s) for fact in facts if isinstance(fact, VisitEnded)]


# -- days reckoned by hand ----------------------------------------------------------------------------------


def test_a_small_day_goes_as_one_reckons_by_hand() -> None:
    floor = Scenario(queues=[Queue(name=SALES, wrap_up_s=10)], agents=[agent(ANNA, SALES)])
    facts = live(floor, customers((0, 60, math.inf), (20, 30, math.inf), (30, 5, 15), (90, 40, math.inf)))
    # anna talks to 60, wraps up to 70, takes the second, who waited 50; the third has gone at 45
    assert answers(facts) == [(0, ANNA, 0), (70, ANNA, 50), (110, ANNA, 20)]
    assert endings(facts) == [(45, VisitOutcome.ABANDONED, 15)]


def test_phones_ring_and_are_let_go_by_as_habits_have_it() -> None:
    floor = Scenario(
        queues=[Queue(name=SALES, ring_timeout_s=20, rest_s=5)],
        agents=[agent(ANNA, SALES)],
        habits=Habits(ring=Constant(8)),
    )
    assert answers(live(floor, customers((0, 60, 99)))) == [(8, ANNA, 8)]
    refusing = replace(floor, habits=Habits(ring=Constant(8), declined=1.0))
    facts = live(refusing, customers((0, 60, 30)))
    assert [(fact.moment, fact.outcome) for fact in facts if isinstance(fact, OfferEnded)] == [
        (8, OfferOutcome.DECLINED),
        (21, OfferOutcome.DECLINED),  # after a rest of 5 s
        (30, OfferOutcome.CALLER_LEFT),
    ]
    absent = replace(floor, habits=Habits(ring=Constant(8), rung_out=1.0))
    assert [fact.rang_s for fact in live(absent, customers((0, 60, 40))) if isinstance(fact, OfferEnded)] == [
        20,
        15,
    ]
    dead = replace(floor, habits=Habits(unreachable=1.0))
    outcomes = [fact.outcome for fact in live(dead, customers((0, 60, 20))) if isinstance(fact, OfferEnded)]
    assert outcomes == [OfferOutcome.UNREACHABLE]


def test_agents_come_go_and_pause_when_their_shifts_say_so() -> None:
    floor = Scenario(
        queues=[Queue(name=SALES)],
        agents=[agent(ANNA, SALES), agent(BOB, SALES)],
        shifts=[Shift(ANNA, 0, 100), Shift(BOB, 50, 400)],
        pauses=[Shift(BOB, 150, 200)],
    )
    facts = live(floor, customers((10, 20, 99), (110, 20, 99), (160, 20, 99), (500, 20, 99)))
    assert answers(facts) == [(10, ANNA, 0), (110, BOB, 0), (200, BOB, 40)]
    assert endings(facts) == [(500, VisitOutcome.LEFT_EMPTY, 0)]
    worked = Counter[str]()
    for fact in facts:
        if isinstance(fact, AgentStateChanged) and fact.was != "logged_out":
            worked[fact.agent] += round(fact.lasted_s)
    assert worked == {ANNA: 100, BOB: 350}


def test_who_is_not_served_calls_again_or_goes_on_to_the_next_queue() -> None:
    floor = Scenario(
        queues=[Queue(name=SALES, max_wait_s=30), Queue(name=SUPPORT)],
        agents=[agent(ANNA, SALES), agent(BOB, SUPPORT)],
        overflow={(SALES, VisitOutcome.TIMED_OUT): SUPPORT},
    )
    busy, waits = customers((0, 300, math.inf), (10, 50, 100))
    facts = live(floor, [busy, waits])
    assert answers(facts) == [(0, ANNA, 0), (40, BOB, 0)]
    again = replace(KIND, patience=NEVER, redial_share=1.0, redial_after=Constant(70), talk=Constant(60))
    facts = live(
        Scenario(queues=[Queue(name=SALES)], agents=[agent(ANNA, SALES)]),
        [busy, waits._replace(kind=again, patience_s=20.0, redials=True)],
    )
    assert endings(facts) == [(30, VisitOutcome.ABANDONED, 20)]
    assert answers(facts) == [(0, ANNA, 0), (300, ANNA, 200)]  # called again at 100


def test_a_caller_who_is_passed_on_waits_in_the_other_queue() -> None:
    floor = Scenario(
        queues=[Queue(name=SALES), Queue(name=SUPPORT)],
        agents=[agent(ANNA, SALES), agent(BOB, SUPPORT)],
        strangers={SUPPORT: CustomerKind(queue=SUPPORT, talk=Constant(5))},
    )
    (caller,) = customers((0, 60, math.inf))
    facts = live(floor, [caller._replace(kind=replace(KIND, transfer_to=SUPPORT), transferred=True)])
    assert answers(facts) == [(0, ANNA, 0), (60, BOB, 0)]
    assert [fact.to for fact in facts if isinstance(fact, Transferred)] == [SUPPORT]


def test_at_the_closing_who_waits_is_withdrawn_and_every_state_ends() -> None:
    floor = Scenario(queues=[Queue(name=SALES)], agents=[agent(ANNA, SALES)])
    facts = live(floor, customers((0, 500, math.inf), (50, 10, math.inf), (150, 10, math.inf)), closes_s=100)
    assert endings(facts) == [(100, VisitOutcome.WITHDRAWN, 50)]
    assert max(fact.moment for fact in facts) == 100


# -- comparing on the same luck -----------------------------------------------------------------------------


def crowd(**kind: Any) -> PoissonDemand:
    profile = RateProfile(3600, [60, 110, 80])
    return PoissonDemand(
        CustomerKind(queue=SALES, talk=LogNormal(180, 120), patience=Exponential(150), **kind), profile
    )


def floor_of(agents: int, queue: Queue | None = None, **skills: int) -> Scenario:
    team = [agent(AgentId(f"a{number}"), SALES) for number in range(agents)]
    team += [agent(ANNA, SALES, **skills)] if skills else []
    return Scenario(queues=[queue or Queue(name=SALES, wrap_up_s=10)], agents=team)


def figure(name: str, experiment: Experiment, days: int) -> list[list[Ratio]]:
    lived = [experiment.live(day, luck(day)) for day in range(days)]
    return [
        [FIGURES[name](day[place].figures, variant.scenario.queues[0]) for day in lived]
        for place, variant in enumerate(experiment.variants)
    ]


def test_two_more_agents_raise_the_service_level_and_the_same_callers_make_that_sure() -> None:
    floors = [Variant("as it is", floor_of(5)), Variant("+2", floor_of(7))]
    before, after = figure("service level", Experiment(variants=floors, demands=[[crowd()]]), days=8)
    moved = difference(before, after, confidence=0.99)
    assert moved is not None
    assert moved.low > 0.1
    apart = [estimate(one, confidence=0.99) for one in (before, after)]
    assert moved.half_width < min(one.half_width for one in apart if one is not None)


def test_both_floors_hear_of_the_same_callers() -> None:
    floors = [
        Variant("as it is", floor_of(5)),
        Variant("ring all", floor_of(5, Queue(name=SALES, strategy="ring-all"))),
    ]
    experiment = Experiment(variants=floors, demands=[[crowd(redial_share=0.0)]])
    before, after = figure("calls a day", experiment, days=3)
    assert before == after
    moved = difference(before, after)
    assert moved is not None
    assert (moved.value, moved.half_width) == (0, 0)


def test_a_skill_that_is_given_up_in_time_is_waited_for_less() -> None:
    patient = floor_of(8, spanish=2)
    soon = floor_of(
        8,
        Queue(name=SALES, wrap_up_s=10, rule=(Widening(after_s=30, skills={Skill("spanish"): 0}),)),
        spanish=2,
    )
    asking = crowd(asks=[Asked(Skill("spanish"), share=0.4)])
    floors = [Variant("as it is", patient), Variant("dropped after 30 s", soon)]
    before, after = figure("abandoned", Experiment(variants=floors, demands=[[asking]]), days=4)
    moved = difference(before, after)
    assert moved is not None
    assert moved.high < 0


# -- chance -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "distribution",
    [Exponential(50), LogNormal(50, 30), Gamma(50, 20), Empirical([10, 90]), Empirical([20, 60], [3, 1])],
)
def test_what_is_drawn_has_the_mean_it_was_given(distribution: Any) -> None:
    rng = Random(1)
    drawn = [distribution.draw(rng) for _ in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(distribution.mean_s, rel=0.03)


def test_callers_come_as_the_profile_has_it_hour_by_hour() -> None:
    profile = RateProfile(3600, [0, 120, 0, 30])
    hours = Counter(
        int(arrival // 3600) for day in range(100) for arrival in profile.arrivals(luck(day)("arrivals"))
    )
    assert set(hours) == {1, 3}
    assert hours[1] == pytest.approx(12_000, rel=0.03)
    assert hours[3] == pytest.approx(3_000, rel=0.06)
    by_minute = RateProfile(60, [30] * 60)
    assert sum(len(by_minute.arrivals(Random(day))) for day in range(300)) == pytest.approx(9_000, rel=0.04)


@pytest.mark.parametrize(
    ("freedom", "published"), [(1, 63.657), (2, 9.925), (3, 5.841), (9, 3.250), (30, 2.750)]
)
def test_students_t_is_as_published(freedom: int, published: float) -> None:
    assert student_t(0.995, freedom) == pytest.approx(published, rel=0.01)


def test_an_interval_contains_the_truth_as_often_as_it_says() -> None:
    rng, held = Random(5), 0
    for _ in range(1000):
        days = [Ratio(sum(rng.random() < 0.7 for _ in range(n)), n) for n in rng.choices(range(20, 60), k=12)]
        told = estimate(days, confidence=0.9)
        held += told is not None and told.contains(0.7)
    assert 860 < held < 940
    assert estimate([Ratio(0, 0)] * 3) is None
    assert estimate([Ratio(1, 2)]).half_width == math.inf  # type: ignore[union-attr]


def test_two_days_leave_a_share_no_farther_off_than_shares_can_be() -> None:
    told = estimate([Ratio(1, 5), Ratio(3, 5)])
    assert told is not None
    assert told.half_width > 1
    assert told.within(*bounds("service level")) == pytest.approx(0.6)
    assert told.within(*bounds("ASA")) == told.half_width
    assert told.within(*bounds_of_moves("service level")) == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("180", Exponential(180)),
        ("constant:5", Constant(5)),
        ("lognormal:180:90", LogNormal(180, 90)),
        ("gamma:180:90", Gamma(180, 90)),
    ],
)
def test_distributions_are_read_as_people_write_them(text: str, read: object) -> None:
    assert read_distribution(text, float) == read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lognorm:1:2", "did you mean lognormal?"),
        ("gamma:180", "gamma takes a mean and a standard deviation, write gamma:180s:90s"),
        ("constant:1:2", "constant takes a mean"),
        ("0", "the mean of a duration is 0 s"),
    ],
)
def test_a_distribution_that_cannot_be_is_refused_with_the_right_form(text: str, told: str) -> None:
    with pytest.raises(DistributionError, match=told.replace("?", r"\?")):
        read_distribution(text, float)


# -- call records -------------------------------------------------------------------------------------------

HEADER = "arrived,queue,outcome,wait_s,talk_s,priority\n"
CALLS = (
    HEADER
    + """\
2026-03-02T10:00:00,sales,answered,5,100,0
2026-03-02T09:00:00+01:00,sales,answered,10,50,2
2026-03-02T10:30:00,sales,abandoned,20,,
2026-03-02T11:00:00,sales,timed_out,40,,
"""
)


def records_of(text: str) -> list[Any]:
    return read_call_records(text.splitlines(keepends=True), "calls.csv", BERLIN)


def test_a_recorded_day_is_lived_again_with_what_is_known_and_draws_the_rest() -> None:
    (day,) = History(records_of(CALLS), BERLIN).days_again()
    first, second, hung_up, let_go = day.customers(luck(1))
    assert [first.arrives_s, second.arrives_s, hung_up.arrives_s] == [9 * 3600, 10 * 3600, 10.5 * 3600]
    assert (first.talk_s, first.priority, second.talk_s) == (50, 2, 100)
    assert hung_up.patience_s == 20
    assert hung_up.talk_s in (50, 100)
    assert let_go.patience_s > 40  # who was let go at 40 was still there
    assert (
        min(first.patience_s, second.patience_s) >= 20
    )  # the one who hung up is all that is known of patience
    assert {customer.talk_s for customer in day.customers(luck(2))} == {50, 100}


def test_patience_is_learned_from_those_who_were_served_too() -> None:
    lines = [(2, "answered"), (4, "abandoned"), (6, "answered"), (8, "abandoned"), (10, "answered")]
    rows = "".join(f"2026-03-02T10:00:00,sales,{outcome},{wait},30,\n" for wait, outcome in lines)
    (kind,) = History(records_of(HEADER + rows), BERLIN).kinds.values()
    # Kaplan and Meier: of four at 4 s one goes, of two at 8 s one; 3/8 stay, for 15 s more in the mean
    assert kind.patience == Empirical([4, 8], [1 / 4, 3 / 8], Exponential(15))
    assert kind.patience.mean_s == pytest.approx(4 / 4 + 8 * 3 / 8 + 3 / 8 * (8 + 15))


def test_days_like_those_recorded_are_as_busy() -> None:
    rows = "".join(
        f"2026-03-{day:02}T{hour:02}:10:00,sales,answered,1,60,\n"
        for day, hours in ((2, [9] * 30 + [11] * 60), (3, [9] * 50 + [11] * 20))
        for hour in hours
    )
    history = History(records_of(HEADER + rows), BERLIN)
    (demand,) = history.days_like_these(3600)
    assert list(demand.profile.calls_per_hour) == [0] * 9 + [40, 0, 40]
    assert [day.day for day in history.days_again()] == [dt.date(2026, 3, 2), dt.date(2026, 3, 3)]


GOOD = "2026-03-02T10:00:00,sales,answered,5,100,0\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "calls.csv, line 1: there is no column 'arrived'; the columns are arrived, queue"),
        ("arived,queue,outcome,wait_s\n", "no column 'arrived', did you mean 'arived' to be it?"),
        (HEADER, "calls.csv: has a header and no calls"),
        (HEADER + GOOD + "yesterday,sales,answered,5,,\n", "line 3: arrived is 'yesterday', write 2026-"),
        (HEADER + "2026-03-02T10:00:00,,answered,5,,\n", "line 2: queue is empty"),
        (
            HEADER + "2026-03-02T10:00:00,sales,abandond,5,,\n",
            "outcome is 'abandond', did you mean abandoned?",
        ),
        (
            HEADER + "2026-03-02T10:00:00,sales,answered,5s,,\n",
            "line 2: wait_s is '5s', write seconds from 0",
        ),
        (HEADER + "2026-03-02T10:00:00,sales,answered,-1,,\n", "wait_s is '-1', write seconds"),
        (HEADER + "2026-03-02T10:00:00,sales,answered,1,nan,\n", "talk_s is 'nan', write seconds"),
        (HEADER + "2026-03-02T10:00:00,sales,answered,1,inf,\n", "talk_s is 'inf', write seconds"),
        (
            HEADER + "2026-03-02T10:00:00,sales,answered,1,1,high\n",
            "priority is 'high', write a whole number",
        ),
        (HEADER + "2026-03-02T10:00:00,sales,answered,1,1,1,1\n", "line 2: has more fields than the header"),
        (HEADER + '2026-03-02T10:00:00,"sales,answered,1\n', "after line 1: is not CSV"),
        (HEADER + "2026-03-02T10:00:00,sales\n", "line 2: outcome is '', known are answered"),
        (HEADER + "9" * 500 + ",sales,answered,5,,\n", "line 2: arrived is '" + "9" * 40 + "…'"),
    ],
)
def test_bad_call_records_are_refused_with_their_line_and_the_remedy(text: str, told: str) -> None:
    with pytest.raises(CallRecordError) as refused:
        records_of(text)
    assert told in str(refused.value)


def test_a_queue_in_which_nobody_talked_cannot_be_lived_again() -> None:
    history = History(records_of(HEADER + "2026-03-02T10:00:00,sales,abandoned,5,,\n"), BERLIN)
    with pytest.raises(DistributionError, match="no call of the queue sales has a talk_s"):
        history.days_again()


# -- plain floors -------------------------------------------------------------------------------------------

PLAIN = Scenario(queues=[Queue(name=SALES, wrap_up_s=9)], agents=[agent(ANNA, SALES), agent(BOB, SALES)])


def queue_with(**rules: Any) -> Scenario:
    return replace(PLAIN, queues=[Queue(name=SALES, **rules)])


@pytest.mark.parametrize(
    "floor",
    [
        queue_with(max_wait_s=30),
        queue_with(rule=(Widening(after_s=30, max_penalty=0),)),
        queue_with(skills={Skill("spanish"): 1}),
        replace(PLAIN, queues=[*PLAIN.queues, Queue(name=SUPPORT)]),
        replace(PLAIN, agents=[agent(ANNA, SALES), agent(BOB, SUPPORT)]),
        replace(PLAIN, agents=[*PLAIN.agents, replace(agent(AgentId("carla"), SALES), wrap_up_s=60)]),
        replace(PLAIN, shifts=[Shift(ANNA), Shift(BOB, 100)]),
        replace(PLAIN, pauses=[Shift(ANNA, 10, 20)]),
        replace(PLAIN, habits=Habits(ring=Constant(3))),
        replace(PLAIN, opens_s=5.0),
        replace(PLAIN, order="priority-ageing"),
        replace(PLAIN, overflow={(SALES, VisitOutcome.FULL): SALES}),
    ],
)
def test_a_floor_that_is_not_plain_goes_through_the_live_floor(floor: Scenario) -> None:
    experiment = Experiment(variants=[Variant("it", PLAIN), Variant("other", floor)], demands=[[crowd()]])
    over: list[float] = []
    plain, other = experiment.live(1, luck(1), over.append)
    assert over[0] == 0.5
    assert len(over) > 2
    assert sum(over) == pytest.approx(1)
    assert set(plain.figures.agents) == {EVERYBODY}
    assert EVERYBODY not in other.figures.agents


def test_callers_who_are_not_served_as_they_come_go_through_the_live_floor() -> None:
    calls = HEADER + GOOD + GOOD.replace(",0\n", ",7\n")
    urgent = Experiment(
        variants=[Variant("it", PLAIN)], demands=[History(records_of(calls), BERLIN).days_again()]
    )
    asking = Experiment(variants=[Variant("it", PLAIN)], demands=[[crowd(asks=[Asked(Skill("spanish"))])]])
    for experiment in (urgent, asking):
        (lived,) = experiment.live(0, luck(1))
        assert EVERYBODY not in lived.figures.agents
