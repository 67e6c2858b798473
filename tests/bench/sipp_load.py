"""Callers and agents by SIPp, and what they saw."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.running import UNTIL_THE_PARENT_DIES
from queue_strategies.errors import CallfloorError

SCENARIOS = Path(__file__).parent
HOST = "127.0.0.1"
CALLED = "4900"
NUMBERS = "4930"
"""What the callers' numbers begin with."""
DISCARD = 9
"""A port where nobody listens."""
STOP_TIMEOUT_S = 3.0


class LoadError(CallfloorError):
    """SIPp could not do what it was asked; the sentence says what its output ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """So many calls at this rate, each talking this long to an agent."""

    calls: int
    rate: float
    """Calls a second."""
    talk_s: float
    patience_s: float = 30.0
    """How long after the last call was placed all must be over."""

    @property
    def lasts_s(self) -> float:
        """Say about how long it takes."""
        return self.calls / self.rate + self.talk_s


class SippLoad:
    """Puts load on one Asterisk: `agent_port` is where all its agents' phones are."""

    def __init__(self, sipp: Sequence[str], *, sip_port: int, agent_port: int) -> None:
        self._sipp = sipp
        self._sip_port = sip_port
        self._agent_port = agent_port

    async def run(self, load: Load, folder: Path) -> None:
        """Place the calls and wait until all are over; traces are left in the folder."""
        async with self.agents(load, folder), self.callers(load, folder) as callers:
            try:
                async with asyncio.timeout(load.calls / load.rate + load.talk_s + load.patience_s):
                    await callers.wait()
            except TimeoutError:
                return  # calls that are not over count as failed; the traces tell which

    @asynccontextmanager
    async def agents(self, load: Load, folder: Path) -> AsyncIterator[Process]:
        """Have the phones plugged in while the context is open."""
        options = ["-p", str(self._agent_port), "-d", str(round(load.talk_s * 1000))]
        options += ["-trace_logs", "-log_file", "agent.log"]
        async with self._running("agent", options, folder) as process:
            await self._until_listening(process, folder)
            yield process

    @asynccontextmanager
    async def callers(self, load: Load, folder: Path, *, ears: int = DISCARD) -> AsyncIterator[Process]:
        """Have callers call while the context is open; the process ends when the last call is over.

        What they hear is sent to the port `ears`.
        """
        options = [f"{HOST}:{self._sip_port}", "-s", CALLED, "-p", str(free_port())]
        options += ["-cid_str", f"{NUMBERS}%u-%p@%s", "-key", "number", NUMBERS]
        options += ["-key", "ears", str(ears)]
        options += ["-r", str(load.rate), "-m", str(load.calls), "-l", str(load.calls)]
        async with self._running("caller", options, folder) as process:
            yield process

    @asynccontextmanager
    async def _running(self, role: str, options: Sequence[str], folder: Path) -> AsyncIterator[Process]:
        common = ["-sf", str(SCENARIOS / f"{role}.xml"), "-i", HOST, "-bind_local", "-cp", str(free_port())]
        traces = ["-trace_shortmsg", "-shortmessage_file", f"{role}.msg"]
        traces += ["-trace_err", "-error_file", f"{role}.err"]
        command = [*self._sipp, *options, *common, *traces, "-aa", "-nostdin"]
        with (folder / f"{role}.out").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *until_we_end(command),
                cwd=folder,
                env={**os.environ, "TERM": "xterm"},
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            await stop(process, signal.SIGUSR1)  # SIPp's own "finish, write everything and go"

    async def _until_listening(self, process: Process, folder: Path) -> None:
        for _ in range(200):
            if process.returncode is not None:
                break
            if is_taken(self._agent_port):
                return
            await asyncio.sleep(0.05)
        raise LoadError(f"SIPp did not start: {(folder / 'agent.out').read_text(errors='replace')[-300:]}")


def is_taken(port: int) -> bool:
    """Tell whether some program has this UDP port."""
    return f":{port:04X} " in Path("/proc/net/udp").read_text()


def until_we_end(command: Sequence[str]) -> list[str]:
    """Give a command that ends at the latest with this process."""
    return [sys.executable, "-I", "-S", "-c", UNTIL_THE_PARENT_DIES, str(os.getpid()), *command]


async def stop(process: Process, *signals: signal.Signals, patience_s: float = STOP_TIMEOUT_S) -> None:
    """End a process: asked by these signals in turn, at last killed."""
    for number in (*signals, signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        process.send_signal(number)
        try:
            async with asyncio.timeout(patience_s):
                await process.wait()
        except TimeoutError:
            continue
