"""The floor of one site: its queues and agents, its callers, and who is put before whom."""

from queue_strategies.floor.census import Census, Counting, QueueCensus
from queue_strategies.floor.explanation import Considered, Excluded, Explanation, OfferExplained
from queue_strategies.floor.floor import Decision, Floor
from queue_strategies.floor.snapshot import (
    AgentSnapshot,
    FloorSnapshot,
    QueueCounts,
    QueueSnapshot,
    WaitingCaller,
)

__all__ = [
    "AgentSnapshot",
    "Census",
    "Considered",
    "Counting",
    "Decision",
    "Excluded",
    "Explanation",
    "Floor",
    "FloorSnapshot",
    "OfferExplained",
    "QueueCensus",
    "QueueCounts",
    "QueueSnapshot",
    "WaitingCaller",
]
