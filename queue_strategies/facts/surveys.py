"""What customers were asked after the call, and what they answered, told by the call's coroutine."""

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
class SurveyOffered(Fact):
    """A customer stayed on the line to be asked."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId | None
    """With whom the customer had talked last."""
    survey: str


@message(kw_only=True)
class SurveyAnswered(Fact):
    """A customer answered one question by a key."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId | None
    survey: str
    question: str
    answer: str
    score: int | None = None
    """From 1 to 5 where the question asks for it; CSAT is made of these."""
