"""Who is on whose calls now, and on which calls those agents are."""

from __future__ import annotations

from collections.abc import Iterator

from queue_strategies.model import AgentId
from queue_strategies.monitoring.model import Line, Mode
from queue_strategies.monitoring.watched import Ear, Watched

HEARD_BY_CUSTOMER = frozenset({Mode.BARGE, Mode.TAKE_OVER})


class Watches:
    """One watch a supervisor at most; lines are kept of agents who are watched, and of nobody else."""

    def __init__(self) -> None:
        self._by_supervisor: dict[str, Watched] = {}
        self._lines: dict[AgentId, Line] = {}

    def __iter__(self) -> Iterator[Watched]:
        return iter(list(self._by_supervisor.values()))

    def of(self, supervisor: str) -> Watched | None:
        """Find what a supervisor is on."""
        return self._by_supervisor.get(supervisor)

    def named(self, watch: str) -> Watched | None:
        """Find a watch by its id."""
        return next((one for one in self if one.id == watch), None)

    def agents(self) -> frozenset[AgentId]:
        """Return the agents who are watched."""
        return frozenset(watch.agent for watch in self)

    def add(self, watch: Watched) -> None:
        """Note that a supervisor is on an agent's calls."""
        self._by_supervisor[watch.supervisor.id] = watch

    def drop(self, watch: Watched) -> bool:
        """Note that a supervisor is on nobody's calls; tell whether that is new."""
        was_there = self._by_supervisor.pop(watch.supervisor.id, None) is not None
        self._forget(watch.agent)
        return was_there

    def move(self, watch: Watched, agent: AgentId) -> None:
        """Note that a supervisor is on another agent's calls."""
        before, watch.agent = watch.agent, agent
        self._forget(before)

    def line(self, agent: AgentId) -> Line | None:
        """Return the call a watched agent is on, as far as is known."""
        return self._lines.get(agent)

    def see(self, agent: AgentId, line: Line | None) -> None:
        """Note on which call an agent is; None: on none, or nobody knows."""
        if line is None:
            self._lines.pop(agent, None)
        elif agent in self.agents():
            self._lines[agent] = line

    def has_taken(self, agent: AgentId, but: str) -> str | None:
        """Return the supervisor who has taken over from an agent, `but` this one."""
        taken = (one.supervisor.id for one in self if one.agent == agent and one.mode is Mode.TAKE_OVER)
        return next((one for one in taken if one != but), None)

    def companions(self, watch: Watched, ear: Ear) -> frozenset[str]:
        """Return the watches of the other supervisors whom the customer of a call hears."""
        return frozenset(
            one.id
            for one in self
            if one is not watch
            and one.ear is not None
            and one.ear.line.channel == ear.line.channel
            and one.mode in HEARD_BY_CUSTOMER
        )

    def _forget(self, agent: AgentId) -> None:
        if agent not in self.agents():
            self._lines.pop(agent, None)
