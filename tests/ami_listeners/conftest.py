"""What the listeners' tests listen to, and where they remember."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.settings import DatabaseSettings
from tests.ami_listeners.native_floor import NativeFloor, run_native_floor
from tests.ami_listeners.recorded_calls import Recorded, record_calls
from tests.asterisk_lab import AsteriskLab


@pytest.fixture(scope="session")
async def native_floor(shared_asterisk_lab: AsteriskLab) -> NativeFloor:
    """An Asterisk with queues of its own, for as long as the whole run."""
    return await run_native_floor(shared_asterisk_lab)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A short temporary folder that also PostgreSQL's user may enter when we are root."""
    with tempfile.TemporaryDirectory(prefix="db-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
async def postgres(open_folder: Path) -> AsyncIterator[LocalPostgres]:
    """The embedded server, for as long as the whole run."""
    async with LocalPostgres(open_folder / "postgres") as server:
        yield server


async def make_database(server: LocalPostgres, like: str = "template1") -> str:
    """Make an empty database, or one like another, and give its URL."""
    name = f"d{uuid4().hex}"
    async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    return server.url.replace("/callfloor?", f"/{name}?")


@pytest.fixture
async def database_url(postgres: LocalPostgres) -> str:
    """An empty database of one test."""
    return await make_database(postgres)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """That database, migrated."""
    database = Database(database_url, DatabaseSettings(batch_s=0.01), Clock())
    await database.start()
    yield database
    await database.stop()


@pytest.fixture(scope="session")
async def recorded(
    shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Recorded:
    """Calls that were heard and written down, once for the whole run."""
    return await record_calls(
        shared_asterisk_lab, await make_database(postgres), tmp_path_factory.mktemp("recorded")
    )


@pytest.fixture
async def heard_url(recorded: Recorded, postgres: LocalPostgres) -> str:
    """A database in which those calls are as they were heard, for one test to change."""
    name = psycopg.conninfo.conninfo_to_dict(recorded.url)["dbname"]
    return await make_database(postgres, like=str(name))
