"""The yardstick in short: it measures every call, and what it measures is what happened."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from ari_apps.local_asterisk.installation import AsteriskInstallation
from tests.bench import rivals
from tests.bench.figures import Cell
from tests.bench.measuring import measure
from tests.bench.rivals import ROOT
from tests.bench.sip_traces import Message, calls_seen, percentile, read_run
from tests.bench.sipp_load import Load, stop

System = Callable[[AsteriskInstallation, Path, int], AbstractAsyncContextManager[rivals.Rival]]
SHORT = Load(calls=12, rate=6, talk_s=0.3)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, for a socket below it, and whose way there is open to all."""
    with tempfile.TemporaryDirectory(prefix="b-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.parametrize("system", [rivals.app_queue, rivals.callfloor])
async def test_no_call_fails_and_the_latency_of_every_call_is_known(
    system: System, installed_asterisk: AsteriskInstallation, folder: Path
) -> None:
    async with system(installed_asterisk, folder, 6) as rival:
        cell = Cell(rival.name, 6, SHORT.rate, [await measure(rival, SHORT, folder / "traces")])
    assert (cell.calls, cell.failed, cell.unmeasured) == (12, 0, 0)
    assert cell.cpu_ms("asterisk") > 0
    assert (cell.ari_requests > 0) == (rival.server is not None)


async def test_a_known_delay_before_the_queue_shows_in_the_latency_of_every_call(
    installed_asterisk: AsteriskInstallation, folder: Path
) -> None:
    async with rivals.app_queue(installed_asterisk, folder, 6, before="Wait(0.5)") as rival:
        await measure(rival, SHORT, folder / "traces")
    calls = read_run(folder / "traces")
    assert len(calls) == SHORT.calls
    for call in calls:
        assert call.invited is not None
        assert call.agent_invited is not None
        assert call.agent_invited - call.invited > 0.45  # of 0.5; SIPp may stamp a message after it went out


async def test_an_interrupted_run_leaves_nothing_running(
    installed_asterisk: AsteriskInstallation, folder: Path
) -> None:
    bench = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.dispatch", "--only", "app_queue"),
        *("--agents", "6", "--waiting", "0"),
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        preexec_fn=partial(
            signal.signal, signal.SIGINT, signal.default_int_handler
        ),  # background jobs ignore it
    )
    try:
        await until(lambda: mentioning(str(folder), "caller.xml") or bench.returncode is not None)
        bench.send_signal(signal.SIGINT)
        assert await bench.wait() == 130
    finally:
        await stop(bench)
    assert not mentioning(str(folder))
    assert is_empty(folder)


def is_empty(folder: Path) -> bool:
    """Tell whether nothing is left in a folder."""
    return not any(folder.iterdir())


async def until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(60):
        while True:
            if true():
                return
            await asyncio.sleep(0.1)


def mentioning(*words: str) -> Sequence[str]:
    """List the processes whose command line and folder have all these words in them."""
    return [
        line for line in map(words_of, Path("/proc").glob("[0-9]*")) if all(word in line for word in words)
    ]


def words_of(process: Path) -> str:
    """Give a process's command line and folder; nothing for one that is gone."""
    try:
        return f"{(process / 'cmdline').read_text(errors='replace')} {(process / 'cwd').readlink()}"
    except OSError:
        return ""


def test_the_first_offer_counts_and_a_call_that_nobody_ended_has_failed() -> None:
    def seen(moment: float, sent: bool, dialog: str, cseq: str, line: str) -> Message:
        return Message(moment, sent, dialog, cseq, line)

    caller = [
        seen(1.0, True, "49301-7@h", "1 INVITE", "INVITE sip:4900@h SIP/2.0"),
        seen(1.1, False, "49301-7@h", "1 INVITE", "SIP/2.0 100 Trying"),
        seen(1.2, False, "49301-7@h", "1 INVITE", "SIP/2.0 200 OK"),
        seen(9.0, False, "49301-7@h", "7 BYE", "BYE sip:49301@h SIP/2.0"),
    ]
    agent = [
        seen(1.5, False, "x", "5 INVITE", "INVITE sip:agent0001@h SIP/2.0"),
        seen(2.5, False, "y", "6 INVITE", "INVITE sip:agent0002@h SIP/2.0"),
        seen(2.9, False, "y", "6 ACK", "ACK sip:agent@h SIP/2.0"),
    ]
    [call] = calls_seen(caller, agent, {"x": "49301", "y": "49301"})
    assert call.dispatch_s == pytest.approx(0.4)
    assert call.offers == 2
    assert not call.complete  # the agent's hanging up was never answered


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.5) == 50
    assert percentile(values, 0.99) == 99
    assert percentile([3.0], 0.99) == 3.0
