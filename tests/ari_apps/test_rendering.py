from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ari_apps.configuration.floor_toml import load_data, load_text
from ari_apps.configuration.secret_files import SecretError, SecretFiles
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.rendering import AsteriskDirectories, RenderingError, one_value, plain, render, render_texts
from queue_strategies.errors import CallfloorError
from queue_strategies.strategies.catalogue import APP_QUEUE, STRATEGIES
from tests.asterisk_lab import AsteriskLab, FloorAsterisk, on_free_ports

FLOOR = Path("deploy/floor.toml").read_text(encoding="utf-8")
NASTY = 'Eve"; <x>, & [evil]\\ =>${SHELL(id)} #exec ünï'


def nasty_floor(music: Path) -> dict[str, Any]:
    """The example floor and more, with values that would like to be something else."""
    data = on_free_ports(FLOOR)
    data["queues"].append({"name": "back-office", "music": "own"})
    eve = {"id": "eve", "name": NASTY, "extension": "103", "webrtc": True, "queues": ["back-office"]}
    data["agents"].append(eve)
    office = {"id": "office", "extension": "201", "phone": "sip:office@127.0.0.9:5099;transport=tcp"}
    data["phones"].append(office)
    second = {"name": "second", "address": "sip:127.0.0.3:5060", "username": NASTY, "register": True}
    data["trunks"].append(second | {"number": "+49301234"})
    data["music"] = {"own": {"directory": str(music)}}
    return data


@pytest.fixture(scope="module")
async def floor(shared_asterisk_lab: AsteriskLab) -> FloorAsterisk:
    """The example floor.toml, as it is but for the ports."""
    return await shared_asterisk_lab.run_floor(FLOOR)


async def test_asterisk_loads_the_example_without_a_complaint(floor: FloorAsterisk) -> None:
    assert "Asterisk 2" in floor.asterisk.read_log()
    assert complaints(floor.asterisk.read_log()) == []


async def test_agents_and_trunks_are_endpoints_and_ports_are_those_configured(floor: FloorAsterisk) -> None:
    endpoints = re.findall(r"Endpoint:  (\w+)", await floor.asterisk.cli("pjsip show endpoints"))
    assert sorted(endpoints) == ["anna", "bob", "carrier", "lobby"]
    ports = floor.configuration.asterisk
    transports = await floor.asterisk.cli("pjsip show transports")
    assert transports.count(str(ports.sip_bind)) == 2
    assert f"Bound to {ports.ari}" in await floor.asterisk.cli("http show status")
    assert f"{ports.ami.host}:{ports.ami.port}" in await floor.asterisk.cli("manager show settings")
    assert f"{ports.rtp_ports[0]}" in await floor.asterisk.cli("rtp show settings")
    queues = await floor.asterisk.cli("queue show")
    assert "sales has 0 calls (max 50)" in queues
    assert "Anna Abel (PJSIP/anna) with penalty 1" in queues


async def test_calls_go_to_the_application_and_fall_back_to_a_queue(floor: FloorAsterisk) -> None:
    trunk = await floor.asterisk.cli("dialplan show +493012345@from-trunk")
    assert "Stasis(callfloor,inbound)" in trunk
    assert "Queue(support" in await floor.asterisk.cli("dialplan show +493012345@away")
    assert "sorry" in await floor.asterisk.cli("dialplan show 0800@away")
    assert "Stasis(callfloor,phone,${CALLFLOOR_PHONE})" in await floor.asterisk.cli(
        "dialplan show *45@from-agents"
    )
    assert "no existence" in await floor.asterisk.cli("dialplan show h@from-trunk")


async def test_no_value_can_become_anything_else_in_asterisk(asterisk_lab: AsteriskLab) -> None:
    music = asterisk_lab.folder() / "a;b = c"
    music.mkdir()
    (music / "silence.sln").write_bytes(bytes(1600))
    data = nasty_floor(music)
    directory = asterisk_lab.folder()
    secrets = SecretFiles(directory / "secrets", environ={"CALLFLOOR_SECRET_TRUNK_SECOND": 'p;a"s=s>[x]\\;'})
    render(load_data(data), directory / "etc", installation=asterisk_lab.installation, secrets=secrets)
    asterisk = await asterisk_lab.run_folder(directory / "etc")
    assert complaints(asterisk.read_log()) == []
    auth = await asterisk.cli("pjsip show auth second")
    assert f": {NASTY}\n" in auth
    assert ': p;a"s=s>[x]\\;\n' in auth
    eve = await asterisk.cli("pjsip show endpoint eve")
    assert re.search(r'callerid +: "Eve x evil SHELL id exec ünï" <103>\n', eve)
    assert "Directory: " + str(music) in await asterisk.cli("moh show classes")
    assert "back-office has 0 calls" in await asterisk.cli("queue show")


