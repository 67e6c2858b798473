"""Tell what happens on a floor in a few words, and see whose phone rings for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from random import Random
from typing import Self, TypeVar

from queue_strategies.commands import Command, Connect, Release, Ring, StopRinging
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
from queue_strategies.facts import AgentStateChanged, Answered, Fact, Handled, VisitEnded
from queue_strategies.floor import Floor
from queue_strategies.model import (
    Agent,
    AgentId,
    AgentState,
    Caller,
    ContactId,
    Membership,
    OfferId,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)

SALES, SUPPORT = QueueName("sales"), QueueName("support")
ANNA, BOB, CARL, DORA = AgentId("anna"), AgentId("bob"), AgentId("carl"), AgentId("dora")

F = TypeVar("F", bound=Fact)


def sales(**rules: object) -> Queue:
    return Queue(name=SALES, **rules)  # type: ignore[arg-type]


def support(**rules: object) -> Queue:
    return Queue(name=SUPPORT, **rules)  # type: ignore[arg-type]


def agent(name: AgentId, *queues: QueueName, wrap_up_s: float | None = None, **penalties: int) -> Agent:
    """Return a member of these queues (sales, if none is named); `sales=1` names a penalty."""
    memberships = {queue: Membership() for queue in queues}
    memberships |= {QueueName(queue): Membership(penalty=penalty) for queue, penalty in penalties.items()}
    return Agent(id=name, queues=memberships or {SALES: Membership()}, wrap_up_s=wrap_up_s)


class Story:
    """A floor whose agents come to work in the order in which they are named, one second apart."""

    def __init__(self, *queues: Queue, agents: Sequence[Agent] = (), present: bool = True) -> None:
        names = count(1)
        self.floor = Floor(lambda: f"offer-{next(names)}", chance=Random(7).random)
        self.now = 0.0
        self.facts: list[Fact] = []
        self.commands: list[Command] = []
        self.latest: Sequence[Command] = ()
        """What the last event led to."""
        self.ringing: dict[AgentId, ContactId] = {}
        """Whose phone rings for whom."""
        self._offers: dict[AgentId, OfferId] = {}
        self.happen(FloorConfigured(queues or (sales(),), agents or (agent(ANNA),)))
        for someone in (agents or (agent(ANNA),)) if present else ():
            self.at(self.now + 1).happen(AgentLoggedIn(someone.id))

    # -- what happens ---------------------------------------------------------------------------------------

    def happen(self, event: Event) -> Self:
        """Let one event happen now."""
        decision = self.floor.handle(event, self.now)
        self.latest = decision.commands
        self.commands += decision.commands
        self.facts += decision.facts
        for command in decision.commands:
            self._obey(command)
        return self

    def at(self, moment: float) -> Self:
        """Let time pass up to this moment, as the runner does: from deadline to deadline."""
        while (deadline := self.floor.next_deadline()) is not None and deadline <= moment:
            self.now = deadline
            self.happen(TimePassed())
        self.now = moment
        return self

    def after(self, seconds: float) -> Self:
        """Let time pass."""
        return self.at(self.now + seconds)

    def join(self, name: str, queue: QueueName = SALES, *, priority: int = 0, **more: object) -> Self:
        """Let a caller come to a queue."""
        caller = caller_named(name, queue, joined_moment=self.now, priority=priority, **more)
        return self.happen(CallerJoined(caller))

    def leave(self, name: str, outcome: VisitOutcome = VisitOutcome.ABANDONED) -> Self:
        """Let a caller go."""
        return self.happen(CallerLeft(visit_of(name), outcome))

    def rang(self, who: AgentId) -> Self:
        """Let the agent's phone report that it rings."""
        return self.happen(AgentRang(self.offer(who)))

    def answer(self, who: AgentId) -> Self:
        """Let the agent pick up."""
        return self.happen(AgentAnswered(self.offer(who)))

    def connect(self, who: AgentId) -> Self:
        """Let agent and caller be bridged."""
        return self.happen(CallerConnected(self.offer(who)))

    def talk(self, who: AgentId) -> Self:
        """Let the agent's phone ring, be picked up and the two be bridged, all at once."""
        return self.rang(who).answer(who).connect(who)

    def fail(self, who: AgentId, outcome: OfferOutcome) -> Self:
        """Let the agent's leg end without a talk."""
        self.ringing.pop(who, None)
        return self.happen(OfferFailed(self.offer(who), outcome))

    def part(self, name: str, by: str = "agent", to: str | None = None, kind: str | None = None) -> Self:
        """Let agent and caller part."""
        return self.happen(TalkEnded(visit_of(name), by, to, kind))

    def _obey(self, command: Command) -> None:
        match command:
            case Ring():
                assert command.agent not in self.ringing
                self.ringing[command.agent] = command.contact
                self._offers[command.agent] = command.offer
            case StopRinging():
                self.ringing = {who: c for who, c in self.ringing.items() if self.offer(who) != command.offer}
            case Connect():
                self.ringing.pop(command.agent, None)
            case Release():
                pass

    # -- what is seen ---------------------------------------------------------------------------------------

    def offer(self, who: AgentId) -> OfferId:
        """Return the last offer made to an agent."""
        return self._offers[who]

    def told(self, kind: type[F]) -> list[F]:
        """Return the facts of a kind, in order."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def state(self, who: AgentId) -> AgentState:
        """Return what an agent is doing."""
        return self.floor.snapshot(self.now).agents[who].state

    def states(self, who: AgentId) -> list[AgentState]:
        """Return all states an agent has been in, as the facts tell it."""
        return [fact.state for fact in self.told(AgentStateChanged) if fact.agent == who]

    @property
    def talking(self) -> Mapping[AgentId, ContactId]:
        """Return who talks to whom."""
        agents = self.floor.snapshot(self.now).agents.values()
        return {a.agent: a.contact for a in agents if a.state is AgentState.TALKING and a.contact}

    def line(self, queue: QueueName = SALES) -> list[str]:
        """Return who waits, in the order of service."""
        return [caller.contact for caller in self.floor.snapshot(self.now).queues[queue].callers]

    @property
    def ends(self) -> list[tuple[str, str]]:
        """Return how each visit ended, in order."""
        return [
            (fact.contact, "answered" if isinstance(fact, Answered) else fact.outcome.value)
            for fact in self.facts
            if isinstance(fact, Answered | VisitEnded)
        ]

    @property
    def released(self) -> list[tuple[str, str]]:
        """Return whom the floor let go of, and why."""
        return [(c.contact, c.outcome.value) for c in self.commands if isinstance(c, Release)]

    def stopped(self) -> list[tuple[OfferId, OfferOutcome]]:
        """Return which offers the last event stopped."""
        return [(c.offer, c.reason) for c in self.latest if isinstance(c, StopRinging)]

    def handled(self) -> Handled:
        """Return the last talk that ended."""
        return self.told(Handled)[-1]


def visit_of(name: str) -> VisitId:
    """Return the visit of a caller."""
    return VisitId(f"visit-of-{name}")


def caller_named(name: str, queue: QueueName, *, joined_moment: float, **more: object) -> Caller:
    """Return a caller whose contact is called so."""
    return Caller(
        contact=ContactId(name),
        visit=visit_of(name),
        queue=queue,
        joined_moment=joined_moment,
        **more,  # type: ignore[arg-type]
    )
