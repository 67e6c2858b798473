"""Facts on their way to PostgreSQL: none lost, none twice.

A fact is first a line in the spool, on disk before `write` returns, then a row. A task takes the lines to
the database, many in one transaction, and forgets them only when that is committed; what it tried without
learning the outcome it tries again, and the database knows a fact by its id. So our crash, the database's
crash and a database that is away for days cost nothing. A full disk is told loudly; facts then wait in
memory, as many as fit, and what does not fit is counted by its kind.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date
from itertools import chain
from pathlib import Path
from socket import gethostname
from typing import Any

import psycopg
import structlog

from ami_listeners.clock import Clock
from ami_listeners.copy_rows import read, row, understood
from ami_listeners.database import Database
from ami_listeners.disk import LOOK_EVERY_S, Disk, DiskHealth
from ami_listeners.errors import ListenerError
from ami_listeners.identity import FactIds, SharedIds
from ami_listeners.intake import Intake
from ami_listeners.personal_lines import REJECTED
from ami_listeners.queries import queries
from ami_listeners.records import Record, encode, record
from ami_listeners.spool import Spool
from queue_strategies.facts import Fact, ListenerGap
from queue_strategies.model import Queue

log = structlog.get_logger(__name__)

MEMORY_MAX = 50_000
"""Facts kept in memory while the disk is full."""
RETRY_S = (0.2, 2.0)
"""The first and the longest pause before the database is tried again."""
POISON = (psycopg.DataError, psycopg.IntegrityError, ValueError)
"""What a fact causes that the database can never take."""


@dataclass(slots=True)
class JournalHealth:
    """What the journal is doing, for `/readyz` and the metrics."""

    written: int = 0
    committed: int = 0
    rejected: int = 0
    """Facts the database can never take; they are in the spool's rejected.jsonl."""
    lost: Counter[str] = field(default_factory=Counter)
    """By kind: facts that found neither disk nor memory."""
    in_memory: int = 0
    spool_bytes: int = 0
    waiting_since_moment: float | None = None
    """When the oldest fact was written that may not be in the database; None when all are."""
    disk_error: str = ""
    disk: DiskHealth = field(default_factory=DiskHealth)


