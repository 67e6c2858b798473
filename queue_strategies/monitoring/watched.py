"""Who is on whose calls, and each stretch of hearing."""

from __future__ import annotations

from dataclasses import dataclass

from queue_strategies.model import AgentId
from queue_strategies.monitoring.model import Line, Mode, Supervisor


@dataclass(slots=True, eq=False)
class Ear:
    """One stretch of hearing."""

    id: str
    supervisor: str
    agent: AgentId
    line: Line
    mode: Mode
    by: str
    is_new: bool = True
    """The supervisor was not on this call before."""
    arranged: tuple[Line, frozenset[str]] | None = None
    """The line and the companions of the last order."""
    is_hushed: bool = False
    """Nothing is arranged until the line was looked at."""
    opened_moment: float | None = None
    ended_by: str = "call"

    def is_of(self, watch: Watched, line: Line) -> bool:
        """Tell whether this is the stretch of hearing that is wanted."""
        same_line = (self.line.channel, self.line.contact) == (line.channel, line.contact)
        return same_line and (self.agent, self.mode) == (watch.agent, watch.mode)


@dataclass(slots=True, eq=False)
class Watched:
    """One supervisor on one agent's calls."""

    id: str
    supervisor: Supervisor
    agent: AgentId
    mode: Mode
    by: str
    since_moment: float
    answered: bool = False
    ear: Ear | None = None

    def can_hear(self, line: Line) -> bool:
        """Tell whether there is something to hear: of a customer on hold, say, nothing can be taken over.

        Who has taken over stays, also while nobody else could.
        """
        if not self.answered or self.mode is not Mode.TAKE_OVER:
            return self.answered
        stays = self.ear is not None and self.ear.is_of(self, line) and self.ear.line == line
        return line.other is not None and (stays or not line.bound)

    @property
    def state(self) -> str:
        """Say how far it got."""
        if self.ear is not None and self.ear.opened_moment is not None:
            return "hearing"
        return "waiting" if self.answered else "ringing"
