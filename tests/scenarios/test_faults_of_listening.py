"""Whatever breaks while callfloor listens, a call that SIP saw is kept exactly once or lies in a told gap."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.local_asterisk.free_ports import free_port
from tests.accounts import Account, account_for
from tests.ami_listeners.conftest import make_database
from tests.ami_listeners.native_floor import SECRET
from tests.ami_listeners.wire import Wire
from tests.asterisk_lab import AsteriskLab
from tests.command_line import CommandLine, Serving
from tests.crowd import Crowd, Plain, run_plain
from tests.floor_lab import scraped, until
from tests.small_disk import SmallDisk


@pytest.fixture(scope="module")
async def plain(shared_asterisk_lab: AsteriskLab) -> Plain:
    """An Asterisk with queues of its own, which knows nothing of callfloor."""
    return await run_plain(shared_asterisk_lab)


@pytest.fixture
async def mortal(open_folder: Path) -> AsyncIterator[LocalPostgres]:
    """A PostgreSQL that may go away; nobody else's."""
    async with LocalPostgres(open_folder / "mortal") as server:
        yield server


class Listened:
    """`callfloor listen` on that Asterisk, to be killed and started anew while a crowd calls."""

    def __init__(self, plain: Plain, folder: Path, database_url: str) -> None:
        self.database_url = database_url
        self.ami_port = plain.ami_port
        self.line = CommandLine(folder)
        self._stack = AsyncExitStack()
        self.serving: Serving | None = None

    async def start(self, *, ready: bool = True, disk: SmallDisk | None = None) -> Serving:
        """Start it, perhaps with its facts on that disk; returns at once, or when it listens."""
        http, ami = f"127.0.0.1:{free_port()}", f"127.0.0.1:{self.ami_port}"
        if disk is None:
            words = ("listen", "--ami", ami, "--listen", http, "--name", "alone")
            running = self.line.running(*words, "--database", self.database_url, http=http)
        else:
            database = {
                "url": self.database_url,
                "spool_dir": str(disk.folder),
                "disk_least_bytes": disk.least_bytes,
            }
            listening = {"ami_connect": ami, "ami_user": "callfloor"}
            self.line.configure(
                {
                    "site": {"name": "alone", "timezone": "UTC"},
                    "asterisk": listening,
                    "http": {"listeners_listen": http},
                    "database": database,
                }
            )
            running = self.line.serving("--only", "listeners", http=http, within=disk.within)
        self.serving = await self._stack.enter_async_context(running)
        if ready:
            await self.until_heard()
        return self.serving

    async def until_heard(self) -> None:
        """Wait until it hears Asterisk."""
        assert self.serving is not None
        await self.serving.until(ready=True, ami=True)

    async def kill(self) -> None:
        """Send SIGKILL."""
        assert self.serving is not None
        self.serving.process.kill()
        await self.serving.ended()

    async def all_told(self) -> None:
        """Wait until no call goes on and everything is in the database."""
        serving = self.serving
        assert serving is not None

        async def quiet() -> bool:
            shown = await scraped(serving.http)
            waiting = (
                "callfloor_asterisk_calls",
                "callfloor_journal_spool_bytes",
                "callfloor_journal_lag_seconds",
            )
            return all(shown[name,] == 0 for name in waiting)

        await until(quiet, "everything is told")
        assert serving.faults == []

    async def close(self) -> None:
        """End it."""
        await self._stack.aclose()


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the manager's user is known by."""
    monkeypatch.setenv("CALLFLOOR_SECRET_AMI", SECRET)


@pytest.fixture
async def crowd(plain: Plain, tmp_path: Path) -> AsyncIterator[Crowd]:
    """Agents at their phones."""
    (tmp_path / "sip").mkdir()
    async with Crowd(plain, tmp_path / "sip") as crowd:
        yield crowd


@pytest.fixture
async def listened(plain: Plain, postgres: LocalPostgres, tmp_path: Path) -> AsyncIterator[Listened]:
    """callfloor beside that Asterisk, with a database of its own."""
    listened = Listened(plain, tmp_path, await make_database(postgres))
    yield listened
    await listened.close()


async def some_more_calls() -> float:
    """Let calls come and go undisturbed; returns when that began."""
    await asyncio.sleep(1)
    calm = time.time()
    await asyncio.sleep(4)
    return calm


async def check(crowd: Crowd, listened: Listened, calm: float) -> Account:
    """Account for every call; those that began when it was calm again have no gap."""
    await listened.all_told()
    seen = crowd.seen()
    account = await account_for(seen, listened.database_url)
    print(account)
    undisturbed = sum(
        call.answered is not None and call.answered > calm for each in seen.values() for call in each
    )
    assert account.whole >= undisturbed > 0, account
    return account


