"""The way before `ami_listeners.exposition`: prometheus_client makes every line anew at every scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from queue_strategies.floor import FloorSnapshot
from queue_strategies.metrics import (
    AgentFigures,
    Figures,
    Histogram,
    QueueFigures,
    Ratio,
    abandonment_rate,
    average_handle_time,
    average_speed_of_answer,
    calibration_p50,
    calibration_p80,
    service_level,
)
from queue_strategies.model import AgentId, AgentState, Queue, QueueName, VisitOutcome

F = TypeVar("F", QueueFigures, AgentFigures)

MOST_AGENTS = 2000
"""Agents with metrics of their own, the first ever seen; each has some 25 series."""

OTHER_OUTCOMES = tuple(
    outcome for outcome in VisitOutcome if outcome not in (VisitOutcome.ANSWERED, VisitOutcome.ABANDONED)
)

QUEUE_COUNTERS: tuple[tuple[str, str, Callable[[QueueFigures], float]], ...] = (
    ("offered", "Visits that ended or are answered, short abandons included", lambda q: q.offered),
    ("answered", "Visits whose caller was bridged with an agent", lambda q: q.answered),
    (
        "abandoned",
        "Visits whose caller hung up while waiting, short ones included",
        lambda q: q.abandoned,
    ),
    ("short_abandoned", "Visits abandoned within the queue's short_abandon_s", lambda q: q.short_abandoned),
    ("answered_within_service_level", "Answered within service_level_s", lambda q: q.answered_within),
    ("abandoned_within_service_level", "Abandoned within service_level_s", lambda q: q.abandoned_within),
    ("callbacks_taken", "Callers who keep the place without the line", lambda q: q.callbacks_taken),
    ("callbacks_served", "Of these, those who talked with an agent", lambda q: q.callbacks_served),
    ("callbacks_not_made", "Calls back that could not be made", lambda q: q.callbacks_not_made),
    ("handled", "Talks with an agent that are over", lambda q: q.handled),
    ("transferred", "Answered visits that the agent transferred", lambda q: q.transferred),
    ("talk_seconds", "Time talked, hold excluded", lambda q: q.talk_s),
    ("hold_seconds", "Time callers were held", lambda q: q.hold_s),
    ("wrap_up_seconds", "Time spent on work after talks", lambda q: q.wrap_up_s),
    ("estimates", "Estimated waits that have come, announced or kept back", lambda q: q.estimates),
    ("estimates_kept_back", "Estimated waits not announced for being bad", lambda q: q.estimates_kept_back),
    ("waits_below_p50", "Waits no longer than their estimate's P50", lambda q: q.waits_below_p50),
    ("waits_below_p80", "Waits no longer than their estimate's P80", lambda q: q.waits_below_p80),
)

AGENT_COUNTERS: tuple[tuple[str, str, Callable[[AgentFigures], float]], ...] = (
    ("handled", "Talks that are over", lambda a: a.handled),
    ("talk_seconds", "Time talked, hold excluded", lambda a: a.talk_s),
    ("hold_seconds", "Time callers were held", lambda a: a.hold_s),
    ("wrap_up_seconds", "Time spent on work after talks", lambda a: a.wrap_up_s),
)

HISTOGRAMS: tuple[tuple[str, str, Callable[[QueueFigures], Histogram]], ...] = (
    ("wait_seconds", "Wait of answered visits; sum over count is ASA", lambda q: q.wait_answered),
    ("abandoned_wait_seconds", "Wait of abandoned visits", lambda q: q.wait_abandoned),
    (
        "time_to_callback_seconds",
        "From taking a callback to being on the line again, of those served",
        lambda q: q.time_to_callback,
    ),
    ("handle_seconds", "Talk, hold and wrap-up of a visit; sum over count is AHT", lambda q: q.handle_time),
    ("estimate_over_wait_ratio", "Announced wait over the wait that came", lambda q: q.estimate_ratio),
)

RATIOS: tuple[tuple[str, str, Callable[[QueueFigures], Ratio]], ...] = (
    ("asa_seconds", "Average speed of answer since the start", average_speed_of_answer),
    ("aht_seconds", "Average handle time since the start", average_handle_time),
    ("abandonment_ratio", "Abandoned over offered since the start", abandonment_rate),
    ("waits_below_p50_ratio", "Waits no longer than estimated as P50; 0.5 is right", calibration_p50),
    ("waits_below_p80_ratio", "Waits no longer than estimated as P80; 0.8 is right", calibration_p80),
)


def figure_families(figures: Figures, queues: Mapping[QueueName, Queue]) -> Iterator[Metric]:
    """Give what has been counted; `queues` are those that are shown even when nothing was counted yet."""
    counted = {name: QueueFigures() for name in queues} | figures.queues
    for name, text, of_queue in QUEUE_COUNTERS:
        yield _counters(f"callfloor_queue_{name}", text, "queue", counted, of_queue)
    yield _outcomes(counted)
    for name, text, histogram in HISTOGRAMS:
        yield _histograms(f"callfloor_queue_{name}", text, counted, histogram)
    for name, text, ratio in RATIOS:
        yield _ratios(f"callfloor_queue_{name}", text, counted, ratio)
    yield from _service_levels(counted, queues)
    agents = dict(islice(figures.agents.items(), MOST_AGENTS))
    for name, text, of_agent in AGENT_COUNTERS:
        yield _counters(f"callfloor_agent_{name}", text, "agent", agents, of_agent)
    yield _agent_offers(agents)
    yield _agent_states(agents)
    not_shown = len(figures.agents) - len(agents)
    yield GaugeMetricFamily("callfloor_agents_not_shown", "Agents without metrics of their own", not_shown)


def floor_families(snapshot: FloorSnapshot) -> Iterator[Metric]:
    """Give the floor as it is now."""
    waiting = GaugeMetricFamily(
        "callfloor_queue_callers_waiting", "Callers not answered yet", labels=["queue"]
    )
    callbacks = GaugeMetricFamily(
        "callfloor_queue_callbacks_pending",
        "Contained in the waiting: those who keep the place without the line",
        labels=["queue"],
    )
    longest = GaugeMetricFamily(
        "callfloor_queue_longest_wait_seconds", "Age of the oldest visit still waiting", labels=["queue"]
    )
    agents = GaugeMetricFamily(
        "callfloor_queue_agents", "Members of the queue by state", labels=["queue", "state"]
    )
    estimated = GaugeMetricFamily(
        "callfloor_queue_estimated_wait_seconds",
        "Wait of a caller who joined now; absent while there is nothing to go by",
        labels=["queue", "quantile"],
    )
    announced = GaugeMetricFamily(
        "callfloor_queue_estimates_trusted",
        "1 while estimates have turned out well enough to be announced",
        labels=["queue"],
    )
    for queue in snapshot.queues.values():
        if queue.direct:
            continue
        announced.add_metric([queue.name], queue.estimates_trusted)
        if queue.estimate is not None:
            estimated.add_metric([queue.name, "0.5"], queue.estimate.p50_s)
            estimated.add_metric([queue.name, "0.8"], queue.estimate.p80_s)
        since = queue.longest_waiting_since
        waiting.add_metric([queue.name], queue.counts.waiting)
        pending = sum(caller.callback_number is not None for caller in queue.callers)
        callbacks.add_metric([queue.name], pending)
        longest.add_metric([queue.name], 0.0 if since is None else snapshot.moment - since)
        for state, count in queue.agents.items():
            agents.add_metric([queue.name, state], count)
    everybody = GaugeMetricFamily("callfloor_agents", "Agents of the floor by state", labels=["state"])
    for state in AgentState:
        count = sum(agent.state is state for agent in snapshot.agents.values())
        everybody.add_metric([state], count)
    yield from (waiting, callbacks, longest, agents, everybody, estimated, announced)


def bound_text(seconds: float) -> str:
    """Write a number of seconds as Prometheus writes a bucket's bound."""
    return "+Inf" if seconds == float("inf") else str(float(seconds))