class Journal:
    """Keep facts; `start` it, `write` to it from anywhere in the loop, `stop` it."""

    def __init__(self, database: Database, spool_dir: Path, clock: Clock, system: str = "") -> None:
        self.database, self.clock = database, clock
        self.system = system
        """Of which Asterisk it is told, where several are listened to."""
        self.spool = Spool(spool_dir)
        self.state = JournalHealth()
        self.name = f"{gethostname()}:{spool_dir.absolute()}"
        """Who hears what this journal is told."""
        self._ids, self._shared_ids = FactIds(clock), SharedIds()
        self._intake = Intake(database, self.name, system)
        self._memory: deque[bytes] = deque()
        self._lost_since: float | None = None
        """When the first fact found neither disk nor memory, unless that gap is told."""
        self._wake = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._stopping = False
        self._told = ""
        self._partitioned: date | None = None
        """The last day on which partitions were made."""
        self._task: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._disk = Disk(spool_dir, database.settings.disk_least_bytes)

    # -- for everybody --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take the spool and begin to drain it; the database need not be there.

        Raises SpoolInUse or SpoolUnusable, DatabaseTooNew or MigrationChanged.
        """
        self.spool.open()
        if self.spool.size_bytes:
            self._note_waiting()
        await self.database.start()
        self._task = asyncio.create_task(self._drain(), name="journal.drain")
        self._watching = asyncio.create_task(self._watch_disk(), name="journal.disk")

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Drain what can be drained within the time; the rest stays in the spool for the next start."""
        if self._task is None:
            return
        self._stopping = True
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        self._wake.set()
        try:
            async with asyncio.timeout(timeout_s):
                await self._task
        except TimeoutError:
            left = self.health()
            log.warning("journal.left_in_spool", spool_bytes=left.spool_bytes, folder=str(self.spool.folder))
            if left.in_memory:
                log.critical("journal.facts_lost", in_memory=left.in_memory, reason=self.state.disk_error)
        self._task = None
        self.spool.close()

    def write(
        self,
        fact: Fact,
        source: str = "floor",
        *,
        system: str | None = None,
        listener: str = "",
        stamp: str = "",
    ) -> None:
        """Keep a fact; when this returns, our death no longer loses it. Never waits, never raises.

        `system` names the Asterisk it was told of and `listener` who heard it, if not those of this journal;
        `stamp` is the Timestamp of the event behind it, if Asterisk gave one. What others hear too is kept
        once, by its name or its stamp; where it has neither, the database matches what two heard at about
        the same time.
        """
        try:
            system = self.system if system is None else system
            id_ = None if source == "floor" else self._shared_ids(fact, system, stamp)
            heard_by = "" if id_ is not None or source == "floor" else listener or self.name
            id_ = id_ or self._ids()
            line = row(record(fact, id_, source, self.clock, system=system, listener=heard_by))
            self.state.written += 1
            self._keep(line, fact)
        except Exception:
            self.state.lost[type(fact).__name__] += 1
            log.exception("journal.fact_not_written", fact=repr(fact))

    def write_all(
        self,
        facts: Iterable[Fact],
        source: str = "floor",
        *,
        system: str | None = None,
        listener: str = "",
        stamp: str = "",
    ) -> None:
        """Keep facts in their order."""
        for fact in facts:
            self.write(fact, source, system=system, listener=listener, stamp=stamp)

    def health(self) -> JournalHealth:
        """Tell how it stands."""
        self.state.in_memory = len(self._memory)
        self.state.spool_bytes = self.spool.size_bytes
        return self.state

    @property
    def trouble(self) -> str:
        """Say why facts are, or soon will be, in danger for want of room; empty while there is enough."""
        folder, health = self.spool.folder, self.health()
        if health.disk_error:
            lost = f", {health.lost.total()} are lost" if health.lost else ""
            return (
                f"{folder} takes no more ({health.disk_error}), {health.in_memory} facts wait in memory{lost}"
            )
        return f"the disk of {folder} fills, make room: {health.disk.warning}" if health.disk.warning else ""

    def lag_s(self) -> float:
        """Say for how long the oldest fact has waited for the database; 0 when none does."""
        since = self.state.waiting_since_moment
        return 0.0 if since is None else max(0.0, self.clock.moment() - since)

    async def drained(self, timeout_s: float) -> bool:
        """Wait until every fact is in the database; tell whether that came to be."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._drained.wait()
        except TimeoutError:
            return False
        return True

    async def waiting(self) -> list[Record]:
        """Read what is not in the database for sure; ask this first, as it may get there meanwhile."""
        in_memory = tuple(self._memory)
        return await asyncio.to_thread(lambda: list(readable(chain(self.spool.unforgotten(), in_memory))))

    async def know_queues(self, queues: Iterable[Queue]) -> None:
        """Tell the database by which rules each queue is measured; raises DatabaseUnreachable."""
        rules = [
            {
                "queue": queue.name,
                "strategy": queue.strategy,
                "service_level_s": queue.service_level_s,
                "service_level_formula": queue.service_level_formula,
                "short_abandon_s": queue.short_abandon_s,
            }
            for queue in queues
            if not queue.direct
        ]
        async with self.database.connection() as connection:
            await connection.execute(queries()["know_queues"], {"queues": encode(rules).decode()})

    async def rows(self, query: str, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Run one of the named queries, of this journal's system; raises DatabaseUnreachable."""
        parameters = {"system": self.system, **parameters}
        async with self.database.connection() as connection:
            return await (await connection.execute(queries()[query], parameters)).fetchall()

    # -- to the disk ----------------------------------------------------------------------------------------

    def _keep(self, line: bytes, fact: Fact) -> None:
        if not self._memory and self._append(line):
            self._note_waiting()
        elif len(self._memory) < MEMORY_MAX:
            self._memory.append(line)
            self._note_waiting()
        else:
            kind = type(fact).__name__
            self.state.lost[kind] += 1
            if self._lost_since is None:
                self._lost_since = self.clock.moment()
            if self.state.lost.total() % 1000 == 1:
                log.critical("journal.facts_lost", lost=dict(self.state.lost), reason=self.state.disk_error)

    def _append(self, line: bytes) -> bool:
        try:
            self.spool.append(line)
        except OSError as failure:
            if not self.state.disk_error:
                self.state.disk_error = failure.strerror or str(failure)
                log.critical(
                    "journal.disk_unusable",
                    folder=str(self.spool.folder),
                    reason=self.state.disk_error,
                    facts_that_fit_in_memory=MEMORY_MAX,
                )
            return False
        if self.state.disk_error:
            log.warning("journal.disk_usable_again", folder=str(self.spool.folder))
            self.state.disk_error = ""
        return True

    async def _watch_disk(self) -> None:
        """Tell of a disk that fills, before it is full."""
        while True:
            disk = await asyncio.to_thread(self._disk.look, self.clock.moment())
            was, self.state.disk = self.state.disk.warning, disk
            if disk.warning and not was:
                log.critical("journal.disk_fills", folder=str(self.spool.folder), reason=disk.warning)
            elif was and not disk.warning:
                log.warning("journal.disk_has_room_again", folder=str(self.spool.folder))
            await asyncio.sleep(LOOK_EVERY_S)

    def _note_waiting(self) -> None:
        if self.state.waiting_since_moment is None:
            self.state.waiting_since_moment = self.clock.moment()
        self._drained.clear()
        self._wake.set()

    def _memory_to_disk(self) -> None:
        while self._memory and self._append(self._memory[0]):
            self._memory.popleft()
        if self._lost_since is not None and not self._memory:
            began, self._lost_since = self._lost_since, None
            reason = "neither disk nor memory had room for facts"
            now = self.clock.moment()
            self.write(ListenerGap(moment=now, source="journal", began_moment=began, reason=reason), "native")

    # -- to the database ------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        pause_s = RETRY_S[0]
        while not (self._stopping and self._drained.is_set()):
            await self._wake.wait()
            self._wake.clear()
            if not self._stopping:
                await asyncio.sleep(self.database.settings.batch_s)
            try:
                await self._drain_all()
                pause_s, self._told = RETRY_S[0], ""
            except Exception as failure:
                self._wake.set()
                self._tell_waiting(failure)
                await self._sync()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, RETRY_S[1])

    def _tell_waiting(self, failure: Exception) -> None:
        """Log why facts wait in the spool, once for every reason."""
        reason = str(failure)
        if reason != self._told:
            self._told = reason
            ours = not isinstance(failure, ListenerError | psycopg.Error)
            log.warning("journal.waits", reason=reason, spool_bytes=self.spool.size_bytes, exc_info=ours)

    async def _drain_all(self) -> None:
        """Take everything there is to the database, oldest first."""
        most = self.database.settings.batch_max
        while True:
            self._memory_to_disk()
            asked = self.clock.moment()
            portion = await asyncio.to_thread(self.spool.read, most)
            if portion.lines:
                await self._insert(portion.lines)
                self.spool.forget(portion.end)
            elif self._memory:
                lines = [self._memory[index] for index in range(min(most, len(self._memory)))]
                await self._insert(lines)
                for _ in lines:
                    self._memory.popleft()
            else:
                self.spool.forget(portion.end)
                break
            self.state.waiting_since_moment = asked
        if self.spool.size_bytes == 0 and not self._memory:
            self.state.waiting_since_moment = None
            self._drained.set()

    async def _insert(self, lines: Sequence[bytes]) -> None:
        """Commit lines as facts; one that can never be taken is put aside, and does not stop the others."""
        try:
            await self._make_partitions()
            await self._intake.take([understood(line) for line in lines])
        except POISON as failure:
            if len(lines) == 1:
                self._reject(lines[0], failure)
                return
            half = len(lines) // 2
            await self._insert(lines[:half])
            await self._insert(lines[half:])
        else:
            self.state.committed += len(lines)

    async def _make_partitions(self) -> None:
        """See to it once a day that the days to come have a partition; those of today were made days ago."""
        today = self.clock.wall().astimezone(UTC).date()
        if today == self._partitioned:
            return
        try:
            await self.rows("make_partitions", today=today)
        except psycopg.errors.LockNotAvailable as failure:
            log.warning("journal.partitions_not_made", reason=str(failure))
        async with self.database.connection() as connection:
            await connection.execute(queries()["forget_sightings"])
        self._partitioned = today

    def _reject(self, line: bytes, failure: Exception) -> None:
        self.state.rejected += 1
        with suppress(ValueError):
            line = encode(read(line))
        log.critical("journal.fact_rejected", reason=str(failure), fact=line.decode("utf-8", "replace"))
        with (self.spool.folder / REJECTED).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # somebody may be erased from it
            file.write(line + b"\n")

    async def _sync(self) -> None:
        try:
            await asyncio.to_thread(self.spool.sync)
        except OSError as failure:
            log.error("journal.sync_failed", reason=failure.strerror)


def readable(lines: Iterable[bytes]) -> Iterator[Record]:
    """Read lines back as records; one that is none is passed over, and said so."""
    for line in lines:
        try:
            yield read(line)
        except ValueError:
            log.error("journal.line_unreadable", line=line[:200])
