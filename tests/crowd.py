"""Callers and agents by SIPp, on an Asterisk that has queues of its own and was not made for us.

What SIPp wrote down itself of every call is what callfloor's account of it is held against.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ari_apps.local_asterisk.free_ports import free_port
from ari_apps.local_asterisk.running import RunningAsterisk
from tests.ami_listeners.native_floor import MANAGER, Caller
from tests.asterisk_lab import AsteriskLab
from tests.bench.sip_traces import CallSeen, calls_seen, messages
from tests.bench.sipp_load import SCENARIOS, STOP_TIMEOUT_S, is_taken, stop, until_we_end

MODULES = ("app_queue", "res_manager_devicestate", "res_pjsip_pubsub")
AGENTS = tuple(f"a{number}" for number in range(1, 13))
QUEUES = """
[general]
autofill = yes
shared_lastcall = yes
[queue](!)
strategy = leastrecent
timeout = 15
retry = 1
ringinuse = no
joinempty = yes
servicelevel = 2
[sales](queue)
MEMBERS
[nobody](queue)
"""
EXTENSIONS = """
[callers]
exten => _[a-z].,1,Answer(,i)
 same => n,Queue(${EXTEN},t,,,120)
 same => n,Hangup()
"""
SOUND = "context=callers\ndisallow=all\nallow=ulaw\ndirect_media=no\n"
SERVICE_LEVEL_S, WRAP_UP_S = 2, 1
"""As queues.conf has them; the wrap-up of members, as Asterisk tells nobody of a queue's own."""
AT_ONCE, ANSWER_S = (20,), 0.5
"""Asterisk before this lets an answered caller wait so long for sound before anything else, the queue too."""
ENDLESS = 100_000
LAST_CALL_S = 10.0
"""After so long those who are still on the line are none any more."""
RTP = "[general]\nrtpstart=30000\nrtpend=32999\nrtcpinterval=1000\n"


@dataclass(frozen=True, slots=True)
class Plain:
    """The Asterisk, and where it is."""

    asterisk: RunningAsterisk
    ami_port: int
    sip_port: int
    agent_port: int


async def run_plain(lab: AsteriskLab) -> Plain:
    """Run an Asterisk whose queues are what queues.conf says; all phones of its agents are at one port."""
    ami_port, sip_port, agent_port = free_port(), free_port(), free_port()
    members = "".join(f"member => PJSIP/{name},0,Agent {name},,no,{WRAP_UP_S}\n" for name in AGENTS)
    phones = "".join(
        f"[{name}]\ntype=endpoint\naors={name}\n{SOUND}"
        f"[{name}]\ntype=aor\ncontact=sip:{name}@127.0.0.1:{agent_port}\n"
        for name in AGENTS
    )
    files = {
        "manager.conf": MANAGER.format(port=ami_port),
        "queues.conf": QUEUES.replace("MEMBERS\n", members),
        "extensions.conf": EXTENSIONS,
        "pjsip.conf": f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{sip_port}\n"
        f"[anonymous]\ntype=endpoint\n{SOUND}{phones}",
        "musiconhold.conf": f"[default]\nmode=files\ndirectory={lab.installation.data_dir}/moh\n",
        "rtp.conf": RTP,
    }
    return Plain(await lab.run(files, modules=MODULES), ami_port, sip_port, agent_port)


