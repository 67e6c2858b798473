"""Import files of records: read, fold, keep, and say what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from ami_listeners.imports.keeper import BATCH, Keeper, Kept
from ami_listeners.imports.names import AgentNames, agent_names
from ami_listeners.imports.problems import Problems
from ami_listeners.imports.source import Source
from ami_listeners.imports.wall_time import WallTime, at_of
from queue_strategies.facts import Fact
from queue_strategies.model import Queue, QueueName


@dataclass(slots=True)
class Summary:
    """What was read, and what became of it."""

    problems: Problems
    read: Counter[str] = field(default_factory=Counter)
    """Rows by what they tell of."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """Rows that tell of nothing that is kept, by what they tell of."""
    facts: Counter[str] = field(default_factory=Counter)
    """By kind."""
    first: float | None = None
    last: float | None = None
    kept: Kept = field(default_factory=Kept)

    def count(self, what: str, at: float) -> None:
        """Count a row that was read, and the time of it."""
        self.read[what] += 1
        if self.first is None or at < self.first:
            self.first = at
        if self.last is None or at > self.last:
            self.last = at

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Give the first and the last time of what was read."""
        return None if self.first is None or self.last is None else (at_of(self.first), at_of(self.last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and when records were written, and what is known there."""

    times: WallTime
    agents: AgentNames = field(default_factory=lambda: agent_names({}))
    rules: Mapping[QueueName, Queue] = field(default_factory=dict)
    other_rules: Queue = field(default_factory=lambda: Queue(name=QueueName("")))
    """Of queues of which none are known."""
    states_heard_since: float = float("inf")
    """Since then agents' states have been heard live."""
    calls_heard_since: float = float("inf")

    def rules_of(self, queue: QueueName) -> Queue:
        """Give the rules by which a queue is measured."""
        return self.rules.get(queue, self.other_rules)


Reader = Callable[[Source, Summary], Iterator[Fact]]
"""From the lines of a file to facts; what was read is noted in the summary."""
MakeReader = Callable[[Place], Reader]


async def known_place(keeper: Keeper, place: dict[str, Any]) -> Place:
    """Complete a place by what the database knows; raises DatabaseUnreachable."""
    states, calls = await keeper.listened_since()
    return Place(rules=await keeper.rules(), states_heard_since=states, calls_heard_since=calls, **place)


def facts_of(files: Iterable[Path], reader: Reader, summary: Summary, encoding: str) -> Iterator[Fact]:
    """Yield the facts of files in their order; raises HistoryError."""
    for path in files:
        for fact in reader(Source(path, summary.problems, encoding=encoding), summary):
            summary.facts[type(fact).__name__] += 1
            yield fact


async def keep_all(facts: Iterator[Fact], keeper: Keeper | None, summary: Summary) -> None:
    """Keep facts, some thousands at once; without a keeper, only read them.

    Raises HistoryError and DatabaseUnreachable; what was kept until then is kept.
    """
    if keeper is not None:
        summary.kept = keeper.kept
        await keeper.prepare()
    while batch := list(islice(facts, BATCH)):
        if keeper is not None:
            await keeper.keep(batch)
