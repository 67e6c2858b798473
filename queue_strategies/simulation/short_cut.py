"""Know the floors on which a day may be lived by recursion, and live it so: the figures are the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from queue_strategies.figures import AgentFigures
from queue_strategies.model import AgentId, AgentState, Queue
from queue_strategies.simulation.chance import Streams
from queue_strategies.simulation.customers import Customer
from queue_strategies.simulation.lived_day import LivedDay
from queue_strategies.simulation.recursion import Recursion
from queue_strategies.simulation.scenario import Habits, Scenario

EVERYBODY = AgentId("everybody")
"""Stands for agents who are all alike; who of them did what is not asked."""


def plain_queue(scenario: Scenario, customers: Sequence[Customer]) -> Queue | None:
    """Return the one queue of a floor whose agents are alike and whose callers are served as they come."""
    if len(scenario.queues) != 1 or not scenario.agents:
        return None
    (queue,) = scenario.queues
    alike = all(queue.name in agent.queues and agent.wrap_up_s is None for agent in scenario.agents)
    undisturbed = (
        scenario.shifts is None
        and not scenario.pauses
        and not scenario.overflow
        and scenario.opens_s == 0
        and scenario.habits == Habits()
        and scenario.order == "priority"
    )
    priorities = {customer.priority for customer in customers}
    asking = any(customer.skills or customer.transferred for customer in customers)
    same = len(priorities) < 2 and all(customer.kind.queue == queue.name for customer in customers)
    return queue if is_plain(queue) and alike and undisturbed and same and not asking else None


def is_plain(queue: Queue) -> bool:
    """Tell whether nothing that is said of a queue changes the wait of those who are served as they come."""
    plain = Queue(
        name=queue.name,
        wrap_up_s=queue.wrap_up_s,
        max_length=queue.max_length,
        short_abandon_s=queue.short_abandon_s,
        service_level_s=queue.service_level_s,
        service_level_formula=queue.service_level_formula,
    )
    # Phones are picked up at once, so that neither who is rung nor for how long changes a wait.
    return plain == replace(
        queue,
        strategy=plain.strategy,
        weight=plain.weight,
        share=plain.share,
        ring_timeout_s=plain.ring_timeout_s,
        rest_s=plain.rest_s,
        unreachable_rest_s=plain.unreachable_rest_s,
        join_when_empty=plain.join_when_empty,
        leave_when_empty=plain.leave_when_empty,
        exit_keys=plain.exit_keys,
    )


def live_by_recursion(
    queue: Queue,
    scenario: Scenario,
    customers: Sequence[Customer],
    streams: Streams,
    lived: LivedDay,
    closes_s: float,
) -> None:
    """Live a day on a plain floor, and count it where the facts of the live Floor would be counted."""
    agents = len(scenario.agents)
    day = Recursion(
        queue,
        agents,
        streams,
        closes_s=closes_s,
        also=lambda came_s: lived.interval_of(came_s).queue(queue.name),
    )
    figures = lived.figures.queues[queue.name] = day.live(customers)
    lasted_s = day.ended_s if closes_s == math.inf else closes_s
    everybody = AgentFigures(handled=figures.handled, talk_s=figures.talk_s, wrap_up_s=figures.wrap_up_s)
    talking_s, wrapping_up_s = day.busy_s()
    everybody.state_s[AgentState.TALKING], everybody.state_s[AgentState.WRAP_UP] = talking_s, wrapping_up_s
    everybody.state_s[AgentState.READY] = agents * lasted_s - talking_s - wrapping_up_s
    lived.figures.agents[EVERYBODY] = everybody
