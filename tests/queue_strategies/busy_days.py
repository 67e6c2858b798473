"""Days on a floor under a virtual clock: callers arrive and give up by chance, agents answer and talk."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from queue_strategies.commands import Announce, Ring
from queue_strategies.events import (
    AgentAnswered,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentRang,
    AnnouncementEnded,
    CallerConnected,
    CallerJoined,
    CallerLeft,
    Event,
    FloorConfigured,
    TalkEnded,
    TimePassed,
)
from queue_strategies.facts import Answered, EstimateJudged, Fact
from queue_strategies.floor import Floor
from queue_strategies.model import Agent, AgentId, Caller, ContactId, Membership, Queue, QueueName, VisitId


@dataclass
class Days:
    """One floor; every agent serves every queue unless `serves` says otherwise."""

    queues: tuple[Queue, ...]
    agents: int
    talk_s: Callable[[random.Random], float]
    every_s: float
    """Between two callers of the whole floor, on average."""
    patience_s: float | None = None
    ring_s: float = 4.0
    seed: int = 1
    serves: Callable[[int], tuple[QueueName, ...]] | None = None
    facts: list[Fact] = field(default_factory=list)
    said: list[Announce] = field(default_factory=list)
    now: float = 0.0

    def __post_init__(self) -> None:
        """Open the floor."""
        self.chance = random.Random(self.seed)
        self.floor = Floor(map(str, count()).__next__, chance=self.chance.random)
        self._agenda: list[tuple[float, int, Event]] = []
        self._order, self._names = count(), count()
        self._answered: set[VisitId] = set()
        everywhere = tuple(queue.name for queue in self.queues)
        people = [
            Agent(
                id=AgentId(f"agent-{n}"),
                queues={name: Membership() for name in (self.serves(n) if self.serves else everywhere)},
            )
            for n in range(self.agents)
        ]
        self.tell(FloorConfigured(self.queues, people))
        for one in people:
            self.tell(AgentLoggedIn(one.id))
        self._arrive()

    def staff(self, change: type[AgentLoggedIn | AgentLoggedOut], *numbers: int) -> None:
        """Let agents come or go."""
        for n in numbers:
            self.tell(change(AgentId(f"agent-{n}")))

    def go_on(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + seconds
        while True:
            planned = self._agenda[0][0]
            moment = min(planned, self.floor.next_deadline() or planned)
            if moment > end:
                self.now = end
                return
            self.now = max(self.now, moment)
            if moment < planned:
                self.tell(TimePassed())
                continue
            event = heappop(self._agenda)[2]
            if isinstance(event, CallerJoined):
                self._arrive()
            if not (isinstance(event, CallerLeft) and event.visit in self._answered):
                self.tell(event)

    def tell(self, event: Event) -> None:
        """Tell the floor, and do what it says."""
        decision = self.floor.handle(event, self.now)
        self.facts += decision.facts
        for fact in decision.facts:
            if isinstance(fact, Answered):
                self._answered.add(fact.visit)
                self._plan(self.talk_s(self.chance), TalkEnded(fact.visit, "caller"))
        for command in decision.commands:
            match command:
                case Ring(offer=offer):
                    self._plan(0.1, AgentRang(offer))
                    self._plan(self.ring_s, AgentAnswered(offer))
                    self._plan(self.ring_s + 0.1, CallerConnected(offer))
                case Announce(visit=visit):
                    self.said.append(command)
                    self._plan(0.5, AnnouncementEnded(visit))

    def judged(self, after_s: float = 3600.0) -> list[EstimateJudged]:
        """Return every estimate and what came, but for those made before anything was known for sure."""
        return [f for f in self.facts if isinstance(f, EstimateJudged) and f.moment > after_s]

    def _plan(self, in_s: float, event: Event) -> None:
        heappush(self._agenda, (self.now + in_s, next(self._order), event))

    def _arrive(self) -> None:
        name = f"caller-{next(self._names)}"
        in_s = self.chance.expovariate(1 / self.every_s)
        queue = self.chance.choice(self.queues).name
        caller = Caller(
            contact=ContactId(name), visit=VisitId(name), queue=queue, joined_moment=self.now + in_s
        )
        self._plan(in_s, CallerJoined(caller))
        if self.patience_s is not None:
            self._plan(in_s + self.chance.expovariate(1 / self.patience_s), CallerLeft(VisitId(name)))
