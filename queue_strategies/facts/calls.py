"""Calls and what each side of them does, which Asterisk alone knows, told by the AMI listener."""

from __future__ import annotations

from enum import StrEnum

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import (
    AgentId,
    ContactId,
    QueueName,
    VisitId,
)


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
