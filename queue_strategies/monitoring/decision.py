"""What follows from an event of monitoring."""

from __future__ import annotations

from dataclasses import dataclass, field

from queue_strategies.facts import Fact
from queue_strategies.monitoring.model import Refused
from queue_strategies.monitoring.orders import Order


@dataclass(slots=True)
class Decision:
    """What is to be done, what is true now, and why something is not done."""

    orders: list[Order] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    refused: Refused | None = None
