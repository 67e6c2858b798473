"""Measure all of what listens and remembers, as the README shows it: `python -m tests.bench.listening`.

It prints Markdown: events of the manager to facts, facts to PostgreSQL, reports of a long history, scrapes of
a large floor, memory. Each table is of one run, its lines in turns; what is compared stands side by side.
With the ten million visits it takes half an hour and 10 GB of disk: `--visits 1000000` is enough for a look,
`--only store` for one of them.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.bench import ami_speed, history_speed, scrape_speed, store_speed
from tests.bench.memory import MILLION
from tests.bench.quiet import be_quiet

Yardstick = Callable[[argparse.Namespace, Path], Iterable[str]]
"""Gives the lines of a table; it may leave what it likes in a folder."""


def ami(asked: argparse.Namespace, _folder: Path) -> Iterable[str]:
    """Measure events to facts."""
    return ami_speed.table(ami_speed.measure(asked.events))


def store(asked: argparse.Namespace, folder: Path) -> Iterable[str]:
    """Measure facts to PostgreSQL."""
    return store_speed.table(asyncio.run(store_speed.measure(folder, asked.calls, store_speed.ROUNDS)))


def history(asked: argparse.Namespace, folder: Path) -> Iterable[str]:
    """Measure reports."""
    return history_speed.table(asyncio.run(history_speed.measure(asked.visits, folder)))


def scrape(asked: argparse.Namespace, _folder: Path) -> Iterable[str]:
    """Measure scrapes."""
    return scrape_speed.table(asyncio.run(scrape_speed.measure(asked.queues, asked.agents)))


def memory(asked: argparse.Namespace, _folder: Path) -> Iterable[str]:
    """Measure what is remembered, in a process that has done nothing else."""
    command = [sys.executable, "-m", "tests.bench.memory", "--calls", str(asked.memory_calls)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


YARDSTICKS: Mapping[str, tuple[str, Yardstick]] = {
    "ami": ("Events of the manager to facts", ami),
    "store": ("Facts to PostgreSQL", store),
    "history": ("Reports of a year", history),
    "scrape": ("Scrapes of a large floor", scrape),
    "memory": ("Memory of a listener", memory),
}


def measured(asked: argparse.Namespace) -> Iterable[str]:
    """Give all that was asked for as Markdown, each table as soon as it is there."""
    for name in asked.only:
        title, yardstick = YARDSTICKS[name]
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
            Path(folder).chmod(0o711)  # for the server's user, when we are root
            lines = [*yardstick(asked, Path(folder))]
        yield "\n".join((f"**{title}**", "", *lines, ""))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=YARDSTICKS, default=list(YARDSTICKS))
    parser.add_argument("--events", type=int, default=ami_speed.EVENTS)
    parser.add_argument("--calls", type=int, default=store_speed.CALLS)
    parser.add_argument("--memory-calls", type=int, default=MILLION)
    parser.add_argument("--visits", type=int, default=history_speed.HISTORY)
    parser.add_argument("--queues", type=int, default=scrape_speed.QUEUES)
    parser.add_argument("--agents", type=int, default=scrape_speed.AGENTS)
    be_quiet()
    for table in measured(parser.parse_args()):
        print(table, flush=True)


if __name__ == "__main__":
    main()
