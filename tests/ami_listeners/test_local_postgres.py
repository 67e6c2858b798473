"""The embedded server: there when needed, gone when not, for root and for anybody else."""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from ami_listeners import postgres_binaries
from ami_listeners.errors import DatabaseUnreachable, EmbeddedServerFailed
from ami_listeners.local_postgres import LocalPostgres, database_url
from ami_listeners.postgres_binaries import ServerUser, bin_dir
from ami_listeners.settings import DatabaseSettings
from tests.ami_listeners.test_journal import rows
from tests.ami_listeners.waiting import until

HERE = Path(__file__).parent.parent.parent


@pytest.fixture
async def folder(open_folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Path]:
    """A folder of this test's own, that PostgreSQL's user may enter."""
    folder = open_folder / f"t{abs(hash(request.node.name)) % 10**6}"
    folder.mkdir()
    yield folder
    for left in folder.glob("*/postmaster.pid"):
        os.kill(int(left.read_text().split()[0]), signal.SIGQUIT)


def runs(server: LocalPostgres) -> bool:
    """Tell whether there is a server on the folder."""
    try:
        pid = int((server.data_dir / "postmaster.pid").read_text().split()[0])
    except FileNotFoundError:
        return False
    return Path(f"/proc/{pid}").exists()


async def test_what_was_kept_is_there_after_a_restart_and_nobody_else_is_let_in(folder: Path) -> None:
    async with LocalPostgres(folder / "pg") as server:
        async with await psycopg.AsyncConnection.connect(server.url) as connection:
            await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        assert (server.socket_dir.stat().st_mode & 0o077, server.data_dir.stat().st_mode & 0o077) == (0, 0)
        assert await rows(server.url, "SHOW listen_addresses") == [("",)]
        ((zone,),) = await rows(server.url, "SELECT now() AT TIME ZONE 'Europe/Berlin' IS NOT NULL")
        assert zone
    assert not runs(server)
    async with LocalPostgres(folder / "pg") as again:
        assert await rows(again.url, "SELECT answer FROM kept") == [(42,)]


async def test_two_floors_with_two_folders_have_two_servers(folder: Path) -> None:
    async with LocalPostgres(folder / "one") as one:
        async with LocalPostgres(folder / "two") as two:
            assert one.url != two.url
        assert not runs(two)
        assert await rows(one.url, "SELECT 1") == [(1,)]


async def test_two_processes_share_one_server_and_the_last_to_leave_stops_it(folder: Path) -> None:
    apps, listeners = LocalPostgres(folder / "pg"), LocalPostgres(folder / "pg")
    await asyncio.gather(apps.start(), listeners.start())
    await apps.stop()
    assert await rows(listeners.url, "SELECT 1") == [(1,)]
    await listeners.stop()
    assert not runs(listeners)


async def test_a_server_that_somebody_else_started_is_used_and_left_running(folder: Path) -> None:
    mine = LocalPostgres(folder / "pg")
    await mine.start()
    (mine.data_dir / "callfloor.pid").unlink()
    theirs = mine
    await theirs.stop()
    assert runs(theirs)
    async with LocalPostgres(folder / "pg") as guest:
        assert await rows(guest.url, "SELECT 1") == [(1,)]
    assert runs(guest)


