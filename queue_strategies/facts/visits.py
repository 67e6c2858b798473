"""A visit to a queue from its beginning to its end, told by the Floor or heard of app_queue."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import (
    AgentId,
    ContactId,
    OfferId,
    OfferOutcome,
    QueueName,
    VisitId,
    VisitOutcome,
)


@message(kw_only=True)
class QueueJoined(Fact):
    """A visit began."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    priority: int
    position: int
    """1 for the next to be served, when it joined."""
    waited_before_s: float = 0.0
    """Waited elsewhere: counts for the place, and not for this visit."""


@message(kw_only=True)
class PriorityGiven(Fact):
    """A waiting caller was given another priority."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    priority: int


@message(kw_only=True)
class OfferMade(Fact):
    """An agent was reserved and the phone is about to ring."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId
    offer: OfferId
    because: str
    """Why this agent, in one line: strategy, score, and among how many."""


@message(kw_only=True)
class OfferEnded(Fact):
    """An offer ended; ANSWERED comes with the Answered fact of the same moment."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId
    offer: OfferId
    outcome: OfferOutcome
    rang_s: float


@message(kw_only=True)
class Answered(Fact):
    """Agent and caller were bridged: the visit's one end, if it is this one."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId
    offer: OfferId
    wait_s: float
    """On a line; the time in which the caller kept the place without one is `callback_s`."""
    within_service_level: bool
    """By the time from joining to this, on a line or not."""
    direct: bool = False
    callback_s: float | None = None
    """From taking a callback to being on the line again; None: the caller never hung up."""


@message(kw_only=True)
class VisitEnded(Fact):
    """The visit ended without an answer."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    outcome: VisitOutcome
    wait_s: float
    short: bool
    """Abandoned within the queue's short_abandon_s."""
    within_service_level: bool
    position: int
    key: str | None = None
    direct: bool = False
    callback_s: float | None = None
    """From taking a callback to its end, or to being on the line again; None: the caller never took one."""


@message(kw_only=True)
class HoldStarted(Fact):
    """The agent put the caller on hold."""

    contact: ContactId
    visit: VisitId
    agent: AgentId


@message(kw_only=True)
class HoldEnded(Fact):
    """The agent came back, or one of the two left."""

    contact: ContactId
    visit: VisitId
    agent: AgentId
    hold_s: float


@message(kw_only=True)
class Transferred(Fact):
    """The agent gave the caller to somebody else."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId
    kind: str
    """blind or attended."""
    to: str
    direct: bool = False


@message(kw_only=True)
class Handled(Fact):
    """Agent and caller have parted."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    agent: AgentId
    talk_s: float
    """Hold excluded."""
    hold_s: float
    ended_by: str
    wrap_up_follows: bool = False
    """A WrapUpEnded of the same visit will complete its handle time."""
    direct: bool = False


@message(kw_only=True)
class WrapUpEnded(Fact):
    """The work after a visit is done."""

    visit: VisitId
    queue: QueueName
    agent: AgentId
    wrap_up_s: float
    ended_by: str
    """timer, agent, logout or supervisor."""
    direct: bool = False


@message(kw_only=True)
class EstimateJudged(Fact):
    """The wait came to an end that was estimated once."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    p50_s: float
    p80_s: float
    said_s: float | None
    """What the caller was told; None: it was kept back, for estimates were bad."""
    actual_s: float
    """From the estimate to the answer; or to the answer of the next behind, if the caller had left."""
    answered: bool
    """The caller was there to be answered."""
