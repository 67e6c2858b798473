"""Measure callfloor beside app_queue: `python -m tests.bench.dispatch`.

Both run at the same time, each on an Asterisk of its own; load is put on one after the other, in turns, so
that whatever else this machine does falls on both. Everything is real: SIPp calls, SIPp answers, and the
latency is read from what SIPp saw on the wire: from the caller's 100 Trying to the agent's INVITE.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ari_apps.local_asterisk.installation import AsteriskInstallation, find_or_install
from queue_strategies.errors import CallfloorError
from tests.bench import rivals
from tests.bench.figures import BASE, Cell, as_json, dispatch_table, waiting_table
from tests.bench.measuring import Measured, Waited, measure, measure_waiting
from tests.bench.rivals import Rival
from tests.bench.sipp_load import Load

SYSTEMS = (BASE, "callfloor")
WAITING_AGENTS = 50
LONGEST_S = 720.0
BUSY_SHARE = 0.4
"""Of the agents are busy at once, so that nobody waits for one."""
LONGEST_TALK_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured."""

    agents: Sequence[int] = (50, 1000)
    rates: Sequence[float] = (10, 40)
    rounds: int = 2
    seconds: float = 15
    systems: Sequence[str] = SYSTEMS
    waiting: int = 500
    """Callers who wait while all agents talk; 0: not measured."""

    def load(self, agents: int, rate: float) -> Load:
        """Place calls for so many seconds; talks are as short as it takes for agents to suffice."""
        talk_s = min(LONGEST_TALK_S, BUSY_SHARE * agents / rate)
        return Load(calls=round(rate * self.seconds), rate=rate, talk_s=talk_s)

    @property
    def steps(self) -> int:
        """Count the measurements."""
        loads = len(self.agents) * len(self.rates) * self.rounds
        return (loads + bool(self.waiting)) * len(self.systems) + len(self.agents) * len(self.systems)


@dataclass(slots=True)
class Results:
    """What was measured so far."""

    cells: dict[tuple[int, float, str], list[Measured]] = field(default_factory=dict)
    waited: dict[str, Waited] = field(default_factory=dict)
    cut_short: str | None = None
    """Why not everything was measured."""

    @property
    def good(self) -> bool:
        """Whether everything was measured, and no call failed."""
        return self.cut_short is None and not any(cell.failed for cell in self.all_cells())

    def all_cells(self) -> list[Cell]:
        """Give what is known of each system and load."""
        return [Cell(system, agents, rate, rounds) for (agents, rate, system), rounds in self.cells.items()]


class Bench:
    """Carries out a plan; whatever it starts ends with it."""

    def __init__(self, plan: Plan, installation: AsteriskInstallation, folder: Path, show: Progress) -> None:
        self._plan = plan
        self._installation = installation
        self._folder = folder
        self._show = show
        self._bar = show.add_task("starting", total=plan.steps)
        self.results = Results()

    async def run(self) -> None:
        """Measure everything in the plan."""
        if self._plan.waiting:
            for system in self._plan.systems:
                await self._wait_in(system)
        for agents in self._plan.agents:
            async with AsyncExitStack() as stack:
                running = [await self._start(stack, system, agents) for system in self._plan.systems]
                await self._rounds(agents, running)

    async def _start(self, stack: AsyncExitStack, system: str, agents: int) -> Rival:
        self._say(f"{system} with {agents} agents: starting", done=0)
        folder = Path(tempfile.mkdtemp(prefix=f"{system}-", dir=self._folder))
        start = rivals.app_queue if system == BASE else rivals.callfloor
        return await stack.enter_async_context(start(self._installation, folder, agents))

    async def _wait_in(self, system: str) -> None:
        async with AsyncExitStack() as stack:
            rival = await self._start(stack, system, WAITING_AGENTS)
            self._say(f"{system}: {self._plan.waiting} callers wait", done=0)
            self.results.waited[system] = await measure_waiting(
                rival, waiting=self._plan.waiting, rate=40, watch_s=5, folder=self._traces()
            )
        self._say(f"{system}: waited", done=1)

    async def _rounds(self, agents: int, running: Sequence[Rival]) -> None:
        for rival in running:
            self._say(f"{rival.name} with {agents} agents: warming up", done=0)
            await measure(rival, Load(calls=20, rate=10, talk_s=0.5), self._traces())
            self._show.advance(self._bar)
        for turn in range(self._plan.rounds):
            for rate in self._plan.rates:
                for rival in running if turn % 2 == 0 else reversed(running):
                    await self._measure(rival, agents, rate)

    async def _measure(self, rival: Rival, agents: int, rate: float) -> None:
        self._say(f"{rival.name} with {agents} agents: {rate:g} calls/s", done=0)
        measured = await measure(rival, self._plan.load(agents, rate), self._traces())
        self.results.cells.setdefault((agents, rate, rival.name), []).append(measured)
        self._show.advance(self._bar)

    def _traces(self) -> Path:
        return Path(tempfile.mkdtemp(prefix="traces-", dir=self._folder)) / "sipp"

    def _say(self, text: str, *, done: int) -> None:
        self._show.update(self._bar, description=text, advance=done)