KILLED = """
import asyncio, sys
from pathlib import Path
from ami_listeners.local_postgres import LocalPostgres

async def main():
    async with LocalPostgres(Path(sys.argv[1])) as server:
        print(server.url, flush=True)
        if len(sys.argv) > 2:
            return
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_server_whose_callfloor_was_killed_is_taken_over_and_stopped(folder: Path) -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(folder / "pg"), stdout=asyncio.subprocess.PIPE, cwd=HERE
    )
    assert owner.stdout is not None
    while b"postgresql://" not in await owner.stdout.readline():
        pass
    owner.kill()
    await owner.communicate()
    async with LocalPostgres(folder / "pg") as heir:
        assert await rows(heir.url, "SELECT 1") == [(1,)]
    assert not runs(heir)


async def test_a_path_too_long_for_a_socket_is_none_for_us(folder: Path) -> None:
    deep = folder / ("a very long name, with spaces and 'quotes' " * 2) / ("d" * 80) / "pg"
    async with LocalPostgres(deep) as server:
        assert not server.socket_dir.is_relative_to(folder)
        assert await rows(server.url, "SELECT 1") == [(1,)]


AS_NOBODY = """
import os, pwd, sys
from ami_listeners import local_postgres  # before the interpreter's own folder is out of reach
import concurrent.futures.thread, encodings.idna
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
"""


async def test_an_ordinary_user_has_one_too(folder: Path) -> None:
    """As root this runs another process as somebody else; else every other test has shown it already."""
    if os.geteuid() != 0:
        return
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    user = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AS_NOBODY + KILLED, str(folder / "pg"), "and leave", cwd=HERE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, errors = await user.communicate()
    assert user.returncode == 0, errors.decode()
    assert b"postgresql://callfloor@/callfloor" in said
    assert (folder / "pg").stat().st_uid == nobody.pw_uid
    assert not (folder / "pg" / "postmaster.pid").exists()


async def test_root_in_a_folder_of_its_own_is_told_what_to_do(folder: Path) -> None:
    if os.geteuid() != 0:
        return
    (folder / "private").mkdir(mode=0o700)
    with pytest.raises(
        EmbeddedServerFailed, match=r"refuses to run as root.*cannot enter.*database\.data_dir"
    ):
        await LocalPostgres(folder / "private" / "pg").start()


async def test_binaries_in_a_private_folder_are_copied_to_where_their_user_gets(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_binaries, "SYSTEM_STATE", folder / "state")
    monkeypatch.setattr(postgres_binaries, "can_reach", lambda user, path: folder in path.parents)
    copied = bin_dir(ServerUser(65534, 65534, "nobody"))
    assert copied.is_relative_to(folder)
    process = await asyncio.create_subprocess_exec(
        copied / "initdb", "--version", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert b"PostgreSQL) 18" in said
    assert bin_dir(ServerUser(65534, 65534, "nobody")) == copied


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ("version", r"data is of PostgreSQL 12.*set database\.url"),
        ("setting", r"failed at pg_ctl .*no_such_setting.*set database\.url"),
        ("file", r"cannot use .*/file/pg .*set database\.data_dir"),
    ],
)
async def test_whatever_is_wrong_is_one_sentence(folder: Path, broken: str, sentence: str) -> None:
    server = LocalPostgres(folder / "pg")
    if broken == "file":
        (folder / "file").touch()
        server = LocalPostgres(folder / "file" / "pg")
    else:
        async with server:
            pass
    if broken == "version":
        (server.data_dir / "PG_VERSION").write_text("12\n")
    elif broken == "setting":
        (server.data_dir / "local.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerFailed, match=sentence) as failure:
        await server.start()
    assert "\n" not in str(failure.value)


async def test_a_configured_database_is_taken_as_it_is() -> None:
    async with database_url(DatabaseSettings(url="postgresql://db.example/floor")) as url:
        assert url == "postgresql://db.example/floor"


async def test_a_url_that_is_none_is_refused_in_words() -> None:
    from ami_listeners.database import conninfo

    with pytest.raises(DatabaseUnreachable, match=r"database\.url is not a PostgreSQL URL"):
        conninfo("mysql://somewhere/else?x", DatabaseSettings())


async def test_nothing_of_a_creation_cut_short_is_ever_used(folder: Path) -> None:
    maker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(folder / "pg"), stdout=asyncio.subprocess.PIPE, cwd=HERE
    )
    assert await until(lambda: bool(list(folder.glob(".new-*/data/*"))), 20)
    maker.kill()
    await maker.communicate()
    assert not (folder / "pg").exists()
    async with LocalPostgres(folder / "pg") as server:
        assert await rows(server.url, "SELECT 1") == [(1,)]
