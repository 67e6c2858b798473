"""The floor as it is now, as lines: counted at each scrape, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from time import perf_counter

from ami_listeners.exposition.family import Family, Kind, Series, Value
from ami_listeners.exposition.native_census import together
from ami_listeners.exposition.page import Pieces
from ami_listeners.exposition.sheet import Sheet
from queue_strategies.estimates import Estimate
from queue_strategies.floor import Census, Counting, QueueCensus
from queue_strategies.model import AgentState, QueueName

STEP = 32
"""So many queues are looked at or written at once."""
ESTIMATING_S = 0.015
"""So long a scrape looks for estimated waits; where there are more queues, those known longest come next."""
OLDEST_S = 120.0
"""An estimate of before is told no more."""

Expect = Callable[[QueueName, float], Estimate | None]
"""Estimate the wait of a caller who joined a queue now."""


class FloorLines:
    """Callers and agents of every queue, and what a caller who came now would wait.

    `floor` and `native` count the floor and Asterisk's own queues, where they are there.
    """

    def __init__(
        self,
        now: Callable[[], float],
        *,
        floor: Callable[[], Counting | None] = lambda: None,
        native: Callable[[], Counting | None] = lambda: None,
        expect: Expect = lambda _queue, _now: None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._now, self._floor, self._native = now, floor, native
        self._expected = Expected(expect, clock)
        self._queues = Sheet(("queue",), queue_families())
        self._longest = Sheet(("queue",), [longest_wait(now)])
        """Apart, as it changes with time alone."""
        self._estimates = Sheet(("queue",), [ESTIMATED])
        self._agents = Sheet(("state",), [AGENTS])
        self._told: dict[QueueName, QueueCensus] = {}
        self._told_estimates: dict[QueueName, Estimate] = {}

    def __call__(self) -> Pieces:
        """Count, and give the lines."""
        floor, native = self._floor(), self._native()
        ours = Census() if floor is None else (yield from floor)
        theirs = Census() if native is None else (yield from native)
        census = together(ours, theirs)
        yield from self._expected.look(ours.queues, self._now())
        for _ in self._write(census):
            yield None
        for sheet in (self._queues, self._longest, self._agents, self._estimates):
            yield from sheet.pieces()

    def _write(self, census: Census) -> Iterator[None]:
        for name in self._told.keys() - census.queues.keys():
            del self._told[name]
            self._queues.drop((name,))
            self._longest.drop((name,))
            self._estimates.drop((name,))
            self._told_estimates.pop(name, None)
        for number, (name, counted) in enumerate(census.queues.items(), 1):
            self._write_queue(name, counted)
            if number % STEP == 0:
                yield
        by_state = Counter(census.agents.values())
        for state in AgentState:
            self._agents.tell((state,), by_state[state])

    def _write_queue(self, name: QueueName, counted: QueueCensus) -> None:
        before = self._told.get(name)
        if before != counted:
            self._queues.tell((name,), counted)
            self._told[name] = counted
        since = counted.longest_waiting_since
        if before is None or since is not None or before.longest_waiting_since is not None:
            self._longest.tell((name,), since)
        estimate = self._expected.of(name, self._now())
        if estimate is None:
            self._estimates.drop((name,))
            self._told_estimates.pop(name, None)
        elif estimate != self._told_estimates.get(name):
            self._estimates.tell((name,), estimate)
            self._told_estimates[name] = estimate


class Expected:
    """The estimated wait of every queue, looked up as time allows."""

    def __init__(self, expect: Expect, clock: Callable[[], float]) -> None:
        self._expect, self._clock = expect, clock
        self.known: dict[QueueName, tuple[float, Estimate | None]] = {}
        """Of when, and what; the oldest first."""

    def of(self, queue: QueueName, now: float) -> Estimate | None:
        """Return what is expected of a queue, unless that is too old or nothing is."""
        moment, estimate = self.known.get(queue, (now, None))
        return estimate if now - moment <= OLDEST_S else None

    def look(self, queues: Iterable[QueueName], now: float) -> Generator[None, None, None]:
        """Look up as many as there is time for, those not known yet first, then the oldest."""
        names = dict.fromkeys(queues)
        for name in [name for name in self.known if name not in names]:
            del self.known[name]
        turns = [*(name for name in names if name not in self.known), *self.known]
        until = self._clock() + ESTIMATING_S
        for name in turns:
            estimate = self._expect(name, now)
            self.known.pop(name, None)
            self.known[name] = (now, estimate)
            if self._clock() >= until:
                return
            yield


def longest_wait(now: Callable[[], float]) -> Family[float | None]:
    """Give the age of the oldest visit, of the moment since when it waits."""

    def age(since: float | None) -> tuple[Value]:
        return (0.0 if since is None else now() - since,)

    return Family(
        "callfloor_queue_longest_wait_seconds", Kind.GAUGE, "Age of the oldest visit still waiting", age
    )


def queue_families() -> list[Family[QueueCensus]]:
    """Give what is told of every queue as it is now."""
    return [
        Family(
            "callfloor_queue_callers_waiting",
            Kind.GAUGE,
            "Callers not answered yet",
            lambda queue: (queue.waiting,),
        ),
        Family(
            "callfloor_queue_callbacks_pending",
            Kind.GAUGE,
            "Contained in the waiting: those who keep the place without the line",
            lambda queue: (queue.kept,),
        ),
        Family(
            "callfloor_queue_agents",
            Kind.GAUGE,
            "Members of the queue by state",
            lambda queue: [*queue.agents.values()],
            [Series("", (("state", state),)) for state in AgentState],
        ),
        Family(
            "callfloor_queue_estimates_trusted",
            Kind.GAUGE,
            "1 while estimates have turned out well enough to be announced",
            lambda queue: (int(queue.estimates_trusted),),
        ),
    ]


ESTIMATED: Family[Estimate] = Family(
    "callfloor_queue_estimated_wait_seconds",
    Kind.SUMMARY,
    "Wait of a caller who joined now; absent while there is nothing to go by",
    lambda estimate: (estimate.p50_s, estimate.p80_s),
    [Series("", (("quantile", "0.5"),)), Series("", (("quantile", "0.8"),))],
)
AGENTS: Family[int] = Family(
    "callfloor_agents", Kind.GAUGE, "Agents of the floor by state", lambda number: (number,)
)
