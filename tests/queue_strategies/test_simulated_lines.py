"""A plain line by recursion and on the live Floor: the same callers have the same waits."""

import math
from dataclasses import asdict, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queue_strategies.figures import QueueFigures
from queue_strategies.model import Agent, AgentId, Membership, Queue, QueueName
from queue_strategies.simulation import (
    FIGURES,
    NEVER,
    Constant,
    CustomerKind,
    Distribution,
    Experiment,
    Exponential,
    Gamma,
    LogNormal,
    PlainLine,
    PoissonDemand,
    RateProfile,
    Scenario,
    Streams,
    Variant,
)
from queue_strategies.simulation.short_cut import EVERYBODY

SALES = QueueName("sales")

TALKS: list[Distribution] = [Exponential(180), LogNormal(120, 90), Gamma(200, 50), Constant(100)]


def luck(seed: int) -> Streams:
    return lambda name: Random(f"{seed}/{name}")


def numbers(figures: QueueFigures) -> dict[str, Any]:
    """All figures; sums of durations were added up in another order and agree to the microsecond."""
    told = asdict(figures)
    for name, value in told.items():
        if isinstance(value, float):
            told[name] = pytest.approx(value, abs=1e-6)
        elif isinstance(value, dict) and "sum" in value:
            value["sum"] = pytest.approx(value["sum"], abs=1e-6)
    return told


@settings(max_examples=40, deadline=None)
@given(
    agents=st.integers(1, 12),
    load=st.floats(0.3, 1.6),
    talk=st.sampled_from(TALKS),
    patience=st.sampled_from([NEVER, Exponential(40), Exponential(200)]),
    room=st.none() | st.integers(0, 5),
    redial_share=st.sampled_from([0.0, 0.6]),
    wrap_up_s=st.sampled_from([0.0, 15.0]),
    seed=st.integers(0, 1000),
)
def test_the_recursion_gives_every_caller_the_wait_the_floor_gives(
    agents: int,
    load: float,
    talk: Distribution,
    patience: Distribution,
    room: int | None,
    redial_share: float,
    wrap_up_s: float,
    seed: int,
) -> None:
    line = PlainLine(
        agents=agents,
        calls_per_hour=load * agents * 3600 / talk.mean_s,
        talk=talk,
        patience=patience,
        lines=None if room is None else agents + room,
        redial_share=redial_share,
        redial_after=Exponential(120),
        wrap_up_s=wrap_up_s,
    )
    quickly = line.day(luck(seed), lasts_s=3600)
    assert numbers(line.day_on_the_floor(luck(seed), lasts_s=3600)) == numbers(quickly)


def test_the_same_seed_gives_the_same_day_and_another_one_another() -> None:
    line = PlainLine(agents=8, calls_per_hour=150, talk=Exponential(180), patience=Exponential(90))
    day = line.day_on_the_floor(luck(1), lasts_s=7200)
    assert line.day_on_the_floor(luck(1), lasts_s=7200) == day
    assert line.day_on_the_floor(luck(2), lasts_s=7200) != day


@settings(max_examples=25, deadline=None)
@given(
    agents=st.integers(1, 6),
    strategy=st.sampled_from(["longest-idle", "ring-all", "rrmemory", "linear"]),
    patience=st.sampled_from([NEVER, Exponential(60)]),
    max_length=st.none() | st.integers(0, 3),
    closes_s=st.sampled_from([math.inf, 3000.0]),
    seed=st.integers(0, 1000),
)
def test_a_plain_floor_has_the_same_figures_by_recursion(
    agents: int, strategy: str, patience: Distribution, max_length: int | None, closes_s: float, seed: int
) -> None:
    queue = Queue(name=SALES, strategy=strategy, wrap_up_s=12, max_length=max_length, service_level_s=15)
    members = [Agent(id=AgentId(f"a{number}"), queues={SALES: Membership()}) for number in range(agents)]
    kind = CustomerKind(queue=SALES, talk=LogNormal(150, 90), patience=patience, redial_share=0.3)
    experiment = Experiment(
        variants=[Variant("as it is", Scenario(queues=[queue], agents=members))],
        demands=[[PoissonDemand(kind, RateProfile(1800, [25 * agents, 15 * agents]))]],
        interval_s=900,
        closes_s=closes_s,
    )
    (quickly,) = experiment.live(0, luck(seed))
    (on_the_floor,) = replace(experiment, short_cut=False).live(0, luck(seed))
    assert EVERYBODY in quickly.figures.agents
    assert EVERYBODY not in on_the_floor.figures.agents
    assert numbers(on_the_floor.figures.queue(SALES)) == numbers(quickly.figures.queue(SALES))
    for name, figure in FIGURES.items():
        told, known = figure(quickly.figures, queue), figure(on_the_floor.figures, queue)
        assert told.numerator == pytest.approx(known.numerator, abs=1e-5), name
        assert told.denominator == pytest.approx(known.denominator, abs=1e-5), name
    assert set(quickly.intervals) == set(on_the_floor.intervals)
    for number, interval in on_the_floor.intervals.items():
        assert numbers(interval.queue(SALES)) == numbers(quickly.intervals[number].queue(SALES))
