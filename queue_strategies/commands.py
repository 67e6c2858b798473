"""What to do, ordered by the Floor and carried out by its runner."""

from __future__ import annotations

from queue_strategies.message import message
from queue_strategies.model import AgentId, ContactId, OfferId, OfferOutcome, QueueName, VisitId, VisitOutcome


@message()
class Ring:
    """Ring this agent's phone for this caller; report AgentRang, then AgentAnswered or OfferFailed."""

    offer: OfferId
    visit: VisitId
    contact: ContactId
    queue: QueueName
    agent: AgentId
    timeout_s: float
    """A bound for the phone; the floor itself takes the offer back when the ring timeout is over."""


@message()
class StopRinging:
    """End this offer's leg, whatever it is doing; nothing is reported back."""

    offer: OfferId
    reason: OfferOutcome


@message()
class Connect:
    """Bridge caller and agent; report CallerConnected, OfferFailed(FAILED) or CallerLeft."""

    offer: OfferId
    visit: VisitId
    contact: ContactId
    agent: AgentId


@message()
class Release:
    """The queue lets go of the caller, who goes on to wherever the call's coroutine decides."""

    visit: VisitId
    contact: ContactId
    outcome: VisitOutcome
    key: str | None = None


@message()
class CallBack:
    """Call a customer who keeps the place; report CustomerAnswered or CustomerNotReached."""

    visit: VisitId
    contact: ContactId
    queue: QueueName
    number: str
    attempt: int
    """1 for the first call."""
    timeout_s: float
    """For so long the phone rings."""
    language: str = ""
    """In which the customer is to be greeted."""
    hears: OfferId | None = None
    """The agent who has picked up and hears it ring."""


@message()
class StopCallingBack:
    """End the call to this customer, whatever it is doing; nothing is reported back."""

    visit: VisitId


@message()
class Announce:
    """Tell a waiting caller something; report AnnouncementEnded. Nothing else may wait for it."""

    visit: VisitId
    contact: ContactId
    position: int | None = None
    """1 for the next to be served."""
    more_than: bool = False
    """More callers than `position` wait; how many is not told."""
    estimate_s: float | None = None
    """The estimated wait, rounded."""
    message: int | None = None
    """Which of the queue's messages, from 0."""


Command = Ring | StopRinging | Connect | Release | CallBack | StopCallingBack | Announce
