"""What Erlang expects is what happens: on the same Floor that serves real callers, under a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from queue_strategies.figures import QueueFigures
from queue_strategies.metrics import Ratio, abandonment_rate, average_speed_of_answer, service_level
from queue_strategies.model import VisitOutcome
from queue_strategies.simulation import NEVER, Exponential, PlainLine, Streams, estimate
from queue_strategies.staffing import ExpectedFigures, Traffic, expected
from queue_strategies.staffing.expected import USUAL_FORMULA

AHT_S = 180.0
SURE = 0.99

FIGURES: dict[str, tuple[Callable[[QueueFigures], Ratio], Callable[[ExpectedFigures], float | None]]] = {
    "service level": (
        lambda seen: service_level(seen, USUAL_FORMULA),
        lambda told: told.service_level().value,
    ),
    "ASA": (average_speed_of_answer, lambda told: told.asa_s),
    "abandoned": (abandonment_rate, lambda told: told.abandoned),
    "blocked": (
        lambda seen: Ratio(seen.outcomes[VisitOutcome.FULL], seen.offered),
        lambda told: told.blocked,
    ),
}

GRID = [
    pytest.param(Traffic(load / AHT_S, AHT_S, patience_s, lines, redial), agents, id=f"{name} {agents}")
    for name, agents, load, patience_s, lines, redial in [
        ("Erlang B", 5, 4.0, None, 5, 0.0),
        ("Erlang B", 20, 22.0, None, 20, 0.0),
        ("Erlang C", 5, 3.5, None, None, 0.0),
        ("Erlang C", 20, 17.0, None, None, 0.0),
        ("Erlang A", 5, 4.5, 60.0, None, 0.0),
        ("Erlang A", 20, 24.0, 240.0, None, 0.0),
        ("Erlang A with lines", 20, 18.0, 120.0, 24, 0.0),
        ("Erlang X", 20, 19.0, 120.0, 26, 0.5),
    ]
]


@pytest.mark.parametrize(("traffic", "agents"), GRID)
def test_days_by_chance_go_as_erlang_expects(traffic: Traffic, agents: int) -> None:
    line = plain_line(traffic, agents)
    days = [line.day(luck(seed), lasts_s=12 * 3600, warm_up_s=2 * 3600) for seed in range(12)]
    assert_as_expected(days, expected(traffic, agents))


def test_days_on_the_floor_itself_go_as_erlang_expects() -> None:
    traffic = Traffic(4.5 / AHT_S, AHT_S, 90.0, 9)
    line = plain_line(traffic, 5)
    days = [line.day_on_the_floor(luck(seed), lasts_s=5 * 3600, warm_up_s=3600) for seed in range(10)]
    assert_as_expected(days, expected(traffic, 5))


def plain_line(traffic: Traffic, agents: int) -> PlainLine:
    return PlainLine(
        agents=agents,
        calls_per_hour=traffic.calls_per_s * 3600,
        talk=Exponential(traffic.aht_s),
        patience=NEVER if traffic.patience_s is None else Exponential(traffic.patience_s),
        lines=traffic.lines,
        redial_share=traffic.redial,
        redial_after=Exponential(1200),
    )


def luck(seed: int) -> Streams:
    return lambda name: Random(f"{seed}/{name}")


def assert_as_expected(days: list[QueueFigures], told: ExpectedFigures) -> None:
    for name, (seen, expect) in FIGURES.items():
        estimated, value = estimate([seen(day) for day in days], SURE), expect(told)
        assert estimated is not None
        assert value is not None
        assert estimated.contains(value), f"{name}: {estimated}, but {value} was expected"
