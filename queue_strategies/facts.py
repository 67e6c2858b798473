"""What is now true and must be remembered.

A fact carries the moment (monotonic seconds) at which it became true and durations taken from that same
clock. Whoever keeps facts adds an id and the wall-clock time; see `ami_listeners.journal`. The class name in
snake case is the fact's kind in the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from queue_strategies.message import message
from queue_strategies.model import (
    AgentId,
    AgentState,
    ContactId,
    OfferId,
    OfferOutcome,
    QueueName,
    Skill,
    VisitId,
    VisitOutcome,
)


@message(kw_only=True)
class Fact:
    """Something that became true at a moment."""

    moment: float


# -- a contact, told by the call's coroutine ----------------------------------------------------------------


@message(kw_only=True)
class ContactStarted(Fact):
    """A customer reached us."""

    contact: ContactId
    channel: str
    """The Asterisk channel's unique id."""
    caller_number: str
    caller_name: str
    called_number: str
    direction: str = "inbound"


@message(kw_only=True)
class IvrStep(Fact):
    """The contact entered a menu or left it by digits (`choice`), by timeout or as invalid."""

    contact: ContactId
    menu: str
    step: str
    """entered, chose, invalid, timed_out or failed."""
    choice: str = ""


@message(kw_only=True)
class VoicemailLeft(Fact):
    """The contact recorded a message."""

    contact: ContactId
    box: str
    recording: str
    duration_s: float


@message(kw_only=True)
class ContactEnded(Fact):
    """The customer is gone."""

    contact: ContactId
    ended_by: str
    """caller, agent, us or lost."""
    cause: int
    """Q.850 cause, 0 when unknown."""
    duration_s: float


# -- a visit, told by the Floor -----------------------------------------------------------------------------


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
    outcome: OfferOutcome


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
    """timer, agent or logout."""
    direct: bool = False


@message(kw_only=True)
class AgentStateChanged(Fact):
    """An agent went from one state to another, or logged out or asked for a pause within the same one."""

    agent: AgentId
    was: AgentState
    lasted_s: float
    """How long `was` had held since the fact before this one; summed up they are the agent's day."""
    state: AgentState
    reason: str = ""
    """The pause's reason, or what led here."""
    logged_in: bool
    pause_reason: str | None
    """Set also while a pause is asked for but has not begun."""


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


@message(kw_only=True)
class MembershipPauseChanged(Fact):
    """An agent stopped serving one queue while serving others, or serves it again."""

    agent: AgentId
    queue: QueueName
    paused: bool
    reason: str


# -- what only Asterisk knows, told by the AMI listener -----------------------------------------------------


@message(kw_only=True)
class CallStarted(Fact):
    """A channel that is its call's first (linkedid = uniqueid) came to be, ours or not."""

    call: str
    """Asterisk's linkedid."""
    channel_name: str
    caller_number: str
    caller_name: str
    called_number: str
    context: str


@message(kw_only=True)
class CallEnded(Fact):
    """The last channel of a call is gone."""

    call: str
    cause: int
    duration_s: float
    answered: bool


@message(kw_only=True)
class DeviceChanged(Fact):
    """A device is in another state: NOT_INUSE, INUSE, RINGING, UNAVAILABLE and the like."""

    device: str
    state: str


@message(kw_only=True)
class RegistrationChanged(Fact):
    """A phone registered, was refreshed, became unreachable or went away."""

    endpoint: str
    contact_uri: str
    status: str
    round_trip_us: int | None = None


@message(kw_only=True)
class ListenerGap(Fact):
    """Events between these two moments were not seen."""

    source: str
    """ari or ami."""
    began_moment: float
    reason: str
