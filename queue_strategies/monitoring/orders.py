"""What is to be done for supervisors."""

from __future__ import annotations

from queue_strategies.message import message
from queue_strategies.model import AgentId
from queue_strategies.monitoring.model import Line, Mode


@message()
class RingSupervisor:
    """Ring a supervisor's phone."""

    watch: str
    supervisor: str
    agent: AgentId


@message()
class OpenEar:
    """Let the supervisor hear this line in this mode, in place of whatever was heard.

    The same ear again is the same stretch of hearing, arranged anew: somebody else is at the other end.
    """

    watch: str
    ear: str
    agent: AgentId
    line: Line
    mode: Mode
    announce: bool
    """The supervisor is new on this call, and the agent may be told."""
    companions: frozenset[str] = frozenset()
    """The watches of other supervisors who are heard by the customer, and by whoever is on the call."""


@message()
class CloseEar:
    """Let the supervisor, who stays on the phone, hear nothing."""

    watch: str


@message()
class Deny:
    """Let the supervisor hear that a key does nothing."""

    watch: str


@message()
class LetGo:
    """Hang up the supervisor's phone, and what it heard by."""

    watch: str


@message()
class Look:
    """Find out on which call an agent is."""

    agent: AgentId


Order = RingSupervisor | OpenEar | CloseEar | Deny | LetGo | Look
