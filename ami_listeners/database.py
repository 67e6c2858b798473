"""The connections to PostgreSQL: pooled, migrated before the first use, and honest about their health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ami_listeners.clock import Clock
from ami_listeners.errors import DatabaseTooNew, DatabaseUnreachable, MigrationChanged
from ami_listeners.migrations import migrate
from ami_listeners.queries import literal
from ami_listeners.settings import DatabaseSettings

log = structlog.get_logger(__name__)

Connection = AsyncConnection[tuple[object, ...]]

CHECK_EVERY_S = 5.0
LONGEST_MIGRATION_S = 3600.0
"""Another callfloor may be at it, or a long history has to be counted anew."""
LONGEST_USE_S = 30.0
"""A connection lent longer than this is taken back: the server is as good as away."""
PATIENT = 4
"""So many may have a connection of their own; others wait for it, so that some are left for what is heard."""
KEPT_S = 60.0
"""How long such a connection is kept that nobody uses."""
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError, TimeoutError)
"""What means that the database cannot be used now; data are not to blame."""


@dataclass(slots=True)
class DatabaseHealth:
    """Whether the database answers, for `/readyz` and the metrics."""

    up: bool = False
    reason: str = "not started"
    """Why it is not up; empty while it is."""
    since_moment: float = 0.0


class Database:
    """A small pool on one URL; `start` it, and take connections with `connection`."""

    def __init__(self, url: str, settings: DatabaseSettings, clock: Clock) -> None:
        self.settings, self.clock = settings, clock
        self.conninfo = conninfo(url, settings)
        self.health = DatabaseHealth(since_moment=clock.moment())
        self._opening = asyncio.Lock()
        self._patience = asyncio.Semaphore(PATIENT)
        self._migrated = False
        self._pool: AsyncConnectionPool[Connection] | None = None
        self._patient: AsyncConnectionPool[Connection] | None = None

    async def start(self) -> None:
        """Connect and migrate, if the database answers; if not, that is done at the first use.

        Raises DatabaseTooNew or MigrationChanged.
        """
        try:
            async with self.connection():
                pass
        except DatabaseUnreachable as away:
            log.error("database.unreachable", reason=str(away))

    async def stop(self) -> None:
        """Close every connection."""
        await self._close_pool()
        self.health.up, self.health.reason = False, "stopped"

    async def keep_checking(self) -> None:
        """Find out again and again whether the database answers, so that `health` is true also when idle."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            with suppress(DatabaseUnreachable):
                async with self._told(), self._opening:
                    await self._probe()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection to a migrated database; what is done with it is one transaction.

        Raises DatabaseUnreachable, also when the connection breaks while it is lent.
        """
        if not self._migrated:
            async with self._told(), self._opening:
                await self._probe()
        async with self._told():
            pool = await self._ready()
            async with pool.connection(timeout=self.settings.connect_timeout_s) as connection:
                yield connection

    @asynccontextmanager
    async def patient(self, purpose: str, longest_s: int = 0) -> AsyncIterator[Connection]:
        """Lend a connection of its own to work that may take long; each statement is a transaction.

        `purpose` is shown among the server's connections; a statement may take `longest_s`, 0: for ever.
        Raises DatabaseUnreachable, and psycopg's QueryCanceled for a statement that takes longer.
        """
        async with self.connection():  # it is there, and migrated
            pass
        async with self._patience:
            try:
                pool = await self._patient_ones()
                async with pool.connection(timeout=self.settings.connect_timeout_s) as connection:
                    await connection.execute("RESET ALL")
                    named = "SELECT set_config('application_name', %s, false)"
                    await connection.execute(named, [f"callfloor: {purpose}"])
                    patience = f"SET statement_timeout = '{longest_s:d}s'; SET lock_timeout = '2s'"
                    await connection.execute(literal(patience))
                    yield connection
            except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
                raise
            except AWAY as failure:
                raise DatabaseUnreachable(unreachable(self.conninfo, failure)) from failure

    async def _patient_ones(self) -> AsyncConnectionPool[Connection]:
        """Give the connections for what takes long; they are kept a while: a new one knows no table."""
        async with self._opening:
            if self._patient is None:
                kept = {"autocommit": True, "prepare_threshold": None}
                self._patient = await self._open(0, PATIENT, max_idle=KEPT_S, kwargs=kept)
            return self._patient

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """Say in `health` what becomes of an attempt to use the database, and raise what is to be known."""
        try:
            async with asyncio.timeout(LONGEST_USE_S if self._migrated else LONGEST_MIGRATION_S):
                yield
        except AWAY as failure:
            sentence = unreachable(self.conninfo, failure)
            self._down(sentence)
            await self._close_pool()
            raise DatabaseUnreachable(sentence) from failure
        except (DatabaseTooNew, MigrationChanged) as failure:
            self._down(str(failure))
            raise

    async def _ready(self) -> AsyncConnectionPool[Connection]:
        """Give the pool; after a failure a connection of our own says first what is wrong, if anything is."""
        async with self._opening:
            if self._pool is None or not self.health.up:
                await self._probe()
            if self._pool is None:
                self._pool = await self._open(1, self.settings.pool_max)
            return self._pool

    async def _probe(self) -> None:
        async with asyncio.timeout(self.settings.connect_timeout_s):
            connection = await psycopg.AsyncConnection.connect(self.conninfo)
        try:
            async with connection:
                if not self._migrated:
                    await migrate(connection)
                    self._migrated = True
        finally:
            await connection.close()  # left open when we are told to stop while a transaction ends
        if not self.health.up:
            self.health.up, self.health.reason = True, ""
            self.health.since_moment = self.clock.moment()
            log.info("database.connected", database=address(self.conninfo))

    async def _open(self, least: int, most: int, **more: Any) -> AsyncConnectionPool[Connection]:
        pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self.conninfo,
            min_size=least,
            max_size=most,
            open=False,
            check=AsyncConnectionPool.check_connection,
            reconnect_timeout=self.settings.connect_timeout_s,
            **more,
        )
        await pool.open()
        return pool

    async def _close_pool(self) -> None:
        """Give up the connections: a pool that lost some waits longer and longer before it makes new ones."""
        pools, self._pool, self._patient = (self._pool, self._patient), None, None
        for pool in pools:
            if pool is not None:
                await pool.close(timeout=2)

    def _down(self, why: str) -> None:
        if self.health.up:
            self.health.since_moment = self.clock.moment()
            log.warning("database.lost", reason=why)
        self.health.up, self.health.reason = False, why


def conninfo(url: str, settings: DatabaseSettings) -> str:
    """Complete a URL with our patience and time zone; raises DatabaseUnreachable when it is none."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as failure:
        raise DatabaseUnreachable(
            f"database.url is not a PostgreSQL URL ({one_line(failure)}): "
            "write it as postgresql://user@host/database"
        ) from None
    if settings.password is not None and "password" not in given:
        given["password"] = settings.password.get_secret_value()
    ours = {
        "application_name": "callfloor",
        "connect_timeout": str(max(2, round(settings.connect_timeout_s))),
        "options": "-c timezone=UTC -c statement_timeout=20s",
        "client_encoding": "UTF8",
        "tcp_user_timeout": "20000",
    }
    return make_conninfo("", **{**ours, **given})


def address(conninfo_: str) -> str:
    """Name a database without its secrets."""
    given = conninfo_to_dict(conninfo_)
    place = given.get("host") or given.get("hostaddr") or "the local socket"
    port = f":{given['port']}" if "port" in given else ""
    return f"{given.get('dbname', given.get('user', ''))} at {place}{port}"


def unreachable(conninfo_: str, failure: BaseException) -> str:
    """Say in a sentence that the database cannot be used, why, and what to do."""
    why = one_line(failure) or "no answer in time"
    return f"the database {address(conninfo_)} cannot be used ({why}): check database.url and that server"


def one_line(failure: BaseException) -> str:
    """Give the first line of what a failure says."""
    return str(failure).strip().partition("\n")[0]
