"""What happens to supervisors and to the calls of agents they hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from queue_strategies.message import message
from queue_strategies.model import AgentId
from queue_strategies.monitoring.model import Line, Mode, Supervisor


@message()
class SupervisorsConfigured:
    """These supervisors there are, and these agents with their teams, in the order of the file."""

    supervisors: Sequence[Supervisor]
    teams: Mapping[AgentId, str | None]

    @property
    def may_take_over(self) -> bool:
        """Tell whether anybody may take over a call."""
        return any(Mode.TAKE_OVER in modes for one in self.supervisors for modes in one.modes.values())


@message()
class MonitoringAsked:
    """A supervisor shall be on an agent's calls, or on another's, or in another mode."""

    supervisor: str
    agent: AgentId
    mode: Mode
    by: str
    line: Line | None = None
    """The call the agent is on, if that was looked for."""


@message()
class MonitoringDropped:
    """A supervisor shall be on nobody's calls."""

    supervisor: str
    by: str


@message()
class SupervisorAnswered:
    """The supervisor's phone was picked up."""

    watch: str


@message()
class SupervisorLeft:
    """The supervisor's phone was not picked up, or was put down."""

    watch: str
    by: str = "supervisor"


@message()
class SupervisorPressed:
    """A key of the supervisor's phone was pressed while these agents were talking."""

    watch: str
    key: str
    talking: frozenset[AgentId] = frozenset()


@message()
class LineChanged:
    """An agent is on this call now; None: on none."""

    agent: AgentId
    line: Line | None


@message()
class EarOpened:
    """The supervisor hears, and is heard, as was ordered."""

    ear: str


@message()
class EarClosed:
    """The supervisor hears by this ear no more; or never did, because it could not be opened."""

    ear: str


@message()
class EarHushed:
    """The supervisor is heard by this ear no more, for those on the line are about to part."""

    ear: str


@message()
class PauseBegan:
    """The recording of a contact is paused: card data are read out, which nobody else may hear."""

    contact: str


@message()
class PauseEnded:
    """The recording of a contact goes on."""

    contact: str


Event = (
    SupervisorsConfigured
    | MonitoringAsked
    | MonitoringDropped
    | SupervisorAnswered
    | SupervisorLeft
    | SupervisorPressed
    | LineChanged
    | EarOpened
    | EarClosed
    | EarHushed
    | PauseBegan
    | PauseEnded
)
