"""Who may be on whose calls: the supervisors there are, and the agents with their teams."""

from __future__ import annotations

from collections.abc import Sequence

from queue_strategies.model import AgentId
from queue_strategies.monitoring.events import SupervisorsConfigured
from queue_strategies.monitoring.model import Mode, Refusal, Refused, Supervisor


class Roster:
    """Rights, as they are configured now."""

    def __init__(self) -> None:
        self._supervisors: dict[str, Supervisor] = {}
        self._teams: dict[AgentId, str | None] = {}

    def configure(self, event: SupervisorsConfigured) -> None:
        """Go on by these rights."""
        self._supervisors = {one.id: one for one in event.supervisors}
        self._teams = dict(event.teams)

    def supervisor(self, id_: str) -> Supervisor | None:
        """Find a supervisor."""
        return self._supervisors.get(id_)

    def refusal(self, supervisor: str, agent: AgentId, mode: Mode) -> Refused | None:
        """Say why a supervisor may never be on an agent's calls in a mode; None: may."""
        who = self._supervisors.get(supervisor)
        if who is None:
            return Refused(Refusal.UNKNOWN, f"there is no supervisor {supervisor!r}")
        if agent not in self._teams:
            return Refused(Refusal.UNKNOWN, f"there is no agent {agent!r}")
        if mode not in who.modes_with(self._teams[agent]):
            return Refused(Refusal.FORBIDDEN, f"{supervisor} may not be on calls of {agent} to {said(mode)}")
        return None

    def others(self, agent: AgentId, *, backwards: bool) -> Sequence[AgentId]:
        """Return all other agents in the order of the file, beginning with the next or the previous one."""
        agents = list(self._teams)
        here = agents.index(agent) if agent in self._teams else -1
        around = [*agents[here + 1 :], *agents[: max(here, 0)]]
        return around[::-1] if backwards else around


def said(mode: Mode) -> str:
    """Say a mode as people do."""
    return mode.replace("_", " ")
