"""Know every order of service by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from queue_strategies.choice import Choice, by_name, find, hint
from queue_strategies.errors import CallfloorError
from queue_strategies.orders.fair_share import FairShare
from queue_strategies.orders.order import Order
from queue_strategies.orders.priority import PriorityFirst
from queue_strategies.orders.priority_ageing import PriorityAgeing
from queue_strategies.orders.relative_wait import RelativeWait
from queue_strategies.orders.service_level import ServiceLevelFirst

Factory = Callable[[float], Order]
"""Make an order; given is what a priority is worth in seconds, for those who ask."""


def _plain(kind: type[Order]) -> Factory:
    return lambda ageing_s: kind()


ORDERS: Mapping[str, Choice[Factory]] = by_name(
    [
        Choice(
            "priority",
            "Serve the highest priority first, and within it who has waited longest, of whichever queue.",
            "Asterisk app_queue, within a queue; the default",
            _plain(PriorityFirst),
        ),
        Choice(
            "priority-ageing",
            "Let each step of priority count as so many seconds of waiting, so that nobody waits for ever.",
            "Genesys Cloud, where a step is a minute",
            PriorityAgeing,
        ),
        Choice(
            "service-level",
            "Serve the caller first whose queue's target is the closest to being missed.",
            "earliest deadline first",
            _plain(ServiceLevelFirst),
        ),
        Choice(
            "relative-wait",
            "Serve the caller first who has waited longest, measured by the own queue's target.",
            "Avaya Business Advocate: service objective",
            _plain(RelativeWait),
        ),
        Choice(
            "fair-share",
            "Give every queue its share of the agents, however many callers another queue has.",
            "start-time fair queueing",
            _plain(FairShare),
        ),
    ]
)


class UnknownOrder(CallfloorError):
    """The configuration names an order of service that does not exist."""


def order_named(name: str, ageing_s: float) -> Order:
    """Return a new order; raises UnknownOrder with the nearest right name."""
    choice = find(ORDERS, name)
    if choice is None:
        raise UnknownOrder(f"unknown order of callers {name!r}, {hint(ORDERS, name)}")
    return choice.make(ageing_s)
