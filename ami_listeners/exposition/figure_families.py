"""What is told of queues and agents that were counted; the names and texts are those of the definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import accumulate
from typing import TypeVar

from ami_listeners.exposition.family import Family, Kind, Series, Value
from queue_strategies.definitions import AGENT_MEASURES, QUEUE_FIGURES, QUEUE_MEASURES, Figure, Measure
from queue_strategies.definitions.queues import ESTIMATE_FIGURES, LIVE_MEASURES, RELEASED
from queue_strategies.figures import (
    CALLBACK_BOUNDS_S,
    ESTIMATE_BOUNDS,
    HANDLE_BOUNDS_S,
    WAIT_BOUNDS_S,
    AgentFigures,
    Histogram,
    QueueFigures,
)
from queue_strategies.metrics import service_level
from queue_strategies.model import AgentState, OfferOutcome, Queue

F = TypeVar("F", QueueFigures, AgentFigures)
Read = Callable[[F], float]

HISTOGRAMS: tuple[tuple[str, str, tuple[float, ...], Callable[[QueueFigures], Histogram]], ...] = (
    (
        "wait_seconds",
        "Wait of answered visits; sum over count is ASA",
        WAIT_BOUNDS_S,
        lambda q: q.wait_answered,
    ),
    ("abandoned_wait_seconds", "Wait of abandoned visits", WAIT_BOUNDS_S, lambda q: q.wait_abandoned),
    (
        "time_to_callback_seconds",
        "From taking a callback to being on the line again, of those served",
        CALLBACK_BOUNDS_S,
        lambda q: q.time_to_callback,
    ),
    (
        "handle_seconds",
        "Talk, hold and wrap-up of a visit; sum over count is AHT",
        HANDLE_BOUNDS_S,
        lambda q: q.handle_time,
    ),
    (
        "estimate_over_wait_ratio",
        "Announced wait over the wait that came",
        ESTIMATE_BOUNDS,
        lambda q: q.estimate_ratio,
    ),
)


def queue_families() -> Iterator[Family[QueueFigures]]:
    """Give what is told of every queue."""
    yield from _counters("queue", {**QUEUE_MEASURES, **LIVE_MEASURES})
    yield Family(
        "callfloor_queue_released_total",
        Kind.COUNTER,
        "Visits the queue let go of, by outcome",
        lambda queue: [queue.outcomes[outcome] for outcome in RELEASED],
        [Series("", (("outcome", outcome),)) for outcome in RELEASED],
    )
    for name, text, bounds, histogram in HISTOGRAMS:
        yield _histogram(f"callfloor_queue_{name}", text, bounds, histogram)
    yield from _ratios(QUEUE_FIGURES.values(), QUEUE_MEASURES)
    yield from _ratios(ESTIMATE_FIGURES.values(), LIVE_MEASURES)


def service_level_family() -> Family[tuple[QueueFigures, Queue]]:
    """Give what is told of a queue by its own formula, whose name stands beside the figure."""
    return Family(
        "callfloor_queue_service_level_ratio",
        Kind.GAUGE,
        "Service level since the start, by the queue's own formula",
        lambda told: (service_level(told[0], told[1].service_level_formula).value,),
    )


def target_family() -> Family[Queue]:
    """Give what is promised of a queue."""
    return Family(
        "callfloor_queue_service_level_target_ratio",
        Kind.GAUGE,
        "Service level that is promised",
        lambda queue: (queue.service_level_target,),
    )


def agent_families() -> Iterator[Family[AgentFigures]]:
    """Give what is told of every agent."""
    yield from _counters("agent", AGENT_MEASURES)
    yield Family(
        "callfloor_agent_offers_total",
        Kind.COUNTER,
        "Offers that are over, by how they ended",
        lambda agent: [*agent.offers.values()],
        [Series("", (("outcome", outcome),)) for outcome in OfferOutcome],
    )
    yield Family(
        "callfloor_agent_state_seconds_total",
        Kind.COUNTER,
        "Time in each state, counted when it ends",
        lambda agent: [*agent.state_s.values()],
        [Series("", (("state", state),)) for state in AgentState],
    )


def bound_text(bound: float) -> str:
    """Write a bucket's bound as Prometheus does."""
    return "+Inf" if bound == float("inf") else str(float(bound))


def _counters(of: str, measures: Mapping[str, Measure[F]]) -> Iterator[Family[F]]:
    for measure in measures.values():
        if measure.metric is not None:
            name = f"callfloor_{of}_{measure.metric}_total"
            yield Family(name, Kind.COUNTER, measure.text, partial(_one, measure.counted))


def _one(counted: Callable[[F], float], figures: F) -> tuple[Value]:
    return (counted(figures),)


def _histogram(
    name: str, text: str, bounds: tuple[float, ...], histogram: Callable[[QueueFigures], Histogram]
) -> Family[QueueFigures]:
    buckets = [Series("_bucket", (("le", bound_text(bound)),)) for bound in (*bounds, float("inf"))]

    def values(queue: QueueFigures) -> list[Value]:
        durations = histogram(queue)
        cumulative: list[Value] = [*accumulate(durations.counts)]
        return [*cumulative, cumulative[-1], durations.sum]

    return Family(name, Kind.HISTOGRAM, text, values, [*buckets, Series("_count"), Series("_sum")])


def _ratios(
    figures: Iterable[Figure], measures: Mapping[str, Measure[QueueFigures]]
) -> Iterator[Family[QueueFigures]]:
    for figure in figures:
        if figure.metric is not None:
            counted = {name: measures[name].counted for name in figure.of.names}
            text = f"{figure.text}; since the start"
            name = f"callfloor_queue_{figure.metric}"
            yield Family(name, Kind.GAUGE, text, partial(_quotient, figure, counted))


def _quotient(figure: Figure, counted: Mapping[str, Read[QueueFigures]], queue: QueueFigures) -> tuple[Value]:
    return (figure.of.of({name: read(queue) for name, read in counted.items()}).value,)