async def test_the_listener_may_listen_and_where_calls_are_taken_over_change_calls_and_nothing_else(
    floor: FloorAsterisk, installed_asterisk: AsteriskInstallation, tmp_path: Path
) -> None:
    async with ami(floor) as answer:
        assert "Success" in await answer("Action: CoreShowChannels")
        for action in (
            "Action: Originate\r\nChannel: PJSIP/anna\r\nApplication: Echo",
            "Action: Command\r\nCommand: core stop now",
            "Action: QueueAdd\r\nQueue: sales\r\nInterface: PJSIP/bob",
            "Action: UpdateConfig\r\nSrcFilename: manager.conf\r\nDstFilename: manager.conf",
            "Action: ModuleLoad\r\nLoadType: reload",
        ):
            assert "Permission denied" in await answer(action), action
        assert "No such channel" in await answer("Action: Hangup\r\nChannel: x")
    assert "core stop" not in floor.asterisk.read_log()
    assert floor.asterisk.running
    nobody_takes_over = load_text(FLOOR.replace(', "take_over"', ""))
    secrets = SecretFiles(tmp_path / "secrets", environ={})
    render(nobody_takes_over, tmp_path / "etc", installation=installed_asterisk, secrets=secrets)
    assert "\nwrite = reporting\n" in (tmp_path / "etc/manager.conf").read_text()


async def test_a_wrong_secret_opens_neither_door(floor: FloorAsterisk) -> None:
    async with ami(floor, secret="wrong") as answer:
        assert "Permission denied" in await answer("Action: CoreShowChannels")
    assert floor.secrets.get("ari") != floor.secrets.get("ami")


def test_rendering_again_changes_nothing_and_nobody_else_can_read_it(
    installed_asterisk: AsteriskInstallation, tmp_path: Path
) -> None:
    secrets = SecretFiles(tmp_path / "secrets", environ={})
    etc = tmp_path / "etc"
    first = render(load_text(FLOOR), etc, installation=installed_asterisk, secrets=secrets)
    names = {path.name for path in first.written}
    assert {"pjsip.conf", "extensions.conf", "manager.conf", "ari.conf", "http.conf"} <= names
    times = {path: path.stat().st_mtime_ns for path in first.written}
    assert render(load_text(FLOOR), etc, installation=installed_asterisk, secrets=secrets).written == ()
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert {path.stat().st_mode & 0o777 for path in [*times, *(tmp_path / "secrets").iterdir()]} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (etc, etc / "state/spool", tmp_path / "secrets")} == {
        0o700
    }
    changed = FLOOR.replace("Anna Abel", "Anna Ando")
    again = render(load_text(changed), etc, installation=installed_asterisk, secrets=secrets)
    assert {path.name for path in again.written} == {"pjsip.conf", "queues.conf"}


def test_asterisk_alone_chooses_as_the_floor_does_or_nearly(
    installed_asterisk: AsteriskInstallation, tmp_path: Path
) -> None:
    """Asterisk's own names are those of its own list; a name it does not know it would make ringall."""
    nearest = {
        **{choice.name: choice.name for choice in STRATEGIES.values() if APP_QUEUE in choice.origin},
        "ring-all": "ringall",
        "ring_all": "ringall",
        "ring-progressively": "ringall",
        "round-robin": "rrmemory",
        "round_robin": "rrmemory",
        "top-down": "linear",
        "sequentially-by-agent-order": "linear",
        "agent-with-fewest-calls": "fewestcalls",
        "longest_idle": "leastrecent",
        "predicted-best": "leastrecent",
    }
    data = on_free_ports(FLOOR)
    data["queues"] += [{"name": f"q{n}", "strategy": ours} for n, ours in enumerate(nearest)]
    text = texts_of(data, "secret", installed_asterisk, tmp_path)["queues.conf"]
    native = re.findall(r"^\[q\d+\]\nstrategy = (\w+)$", text, re.MULTILINE)
    assert native == list(nearest.values())


def test_a_secret_that_others_can_read_is_refused(
    installed_asterisk: AsteriskInstallation, tmp_path: Path
) -> None:
    secrets = SecretFiles(tmp_path / "secrets", environ={})
    secrets.get("ari")
    (tmp_path / "secrets/ari").chmod(0o644)
    with pytest.raises(SecretError, match=r"others can read.*chmod 600"):
        render(load_text(FLOOR), tmp_path, installation=installed_asterisk, secrets=secrets)
    with pytest.raises(SecretError, match="is missing, write the password"):
        secrets.given("trunk-carrier")
    (tmp_path / "secrets/trunk-carrier").write_text("two\nlines\n")
    (tmp_path / "secrets/trunk-carrier").chmod(0o600)
    with pytest.raises(SecretError, match="one password on one line"):
        secrets.given("trunk-carrier")


def test_two_processes_that_need_a_new_secret_agree(tmp_path: Path) -> None:
    made = {SecretFiles(tmp_path, environ={})._generate("ari") for _ in range(3)}
    assert made == {SecretFiles(tmp_path, environ={}).get("ari")}
    assert len(made.pop()) >= 32


