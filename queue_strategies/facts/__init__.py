"""What is now true and must be remembered.

A fact carries the moment (monotonic seconds) at which it became true and durations taken from that same
clock. Whoever keeps facts adds an id and the wall-clock time; see `ami_listeners.journal`. The class name in
snake case is the fact's kind in the database.
"""

from __future__ import annotations

from queue_strategies.facts.agents import AgentStateChanged, MembershipPauseChanged
from queue_strategies.facts.asterisk import (
    ClockCompared,
    DeviceChanged,
    LegQuality,
    ListenerGap,
    NativeRulesSeen,
    RawEvent,
    RegistrationChanged,
    TrunkChanged,
)
from queue_strategies.facts.audit import Audited
from queue_strategies.facts.callbacks import CallbackTaken, CallbackTried, CalledBack
from queue_strategies.facts.calls import (
    CallEnded,
    CallForwarded,
    CallOriginated,
    CallParked,
    CallPickedUp,
    CallStarted,
    CallUnparked,
    SegmentBegan,
    SegmentEnded,
    SegmentKind,
)
from queue_strategies.facts.contacts import ContactEnded, ContactStarted, IvrStep, VoicemailLeft
from queue_strategies.facts.dispositions import DispositionGiven
from queue_strategies.facts.fact import Fact
from queue_strategies.facts.monitoring import MonitoringBegan, MonitoringEnded, MonitoringRefused
from queue_strategies.facts.recordings import (
    RecordingBegan,
    RecordingEnded,
    RecordingErased,
    RecordingFailed,
    RecordingHeard,
    RecordingKept,
    RecordingPassedOn,
    RecordingPaused,
    RecordingResumed,
)
from queue_strategies.facts.surveys import SurveyAnswered, SurveyOffered
from queue_strategies.facts.visits import (
    Answered,
    EstimateJudged,
    Handled,
    HoldEnded,
    HoldStarted,
    OfferEnded,
    OfferMade,
    PriorityGiven,
    QueueJoined,
    Transferred,
    VisitEnded,
    WrapUpEnded,
)
from queue_strategies.facts.voicemails import (
    VoicemailCalledBack,
    VoicemailDeleted,
    VoicemailGreetingKept,
    VoicemailGreetingRemoved,
    VoicemailHeard,
)

__all__ = [
    "AgentStateChanged",
    "Answered",
    "Audited",
    "CallEnded",
    "CallForwarded",
    "CallOriginated",
    "CallParked",
    "CallPickedUp",
    "CallStarted",
    "CallUnparked",
    "CallbackTaken",
    "CallbackTried",
    "CalledBack",
    "ClockCompared",
    "ContactEnded",
    "ContactStarted",
    "DeviceChanged",
    "DispositionGiven",
    "EstimateJudged",
    "Fact",
    "Handled",
    "HoldEnded",
    "HoldStarted",
    "IvrStep",
    "LegQuality",
    "ListenerGap",
    "MembershipPauseChanged",
    "MonitoringBegan",
    "MonitoringEnded",
    "MonitoringRefused",
    "NativeRulesSeen",
    "OfferEnded",
    "OfferMade",
    "PriorityGiven",
    "QueueJoined",
    "RawEvent",
    "RecordingBegan",
    "RecordingEnded",
    "RecordingErased",
    "RecordingFailed",
    "RecordingHeard",
    "RecordingKept",
    "RecordingPassedOn",
    "RecordingPaused",
    "RecordingResumed",
    "RegistrationChanged",
    "SegmentBegan",
    "SegmentEnded",
    "SegmentKind",
    "SurveyAnswered",
    "SurveyOffered",
    "Transferred",
    "TrunkChanged",
    "VisitEnded",
    "VoicemailCalledBack",
    "VoicemailDeleted",
    "VoicemailGreetingKept",
    "VoicemailGreetingRemoved",
    "VoicemailHeard",
    "VoicemailLeft",
    "WrapUpEnded",
]