def _counters(
    name: str, text: str, label: str, counted: Mapping[Any, F], value: Callable[[F], float]
) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, figures in counted.items():
        family.add_metric([key], value(figures))
    return family


def _outcomes(counted: Mapping[QueueName, QueueFigures]) -> Metric:
    family = CounterMetricFamily(
        "callfloor_queue_released", "Visits the queue let go of, by outcome", labels=["queue", "outcome"]
    )
    for name, queue in counted.items():
        for outcome in OTHER_OUTCOMES:
            family.add_metric([name, outcome], queue.outcomes[outcome])
    return family


def _histograms(
    name: str,
    text: str,
    counted: Mapping[QueueName, QueueFigures],
    histogram: Callable[[QueueFigures], Histogram],
) -> Metric:
    family = HistogramMetricFamily(name, text, labels=["queue"])
    for key, queue in counted.items():
        one = histogram(queue)
        buckets = [(bound_text(bound), count) for bound, count in one.cumulative()]
        family.add_metric([key], buckets, one.sum)
    return family


def _ratios(
    name: str, text: str, counted: Mapping[QueueName, QueueFigures], ratio: Callable[[QueueFigures], Ratio]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["queue"])
    for key, queue in counted.items():
        if (value := ratio(queue).value) is not None:
            family.add_metric([key], value)
    return family


def _service_levels(
    counted: Mapping[QueueName, QueueFigures], queues: Mapping[QueueName, Queue]
) -> Iterable[Metric]:
    """Give each queue's service level with the name of its formula beside it."""
    family = GaugeMetricFamily(
        "callfloor_queue_service_level_ratio",
        "Service level since the start, by the queue's own formula",
        labels=["queue", "formula", "threshold_s"],
    )
    for name, queue in queues.items():
        value = service_level(counted[name], queue.service_level_formula).value
        if value is not None:
            threshold = bound_text(queue.service_level_s)
            family.add_metric([name, queue.service_level_formula, threshold], value)
    yield family


def _agent_offers(agents: Mapping[AgentId, AgentFigures]) -> Metric:
    family = CounterMetricFamily(
        "callfloor_agent_offers", "Offers that are over, by how they ended", labels=["agent", "outcome"]
    )
    for agent, one in agents.items():
        for outcome, count in one.offers.items():
            family.add_metric([agent, outcome], count)
    return family


def _agent_states(agents: Mapping[AgentId, AgentFigures]) -> Metric:
    family = CounterMetricFamily(
        "callfloor_agent_state_seconds", "Time in each state, counted when it ends", labels=["agent", "state"]
    )
    for agent, one in agents.items():
        for state, seconds in one.state_s.items():
            family.add_metric([agent, state], seconds)
    return family
