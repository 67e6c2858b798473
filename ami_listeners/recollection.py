"""What the journal tells a new process: what agents did last, and what is not over.

What is in the database and what is still on its way there are read together, so that no fact is missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import structlog

from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.identity import within
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
class Recollection:
    """What was told before."""

    agents: Mapping[str, AgentMemory]
    """Every agent of the floor."""
    membership_pauses: Mapping[tuple[str, str], str | None]
    """Why which agent did not serve which queue; None: serves it again."""
    facts: Sequence[Record]
    """Of contacts that are not over, in the order in which they were told; whatever else waits for the
    database is among them."""
    complete: bool
    """The database has answered."""


async def recollect(journal: Journal) -> Recollection:
    """Read it from the database, if that answers, and from what is on its way there."""
    waiting = await journal.waiting()
    try:
        known = [Record(*row) for row in await journal.rows("open_facts")]
        states = [AgentMemory(*row) for row in await journal.rows("agents_now")]
        pauses = [(agent, queue, reason) for agent, queue, reason in await journal.rows("membership_pauses")]
        complete = True
    except DatabaseUnreachable as away:
        log.warning("journal.recollected_from_spool_only", reason=str(away))
        known, states, pauses, complete = [], [], [], False
    known, waiting = ([as_asterisk_knows(each) for each in told] for told in (known, waiting))
    ids = {each.id for each in known}
    return Recollection(
        agents={one.agent: one for one in (*states, *agents_among(waiting))},
        membership_pauses={(one[0], one[1]): one[2] for one in (*pauses, *pauses_among(waiting))},
        facts=[*known, *(each for each in waiting if each.id not in ids)],
        complete=complete,
    )


def as_asterisk_knows(fact: Record) -> Record:
    """Give a fact with its channel by the name that Asterisk knows, where several are told apart."""
    if not fact.system or not (channel := fact.body.get("channel")):
        return fact
    return msgspec.structs.replace(fact, body={**fact.body, "channel": within(fact.system, channel)})


def pauses_among(facts: Sequence[Record]) -> list[tuple[str, str, str | None]]:
    """Say which agents stopped serving a queue or serve it again, fact by fact."""
    return [
        (fact.body["agent"], fact.body["queue"], fact.body["reason"] if fact.body["paused"] else None)
        for fact in facts
        if fact.kind == "membership_pause_changed"
    ]


def agents_among(facts: Sequence[Record]) -> list[AgentMemory]:
    """Say what agents of the floor did, fact by fact."""
    return [
        AgentMemory(
            fact.body["agent"], fact.body["state"], fact.body["logged_in"], fact.body["pause_reason"], fact.at
        )
        for fact in facts
        if fact.kind == "agent_state_changed" and fact.source == "floor"
    ]
