"""What the process before this one has told: where the agents were, and which calls were not over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import structlog

from ami_listeners.clock import Clock
from ami_listeners.journal import Journal
from ami_listeners.recollection import AgentMemory, recollect
from ari_apps.reconcile.remembered import Memory, remembered
from queue_strategies.events import AgentRestored, MembershipPauseRestored
from queue_strategies.model import AgentId, AgentState, QueueName

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Before:
    """How things stood."""

    agents: Iterable[AgentRestored | MembershipPauseRestored]
    memory: Memory


async def nothing() -> Before:
    """Say that nothing was before."""
    return Before((), Memory())


class Recall:
    """Read from the journal how things stood: at first whatever there is, then only what is complete.

    What waits for a database that is away may be much, and is not read again and again.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._asked = False

    async def __call__(self) -> Before:
        """Tell how things stood; incomplete while the database is away."""
        if self._asked and not self._journal.database.health.up:
            return Before((), Memory(complete=False))
        self._asked = True
        told = await recollect(self._journal)
        memory = remembered(told.facts, complete=told.complete)
        if memory.unreadable:
            log.error("recall.facts_unreadable", kinds=memory.unreadable)
        agents = restored(told.agents.values(), self._clock)
        return Before((*agents, *pauses(told.membership_pauses)), memory)


def pauses(told: Mapping[tuple[str, str], str | None]) -> Iterator[MembershipPauseRestored]:
    """Say which agents did not serve which queue."""
    for (agent, queue), reason in told.items():
        if reason is not None:
            yield MembershipPauseRestored(AgentId(agent), QueueName(queue), reason)


def restored(agents: Iterable[AgentMemory], clock: Clock) -> Iterator[AgentRestored]:
    """Say where the agents were; a state that only another version knows is as good as none."""
    for one in agents:
        since = clock.moment_at(one.since)
        yield AgentRestored(
            agent=AgentId(one.agent),
            logged_in=one.logged_in,
            pause_reason=one.pause_reason,
            idle_since_moment=since,
            since_moment=since,
            told_state=AgentState(one.state) if one.state in set(AgentState) else None,
        )
