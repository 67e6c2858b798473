"""Compare the calls that ended in a time with what Asterisk recorded of them, and keep the differences."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, NoReturn

import structlog
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from psycopg.types.json import Jsonb

from ami_listeners.database import Database
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.identity import in_system, within
from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.wall_time import at_of
from ami_listeners.queries import NAME, literal
from ami_listeners.reconciling.compare import Kind, KnownCall, Mismatch, Span, compare
from ami_listeners.reconciling.sources import LONGEST_CALL_S, Records, RecordSource

log = structlog.get_logger(__name__)

EVERY_S = 300.0
SETTLED, LOOKED_BACK = timedelta(minutes=2), timedelta(minutes=60)
"""Calls are looked at that ended between these, so that all of it has been written."""
SHOWN = timedelta(days=1)
"""Metrics tell of calls that ended within it."""


@cache
def statements() -> dict[str, LiteralString]:
    """Return every query of sql/reconciling.sql by its name."""
    text = (files("ami_listeners") / "sql" / "reconciling.sql").read_text("utf-8")
    _, *parts = NAME.split(text)
    return {name: literal(sql.strip()) for name, sql in zip(parts[::2], parts[1::2], strict=True)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What came of comparing."""

    records: Records
    calls: int
    """How many were heard or recorded."""
    mismatches: Sequence[Mismatch]

    @property
    def faults(self) -> list[Mismatch]:
        """The differences that no gap explains."""
        return [found for found in self.mismatches if found.kind is not Kind.IN_GAP]

    def by_kind(self) -> Counter[Kind]:
        """Count the differences."""
        return Counter(found.kind for found in self.mismatches)


async def reconcile(
    database: Database, source: RecordSource, since: datetime, until: datetime, system: str = ""
) -> Reconciled:
    """Compare the calls that ended within a time, and keep the differences in place of those of before.

    Raises HistoryError when the records cannot be read, and DatabaseUnreachable.
    """
    theirs = await source.calls(since - SETTLED, until + SETTLED)
    ours = await calls_heard(database, since, until, list(theirs), system)
    known_there = set(theirs).union(*(call.channels for call in theirs.values()))
    gaps = await gaps_in(database, since - timedelta(seconds=LONGEST_CALL_S), until, system)
    found: list[Mismatch] = []
    looked_at = 0
    for name in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(name), theirs.get(name)
        ended = (there or here).ended  # type: ignore[union-attr]
        if not since.timestamp() <= ended < until.timestamp():
            continue
        looked_at += 1
        if there is None and here is not None and not expected(here, source.records, known_there):
            continue
        found += compare(here, there, gaps=gaps)
    await keep(database, source.records, found, since, until, system)
    return Reconciled(records=source.records, calls=looked_at, mismatches=found)


def expected(call: KnownCall, records: Records, known_there: set[str]) -> bool:
    """Tell whether a call that was heard has to be recorded as one.

    One that became part of another is recorded there; one that was not answered is in CDR where cdr.conf
    says so, which by default it does not.
    """
    return call.call not in known_there and (call.answered or records is Records.CEL)


async def calls_heard(
    database: Database, since: datetime, until: datetime, calls: Sequence[str], system: str
) -> dict[str, KnownCall]:
    """Read calls as they were heard, by their names."""
    told: dict[str, KnownCall] = {}
    names = [in_system(system, call) for call in calls]
    asked = {"since": since, "until": until, "calls": names, "system": system}
    for row in await rows(database, "calls_heard", **asked):
        name, began, ended, answered, visits, talk_s, agents, transfers, *of_segments = row
        segments, lasted_s, talkers = of_segments
        name = within(system, name)
        queued = KnownCall(
            call=name,
            began=began,
            ended=ended,
            answered=answered,
            talk_s=None if transfers else talk_s,
            parties=frozenset(agents or ()),
            transfers=transfers,
        )
        told[name] = (
            queued
            if visits
            else replace(
                queued,
                talk_s=lasted_s if segments else None,
                parties=frozenset(talkers or ()) if segments else None,
                transfers=None,
            )
        )
    return told


async def gaps_in(database: Database, since: datetime, until: datetime, system: str) -> list[Span]:
    """Read when nobody listened."""
    found = await rows(database, "gaps_in", since=since, until=until, system=system)
    return [(began, ended) for began, ended in found]


async def keep(
    database: Database,
    records: Records,
    found: Sequence[Mismatch],
    since: datetime,
    until: datetime,
    system: str,
) -> None:
    """Keep what was found in a time, in place of what was found in it before."""
    here_and_now = {"system": system, "source": str(records)}
    async with database.connection() as connection:
        await connection.execute(
            statements()["forget_mismatches"], {**here_and_now, "since": since, "until": until}
        )
        for each in found:
            row = {
                "call": in_system(system, each.call), "kind": str(each.kind), "at": at_of(each.at),
                "ours": Jsonb(dict(each.ours)), "theirs": Jsonb(dict(each.theirs)),
            }  # fmt: skip
            await connection.execute(statements()["note_mismatch"], {**here_and_now, **row})


async def rows(database: Database, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Run one of the named queries; raises DatabaseUnreachable."""
    async with database.connection() as connection:
        return await (await connection.execute(statements()[query], parameters)).fetchall()


class Reconciling:
    """Compare again and again, and show how much differs."""

    def __init__(self, database: Database, sources: Sequence[RecordSource], system: str = "") -> None:
        self._database, self._sources, self._system = database, sources, system
        self._by_kind: Mapping[str, int] | None = None
        self._told: dict[Records, str] = {}

    async def keep_comparing(self) -> NoReturn:
        """Compare every five minutes; what cannot be read is said once, and tried again."""
        while True:
            now = self._database.clock.wall()
            for source in self._sources:
                await self._compare(source, now)
            await asyncio.sleep(EVERY_S)

    async def _compare(self, source: RecordSource, now: datetime) -> None:
        try:
            done = await reconcile(self._database, source, now - LOOKED_BACK, now - SETTLED, self._system)
            counted = await rows(
                self._database, "mismatches_by_kind", since=now - SHOWN, until=now, system=self._system
            )
        except (HistoryError, DatabaseUnreachable) as failure:
            if self._told.get(source.records) != str(failure):
                log.warning("reconcile.waits", records=str(source.records), reason=str(failure))
            self._told[source.records] = str(failure)
            return
        self._told.pop(source.records, None)
        self._by_kind = dict(counted)
        if done.faults:
            by_kind = {str(kind): number for kind, number in done.by_kind().items()}
            log.warning("reconcile.differs", records=str(source.records), **by_kind)

    def families(self) -> Iterator[Metric]:
        """Give how many differences there are of calls that ended within a day; absent until it is known."""
        if self._by_kind is None:
            return
        family = GaugeMetricFamily(
            "callfloor_reconcile_mismatches",
            "Differences between calls of the last 24 hours as heard and as Asterisk recorded them",
            labels=["kind"],
        )
        for kind in Kind:
            family.add_metric([kind], self._by_kind.get(kind, 0))
        yield family
