"""Measure what a scrape of a large floor takes, and how long others wait for it.

`python -m tests.bench.scrape_speed [--queues 1000] [--agents 10000]`. The floor lives: callers wait, agents
ring, talk and wrap up. Another process reads `/metrics`; the longest stall is how much too late a task came
that wanted its turn every millisecond. Beside it stands the way before, made anew by prometheus_client at
every scrape. Ratios are of one run, in turns; of each the quickest of several counts, since others on a
machine can only make one slower.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from time import perf_counter, process_time, thread_time

from aiohttp import web

from ami_listeners.exporter import Exporter
from ami_listeners.exposition.figure_lines import FigureLines
from ami_listeners.exposition.floor_lines import FloorLines
from queue_strategies.figures import Figures
from queue_strategies.model import AgentId, AgentState, Queue, QueueName
from tests.bench import families_before
from tests.bench.floor_speed import Day

READER = """
import http.client, sys, time
host, port = sys.argv[1:]
for line in sys.stdin:
    began = time.perf_counter()
    connection = http.client.HTTPConnection(host, int(port), timeout=300)
    connection.request("GET", line.strip())
    size = len(connection.getresponse().read())
    print(time.perf_counter() - began, size, flush=True)
"""
TICK_S = 0.001
QUEUES, AGENTS, TIMES = 1_000, 10_000, 5


@dataclass(frozen=True, slots=True)
class Scrape:
    """What one scrape took."""

    took_s: float
    """Until another process has read it."""
    stall_s: float
    busy_s: float
    """The longest time of a core between two turns: what of the stall is our own doing."""
    cpu_s: float
    """Of the process that is scraped."""
    size: int


@dataclass(slots=True)
class LargeFloor:
    """A floor of so many queues and agents, and what has been counted on it."""

    queues: int
    agents: int
    day: Day = field(init=False)
    figures: Figures = field(default_factory=Figures)
    rules: dict[QueueName, Queue] = field(default_factory=dict)
    rng: Random = field(default_factory=lambda: Random(11))

    def __post_init__(self) -> None:
        """Let everybody come to work, and something be counted of everybody."""
        self.day = Day(self.agents, self.queues, 0)
        self.day.live(2 * self.agents)
        self.rules = {name: Queue(name=name) for name in self.day.queue_names}
        self.change(1.0)

    def now(self) -> float:
        """Return the floor's time."""
        return self.day.now

    def change(self, share: float) -> None:
        """Let this share of the queues and of the agents have one more call."""
        names = [AgentId(f"a{number}") for number in range(self.agents)]
        for queue in self.rng.sample(self.day.queue_names, int(share * self.queues)):
            self.figures.queue(queue).answer(self.rng.expovariate(0.1), within=True)
            self.figures.queue(queue).handle(self.rng.uniform(20, 300), 2.0)
            self.figures.queue(queue).handle_time.observe(self.rng.uniform(20, 300))
        for agent in self.rng.sample(names, int(share * self.agents)):
            self.figures.agent(agent).handled += 1
            self.figures.agent(agent).state_s[AgentState.TALKING] += self.rng.uniform(20, 300)

    def lines(self, exporter: Exporter) -> None:
        """Show it as callfloor does."""
        floor = self.day.floor
        exporter.show(FigureLines(self.figures, lambda: self.rules))
        exporter.show(FloorLines(self.now, floor=floor.census, expect=floor.expected_wait))

    def families(self, exporter: Exporter) -> None:
        """Show it as was done before; the figures alone, of as many agents."""
        families_before.MOST_AGENTS = self.agents
        exporter.add(lambda: families_before.figure_families(self.figures, self.rules))
        exporter.add(lambda: families_before.floor_families(self.day.floor.snapshot(self.now())))


@asynccontextmanager
async def reading(floor: LargeFloor) -> AsyncIterator[Callable[[str], Awaitable[Scrape]]]:
    """Serve both ways, `/lines` and `/families`, and give how to scrape one from another process."""
    site, lines, families = web.Application(), Exporter(), Exporter()
    floor.lines(lines)
    floor.families(families)
    site.router.add_get("/lines", lines.handle)
    site.router.add_get("/families", families.handle)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", READER, host, str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert reader.stdin is not None
    assert reader.stdout is not None
    asks, answers = reader.stdin, reader.stdout

    async def scrape(path: str) -> Scrape:
        before = process_time()
        asks.write(f"{path}\n".encode())
        answer = asyncio.create_task(answers.readline())
        stall_s, busy_s = await longest_stall(answer)
        took, size = (await answer).split()
        return Scrape(float(took), stall_s, busy_s, process_time() - before, int(size))

    try:
        yield scrape
    finally:
        asks.close()
        await reader.wait()
        await runner.cleanup()


async def longest_stall(work: asyncio.Task[bytes]) -> tuple[float, float]:
    """Return by how much a turn came too late at most, and the most work between two turns."""
    late_s = busy_s = 0.0
    while not work.done():
        due, before = perf_counter() + TICK_S, thread_time()
        await asyncio.sleep(TICK_S)
        late_s = max(late_s, perf_counter() - due)
        busy_s = max(busy_s, thread_time() - before)
    return late_s, busy_s


async def measure(queues: int = QUEUES, agents: int = AGENTS, times: int = TIMES) -> dict[str, list[Scrape]]:
    """Scrape in turns: the first time, little changed, all changed, and the way before."""
    floor = LargeFloor(queues, agents)
    found: dict[str, list[Scrape]] = {}
    async with reading(floor) as scrape:
        gc.collect()
        gc.freeze()  # what a large heap costs the garbage collector is not the question here
        found["first scrape"] = [await scrape("/lines")]
        for _ in range(times):
            for what, share in (("nothing changed", 0.0), ("5 % changed", 0.05), ("all changed", 1.0)):
                floor.change(share)
                found.setdefault(what, []).append(await scrape("/lines"))
            found.setdefault("before", []).append(await scrape("/families"))
    return found


def table(found: Mapping[str, Sequence[Scrape]]) -> Iterator[str]:
    """Write them as a Markdown table."""
    before_s = min(scrape.took_s for scrape in found["before"])
    yield "| scrape | ms (to before) | longest stall, ms | of it busy | ms of a core | MB |"
    yield "|---|---:|---:|---:|---:|---:|"
    for what, scrapes in found.items():
        took, stall, busy, cpu = (
            f"{min(getattr(scrape, name) for scrape in scrapes) * 1e3:.{digits}f}"
            for name, digits in (("took_s", 0), ("stall_s", 1), ("busy_s", 1), ("cpu_s", 0))
        )
        ratio = "" if what == "before" else f" (×{min(s.took_s for s in scrapes) / before_s:.3f})"
        yield f"| {what} | {took}{ratio} | {stall} | {busy} | {cpu} | {scrapes[-1].size / 1e6:.1f} |"


def main() -> None:
    """Print a table for people."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", type=int, default=QUEUES)
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--times", type=int, default=TIMES)
    asked = parser.parse_args()
    print("\n".join(table(asyncio.run(measure(asked.queues, asked.agents, asked.times)))))


if __name__ == "__main__":
    main()
