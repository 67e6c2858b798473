"""What agents do about their work: log in and out, pause, be ready; by phone, REST or command line."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum

from queue_strategies.errors import CallfloorError
from queue_strategies.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentReady,
    AgentUnpaused,
    Event,
)
from queue_strategies.model import AgentId, QueueName

REASON_MAX = 40


class UnknownAgentError(CallfloorError):
    """There is no agent of this id."""


class AgentAction(StrEnum):
    """What an agent can ask for."""

    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    READY = "ready"
    """End wrap-up, rest and pause."""


class Agents:
    """Pass on to the Floor what agents ask for."""

    def __init__(self, tell: Callable[[Event], None], known: Collection[str]) -> None:
        self._tell = tell
        self._known = frozenset(known)

    def do(
        self,
        agent: str,
        action: AgentAction,
        reason: str = "",
        queue: str | None = None,
        *,
        forced: bool = False,
    ) -> None:
        """Do what an agent asks for, a pause in one queue alone if one is named.

        With `forced` also a wrap-up ends in which something is owed. Raises UnknownAgentError.
        """
        if agent not in self._known:
            raise UnknownAgentError(f"there is no agent {agent!r}, see agents in floor.toml")
        named = None if queue is None else QueueName(queue)
        self._tell(as_event(AgentId(agent), action, reason, named, forced=forced))


def as_event(
    agent: AgentId, action: AgentAction, reason: str, queue: QueueName | None = None, *, forced: bool = False
) -> Event:
    """Say in the Floor's words what an agent asks for; a pause's reason is cut to what a row can show."""
    match action:
        case AgentAction.LOG_IN:
            return AgentLoggedIn(agent)
        case AgentAction.LOG_OUT:
            return AgentLoggedOut(agent)
        case AgentAction.PAUSE:
            plain = "".join(letter for letter in reason if letter.isprintable())
            return AgentPaused(agent, plain.strip()[:REASON_MAX] or "pause", queue)
        case AgentAction.UNPAUSE:
            return AgentUnpaused(agent, queue)
        case AgentAction.READY:
            return AgentReady(agent, forced)
