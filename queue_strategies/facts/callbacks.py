"""A call back from its promise to the customer on the line, told by the Floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import (
    ContactId,
    OfferOutcome,
    QueueName,
    Skill,
    VisitId,
)


@message(kw_only=True)
class CallbackTaken(Fact):
    """A caller keeps the place without the line, and is to be called back."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    number: str
    language: str
    skills: Mapping[Skill, int] = field(default_factory=dict)
    """What the caller asks of an agent beside what the queue does."""
    position: int
    wait_s: float
    """On the line, until then."""
    waited_before_s: float = 0.0
    """Waited elsewhere, or kept: counts for the place, and not for this visit."""


@message(kw_only=True)
class CallbackTried(Fact):
    """A customer was called back and not reached."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    number: str
    tries: int
    """Calls that were not answered, this one included unless it could not be made."""
    failures: int = 0
    """Calls in a row that could not be made, this one included; 0 when it was made."""
    outcome: OfferOutcome
    """FAILED: could not be made."""


@message(kw_only=True)
class CalledBack(Fact):
    """A customer was called back and is on the line."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    number: str
    channel: str
    """The line on which the contact goes on."""
    attempt: int
    callback_s: float
    """Since the callback was taken."""
