"""A recording of a contact from before its first byte to its erasure."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId


@message(kw_only=True)
class RecordingBegan(Fact):
    """A talk is about to be recorded: told before the first byte is written."""

    contact: ContactId
    recording: str
    """Unique; also what its file is called."""
    channel: str
    """The customer's, whose segments lie in the recording."""
    visit: VisitId | None = None
    queue: QueueName | None = None
    agent: AgentId | None = None
    because: str
    """By which rule, or at whose wish."""


@message(kw_only=True)
class RecordingPassedOn(Fact):
    """The recording goes on with another agent."""

    contact: ContactId
    recording: str
    visit: VisitId | None = None
    queue: QueueName | None = None
    agent: AgentId | None = None


@message(kw_only=True)
class RecordingPaused(Fact):
    """From here on something is left out."""

    contact: ContactId
    recording: str
    because: str
    """asked, hold or forbidden."""
    by: str = ""
    """Who asked."""


@message(kw_only=True)
class RecordingResumed(Fact):
    """From here on it is recorded again."""

    contact: ContactId
    recording: str
    paused_s: float
    by: str = ""


@message(kw_only=True)
class RecordingEnded(Fact):
    """Nothing more is recorded; its file is being made."""

    contact: ContactId
    recording: str
    recorded_s: float
    """By our clock, without what was left out."""
    paused_s: float


@message(kw_only=True)
class RecordingKept(Fact):
    """The file is whole and where it stays."""

    contact: ContactId
    recording: str
    file: str
    """Below the folder of recordings."""
    media: str
    """wav or opus, before it was encrypted."""
    key: str
    """By which key it is encrypted; empty: it is not."""
    duration_s: float
    size_bytes: int
    sha256: str
    """Of the file as it lies on the disk."""
    keep_days: int
    """0: for ever."""


@message(kw_only=True)
class RecordingFailed(Fact):
    """Something was not recorded, or could not be kept."""

    contact: ContactId
    recording: str
    why: str


@message(kw_only=True)
class RecordingHeard(Fact):
    """Somebody was given the sound, or was refused."""

    contact: ContactId
    recording: str
    who: str
    how: str
    """played, exported or refused."""


@message(kw_only=True)
class RecordingErased(Fact):
    """The file is gone."""

    contact: ContactId
    recording: str
    who: str
    why: str
    """asked, retention or personal data."""
