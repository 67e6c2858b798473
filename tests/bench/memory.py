"""See that a listener takes no more memory after a million calls: `python -m tests.bench.memory`.

The calls are those of the recorded stream, over and over under other names, as if later; of RTCP the first
report of each stream. Everything the listener has is there: its fold, the figures, the journal with its spool
on disk, the snapshot, `/metrics`. The database takes every fact and forgets it. Some events are lost, as on a
bad day, so that of some calls the end is never told, and of others told twice.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.exporter import Exporter
from ami_listeners.exposition.figure_lines import FigureLines
from ami_listeners.exposition.floor_lines import FloorLines
from ami_listeners.exposition.native_census import native_census
from ami_listeners.fold import INTERESTS
from ami_listeners.fold.lately import Lately
from ami_listeners.journal import Journal
from ami_listeners.listener import LISTINGS, Listener
from ami_listeners.listening_metrics import Listening, call_families
from ami_listeners.messages import AmiEvent, Block, ReadEvent
from ami_listeners.received import Listing
from ami_listeners.settings import AmiSettings, DatabaseSettings
from queue_strategies.figures import Figures
from tests.bench.ami_stream import AGENTS, CALLS, END_OF_BLOCK, NAMES, Recording, later
from tests.bench.footprint import memory_bytes

MILLION = 1_000_000
LINES = 10
"""Of the table."""
TURN_S = 180.0
"""What the recorded calls take, until the last is over."""
LOST = 0.01
"""Of the events."""
SCRAPE_EVERY = 25
"""Turns of the recorded calls."""
NAME = re.compile(rb"Event: ([^\r]+)")
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


class Forgetful(Journal):
    """A journal whose database takes everything and keeps nothing."""

    async def _insert(self, lines: Sequence[bytes]) -> None:
        self.state.committed += len(lines)


@dataclass(frozen=True, slots=True)
class Seen:
    """How it stood after so many calls."""

    calls: int
    bytes: int
    facts: int
    remembered: int
    """What the listener has in its containers, all added up."""
    cpu_s: float


class Calls:
    """Recorded events, cut at the names in them, so that others are quickly put there."""

    def __init__(self, blocks: Sequence[bytes]) -> None:
        whole = END_OF_BLOCK.join(blocks)
        self._names = [found[0] for found in NAMES.finditer(whole)]
        self._pieces: list[bytes] = [b""] * (2 * len(self._names) + 1)
        self._pieces[::2] = NAMES.split(whole)

    def again(self, turn: int) -> list[bytes]:
        """Give the same events of other calls, as `ami_stream.renamed` does."""
        self._pieces[1::2] = [later(each, turn) for each in self._names]
        return b"".join(self._pieces).split(END_OF_BLOCK)


class Ear:
    """A listener to whom a recorded stream is told."""

    def __init__(self, folder: Path, *, lost: float = LOST) -> None:
        self.now = 1_000_000.0
        began = datetime(2026, 3, 2, 8, tzinfo=UTC)
        self.clock = Clock(lambda: self.now, lambda: began + timedelta(seconds=self.now - 1_000_000))
        settings = DatabaseSettings(connect_timeout_s=1, batch_s=0.001)
        self.journal = Forgetful(Database(NOWHERE, settings, self.clock), folder, self.clock)
        self.figures, self.listening = Figures(), Listening()
        self.listener = Listener(
            AmiSettings(),
            journal=self.journal,
            figures=self.figures,
            clock=self.clock,
            on_fact=self.listening.take,
        )
        self.exporter = self._exporter()
        self._lost, self._chance = lost, Random(3)
        self._calls = Calls(wanted(Recording.read().blocks))
        self._turn = 0

    async def live(self, turns: int) -> None:
        """Let the recorded calls happen again, so many times."""
        for _ in range(turns):
            self._turn += 1
            self._let_happen()
            self._look_round()
            if self._turn % SCRAPE_EVERY == 0:
                self.listener.snapshot()
                self.exporter.text()
            assert await self.journal.drained(60)

    def _let_happen(self) -> None:
        blocks = self._calls.again(self._turn)
        for block in blocks:
            self.now += TURN_S / len(blocks)
            chance = self._chance.random()
            for _ in range(0 if chance < self._lost else 2 if chance > 1 - self._lost / 4 else 1):
                self._tell(Block(name(block).decode(), self.now, block))

    def _look_round(self) -> None:
        """Let Asterisk list what there is: the members, and no call any more."""
        members = [member(number, self.now) for number in range(1, AGENTS + 1)]
        for action in LISTINGS * 2:
            self.now += 1
            items = members if action == "QueueStatus" else []
            self._tell(Listing(action, self.now, self.now, items))

    def _tell(self, received: AmiEvent | Listing) -> None:
        self.listener._receive(received)

    def _exporter(self) -> Exporter:
        exporter, fold = Exporter(), self.listener.fold
        exporter.show(FigureLines(self.figures, lambda: fold.rules, lambda: list(fold.members.places)))
        exporter.show(FloorLines(self.clock.moment, native=lambda: native_census(fold)))
        exporter.add(self.listening.families)
        exporter.add(lambda: call_families(fold.calls.open, self.clock.moment()))
        return exporter


def wanted(blocks: Sequence[bytes]) -> list[bytes]:
    """Choose the events that are folded, and of RTCP the first of each stream."""
    kept, heard = list[bytes](), set[tuple[bytes, bytes]]()
    for block in blocks:
        kind = name(block)
        if kind == b"FullyBooted" or (holds := INTERESTS.get(kind)) is None or holds not in block:
            continue
        if kind.startswith(b"RTCP"):
            stream = kind, block.partition(b"\r\nUniqueid: ")[2].partition(b"\r\n")[0]
            if stream in heard:
                continue
            heard.add(stream)
        kept.append(block)
    return kept


def name(block: bytes) -> bytes:
    """Read an event's name."""
    found = NAME.match(block)
    assert found is not None, block
    return found[1]