class Crowd:
    """Agents who answer and talk for 0.3 to 3 s, and callers; `seen` says what became of each call."""

    def __init__(self, plain: Plain, folder: Path) -> None:
        self.plain, self.folder = plain, folder
        self._queues: dict[str, str] = {}
        """Which queue the callers of each log called."""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Crowd:
        agent = (SCENARIOS / "agent.xml").read_text().replace("<pause/>", uniform(0.3, 3))
        traces = ("-trace_logs", "-log_file", "agent.log")
        port = self.plain.agent_port
        running = self._running("agent", agent, "-p", str(port), *traces)
        await self._stack.enter_async_context(running)
        while not is_taken(port):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def call(
        self, queue: str, *, calls: int, rate: float, stay_s: tuple[float, float] | None = None
    ) -> None:
        """Let callers call, and return when the last has gone; each gives up after `stay_s`, or never."""
        async with self.calling(queue, calls=calls, rate=rate, stay_s=stay_s) as callers:
            await callers.wait()

    @asynccontextmanager
    async def calling(
        self, queue: str, *, calls: int, rate: float, stay_s: tuple[float, float] | None = None
    ) -> AsyncIterator[Process]:
        """Let callers call while the context is open; the process ends when the last has gone."""
        numbers = f"49{len(self._queues) + 10}"
        name = f"{queue}-{numbers}"
        self._queues[name] = queue
        caller = Caller(None if stay_s is None else 1.0, number=f"{numbers}[call_number]").scenario()
        if stay_s is not None:
            caller = re.sub(r'<pause milliseconds="\d+"/>', uniform(*stay_s), caller)
        async with self._running(
            name, caller, f"127.0.0.1:{self.plain.sip_port}", "-s", queue, "-p", str(free_port()),
            "-cid_str", f"{numbers}%u-%p@%s", "-r", str(rate), "-m", str(calls), "-l", str(calls),
            patience_s=LAST_CALL_S,
        ) as process:  # fmt: skip
            yield process

    @asynccontextmanager
    async def goes_on(self, rate: float = 3.0) -> AsyncIterator[None]:
        """Let callers of both kinds come at this rate together; afterwards nobody is on the line."""
        async with (
            self.calling("sales", calls=ENDLESS, rate=rate * 2 / 3),
            self.calling("nobody", calls=ENDLESS, rate=rate / 3, stay_s=(0.3, 4)),
        ):
            yield

    def seen(self) -> dict[str, list[CallSeen]]:
        """Read what SIPp wrote of the calls to each queue."""
        callers = dict(line.split(" ", 1) for line in self._read("agent.log").splitlines() if " " in line)
        agents = list(messages(self._read("agent.msg").splitlines()))
        seen: dict[str, list[CallSeen]] = {}
        for name, queue in self._queues.items():
            told = messages(self._read(f"{name}.msg").splitlines())
            seen.setdefault(queue, []).extend(calls_seen(told, agents, callers))
        if self.plain.asterisk.installation.version < AT_ONCE:
            for call in chain.from_iterable(seen.values()):
                call.answered = call.answered and call.answered + ANSWER_S
        return seen

    def _read(self, file: str) -> str:
        path = self.folder / file
        return path.read_text() if path.exists() else ""

    @asynccontextmanager
    async def _running(
        self, name: str, scenario: str, *options: str, patience_s: float = STOP_TIMEOUT_S
    ) -> AsyncIterator[Process]:
        (self.folder / f"{name}.xml").write_text(scenario)
        sipp = self.plain.asterisk.installation.sipp
        assert sipp is not None, "this installation has no SIPp"
        traces = [
            "-trace_shortmsg",
            "-shortmessage_file",
            f"{name}.msg",
            "-trace_err",
            "-error_file",
            f"{name}.err",
        ]
        common = ["-sf", f"{name}.xml", "-i", "127.0.0.1", "-bind_local", "-cp", str(free_port())]
        with (self.folder / f"{name}.out").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *until_we_end([*sipp, *options, *common, *traces, "-aa", "-nostdin"]),
                cwd=self.folder, env={**os.environ, "TERM": "xterm"},
                stdin=DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        try:
            yield process
        finally:
            await stop(process, signal.SIGUSR1, patience_s=patience_s)  # "call nobody any more, and then end"


def uniform(at_least_s: float, at_most_s: float) -> str:
    """Write a pause whose length chance decides."""
    return f'<pause distribution="uniform" min="{at_least_s * 1000:.0f}" max="{at_most_s * 1000:.0f}"/>'
