"""What the process before this one has told: where the agents were, and which calls were not over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ami_listeners.clock import Clock
from ami_listeners.journal import AgentMemory, Journal
from ari_apps.reconcile.remembered import Memory, remembered
from queue_strategies.events import AgentRestored
from queue_strategies.model import AgentId, AgentState


@dataclass(frozen=True, slots=True)
class Before:
    """How things stood."""

    agents: Sequence[AgentRestored]
    memory: Memory


async def nothing() -> Before:
    """Say that nothing was before."""
    return Before((), Memory())


async def recall(journal: Journal, clock: Clock) -> Before:
    """Read it from the journal; incomplete while the database is away."""
    told = await journal.open_facts()
    agents = await journal.agent_states()
    return Before(restored(agents, clock), remembered(told.facts, complete=told.complete))


def restored(agents: Mapping[str, AgentMemory], clock: Clock) -> list[AgentRestored]:
    """Say where the agents were."""
    return [
        AgentRestored(
            agent=AgentId(one.agent),
            logged_in=one.logged_in,
            pause_reason=one.pause_reason,
            idle_since_moment=(since := clock.moment_at(one.since)),
            since_moment=since,
            told_state=AgentState(one.state),
        )
        for one in agents.values()
    ]
