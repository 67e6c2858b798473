"""Whatever is wrong is said in one clear sentence, by the real command line; no call is lost by it."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from urllib.parse import quote

import psycopg
import pytest

from ami_listeners.local_postgres import LocalPostgres
from tests.asterisk_lab import AsteriskLab, on_free_ports
from tests.command_line import CommandLine
from tests.floor_lab import Floor, FloorLab, until

SALES = "+4930100"
FLOOR = f"""
[site]
name = "bad"
secrets = "secrets"

[[queues]]
name = "sales"
join_when_empty = "never"
leave_when_empty = "never"

[[agents]]
id = "anna"
extension = "101"
queues = ["sales"]

[[routes]]
to = "{SALES}"
destination = "queue:sales"
"""


@pytest.fixture
def line(shared_asterisk_lab: AsteriskLab) -> CommandLine:
    """The command line, with nothing configured."""
    return CommandLine(shared_asterisk_lab.folder())


@pytest.fixture
async def floor(floor_of_file: Floor) -> AsyncIterator[Floor]:
    """An Asterisk and a world around it; callfloor is for the test to start."""
    yield floor_of_file
    for call in floor_of_file.world.calls:
        await call.hang_up()


@pytest.fixture(scope="module")
async def floor_of_file(shared_asterisk_lab: AsteriskLab, postgres: LocalPostgres) -> AsyncIterator[Floor]:
    async with FloorLab(shared_asterisk_lab, postgres) as lab:
        yield await lab.start(FLOOR, started=False)


@pytest.fixture
def at_floor(line: CommandLine, floor: Floor) -> CommandLine:
    """The command line, configured for the floor."""
    line.serve_floor(floor)
    return line


# -- floor.toml ---------------------------------------------------------------------------------------------


async def test_every_mistake_in_floor_toml_is_told_with_its_place_and_nothing_is_started(
    line: CommandLine,
) -> None:
    wrong = FLOOR.replace("queue:sales", "queue:sale").replace('["sales"]', '["support"]')
    line.configure(wrong + "[asterisk]\nsip_bnid = 'x'")
    said = await line.run("serve", "-c", str(line.config))
    assert said.code == 2
    assert set(said.text.removeprefix("error: ").splitlines()) == {
        "floor.toml: asterisk.sip_bnid: unknown field, did you mean sip_bind?",
        "floor.toml: routes[0].destination: there is no queue 'sale', did you mean sales?",
        "floor.toml: agents[0].queues[0]: there is no queue 'support', known are sales",
    }
    assert not line.secrets.exists()


async def test_a_file_that_is_not_toml_is_told_with_the_line(line: CommandLine) -> None:
    line.configure("[site\nname = 1")
    said = await line.run("serve", "-c", str(line.config))
    assert said.code == 2
    assert said.error.startswith("error: floor.toml: is not TOML: Expected ']'")
    assert "(at line 1, column 6)" in said.error
    assert len(said.text.splitlines()) == 1


async def test_a_floor_toml_that_is_not_there_is_told(line: CommandLine) -> None:
    said = await line.run("serve", "-c", str(line.folder / "nowhere.toml"))
    assert said.code == 2
    assert "nowhere.toml: there is no such file, name one or copy deploy/floor.toml" in said.text


async def test_a_secret_that_others_can_read_is_not_used(line: CommandLine) -> None:
    line.secrets.mkdir()
    (line.secrets / "ari").write_text("much-too-open")
    (line.secrets / "ari").chmod(0o644)
    line.configure({**on_free_ports(FLOOR), "database": {"url": "postgresql:///x?host=/nowhere"}})
    said = await line.run("serve", "-c", str(line.config))
    assert said.code == 2
    assert f"{line.secrets / 'ari'}: others can read or write it (mode 0644): chmod 600" in said.error


async def test_a_database_address_that_is_none_is_told(line: CommandLine) -> None:
    line.configure({**on_free_ports(FLOOR), "database": {"url": "mysql://root@db/x"}})
    said = await line.run("serve", "-c", str(line.config))
    assert said.code == 2
    assert "database.url is not a PostgreSQL URL" in said.error


async def test_a_spool_that_cannot_be_written_is_told(line: CommandLine) -> None:
    (line.folder / "file").touch()
    spool = line.folder / "file" / "spool"
    database = {"url": "postgresql:///x?host=/nowhere", "spool_dir": str(spool)}
    line.configure({**on_free_ports(FLOOR), "database": database})
    said = await line.run("serve", "-c", str(line.config))
    assert said.code == 2
    assert f"facts cannot be kept in {spool}" in said.error
    assert "set database.spool_dir to a folder that can be written" in said.error


# -- what is beside us --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "name", "half"),
    [
        ("http", "listen", "apps"),
        ("http", "listeners_listen", "listeners"),
        ("asterisk", "events_listen", "apps"),
    ],
)
async def test_an_address_that_is_taken_is_told_and_what_to_do(
    at_floor: CommandLine, floor: Floor, table: str, name: str, half: str
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        at_floor.serve_floor(floor, **{table: {name: address}})
        said = await at_floor.run("serve", "--only", half, "-c", str(at_floor.config))
    assert said.code == 2
    told = f"error: {table}.{name}: {address} cannot be listened on (Address already in use), stop the other"
    assert said.error.startswith(told)
    assert "choose another" in said.error


async def test_a_second_callfloor_on_the_same_floor_stands_down(at_floor: CommandLine, floor: Floor) -> None:
    async with at_floor.serving(http=floor.asterisk.configuration.http.listen) as first:
        await first.until(ready=True, ari=True)
        second = await at_floor.run("serve", "-c", str(at_floor.config))
        assert second.code == 2
        assert "another callfloor keeps its facts in" in second.error
        await first.until(ready=True, ari=True)
        assert (await first.stop()).code == 0


async def test_a_wrong_ari_password_ends_callfloor_and_the_next_one_serves_who_called_meanwhile(
    at_floor: CommandLine, floor: Floor
) -> None:
    right = (at_floor.secrets / "ari").read_text()
    (at_floor.secrets / "ari").write_text("wrong\n")
    await floor.world.call(SALES)
    said = await at_floor.run("serve", "-c", str(at_floor.config))
    assert said.code == 2
    assert "Asterisk does not accept user 'callfloor' with this password" in said.error
    assert "callfloor render" in said.error
    (at_floor.secrets / "ari").write_text(right)
    async with at_floor.serving(http=floor.asterisk.configuration.http.listen) as serving:
        await serving.until(ready=True, ari=True)
        await floor.until_waiting("sales", 1)


async def test_a_command_to_a_floor_that_does_not_run_says_how_to_start_it(at_floor: CommandLine) -> None:
    said = await at_floor.run("agents", "log-in", "anna", "-c", str(at_floor.config))
    assert said.code == 2
    assert "no floor answers at http://127.0.0.1:" in said.error
    assert said.error.endswith("start it with: callfloor serve")


async def test_a_wrong_manager_secret_ends_the_listeners_and_says_where_it_is_set(
    at_floor: CommandLine, floor: Floor
) -> None:
    (at_floor.secrets / "ami").write_text("wrong\n")
    said = await at_floor.run("serve", "--only", "listeners", "-c", str(at_floor.config))
    assert said.code == 2
    assert "refuses the user 'callfloor' (Authentication failed)" in said.error
    assert "manager.conf" in said.error


async def test_a_wrong_manager_secret_keeps_no_caller_from_being_served(
    at_floor: CommandLine, floor: Floor
) -> None:
    (at_floor.secrets / "ami").write_text("wrong\n")
    async with at_floor.serving(http=floor.asterisk.configuration.http.listen) as serving:
        await serving.until(ready=True, ari=True, ami="refuses the user 'callfloor'")
        await floor.come_to_work("anna")
        await floor.world.call(SALES)
        await (await floor.world.phone("anna").rings()).answer()
        await floor.until_agent("anna", "talking")


@pytest.mark.parametrize(
    ("forgotten", "told"),
    [("read", "sends no events"), ("write", "refuses CoreShowChannels, DeviceStateList")],
)
async def test_a_manager_user_who_may_too_little_is_told_what_to_allow(
    at_floor: CommandLine, floor: Floor, forgotten: str, told: str
) -> None:
    conf = floor.asterisk.asterisk.config_dir / "manager.conf"
    right = conf.read_text()
    conf.write_text(re.sub(rf"(?m)^{forgotten} = .*$", f"{forgotten} = dtmf", right))
    await floor.asterisk.asterisk.cli("manager reload")
    try:
        async with at_floor.serving(http=floor.asterisk.configuration.http.listen) as serving:
            await serving.until(ready=True, ari=True, ami=f"lets the user 'callfloor' in, but {told}")
            assert "manager.conf" in serving.logged("listener.may_not_listen")[0]["reason"]
    finally:
        conf.write_text(right)
        await floor.asterisk.asterisk.cli("manager reload")


async def test_callfloor_waits_for_an_asterisk_that_is_not_there_yet(
    at_floor: CommandLine, floor: Floor
) -> None:
    await floor.asterisk.asterisk.stop()
    async with at_floor.serving(http=floor.asterisk.configuration.http.listen) as serving:
        await serving.until(ready=False, ari="waiting for Asterisk")
        await floor.asterisk.asterisk.start()
        await serving.until(ready=True, ari=True, ami=True)
        await floor.world.call(SALES)
        await floor.until_waiting("sales", 1)
        assert (await serving.stop()).code == 0


async def test_the_password_of_a_database_is_the_secret_of_this_name_and_a_wrong_one_is_told(
    at_floor: CommandLine, floor: Floor, postgres: LocalPostgres
) -> None:
    hba = postgres.data_dir / "pg_hba.conf"
    hba.write_text(f"local all guarded scram-sha-256\n{hba.read_text()}")
    async with await psycopg.AsyncConnection.connect(postgres.url, autocommit=True) as connection:
        await connection.execute("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'as agreed'")
        await connection.execute("SELECT pg_reload_conf()")
    at_floor.serve_floor(floor, database={"url": floor.database_url.replace("callfloor@", "guarded@")})
    http, secret = floor.asterisk.configuration.http.listen, at_floor.secrets / "database"
    secret.touch(mode=0o600)
    secret.write_text("something else\n")
    async with at_floor.serving(http=http) as serving:
        await serving.until(ready=True, database="password authentication failed")
    secret.write_text("as agreed\n")
    async with at_floor.serving(http=http) as serving:
        await serving.until(ready=True, database=True)


async def test_facts_reach_a_database_that_comes_later_and_calls_are_served_before(
    at_floor: CommandLine, floor: Floor, postgres: LocalPostgres
) -> None:
    link = at_floor.folder / "postgres"
    url = floor.database_url.replace(quote(str(postgres.socket_dir), safe=""), quote(str(link), safe=""))
    at_floor.serve_floor(floor, database={"url": url})
    async with at_floor.serving(http=floor.asterisk.configuration.http.listen) as serving:
        await serving.until(ready=True, ari=True, database="check database.url and that server")
        caller = await floor.world.call(SALES, from_number="+491709")
        await floor.until_waiting("sales", 1)
        await caller.hang_up()
        await floor.until_waiting("sales", 0)
        link.symlink_to(postgres.socket_dir)
        await serving.until(ready=True, database=True)

        async def row() -> object:
            async with await psycopg.AsyncConnection.connect(floor.database_url) as connection:
                sql = (
                    "SELECT outcome FROM visits JOIN contacts USING (contact) WHERE caller_number = '+491709'"
                )
                return await (await connection.execute(sql)).fetchone()

        assert await until(row, "the visit is in the database") == ("abandoned",)
