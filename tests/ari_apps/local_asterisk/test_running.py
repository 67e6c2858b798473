from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.running import AsteriskFailedError
from tests.asterisk_lab import AsteriskLab

HTTP = "[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport={port}\n"


async def test_asterisk_answers_its_console_once_it_is_started(asterisk_lab: AsteriskLab) -> None:
    asterisk = await asterisk_lab.run({})
    assert "Asterisk " in await asterisk.cli("core show version")
    await asterisk.stop()
    assert not asterisk.running


async def test_a_taken_port_is_one_clear_sentence(asterisk_lab: AsteriskLab) -> None:
    port = free_port()
    first = await asterisk_lab.run({"http.conf": HTTP.format(port=port)}, modules=["res_http_websocket"])
    assert f"127.0.0.1:{port}" in await first.cli("http show status")
    with pytest.raises(AsteriskFailedError, match=f"taken by another program.*{port}"):
        await asterisk_lab.run({"http.conf": HTTP.format(port=port)}, modules=["res_http_websocket"])
    sip = f"[u]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{free_port()}\n"
    await asterisk_lab.run({"pjsip.conf": sip})
    with pytest.raises(AsteriskFailedError, match="taken by another program"):
        await asterisk_lab.run({"pjsip.conf": sip})


PARENT = """
import asyncio, sys, pathlib
from ari_apps.local_asterisk.installation import find_or_install
from ari_apps.local_asterisk.running import RunningAsterisk

async def main():
    async with RunningAsterisk(find_or_install(with_sipp=True), pathlib.Path(sys.argv[1])) as asterisk:
        print(asterisk.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_asterisk_ends_with_a_parent_that_is_killed(asterisk_lab: AsteriskLab) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(asterisk_lab.write({})), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert lives(pid)
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    async with asyncio.timeout(10):
        while lives(pid):  # noqa: ASYNC110 - nothing tells us when somebody else's child ends
            await asyncio.sleep(0.05)


def lives(pid: int) -> bool:
    """Tell whether a process runs; a zombie that nobody has collected does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
