"""The two systems under the same load: Asterisk alone with app_queue, and Asterisk with callfloor."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.local_asterisk.running import RunningAsterisk
from queue_strategies.errors import CallfloorError
from tests.bench.bench_floor import BenchFloor, lay_out
from tests.bench.footprint import family
from tests.bench.sipp_load import SippLoad, stop, until_we_end

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
ARI_REQUESTS = "callfloor_ari_requests_total"
"""The counter on /metrics, by operation or not."""


class RivalError(CallfloorError):
    """A system could not be started; the sentence says what its output ends with."""


@dataclass(slots=True)
class Rival:
    """A system that is ready for calls."""

    name: str
    floor: BenchFloor
    asterisk: RunningAsterisk
    load: SippLoad
    server: Process | None = None

    def processes(self) -> Mapping[str, list[int]]:
        """List the process ids by part."""
        database = family_of_postgres(self.floor.database_dir)
        server = family(self.server.pid) if self.server else []
        return {
            "asterisk": family(self.asterisk.pid),
            "callfloor": [pid for pid in server if pid not in database],
            "postgresql": database,
        }

    async def ari_requests(self) -> float:
        """Read from /metrics how many ARI requests were sent so far; none by app_queue."""
        if self.server is None:
            return 0.0
        text = await self._ask("GET", "metrics")
        samples = [sample for each in text_string_to_metric_families(text) for sample in each.samples]
        requests = [sample.value for sample in samples if sample.name == ARI_REQUESTS]
        if not requests:
            raise RivalError(f"callfloor's /metrics has no {ARI_REQUESTS}")
        return sum(requests)

    async def log_in(self) -> None:
        """Log every agent in by the REST API."""
        headers = {"Authorization": f"Bearer {self.floor.secret('api')}"}
        async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as session:
            for agent in self.floor.agents:
                async with session.post(f"{self._root}/api/v1/agents/{agent}/log-in"):
                    pass

    @property
    def _root(self) -> str:
        return f"http://{self.floor.configuration.http.listen}"

    async def _ask(self, method: str, path: str) -> str:
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, f"{self._root}/{path}") as answer,
        ):
            answer.raise_for_status()
            return await answer.text()

    async def until_ready(self) -> None:
        """Wait until callfloor says that it takes calls."""
        assert self.server is not None
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not await self._is_ready():
                    if self.server.returncode is not None:
                        raise RivalError(f"callfloor ended while it started: {self._last_words()}")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise RivalError(
                f"callfloor was not ready in {START_TIMEOUT_S:.0f} s: {self._last_words()}"
            ) from None

    async def _is_ready(self) -> bool:
        try:
            await self._ask("GET", "readyz")
        except (aiohttp.ClientError, TimeoutError):
            return False
        return True

    def _last_words(self) -> str:
        return (self.floor.folder / "callfloor.log").read_text(errors="replace")[-600:]


@asynccontextmanager
async def app_queue(
    installation: AsteriskInstallation, folder: Path, agents: int, *, before: str = "NoOp()"
) -> AsyncIterator[Rival]:
    """Run an Asterisk that serves the floor by app_queue; the dialplan does `before` before it queues."""
    floor = lay_out(folder, agents, installation)
    floor.use_app_queue(before=before)
    async with RunningAsterisk(installation, floor.etc) as asterisk:
        yield Rival("app_queue", floor, asterisk, load_on(floor, installation))


@asynccontextmanager
async def callfloor(installation: AsteriskInstallation, folder: Path, agents: int) -> AsyncIterator[Rival]:
    """Run an Asterisk and a callfloor that serves the floor, its agents logged in."""
    floor = lay_out(folder, agents, installation)
    async with RunningAsterisk(installation, floor.etc) as asterisk, serving(floor) as server:
        rival = Rival("callfloor", floor, asterisk, load_on(floor, installation), server)
        await rival.until_ready()
        await rival.log_in()
        yield rival


@asynccontextmanager
async def serving(floor: BenchFloor) -> AsyncIterator[Process]:
    """Run `callfloor serve` while the context is open."""
    command = [sys.executable, "-m", "callfloor", "serve", "--config", str(floor.config_file)]
    with (floor.folder / "callfloor.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *until_we_end(command),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        database = family_of_postgres(floor.database_dir)[:1]
        await stop(process, patience_s=STOP_TIMEOUT_S)
        await end_left_behind(database)


async def end_left_behind(pids: Sequence[int]) -> None:
    """End what a callfloor that had to be killed could not stop itself: its PostgreSQL."""
    for pid in pids:
        with suppress(ProcessLookupError):
            for _ in range(50):
                os.kill(pid, signal.SIGQUIT)  # immediate shutdown; the data is thrown away
                await asyncio.sleep(0.1)


def load_on(floor: BenchFloor, installation: AsteriskInstallation) -> SippLoad:
    """Make the callers and agents of a floor."""
    if installation.sipp is None:
        raise RivalError("SIPp is missing: install sip-tester, or let callfloor unpack its own Asterisk")
    return SippLoad(installation.sipp, sip_port=floor.sip_port, agent_port=floor.agent_port)


def family_of_postgres(folder: Path) -> list[int]:
    """List the processes of the PostgreSQL whose data is in this folder; none when it is not running."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return []
    return family(pid)