def test_outbound_events_need_an_asterisk_that_can_connect(
    installed_asterisk: AsteriskInstallation, tmp_path: Path
) -> None:
    (tmp_path / "modules").mkdir()
    older = AsteriskInstallation(
        asterisk=installed_asterisk.asterisk,
        modules_dir=tmp_path / "modules",
        data_dir=installed_asterisk.data_dir,
        version=(20, 6),
        unpacked=False,
    )
    secrets = SecretFiles(tmp_path / "secrets", environ={})
    wanted = FLOOR.replace('events = "auto"', 'events = "outbound"')
    with pytest.raises(RenderingError, match=r"this Asterisk \(20.6\) cannot connect to us"):
        render(load_text(wanted), tmp_path / "etc", installation=older, secrets=secrets)
    rendered = render(load_text(FLOOR), tmp_path / "etc", installation=older, secrets=secrets)
    assert rendered.events == "inbound"
    assert "outbound_websocket" not in (tmp_path / "etc/ari.conf").read_text()


MEANINGFUL = ";;;\\\\[]=>#\"'<>,&|${}()@ \t\n\r\0\x0b\x85\u2028ab"
TEXT = st.text(st.sampled_from(MEANINGFUL) | st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT, username=TEXT, password=TEXT, music=TEXT)
def test_whatever_a_value_holds_the_lines_stay_the_same(
    installed_asterisk: AsteriskInstallation,
    tmp_path: Path,
    name: str,
    username: str,
    password: str,
    music: str,
) -> None:
    data = nasty_floor(Path("/music"))
    baseline = shape(texts_of(data, "secret", installed_asterisk, tmp_path))
    eve, second = data["agents"][-1], data["trunks"][-1]
    eve["name"], second["username"], data["music"]["own"]["directory"] = name, username, music
    try:
        texts = texts_of(data, password, installed_asterisk, tmp_path)
    except CallfloorError:
        return
    assert shape(texts) == baseline
    assert value_of(texts["pjsip.conf"], "username", 5) == username.strip()
    assert value_of(texts["musiconhold.conf"], "directory", 1) == str(Path(music))


@given(TEXT | st.text(st.sampled_from('; \\=[]>#"ab')))
def test_a_value_is_read_back_as_it_was_written(text: str) -> None:
    try:
        written = one_value(text)
    except RenderingError:
        assert any(not character.isprintable() for character in text)
        return
    assert read_line(f"key = {written}") == ("key", text.strip())


@given(TEXT)
def test_a_plain_name_has_nothing_that_means_something(text: str) -> None:
    assert not set(plain(text)) & set('"<>,;()[]{}$\\|&=#@%\r\n\t')


# -- reading Asterisk's files and talking to its manager interface -------------------------------------------


def texts_of(
    data: dict[str, Any], password: str, installation: AsteriskInstallation, folder: Path
) -> dict[str, str]:
    """Render what a table says, with one password for the trunk."""
    secrets = SecretFiles(folder / "secrets", environ={"CALLFLOOR_SECRET_TRUNK_SECOND": password})
    directories = AsteriskDirectories.below(folder / "etc", installation)
    return render_texts(load_data(data), directories, installation, secrets)


def read_line(line: str) -> tuple[str, str] | None:
    """Read a line as Asterisk's config.c does: `;` begins a comment unless a backslash is before it."""
    kept, position = "", 0
    while position < len(line):
        if line[position] == ";" and not kept.endswith("\\"):
            break
        kept = kept[:-1] + ";" if line[position] == ";" else kept + line[position]
        position += 1
    kept = kept.strip()
    if not kept:
        return None
    if kept.startswith("["):
        return kept, ""
    key, _, value = kept.partition("=")
    return key.strip(), value.removeprefix(">").strip()


def shape(texts: dict[str, str]) -> dict[str, list[str]]:
    """Give the sections and keys of every file, in order, without the values."""
    return {
        name: [line[0] for line in map(read_line, re.split(r"[\r\n]", text)) if line]
        for name, text in texts.items()
    }


def value_of(text: str, key: str, number: int) -> str:
    """Give the value of the nth line with this key, from 0."""
    lines = [line for line in map(read_line, text.split("\n")) if line]
    values = [value for name, value in lines if name == key]
    return values[number if number < len(values) else -1]


def complaints(log: str) -> list[str]:
    """Give the lines of a log that are warnings or worse."""
    return [line for line in log.splitlines() if re.search(r"(WARNING|ERROR)\[", line)]


class ami:  # noqa: N801 - reads as what it is
    """A manager session by hand; gives a coroutine that sends an action and returns the first answer."""

    def __init__(self, floor: FloorAsterisk, secret: str | None = None) -> None:
        self._address = floor.configuration.asterisk.ami_address
        self._secret = secret or floor.secrets.get("ami")

    async def __aenter__(self) -> Any:
        self._reader, self._writer = await asyncio.open_connection(self._address.host, self._address.port)
        await self._reader.readline()
        await self.answer(f"Action: Login\r\nEvents: off\r\nUsername: callfloor\r\nSecret: {self._secret}")
        return self.answer

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def answer(self, action: str) -> str:
        """Send an action and return the block that answers it."""
        self._writer.write(f"{action}\r\n\r\n".encode())
        async with asyncio.timeout(10):
            while True:
                try:
                    block = (await self._reader.readuntil(b"\r\n\r\n")).decode()
                except asyncio.IncompleteReadError:
                    return "Permission denied: the connection was closed"
                if "Response: " in block:
                    return block
