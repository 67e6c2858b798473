"""Measure recording and listening beside MixMonitor and ChanSpy: `python -m tests.bench.overhearing`.

The same calls go on all the while, on one Asterisk, with tones in both directions; first nothing hears them,
then callfloor records each and lets a supervisor listen to each, then Asterisk's own applications do. What
counts is the processor time of Asterisk and of this process, in which callfloor runs, while nothing else is
asked for. The phones are in another Asterisk, whose work is not counted but done on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ami_listeners.local_postgres import LocalPostgres
from ari_apps.local_asterisk.installation import find_or_install
from ari_apps.outside_world import OutsideCall
from queue_strategies.facts import RecordingEnded
from tests.asterisk_lab import AsteriskLab
from tests.bench.footprint import cpu_s, own_cpu_s
from tests.bench.quiet import be_quiet
from tests.floor_lab import Floor, FloorLab, hears

CALLS = 50
SECONDS = 15.0
CALLER_HZ, AGENT_HZ = 440, 1000
LONGEST_S = 600.0
FLOOR = """
[site]
name = "overhearing"

[recordings]
folder = "kept"
disk_least_bytes = 0
"""
ANYBODY = """
[[agents]]
id = "agent-{number:02}"
extension = "1{number:02}"

[[phones]]
id = "boss-{number:02}"
extension = "2{number:02}"

[[supervisors]]
id = "boss-{number:02}"
endpoint = "extension:2{number:02}"
modes = {{ "*" = ["listen"] }}

