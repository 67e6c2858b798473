"""What agents do, told by the Floor or heard of app_queue."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import (
    AgentId,
    AgentState,
    QueueName,
)


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
class MembershipPauseChanged(Fact):
    """An agent stopped serving one queue while serving others, or serves it again."""

    agent: AgentId
    queue: QueueName
    paused: bool
    reason: str
