"""Count callers and agents of every queue at one moment, step by step, so that others need not wait."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Line
from queue_strategies.model import AgentId, AgentState, QueueName

STEP = 32
"""So many agents or queues are counted at once."""
NOBODY: Mapping[AgentState, int] = dict.fromkeys(AgentState, 0)


@dataclass(slots=True)
class QueueCensus:
    """One queue."""

    waiting: int = 0
    """Callers not answered yet."""
    kept: int = 0
    """Contained in them: those who keep the place without the line."""
    longest_waiting_since: float | None = None
    """When the one who has waited longest on a line joined."""
    agents: Mapping[AgentState, int] = field(default_factory=lambda: NOBODY)
    """Members by state."""
    estimates_trusted: bool = True
    """Estimated waits have turned out well enough to be announced."""


@dataclass(slots=True)
class Census:
    """Every queue but the direct lines, and what every agent is doing."""

    queues: dict[QueueName, QueueCensus] = field(default_factory=dict)
    agents: dict[AgentId, AgentState] = field(default_factory=dict)


Counting: TypeAlias = Generator[None, None, Census]
"""Counts a step at a time, and returns what was counted; in between the floor may go on."""


def take_census(hall: Hall) -> Counting:
    """Count the floor; each agent and each queue is seen once, in some step."""
    census = Census()
    members = {line: dict(NOBODY) for line in hall.lines.values() if not line.queue.direct}
    for number, desk in enumerate(list(hall.desks.values()), 1):
        state = census.agents[desk.agent.id] = desk.state
        for seat in desk.seats:
            if (counted := members.get(seat.line)) is not None:
                counted[state] += 1
        if number % STEP == 0:
            yield
    for number, (line, counted) in enumerate(members.items(), 1):
        census.queues[line.queue.name] = _count(line, counted)
        if number % STEP == 0:
            yield
    return census


def _count(line: Line, members: Mapping[AgentState, int]) -> QueueCensus:
    kept, since = 0, None
    for visit in line.unanswered:  # one loop: of a large floor this is most of the work
        if visit.kept is not None and visit.off_line:
            kept += 1
        elif since is None or visit.began < since:
            since = visit.began
    return QueueCensus(len(line.unanswered), kept, since, members, line.outlook.score.trusted)