def member(number: int, moment: float) -> ReadEvent:
    """Write a member as QueueStatus lists it."""
    headers = {
        "Queue": "sales",
        "Name": f"Agent a{number}",
        "Location": f"PJSIP/a{number}",
        "Status": "1",
        "Paused": "0",
        "Wrapuptime": "5",
    }
    return ReadEvent("QueueMember", moment, headers)


def remembered(listener: Listener) -> int:
    """Count what is in all containers of the fold and the figures, but for those that forget the oldest."""
    counted, waiting = 0, [listener.fold, listener.figures, listener._reachable]
    seen = set[int]()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, str | bytes | int | float | type | Lately):
            continue
        seen.add(id(thing))
        if isinstance(thing, dict):
            counted += len(thing)
            waiting += [*thing.keys(), *thing.values()]
        elif isinstance(thing, list | tuple | set | frozenset):
            counted += len(thing)
            waiting += thing
        elif type(thing).__module__.split(".")[0] in ("ami_listeners", "queue_strategies"):
            waiting += parts(thing)
    return counted


def parts(thing: object) -> Iterator[object]:
    """Yield what an object of ours is made of."""
    yield from getattr(thing, "__dict__", {}).values()
    for kind in type(thing).__mro__:
        for slot in getattr(kind, "__slots__", ()):
            if hasattr(thing, slot):
                yield getattr(thing, slot)


async def measure(calls: int, lines: int, folder: Path) -> list[Seen]:
    """Let so many calls happen, and look as many times."""
    ear, seen = Ear(folder), list[Seen]()
    ear.journal.spool.open()
    ear.journal._task = asyncio.create_task(ear.journal._drain())
    for line in range(1, lines + 1):
        await ear.live(calls // CALLS * line // lines - ear._turn)
        gc.collect()
        size, told = memory_bytes([os.getpid()]), ear.journal.health().committed
        seen.append(Seen(ear._turn * CALLS, size, told, remembered(ear.listener), process_time()))
        print(row(seen[-1]), flush=True)
    await ear.journal.stop()
    return seen


def row(seen: Seen) -> str:
    """Write a line of the table."""
    cells = f"{seen.calls:,}", f"{seen.facts:,}", f"{seen.bytes / 2**20:.1f}", f"{seen.remembered:,}"
    return f"| {' | '.join(cells)} | {seen.cpu_s:.0f} |"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=MILLION)
    options.add_argument("--lines", type=int, default=LINES)
    chosen = options.parse_args()
    print("| calls | facts | memory, MiB | things remembered | s of a core |\n|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(chosen.calls, chosen.lines, Path(folder)))


if __name__ == "__main__":
    main()
