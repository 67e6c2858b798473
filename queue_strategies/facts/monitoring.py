"""Who heard whom: told by the floor, kept for ever as it was told."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import AgentId


@message(kw_only=True)
class MonitoringBegan(Fact):
    """A supervisor began to hear an agent's call, in one mode."""

    ear: str
    """Names this one stretch; a change of mode, of call or of agent begins another."""
    supervisor: str
    agent: AgentId
    contact: str
    channel: str
    """The agent's own line."""
    mode: str
    asked_by: str
    """Who asked for it: by REST, or the supervisor by a key."""


@message(kw_only=True)
class MonitoringEnded(Fact):
    """A supervisor heard the call no more."""

    ear: str
    supervisor: str
    agent: AgentId
    contact: str
    mode: str
    ended_by: str
    """supervisor, switched, paused, withdrawn, call, callfloor, lost, or who asked by REST."""
    lasted_s: float


@message(kw_only=True)
class MonitoringRefused(Fact):
    """A supervisor, or somebody in that name, asked for what may not be."""

    supervisor: str
    agent: AgentId
    contact: str
    """What the agent talked with; empty when it is nobody, or not known."""
    mode: str
    asked_by: str
    why: str
