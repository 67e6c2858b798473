"""Measure one system under one load."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from tests.bench.ears import Ears
from tests.bench.footprint import cpu_s, machine_cpu_s, memory_bytes, own_cpu_s
from tests.bench.rivals import Rival
from tests.bench.sip_traces import messages, read_run
from tests.bench.sipp_load import Load

PARTS = ("asterisk", "callfloor", "postgresql")
ANSWER_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one system did under one load."""

    calls: int
    failed: int
    dispatch_ms: list[float]
    cpu_ms_per_call: Mapping[str, float]
    ari_requests_per_call: float
    others_cores: float
    """What programs that are no part of this used of the machine meanwhile, in cores."""


@dataclass(frozen=True, slots=True)
class Waited:
    """What callers who wait cost."""

    asked: int
    waiting: int
    """How many of those asked to wait were answered into the queue."""
    memory_kib_per_caller: Mapping[str, float]
    cpu_percent: Mapping[str, float]
    """Of one core, while all of them wait."""
    music_packets_per_s: float
    """To each caller; music is 50."""


async def measure(rival: Rival, load: Load, folder: Path) -> Measured:
    """Put the load on the system and see what came of every call."""
    make(folder)
    requests = await rival.ari_requests()
    before, all_before, moment = _cpu(rival), machine_cpu_s() - own_cpu_s(), monotonic()
    await rival.load.run(load, folder)
    after, all_after, lasted_s = _cpu(rival), machine_cpu_s() - own_cpu_s(), monotonic() - moment
    used = {part: after[part] - before[part] for part in PARTS}
    requests = await rival.ari_requests() - requests
    calls = read_run(folder)
    return Measured(
        calls=load.calls,
        failed=load.calls - sum(call.complete for call in calls),
        dispatch_ms=[round(1000 * call.dispatch_s, 3) for call in calls if call.dispatch_s is not None],
        cpu_ms_per_call={part: 1000 * used[part] / load.calls for part in PARTS},
        ari_requests_per_call=requests / load.calls,
        others_cores=max(0.0, all_after - all_before - sum(used.values())) / lasted_s,
    )


async def measure_waiting(rival: Rival, *, waiting: int, rate: float, watch_s: float, folder: Path) -> Waited:
    """Keep all agents talking, let so many more callers wait, and compare the system's memory."""
    make(folder, folder / "busy", folder / "waiting")
    busy = Load(calls=len(rival.floor.agents), rate=rate, talk_s=600)
    more = Load(calls=waiting, rate=rate, talk_s=600)
    async with rival.load.agents(busy, folder / "busy"), rival.load.callers(busy, folder / "busy"):
        await _wait_for_answers(folder / "busy", busy)
        before = _memory(rival)
        with Ears() as ears:
            async with rival.load.callers(more, folder / "waiting", ears=ears.port):
                there = max(1, await _wait_for_answers(folder / "waiting", more))
                cpu, heard, moment = _cpu(rival), ears.heard(), monotonic()
                await asyncio.sleep(watch_s)
                watched_s, heard = monotonic() - moment, ears.heard() - heard
                after, cpu_after = _memory(rival), _cpu(rival)
    return Waited(
        asked=waiting,
        waiting=there,
        memory_kib_per_caller={part: (after[part] - before[part]) / 1024 / there for part in PARTS},
        cpu_percent={part: 100 * (cpu_after[part] - cpu[part]) / watched_s for part in PARTS},
        music_packets_per_s=heard / watched_s / there,
    )


async def _wait_for_answers(folder: Path, load: Load) -> int:
    """Wait until all callers are answered, by an agent or into the queue; count those who were in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(load.calls / load.rate + ANSWER_TIMEOUT_S):
            while True:
                await asyncio.sleep(0.2)
                if _answered(folder) >= load.calls:
                    break
            await asyncio.sleep(1.0)
    return _answered(folder)


def _answered(folder: Path) -> int:
    trace = folder / "caller.msg"
    if not trace.exists():
        return 0
    with trace.open() as lines:
        acknowledged = (each for each in messages(lines) if each.sent and each.first_line.startswith("ACK "))
        return len({message.dialog for message in acknowledged})  # some acknowledge twice


def make(*folders: Path) -> None:
    """Make folders for traces."""
    for folder in folders:
        folder.mkdir()


def _cpu(rival: Rival) -> dict[str, float]:
    return {part: cpu_s(pids) for part, pids in rival.processes().items()}


def _memory(rival: Rival) -> dict[str, int]:
    return {part: memory_bytes(pids) for part, pids in rival.processes().items()}
