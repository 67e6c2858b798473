"""Run a real PostgreSQL for ourselves alone: no port, a socket only its user and root can open.

Several callfloors may share one data folder; the last to leave stops the server. Two data folders are two
servers. A server that was running on the folder already, started by somebody else, is used and left running.

A callfloor that is killed leaves the server to the others, or to the next one, which finds everything as it
was: so it is no child that dies with us. A server that dies is started anew.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn
from urllib.parse import quote

import platformdirs
import psycopg
import structlog

from ami_listeners.errors import EmbeddedServerFailed
from ami_listeners.postgres_binaries import SYSTEM_STATE, bin_dir, can_reach, server_user
from ami_listeners.postgres_folder import PostgresFolder
from ami_listeners.postgres_programs import PostgresPrograms
from ami_listeners.settings import DatabaseSettings

log = structlog.get_logger(__name__)

DATABASE = "callfloor"
LOOK_EVERY_S = 1.0
CONFIGURATION = """\
# Written by callfloor at every start; what you want to change goes into local.conf beside this file.
listen_addresses = ''
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
max_connections = 50
shared_buffers = 64MB
max_wal_size = 256MB
wal_level = minimal
max_wal_senders = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
include_if_exists = 'local.conf'
"""


@asynccontextmanager
async def database_url(settings: DatabaseSettings) -> AsyncIterator[str]:
    """Give the URL of the configured database, or of the embedded one, running as long as the context.

    Where the configuration names none, the environment may: CALLFLOOR_DATABASE_URL.
    """
    url = settings.url or os.environ.get("CALLFLOOR_DATABASE_URL")
    if url:
        yield url
        return
    async with LocalPostgres(settings.data_dir or default_data_dir()) as server:
        keeping = asyncio.create_task(server.keep_running(), name="keep PostgreSQL running")
        try:
            yield server.url
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])


def default_data_dir() -> Path:
    """Give the user's data folder; for root, whose home nobody else may enter, one of the system's."""
    folder = platformdirs.user_data_path("callfloor") / "postgres"
    return folder if can_reach(server_user(folder), folder.parent) else SYSTEM_STATE / "postgres"


class LocalPostgres:
    """One server on one data folder; `async with` it, or `start` and `stop`."""

    def __init__(self, data_dir: Path, *, start_timeout_s: float = 120.0) -> None:
        self.folder = PostgresFolder(data_dir)
        self.start_timeout_s = start_timeout_s
        self._programs = PostgresPrograms(Path(), self.folder.user, self.data_dir, 0)

    async def __aenter__(self) -> LocalPostgres:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def data_dir(self) -> Path:
        """Give the data's folder."""
        return self.folder.data_dir

    @property
    def socket_dir(self) -> Path:
        """Give the socket's folder."""
        return self.folder.socket_dir

    @property
    def url(self) -> str:
        """Give a libpq URL; valid while the server runs."""
        return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(self.socket_dir), safe='')}"

    async def start(self) -> None:
        """Bring the server up, making the data first if there is none; seconds the first time.

        Raises EmbeddedServerFailed.
        """
        try:
            await self._start()
        except OSError as failure:
            raise EmbeddedServerFailed(
                f"the embedded PostgreSQL cannot use {self.data_dir} ({failure.strerror or failure}): "
                "set database.data_dir to a folder that can be written, or database.url"
            ) from failure

    async def stop(self) -> None:
        """Let go of the server, and stop it when nobody else uses it and one of us started it."""
        if not self.folder.shared:
            return
        with await self.folder.alone():
            self.folder.let_go()
            if self.folder.used_by_others() or not self.folder.has_our_server():
                return
            await self._pg_ctl("stop", "-m", "fast", "-w", "-t", "30")
            self.folder.forget_our_server()
            log.info("postgres.stopped", data=str(self.data_dir))

    async def keep_running(self) -> NoReturn:
        """Start the server anew whenever it has died."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self.folder.alive():
                continue
            log.error("postgres.died", data=str(self.data_dir))
            try:
                await self.start()
            except EmbeddedServerFailed as failure:
                log.error("postgres.not_started", reason=str(failure))

    # -- how ------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self.folder.choose_user()
        user = self.folder.user
        if not can_reach(user, self.data_dir.parent):
            raise EmbeddedServerFailed(
                f"PostgreSQL refuses to run as root, and {user.name!r}, as whom it runs instead, cannot "
                f"enter {self.data_dir.parent}: set database.data_dir to a folder below /var/lib or /srv, "
                "set database.url, or run callfloor as an ordinary user"
            )
        with await self.folder.alone():
            version = self.folder.version()
            programs = bin_dir(user, version)
            self._programs = PostgresPrograms(programs, user, self.data_dir, self.start_timeout_s + 10)
            if version is None:
                await self._create()
            if not await self._running():
                await to_its_end(self._launch())
            self.folder.share()

    async def _create(self) -> None:
        """Make the data beside its place and move it there when whole, so that no half of it is ever used."""
        log.info("postgres.creating", data=str(self.data_dir))
        with tempfile.TemporaryDirectory(dir=self.data_dir.parent, prefix=".new-") as scratch:
            whole = Path(scratch) / "data"
            whole.parent.chmod(0o711)
            self.folder.own(whole)
            options = ("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--auth=trust")
            await self._programs.run(
                "initdb", "-D", str(whole), "-U", DATABASE, "--no-instructions", *options
            )
            if self.data_dir.exists():
                self.data_dir.rmdir()
            whole.rename(self.data_dir)

    async def _launch(self) -> None:
        self.folder.own(self.socket_dir)
        configuration = self.data_dir / "postgresql.conf"
        configuration.write_text(CONFIGURATION.format(socket_dir=quoted(self.socket_dir)))
        self.folder.give(configuration)
        log_file = self.data_dir / "startup.log"
        log_file.unlink(missing_ok=True)
        timeout = ("-t", f"{self.start_timeout_s:.0f}")
        await self._pg_ctl("start", "-w", *timeout, "-l", str(log_file), said_in=log_file)
        self.folder.note_our_server()
        await create_database(self.url)
        log.info("postgres.started", data=str(self.data_dir))

    async def _running(self) -> bool:
        return await self._programs.run("pg_ctl", "status", "-D", str(self.data_dir), expected=(0, 3)) == 0

    async def _pg_ctl(self, *words: str, said_in: Path | None = None) -> None:
        await self._programs.run("pg_ctl", *words, "-D", str(self.data_dir), "-s", said_in=said_in)


def quoted(path: Path) -> str:
    """Write a path so that postgresql.conf and its list of folders take it as one."""
    inner = str(path).replace('"', '""')
    return f'"{inner}"'.replace("'", "''")


async def create_database(url: str) -> None:
    """Make sure of the database; initdb makes none but its own."""
    maintenance = url.replace(f"/{DATABASE}?", "/postgres?")
    async with await psycopg.AsyncConnection.connect(
        maintenance, autocommit=True, connect_timeout=10
    ) as connection:
        there = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if await there.fetchone() is None:
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')


async def to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await work that must not be left half done: a cancellation waits until it is over."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
