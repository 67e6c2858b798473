"""Measure how many events the Floor decides in a second of a core: `python -m tests.bench.floor_speed`.

A day of ordinary calls runs through the Floor as fast as it goes: join, ring, answer, connect, part, wrap-up.
As many callers wait all the time as there are agents, so that every decision has to choose.
"""

from __future__ import annotations

import gc
import tracemalloc
from argparse import ArgumentParser
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random
from time import process_time

from queue_strategies.commands import Connect, Release, Ring, StopRinging
from queue_strategies.events import (
    AgentAnswered,
    AgentLoggedIn,
    AgentRang,
    CallerConnected,
    CallerJoined,
    CallerLeft,
    Event,
    FloorConfigured,
    OfferFailed,
    TalkEnded,
    TimePassed,
)
from queue_strategies.floor import Floor
from queue_strategies.model import (
    Agent,
    AgentId,
    Caller,
    ContactId,
    Membership,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
)
from queue_strategies.strategies import STRATEGIES

Told = list[tuple[Event, float]]
"""Events, and when each has happened."""
SIZES = ((50, 5), (10_000, 100))
"""Agents and queues; as many callers wait as there are agents."""
STRETCH = 400
TELLINGS = 4


@dataclass
class Day:
    """A floor, and a world that answers it by chance."""

    agents: int
    queues: int
    waiting: int
    queues_per_agent: int = 3
    strategy: str = "longest_idle"
    rng: Random = field(default_factory=lambda: Random(7))
    told: Told = field(default_factory=list)
    """Everything that has happened."""

    def __post_init__(self) -> None:
        """Configure the floor, log everybody in, let the callers queue up."""
        self.floor = self.new_floor()
        self.callers = count()
        self.now = 0.0
        self.coming: list[tuple[float, int, Event]] = []
        self.ties = count()
        self.queue_names = [QueueName(f"q{number}") for number in range(self.queues)]
        queues = [
            Queue(name=name, strategy=self.strategy, wrap_up_s=10, rest_s=5, max_wait_s=3600)
            for name in self.queue_names
        ]
        mine = min(self.queues_per_agent, self.queues)
        agents = [
            Agent(
                id=AgentId(f"a{number}"),
                queues={
                    name: Membership(penalty=self.rng.randrange(2))
                    for name in self.rng.sample(self.queue_names, mine)
                },
            )
            for number in range(self.agents)
        ]
        self.happen(FloorConfigured(queues, agents))
        for agent in agents:
            self.happen(AgentLoggedIn(agent.id))
        for _ in range(self.waiting + self.agents):
            self.come()

    def new_floor(self) -> Floor:
        """Make a floor that decides as this day's does, if it is told the same."""
        names = count()
        return Floor(lambda: f"o{next(names)}", chance=Random(self.strategy).random)

    def happen(self, event: Event) -> None:
        """Let one event happen, and plan what the world makes of the commands."""
        self.told.append((event, self.now))
        for command in self.floor.handle(event, self.now).commands:
            match command:
                case Ring():
                    self.ring(command)
                case Connect():
                    self.plan(0.05, CallerConnected(command.offer))
                    self.plan(self.rng.expovariate(1 / 120), TalkEnded(command.visit, "caller"))
                    self.come()
                case Release():
                    self.come()
                case StopRinging():
                    pass

    def ring(self, ring: Ring) -> None:
        """Let a phone ring: most answer, some do not."""
        self.plan(0.1, AgentRang(ring.offer))
        luck = self.rng.random()
        if luck < 0.9:
            self.plan(self.rng.uniform(1, 8), AgentAnswered(ring.offer))
        elif luck < 0.95:
            self.plan(2, OfferFailed(ring.offer, OfferOutcome.DECLINED))
        elif luck < 0.97:
            self.plan(2, CallerLeft(ring.visit))
            self.come()

    def come(self) -> None:
        """Let a caller join a queue."""
        number = next(self.callers)
        queue = self.rng.choice(self.queue_names)
        priority = self.rng.choice((0, 0, 0, 5))
        caller = Caller(
            contact=ContactId(f"c{number}"),
            visit=VisitId(f"v{number}"),
            queue=queue,
            joined_moment=self.now,
            priority=priority,
        )
        self.plan(0, CallerJoined(caller))

    def plan(self, after_s: float, event: Event) -> None:
        """Let an event happen later."""
        heappush(self.coming, (self.now + after_s, next(self.ties), event))

    def settle(self) -> None:
        """Live until agents ring, talk and wrap up side by side, as on any other day."""
        self.live(self.waiting + 8 * self.agents + 2_000)

    def live(self, events: int) -> None:
        """Let this many events happen."""
        until = len(self.told) + events
        while len(self.told) < until:
            deadline = self.floor.next_deadline()
            if deadline is not None and (not self.coming or deadline < self.coming[0][0]):
                self.now = max(self.now, deadline)
                self.happen(TimePassed())
            else:
                self.now, _, event = heappop(self.coming)
                self.happen(event)