@contextmanager
def workplace(keep: Path | None) -> Iterator[Path]:
    """Give the folder to keep, or one that is gone afterwards."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as in bench_floor.lay_out
        yield Path(folder)


async def carry_out(
    plan: Plan, installation: AsteriskInstallation, console: Console, keep: Path | None
) -> Results:
    """Carry out a plan in a folder of its own; what it comes to is told even when it is cut short."""
    columns = (TextColumn("{task.description:<48}"), BarColumn(), TimeElapsedColumn())
    with (
        workplace(keep) as folder,
        Progress(*columns, console=console) as show,
    ):
        bench = Bench(plan, installation, folder, show)
        try:
            async with asyncio.timeout(LONGEST_S):
                await bench.run()
        except TimeoutError:
            bench.results.cut_short = f"stopped after {LONGEST_S:.0f} s"
        except CallfloorError as error:
            bench.results.cut_short = str(error)
        return bench.results


async def until_interrupted(
    plan: Plan, installation: AsteriskInstallation, console: Console, keep: Path | None
) -> Results:
    """Carry out a plan; SIGTERM ends it as Ctrl-C does, with everything it started."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await carry_out(plan, installation, console, keep)


def report(results: Results) -> list[str]:
    """Write the tables, and what one must know to read them."""
    cells = results.all_cells()
    lines = [f"{os.cpu_count()} cores, Python {platform.python_version()}."]
    if cells:
        others = fmean(each.others_cores for cell in cells for each in cell.rounds)
        lines += [
            f"Other programs used {others:.1f} cores meanwhile.",
            "Dispatch: from the caller's 100 Trying to the agent's INVITE; in brackets the rounds' spread.",
            "",
            *dispatch_table(cells),
        ]
    if results.waited:
        lines += ["", *waiting_table(results.waited)]
    return lines


def numbers(text: str) -> list[float]:
    """Read numbers written with commas between them."""
    return [float(each) for each in text.split(",")]


def main(
    agents: Annotated[str, typer.Option(help="Numbers of agents.")] = "50,1000",
    rates: Annotated[str, typer.Option(help="Calls a second.")] = "10,40",
    rounds: Annotated[int, typer.Option(help="Turns of the two systems.")] = 2,
    seconds: Annotated[float, typer.Option(help="How long calls arrive in one turn.")] = 15,
    waiting: Annotated[int, typer.Option(help="Callers who wait; 0: not measured.")] = 500,
    only: Annotated[str | None, typer.Option(help="One system: app_queue or callfloor.")] = None,
    keep: Annotated[Path | None, typer.Option(help="A folder for traces and logs, kept; short.")] = None,
    out: Annotated[Path, typer.Option(help="Where every figure goes as JSON.")] = Path("bench.json"),
) -> None:
    """Measure callfloor and app_queue in turns, and print their figures side by side."""
    plan = Plan(
        agents=[int(each) for each in numbers(agents)],
        rates=numbers(rates),
        rounds=rounds,
        seconds=seconds,
        waiting=waiting,
        systems=(only,) if only else SYSTEMS,
    )
    console = Console(stderr=True)
    try:
        installation = find_or_install(lambda text, _: console.print(text), with_sipp=True)
        results = asyncio.run(until_interrupted(plan, installation, console, keep))
    except CallfloorError as error:
        console.print(f"error: {error}", style="red", markup=False)
        sys.exit(2)
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("interrupted; everything that was started is stopped")
        sys.exit(130)
    print("\n".join(report(results)))
    out.write_text(json.dumps(as_json(results.all_cells(), results.waited), indent=1))
    console.print(f"every figure: {out}")
    if results.cut_short:
        console.print(f"error: {results.cut_short}", style="red", markup=False)
    sys.exit(0 if results.good else 1)


if __name__ == "__main__":
    typer.run(main)