[[routes]]
to = "+49301{number:02}"
destination = "extension:1{number:02}"
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way took while so many calls went on."""

    way: str
    asterisk: float
    """Cores."""
    callfloor: float


class Overheard:
    """The calls of a floor, and who hears them."""

    def __init__(self, floor: Floor, calls: int, seconds: float, folder: Path) -> None:
        self._floor, self._numbers, self._seconds = floor, range(calls), seconds
        self._folder = folder
        self.costs: list[Cost] = []
        self.callers: list[OutsideCall] = []
        self.calls: list[str] = []

    async def talk(self) -> None:
        """Let every caller talk to an agent."""
        await self._floor.come_to_work(*(f"agent-{number:02}" for number in self._numbers))
        for number in self._numbers:
            caller = await self._floor.world.call(
                f"+49301{number:02}", from_number=f"+49170{number:02}", speaks=CALLER_HZ
            )
            at_agent = await self._floor.world.phone(f"agent-{number:02}").rings()
            await at_agent.answer(speaks=AGENT_HZ)
            self.callers.append(caller)
            self.calls.append((await self._floor.call_of(f"+49170{number:02}"))["id"])
        await hears(self.callers[-1], AGENT_HZ)

    async def look(self, way: str) -> None:
        """Measure for a while what goes on now."""
        await asyncio.sleep(2)
        pid = self._floor.asterisk.asterisk.pid
        asterisk, own = cpu_s([pid]), own_cpu_s()
        await asyncio.sleep(self._seconds)
        self.costs.append(
            Cost(way, (cpu_s([pid]) - asterisk) / self._seconds, (own_cpu_s() - own) / self._seconds)
        )

    @asynccontextmanager
    async def recorded(self) -> AsyncIterator[None]:
        """Have callfloor record every call, and see afterwards that it did."""
        for call in self.calls:
            await self._floor.post(f"calls/{call}/recording-start")
        yield
        for call in self.calls:
            await self._floor.post(f"calls/{call}/recording-stop")
        await self._floor.until_told(RecordingEnded, len(self.calls))

    @asynccontextmanager
    async def listened_to(self) -> AsyncIterator[None]:
        """Have a supervisor listen to every call, and hear by the last that they do."""
        heard = [await self._come(number) for number in self._numbers]
        await hears(heard[-1], CALLER_HZ, AGENT_HZ)
        yield
        for number in self._numbers:
            await self._floor.delete(f"monitorings/boss-{number:02}")
        for call in heard:
            await call.ended()

    async def _come(self, number: int) -> OutsideCall:
        await self._floor.world.phone(f"boss-{number:02}").plug_in()
        wanted = {"agent": f"agent-{number:02}", "mode": "listen"}
        await self._floor.put(f"monitorings/boss-{number:02}", wanted)
        return await self._pick_up(number)

    async def _pick_up(self, number: int) -> OutsideCall:
        call = await self._floor.world.phone(f"boss-{number:02}").rings()
        await call.answer()
        return call

    @asynccontextmanager
    async def by_mixmonitor(self) -> AsyncIterator[None]:
        """Have MixMonitor record every call, and see afterwards that it did."""
        channels = await self._channels("carrier")
        files = [self._folder / f"{place}.wav" for place in range(len(channels))]
        for channel, file in zip(channels, files, strict=True):
            await self._cli(f"mixmonitor start {channel} {file}")
        yield
        for channel in channels:
            await self._cli(f"mixmonitor stop {channel}")
        assert all(file.stat().st_size > self._seconds * 8000 for file in files)

    @asynccontextmanager
    async def by_chanspy(self) -> AsyncIterator[None]:
        """Have ChanSpy let a supervisor listen to every call, and hear by the last that they do."""
        heard = []
        for number in self._numbers:
            spying = f"application ChanSpy PJSIP/agent-{number:02}-,q"
            await self._cli(f"channel originate PJSIP/boss-{number:02} {spying}")
            heard.append(await self._pick_up(number))
        await hears(heard[-1], CALLER_HZ, AGENT_HZ)
        yield
        for call in heard:
            await call.hang_up()

    async def _channels(self, endpoint: str) -> list[str]:
        listed = await self._cli("core show channels concise")
        names = [line.partition("!")[0] for line in listed.splitlines()]
        return [name for name in names if name.startswith(f"PJSIP/{endpoint}-")]

    async def _cli(self, command: str) -> str:
        return await self._floor.asterisk.asterisk.cli(command)


async def measure(folder: Path, calls: int = CALLS, seconds: float = SECONDS) -> Sequence[Cost]:
    """Give what each way takes."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(LocalPostgres(folder / "postgres"))
        asterisks = await stack.enter_async_context(AsteriskLab(find_or_install()))
        lab = await stack.enter_async_context(FloorLab(asterisks, server))
        floor = await lab.start(FLOOR + "".join(ANYBODY.format(number=number) for number in range(calls)))
        for module in ("app_mixmonitor", "app_chanspy", "res_clioriginate"):
            await floor.asterisk.asterisk.cli(f"module load {module}.so")
        one = Overheard(floor, calls, seconds, folder)
        async with asyncio.timeout(LONGEST_S):
            await one.talk()
            await one.look("nobody hears")
            async with one.recorded():
                await one.look("callfloor records")
                async with one.listened_to():
                    await one.look("callfloor records, supervisors listen")
            async with one.by_mixmonitor():
                await one.look("MixMonitor")
                async with one.by_chanspy():
                    await one.look("MixMonitor, ChanSpy")
            await one.look("nobody hears, again")
        return one.costs


def table(costs: Sequence[Cost], calls: int) -> Iterator[str]:
    """Write the costs as a Markdown table; a call's share is what it takes of a core, in thousandths."""
    yield f"| {calls} calls | Asterisk, ‰ of a core a call | callfloor | both, more than with nobody |"
    yield "|---|---:|---:|---:|"
    plain = costs[0].asterisk + costs[0].callfloor
    for cost in costs:
        shares = [each * 1000 / calls for each in (cost.asterisk, cost.callfloor)]
        more = (cost.asterisk + cost.callfloor - plain) * 1000 / calls
        yield f"| {cost.way} | {shares[0]:.1f} | {shares[1]:.1f} | {more:+.1f} |"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=CALLS)
    options.add_argument("--seconds", type=float, default=SECONDS)
    asked = options.parse_args()
    be_quiet()
    with tempfile.TemporaryDirectory(prefix="heard-") as folder:
        Path(folder).chmod(0o711)  # for the server's user, when we are root
        costs = asyncio.run(measure(Path(folder), asked.calls, asked.seconds))
    print("\n".join(table(costs, asked.calls)))


if __name__ == "__main__":
    main()