class Telling:
    """A day that was lived, to be told to other floors: so the floor alone is measured, and not the world.

    Of each stretch of the day the quickest telling counts: others on a machine can only make one slower.
    """

    def __init__(self, day: Day, events: int) -> None:
        day.settle()
        settled = len(day.told)
        day.live(events)
        self.day, self.before, after = day, day.told[:settled], day.told[settled:]
        self.stretches = [after[start : start + STRETCH] for start in range(0, len(after), STRETCH)]
        self.quickest = [float("inf")] * len(self.stretches)

    def tell(self) -> None:
        """Tell the day to a floor once more."""
        floor = self.day.new_floor()
        for event, now in self.before:
            floor.handle(event, now)
        self.quickest = list(map(min, self.quickest, _timed(floor, self.stretches)))

    @property
    def events_a_second(self) -> float:
        """Return how many events a second of a core a floor decides."""
        return sum(map(len, self.stretches)) / sum(self.quickest)


def events_a_second(*days: Day, events: int) -> list[float]:
    """Return how many events a second the floors of these days decide, told in turns."""
    tellings = [Telling(day, events) for day in days]
    for _ in range(TELLINGS):
        for telling in tellings:
            telling.tell()
    return [telling.events_a_second for telling in tellings]


def _timed(floor: Floor, stretches: list[Told]) -> list[float]:
    """Return how long each stretch takes, in seconds of a core."""
    handle = floor.handle
    gc.collect()
    gc.freeze()
    taken = []
    for stretch in stretches:
        began = process_time()
        for event, now in stretch:
            handle(event, now)
        taken.append(process_time() - began)
    gc.unfreeze()
    return taken


def bytes_a_waiting_caller(callers: int = 10_000) -> float:
    """Return how much memory the floor takes for a caller who waits, what is told of the caller included."""
    day = Day(agents=50, queues=5, waiting=0)
    day.live(200)
    day.coming.clear()
    gc.collect()
    tracemalloc.start()
    for _ in range(callers):
        day.come()
        _, _, event = day.coming.pop()
        day.floor.handle(event, day.now)
    assert sum(queue.counts.waiting for queue in day.floor.snapshot(day.now).queues.values()) >= callers
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / callers


def main() -> None:
    """Print one line for each strategy and size, and what a caller takes."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=48_000, help="measured of each strategy and size")
    parser.add_argument("strategies", nargs="*", metavar="strategy", help="left out: all")
    asked = parser.parse_args()
    if unknown := [name for name in asked.strategies if name not in STRATEGIES]:
        parser.error(f"unknown strategy {unknown[0]}, known are {', '.join(STRATEGIES)}")
    sizes = f"{'strategy':<28} {'agents':>7} {'queues':>7} {'waiting':>8}"
    print(f"{sizes} {'events/s':>10} {'us/event':>9} {'ratio':>6}")
    for strategy in asked.strategies or STRATEGIES:
        days = [Day(agents, queues, agents, strategy=strategy) for agents, queues in SIZES]
        rates = events_a_second(*days, events=asked.events)
        for (agents, queues), rate in zip(SIZES, rates, strict=True):
            sizes = f"{strategy:<28} {agents:>7} {queues:>7} {agents:>8}"
            print(f"{sizes} {rate:>10,.0f} {1e6 / rate:>9.1f} {rates[0] / rate:>6.2f}", flush=True)
    print(f"a waiting caller takes {bytes_a_waiting_caller():,.0f} bytes")


if __name__ == "__main__":
    main()
