"""Take imported facts into the database, past all that is known there already.

What was heard live is believed, and so is what was imported before: of a visit or a call that is known from
beginning to end nothing is taken again. Of one that was heard in part, or whose end was concluded because
nobody listened, the rest is taken; for a fact has a name, and one that is there is not taken twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psycopg

from ami_listeners.clock import Clock
from ami_listeners.copy_rows import row
from ami_listeners.database import Database
from ami_listeners.identity import EPOCH, SharedIds, born_by, in_system, named_id
from ami_listeners.imports.statements import statements
from ami_listeners.intake import ID, Intake
from ami_listeners.queries import queries
from ami_listeners.records import record, shape
from queue_strategies.facts import Answered, ContactEnded, ContactStarted, Fact, OfferEnded, OfferMade
from queue_strategies.model import AgentId, Queue, QueueName

SOURCE = "import"
BATCH = 4_000
OF_1970 = Clock(moment=lambda: 0.0, wall=lambda: EPOCH)
"""By which moments are Unix time."""
POISON = (psycopg.DataError, psycopg.IntegrityError)


@dataclass(slots=True)
class Kept:
    """What became of imported facts."""

    told: int = 0
    new: int = 0
    rejected: int = 0
    """The database can never take them."""
    forgotten: int = 0
    """They are of a time of which nothing but figures is kept."""

    @property
    def known(self) -> int:
        """Say how many were known already."""
        return self.told - self.new - self.rejected - self.forgotten


class Keeper:
    """Keep facts whose moments are Unix time, many at once, each once."""

    def __init__(
        self,
        database: Database,
        system: str = "",
        *,
        reject: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._database, self._system, self._reject = database, system, reject
        self._intake, self._ids = Intake(database, system=system), SharedIds()
        self._retained_since = b""
        """The least id that may still be taken."""
        self.kept = Kept()
        self.agents: dict[str, str] = {}
        """From what records call agents to what they are called here, as far as calls known show it."""

    async def prepare(self) -> None:
        """Make room for days that are long over; raises DatabaseUnreachable."""
        async with self._database.connection() as connection:
            await connection.execute(statements()["days_before"])
            row = await (await connection.execute(queries()["retained_since"])).fetchone()
            self._retained_since = str(row[0]).encode() if row else b""

    async def keep(self, facts: Sequence[Fact]) -> None:
        """Take facts that are not there; raises DatabaseUnreachable."""
        self.kept.told += len(facts)
        facts = await self._not_known(await self._by_our_names(facts))
        lines = [line for fact in facts if (line := self._line(fact)) is not None]
        kept = [line for line in lines if line[:ID] >= self._retained_since]
        self.kept.forgotten += len(lines) - len(kept)
        await self._take(kept)

    async def rows(self, query: str, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Run one of the named queries; raises DatabaseUnreachable."""
        async with self._database.connection() as connection:
            return await (await connection.execute(statements()[query], parameters or None)).fetchall()

    async def rules(self) -> dict[QueueName, Queue]:
        """Read by which rules queues are measured that are known."""
        known = await self.rows("rules")
        return {
            name: Queue(name=name, service_level_s=level, short_abandon_s=short)
            for name, level, short in known
        }

    async def listened_since(self) -> tuple[float, float]:
        """Say since when agents' states, and calls, were heard live, in Unix time; endless: never."""
        ((states, calls),) = await self.rows("listened_since", system=self._system)
        return tuple(float("inf") if at is None else at.timestamp() for at in (states, calls))  # type: ignore[return-value]

    async def _take(self, lines: Sequence[bytes]) -> None:
        if not lines:
            return
        try:
            self.kept.new += await self._intake.take(lines)
        except POISON as failure:
            if len(lines) == 1:
                self.kept.rejected += 1
                why = str(failure).partition("\n")[0]
                self._reject(
                    f"the database cannot take a fact ({why}): {lines[0].decode('utf-8', 'replace')}"
                )
                return
            half = len(lines) // 2
            await self._take(lines[:half])
            await self._take(lines[half:])

    def _line(self, fact: Fact) -> bytes | None:
        """Write a fact as a row; its time, to the microsecond, is the stamp of what is known by no name."""
        id_ = self._id_of_contact(fact) or self._ids(fact, self._system, f"{fact.moment:.6f}")
        if id_ is None:
            return None
        return row(record(fact, id_, SOURCE, OF_1970, system=self._system))

    def _id_of_contact(self, fact: Fact) -> UUID | None:
        """Name what is told of a contact once, at its beginning and at its end."""
        if not isinstance(fact, ContactStarted | ContactEnded):
            return None
        kind, born = shape(fact).kind, born_by(fact.contact)
        return (
            None if born is None else named_id(self._system, f"{kind}/{fact.contact}", born, heard=fact.heard)
        )

    async def _by_our_names(self, facts: Sequence[Fact]) -> list[Fact]:
        """Call agents what they are called where the same call was heard live."""
        said = {self._here(fact.offer): str(fact.agent) for fact in facts if isinstance(fact, Answered)}
        if said:
            for offer, agent in await self.rows("agents_of_offers", offers=list(said)):
                if agent is not None and agent != said[offer]:
                    self.agents[said[offer]] = agent
        return [renamed(fact, self.agents) for fact in facts] if self.agents else list(facts)

    async def _not_known(self, facts: Sequence[Fact]) -> list[Fact]:
        visits = sorted({visit for fact in facts if (visit := self._here(getattr(fact, "visit", None)))})
        calls = sorted({call for fact in facts if (call := self._here(getattr(fact, "call", None)))})
        contacts = sorted({self._here(fact.contact) for fact in facts if isinstance(fact, ContactStarted)})
        whole: set[str] = set()
        partly: set[str] = set()
        agents: dict[str, str] = {}
        if visits:
            for visit, agent, is_whole, is_imported in await self.rows("known_visits", visits=visits):
                if is_whole:
                    whole.add(visit)
                elif not is_imported:
                    partly.add(visit)
                if agent is not None:
                    agents[visit] = agent
        if contacts:
            whole |= {contact for (contact,) in await self.rows("known_contacts", contacts=contacts)}
        if calls:
            whole |= {call for (call,) in await self.rows("known_calls", calls=calls)}
        return list(missing(facts, self._here, whole, partly, agents))

    def _here(self, name: str | None) -> str:
        """Name what Asterisk named as it is named in the database."""
        return in_system(self._system, name or "")


def missing(
    facts: Iterable[Fact],
    here: Callable[[str | None], str],
    whole: set[str],
    partly: set[str],
    agents: dict[str, str],
) -> Iterable[Fact]:
    """Yield what is not known of visits and calls that are known as a whole, or were heard in part.

    To whom a visit was offered, and by whom it was answered, is believed of who heard a part of it.
    """
    for fact in facts:
        visit = here(getattr(fact, "visit", None))
        contact = here(fact.contact) if isinstance(fact, ContactStarted | ContactEnded) else ""
        if (visit or contact or here(getattr(fact, "call", None))) in whole:
            continue
        if visit in partly and isinstance(fact, OfferMade | OfferEnded):
            continue
        agent = agents.get(visit)
        yield fact if agent is None or not hasattr(fact, "agent") else of_agent(fact, agent)


def renamed(fact: Fact, agents: dict[str, str]) -> Fact:
    """Call the agent of a fact by another name, if there is one."""
    agent = agents.get(getattr(fact, "agent", None) or "")
    return fact if agent is None else of_agent(fact, agent)


def of_agent(fact: Any, agent: str) -> Fact:
    """Give a fact as one of this agent."""
    told: Fact = replace(fact, agent=AgentId(agent))
    return told