@pytest.mark.timeout(240)
async def test_a_database_that_is_away_for_a_minute_misses_no_call(
    crowd: Crowd, plain: Plain, mortal: LocalPostgres, tmp_path: Path, long: bool
) -> None:
    listened = Listened(plain, tmp_path, await make_database(mortal))
    await listened.start()
    async with crowd.goes_on():
        await asyncio.sleep(2)
        await mortal.stop()
        await asyncio.sleep(60 if long else 5)
        await mortal.start()
        calm = await some_more_calls()
    account = await check(crowd, listened, calm)
    assert account.touched == account.unheard == 0, "it was heard all the while"
    # who starts without it learns later what began before
    async with crowd.goes_on():
        await asyncio.sleep(2)
        await mortal.stop()
        await listened.kill()
        await listened.start()
        await mortal.start()
        calm = await some_more_calls()
    await check(crowd, listened, calm)
    await listened.close()


@pytest.mark.timeout(240)
async def test_a_connection_to_asterisk_that_breaks_or_hangs_loses_no_call_unsaid(
    crowd: Crowd, plain: Plain, listened: Listened, long: bool
) -> None:
    """Cut, hanging for a moment, hanging until it is given up, and away altogether."""
    async with Wire(plain.ami_port) as wire:
        listened.ami_port = wire.port
        serving = await listened.start()
        async with crowd.goes_on():
            for _ in range(10 if long else 2):
                await asyncio.sleep(1.5)
                wire.cut()
            await asyncio.sleep(1.5)
            wire.freeze()
            await asyncio.sleep(1)
            wire.thaw()
            await asyncio.sleep(1.5)
            wire.freeze()
            await serving.until(ready=False, ami="unanswered")
            wire.thaw()
            await listened.until_heard()
            wire.close()
            await asyncio.sleep(2)
            await wire.open()
            await listened.until_heard()
            calm = await some_more_calls()
        await check(crowd, listened, calm)
        await listened.close()


@pytest.mark.timeout(240)
async def test_an_asterisk_that_dies_or_restarts_loses_no_call_unsaid(
    crowd: Crowd, plain: Plain, listened: Listened
) -> None:
    await listened.start()
    for end in (plain.asterisk.kill, plain.asterisk.stop):
        async with crowd.goes_on():
            await asyncio.sleep(3)
            await end()
            await asyncio.sleep(1)
            await plain.asterisk.start()
            await listened.until_heard()
    async with crowd.goes_on():
        calm = await some_more_calls()
    await check(crowd, listened, calm)


@pytest.mark.timeout(240)
async def test_a_disk_is_called_full_before_it_is_and_what_found_no_room_is_a_gap(
    crowd: Crowd, plain: Plain, mortal: LocalPostgres, tmp_path: Path
) -> None:
    """The database is away, the disk fills up, and then callfloor is killed with facts in memory alone."""
    listened = Listened(plain, tmp_path, await make_database(mortal))
    async with SmallDisk(tmp_path / "disk", 300_000) as disk:
        serving = await listened.start(disk=disk)
        async with crowd.goes_on(rate=5):
            await asyncio.sleep(1)
            await mortal.stop()
            await serving.until(ready=True, disk="fills, make room")
            shown = await scraped(serving.http)
            assert shown["callfloor_journal_disk_low",] == 1
            assert shown["callfloor_journal_memory_facts",] == 0
            await serving.until(ready=True, disk="takes no more")
            assert (await scraped(serving.http))["callfloor_journal_memory_facts",] > 0
            assert [line["level"] for line in serving.logged("journal.disk_fills")] == ["critical"]
            await asyncio.sleep(1)
            await listened.kill()
            await mortal.start()
            await listened.start(disk=disk)
            calm = await some_more_calls()
        account = await check(crowd, listened, calm)
        assert account.touched + account.unheard > 0, "what was in memory alone is lost"
        await listened.close()


@pytest.mark.timeout(400)
async def test_a_callfloor_that_is_killed_again_and_again_loses_no_call_unsaid(
    crowd: Crowd, listened: Listened, long: bool
) -> None:
    """At any moment, while it starts or while it listens."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    await listened.start()
    async with crowd.goes_on():
        for _ in range(50 if long else 8):
            await asyncio.sleep(chance.uniform(0.2, 2))
            await listened.kill()
            await listened.start(ready=chance.random() < 0.6)
        await listened.until_heard()
        calm = await some_more_calls()
    await check(crowd, listened, calm)
