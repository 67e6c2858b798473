"""Set the stage of the demo: folders, free ports, the floor's configuration."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import jinja2
import platformdirs

from ami_listeners.local_postgres import default_data_dir
from ami_listeners.postgres_binaries import can_reach, server_user
from ari_apps.configuration.floor_toml import FloorConfiguration, load
from ari_apps.demo.cast import AGENTS, GUEST, NUMBERS
from ari_apps.local_asterisk.free_ports import free_port, take
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.outside_world import OutsideAddresses
from ari_apps.rendering import make_private, templates_folder, write_private
from queue_strategies.errors import CallfloorError

LOOPBACK = "127.0.0.1"
USUAL_PORTS = {"sip": 5060, "ari": 8088, "ami": 5038, "events": 8090, "http": 8080, "listeners": 8081}
AGENT_VOICE, CALLER_VOICE = "agent", "caller"
VOICES = {
    AGENT_VOICE: ("demo-thanks", "demo-congrats", "demo-instruct", "demo-moreinfo"),
    CALLER_VOICE: ("tt-somethingwrong", "hello-world", "tt-weasels", "demo-echotest"),
}
"""What people say, from the recordings that come with Asterisk."""


class DemoError(CallfloorError):
    """The demo cannot be shown here; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything of the demo is kept; nothing of it is anywhere else."""

    folder: Path

    @property
    def floor_toml(self) -> Path:
        """The floor's configuration."""
        return self.folder / "floor.toml"

    @property
    def asterisk(self) -> Path:
        """The floor's Asterisk."""
        return self.folder / "asterisk"

    @property
    def outside(self) -> Path:
        """The outside world's Asterisk."""
        return self.folder / "outside"

    @property
    def log(self) -> Path:
        """What callfloor logs."""
        return self.folder / "callfloor.log"

    @property
    def asterisk_logs(self) -> tuple[Path, Path]:
        """What the two Asterisks log."""
        return self.asterisk / "log" / "messages.log", self.outside / "log" / "messages.log"

    @property
    def data(self) -> Path:
        """PostgreSQL's folder; elsewhere when we are root and whom it runs as cannot enter ours."""
        own = self.folder / "postgres"
        if can_reach(server_user(own), self.folder):
            return own
        return default_data_dir().with_name(f"demo-{sha256(str(self.folder).encode()).hexdigest()[:8]}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep a second demo out of this folder; raises DemoError when there is one."""
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DemoError(
                    f"a demo is running in {self.folder}: end it, or name another folder with --folder"
                ) from None
            yield


def prepare_folder(folder: Path | None) -> Stage:
    """Make the demo's folder; raises DemoError when that cannot be."""
    stage = Stage((folder or platformdirs.user_state_path("callfloor") / "demo").expanduser().absolute())
    try:
        make_private(stage.folder)
        if not stage.folder.is_dir():
            raise NotADirectoryError(20, "it is no folder")
        if not os.access(stage.folder, os.W_OK):
            raise PermissionError(13, "no right to write")
    except OSError as error:
        raise DemoError(
            f"{stage.folder} cannot be written ({error.strerror}): name another with --folder"
        ) from None
    return stage


def write_floor(
    stage: Stage, addresses: OutsideAddresses, installation: AsteriskInstallation
) -> FloorConfiguration:
    """Write the floor's configuration for the ports that are free now, and read it."""
    first_rtp = addresses.rtp_ports[1] + 1
    ports: dict[str, object] = {name: f"{LOOPBACK}:{usual_port(port)}" for name, port in USUAL_PORTS.items()}
    text = (
        environment()
        .get_template("floor.toml.j2")
        .render(
            ports=ports | {"rtp": (first_rtp, first_rtp + 999)},
            carrier=addresses.carrier,
            secrets=str(stage.folder / "secrets"),
            data=str(stage.data),
            spool=str(stage.folder / "spool"),
            recordings=str(stage.folder / "recordings"),
            agents=AGENTS,
            guest=GUEST,
            numbers=NUMBERS,
            speaks=installation.espeak is not None,
        )
    )
    write_private(stage.floor_toml, text)
    return load(stage.floor_toml)


def environment() -> jinja2.Environment:
    """Set up Jinja2 for TOML: every value is written by the filter `toml`."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder().parent / "demo"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["toml"] = lambda value: json.dumps(
        str(value), ensure_ascii=False
    )  # JSON's strings are TOML's
    return made


def usual_port(port: int) -> int:
    """Return this port, which people know, or any other when somebody has it."""
    return port if take(LOOPBACK, port) else free_port()


def write_voices(stage: Stage, installation: AsteriskInstallation) -> dict[str, Path]:
    """Lay out what people say, a folder for each voice."""
    folders = {}
    for voice, sentences in VOICES.items():
        folders[voice] = stage.folder / "voices" / voice
        folders[voice].mkdir(parents=True, exist_ok=True)
        for number, name in enumerate(sentences):
            link = folders[voice] / f"{number}.wav"
            link.unlink(missing_ok=True)
            if (source := installation.data_dir / "sounds" / "en" / f"{name}.wav").exists():
                link.symlink_to(source)
    return folders
