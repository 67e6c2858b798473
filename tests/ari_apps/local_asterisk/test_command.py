"""The real command line: Asterisk is run from floor.toml, looked at, and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from ari_apps.local_asterisk.free_ports import free_port
from tests.asterisk_lab import AsteriskLab

FLOOR = """
[asterisk]
sip_bind = "127.0.0.1:{sip}"
ari = "127.0.0.1:{ari}"
ami = "127.0.0.1:{ami}"
events_listen = "127.0.0.1:{events}"
rtp_ports = [10000, 10999]
"""


class Shell:
    """Runs callfloor with folders of its own."""

    def __init__(self, home: Path) -> None:
        self.config = home / "floor.toml"
        self.ari = free_port()
        self.config.write_text(
            FLOOR.format(sip=free_port(), ari=self.ari, ami=free_port(), events=free_port())
        )
        self._environment = {
            **os.environ,
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_DATA_HOME": str(home / "data"),
        }

    async def start(self, *arguments: str) -> Process:
        """Begin a command."""
        command = (sys.executable, "-m", "callfloor", "asterisk", *arguments, "-c", str(self.config))
        return await asyncio.create_subprocess_exec(*command, env=self._environment, stdout=PIPE, stderr=PIPE)

    async def run(self, *arguments: str) -> tuple[int | None, str]:
        """Run a command to its end; gives its exit status and all it said."""
        process = await self.start(*arguments)
        said = b"".join(await asyncio.wait_for(process.communicate(), 60)).decode()
        assert "Traceback" not in said
        return process.returncode, said


@pytest.fixture
def shell(asterisk_lab: AsteriskLab) -> Shell:
    """The command line with a small floor.toml."""
    return Shell(asterisk_lab.folder())


async def test_asterisk_runs_until_it_is_told_to_stop(shell: Shell) -> None:
    assert (await shell.run("status"))[0] == 1
    running = await shell.start("run")
    assert running.stdout is not None
    said = ""
    while "SIP at" not in said:
        said = (await asyncio.wait_for(running.stdout.readline(), 60)).decode()
        assert said
    status, said = await shell.run("status")
    assert (status, "uptime" in said) == (0, True)
    status, said = await shell.run("run")
    assert (status, "already: stop it first" in said) == (2, True)
    running.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(running.wait(), 20) == 0
    assert (await shell.run("status"))[0] == 1


async def test_a_taken_port_is_told_with_its_number(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", shell.ari)):
        status, said = await shell.run("run")
    assert status == 2
    assert f"127.0.0.1:{shell.ari}" in said
    assert "taken by another program" in said
