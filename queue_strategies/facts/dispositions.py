"""What a call was about, as the agent says afterwards."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import (
    AgentId,
    ContactId,
    QueueName,
    VisitId,
)


@message(kw_only=True)
class DispositionGiven(Fact):
    """It was said what a visit was about; of several the last one holds."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId
    """Who had talked with the customer."""
    disposition: str
    note: str = ""
    """What somebody typed."""
    given_by: str = ""
    """Who said it, where that was not the agent."""
    resolved: bool | None = None
    """Whether the customer was helped; None: the disposition says nothing of it."""
