"""What is now true and must be remembered.

A fact carries the moment (monotonic seconds) at which it became true and durations taken from that same
clock. Whoever keeps facts adds an id and the wall-clock time; see `ami_listeners.journal`. The class name in
snake case is the fact's kind in the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

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
    heard: bool = True
    """False: nobody told of it; it was concluded from how things stood when somebody looked again."""


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
    direction: str = ""
    """inbound, outbound or internal, as far as that is known by then; empty: Asterisk dialled."""


@message(kw_only=True)
class CallEnded(Fact):
    """The last channel of a call is gone."""

    call: str
    cause: int
    duration_s: float
    answered: bool
    direction: str = ""
    """inbound, outbound or internal, by all who were called; empty: Asterisk dialled, and nobody outside."""
    into: str = ""
    """The call that its last channels became part of."""


class SegmentKind(StrEnum):
    """What one side of a call does; one at a time."""

    DIALLING = "dialling"
    """It has dialled, or a phone rings for it."""
    IVR = "ivr"
    """It was answered, and nobody is on the other side: it is greeted, in a menu, or in a program's hands."""
    WAITING = "waiting"
    """In a queue."""
    OFFER = "offer"
    """The phone rings."""
    TALK = "talk"
    HOLD = "hold"
    """It has put the other side on hold, or was put on hold."""
    CONSULT = "consult"
    """Who put a caller on hold asks somebody else, who is asked."""
    TRANSFER = "transfer"
    """It was given away, and a phone rings for it."""
    CONFERENCE = "conference"
    PARKED = "parked"
    VOICEMAIL = "voicemail"
    WRAP_UP = "wrap_up"


@message(kw_only=True)
class SegmentBegan(Fact):
    """One side of a call began to do something."""

    call: str
    segment: str
    """Unique; its end names it too."""
    segment_kind: SegmentKind
    channel: str
    """Asterisk's unique id."""
    party: str
    """The number, or the phone."""
    agent: AgentId | None = None
    contact: ContactId | None = None
    visit: VisitId | None = None
    queue: QueueName | None = None
    bridge: str = ""


@message(kw_only=True)
class SegmentEnded(Fact):
    """One side of a call ceased to do something."""

    call: str
    segment: str
    segment_kind: SegmentKind
    channel: str
    party: str
    agent: AgentId | None = None
    contact: ContactId | None = None
    visit: VisitId | None = None
    queue: QueueName | None = None
    bridge: str = ""
    lasted_s: float
    ended_by: str
    """What came next, or hangup, lost or merged."""


@message(kw_only=True)
class CallPickedUp(Fact):
    """Somebody took a call that rang at another phone."""

    call: str
    by_channel: str
    by: str
    target: str
    """The phone that rang."""


@message(kw_only=True)
class CallForwarded(Fact):
    """A phone sent the call that rang there on to another number."""

    call: str
    channel: str
    by: str
    to: str


@message(kw_only=True)
class CallOriginated(Fact):
    """A program had Asterisk dial."""

    call: str
    channel: str
    to: str
    reached: bool
    reason: str


@message(kw_only=True)
class CallParked(Fact):
    """A call was parked."""

    call: str
    channel: str
    lot: str
    space: str
    by: str


@message(kw_only=True)
class CallUnparked(Fact):
    """A call left its parking space: fetched, timed out or given up."""

    call: str
    channel: str
    lot: str
    space: str
    how: str
    by: str = ""


@message(kw_only=True)
class LegQuality(Fact):
    """How well one side of a call was heard, or heard the other, over the whole leg, by its RTCP reports."""

    call: str
    channel: str
    party: str
    agent: AgentId | None = None
    queue: QueueName | None = None
    direction: str
    """heard: what came from this party; sent: what this party got."""
    mos: float
    """Estimated by the E-model, 1 to 4.5; the mean of the reports."""
    worst_mos: float
    r: float
    loss: float
    """The share of packets that were lost."""
    jitter_ms: float
    round_trip_ms: float | None = None
    codec: str
    reports: int


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
class TrunkChanged(Fact):
    """A trunk came up or went down: what it registers, or what is asked of it by OPTIONS."""

    trunk: str
    up: bool
    status: str
    round_trip_us: int | None = None


@message(kw_only=True)
class NativeRulesSeen(Fact):
    """By which rules a queue of Asterisk's own works."""

    queue: QueueName
    service_level_s: float
    strategy: str


@message(kw_only=True)
class ClockCompared(Fact):
    """How far Asterisk's wall clock was ahead of ours, and how fast it gains."""

    offset_s: float
    drift_ppm: float
    uncertainty_s: float


@message(kw_only=True)
class RawEvent(Fact):
    """An event that nobody folds, kept because that was asked for."""

    name: str
    text: str


@message(kw_only=True)
class ListenerGap(Fact):
    """Events between these two moments were not seen."""

    source: str
    """ari or ami."""
    began_moment: float
    reason: str
