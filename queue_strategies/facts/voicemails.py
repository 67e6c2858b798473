"""What becomes of messages that callers left."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import AgentId


@message(kw_only=True)
class VoicemailHeard(Fact):
    """Somebody has heard a message; it is not new any more."""

    recording: str
    box: str
    who: str


@message(kw_only=True)
class VoicemailDeleted(Fact):
    """Somebody has deleted a message; its sound is gone."""

    recording: str
    box: str
    who: str


@message(kw_only=True)
class VoicemailGreetingKept(Fact):
    """An agent has spoken the greeting of a box; callers hear it from now on."""

    box: str
    recording: str
    duration_s: float
    who: AgentId


@message(kw_only=True)
class VoicemailGreetingRemoved(Fact):
    """Somebody has deleted what was spoken; callers hear the greeting of the file again."""

    box: str
    who: str


@message(kw_only=True)
class VoicemailCalledBack(Fact):
    """An agent has picked up the own phone to call back who left a message."""

    recording: str
    box: str
    who: str
    """Who asked for it."""
    agent: AgentId
