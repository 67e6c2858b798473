"""What the journal tells a new process: what agents did last, and what is not over.

What is in the database and what is still on its way there are read together, so that no fact is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.journal import Journal
from ami_listeners.records import Record

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AgentMemory:
    """What an agent did last, as far as was told."""

    agent: str
    state: str
    logged_in: bool
    pause_reason: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class OpenFacts:
    """Facts in the order in which they were told."""

    facts: Sequence[Record]
    complete: bool
    """The database has answered."""


async def agent_states(journal: Journal) -> dict[str, AgentMemory]:
    """Read what every agent of the floor did last, from the database if it answers, and on its way there."""
    found: dict[str, AgentMemory] = {}
    waiting = await journal.waiting()
    try:
        for agent, state, logged_in, pause_reason, since in await journal.rows("agents_now"):
            found[agent] = AgentMemory(agent, state, logged_in, pause_reason, since)
    except DatabaseUnreachable as away:
        log.warning("journal.agents_from_spool_only", reason=str(away))
    for each in waiting:
        if each.kind == "agent_state_changed" and each.source == "floor":
            body = each.body
            found[body["agent"]] = AgentMemory(
                body["agent"], body["state"], body["logged_in"], body["pause_reason"], each.at
            )
    return found


async def open_facts(journal: Journal) -> OpenFacts:
    """Read what was told of contacts that are not over; what else waits for the database is among it."""
    waiting = await journal.waiting()
    try:
        rows = await journal.rows("open_facts")
    except DatabaseUnreachable as away:
        log.warning("journal.open_facts_from_spool_only", reason=str(away))
        return OpenFacts(waiting, complete=False)
    known = [Record(*row) for row in rows]
    ids = {each.id for each in known}
    return OpenFacts([*known, *(each for each in waiting if each.id not in ids)], complete=True)
