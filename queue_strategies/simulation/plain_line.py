"""One queue as queueing theory has it, to be simulated by recursion or on the live Floor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from queue_strategies.facts import Fact
from queue_strategies.figures import Figures, QueueFigures
from queue_strategies.model import Agent, AgentId, EmptyRule, Membership, Queue, QueueName
from queue_strategies.simulation.chance import Streams
from queue_strategies.simulation.customers import CustomerKind, PoissonDemand, RateProfile
from queue_strategies.simulation.day import Day
from queue_strategies.simulation.distributions import AT_ONCE, NEVER, Distribution
from queue_strategies.simulation.recursion import Recursion
from queue_strategies.simulation.scenario import Scenario

QUEUE = QueueName("line")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainLine:
    """Poisson arrivals, agents who are all alike: M/M/c if talks are exponential, M/M/c+M with patience."""

    agents: int
    calls_per_hour: float
    talk: Distribution
    patience: Distribution = NEVER
    lines: int | None = None
    """How many callers may be there at once, those who talk included; None: any number."""
    redial_share: float = 0.0
    """How many of those who were not served call again."""
    redial_after: Distribution = AT_ONCE
    wrap_up_s: float = 0.0
    service_level_s: float = 20.0

    @property
    def queue(self) -> Queue:
        """Return the queue as the Floor knows it."""
        return Queue(
            name=QUEUE,
            wrap_up_s=self.wrap_up_s,
            service_level_s=self.service_level_s,
            max_length=None if self.lines is None else self.lines - self.agents,
            join_when_empty=EmptyRule.NEVER,
            leave_when_empty=EmptyRule.NEVER,
        )

    @property
    def scenario(self) -> Scenario:
        """Return the floor with this one queue."""
        members = {QUEUE: Membership()}
        agents = [Agent(id=AgentId(f"agent-{number}"), queues=members) for number in range(self.agents)]
        return Scenario(queues=[self.queue], agents=agents)

    def demand(self, lasts_s: float) -> PoissonDemand:
        """Return who calls in a day of this length."""
        kind = CustomerKind(
            queue=QUEUE,
            talk=self.talk,
            patience=self.patience,
            redial_share=self.redial_share,
            redial_after=self.redial_after,
        )
        return PoissonDemand(kind, RateProfile(lasts_s, [self.calls_per_hour]))

    def day(self, streams: Streams, *, lasts_s: float, warm_up_s: float = 0.0) -> QueueFigures:
        """Simulate a day by recursion; what became true before the warm-up was over is not counted."""
        customers = self.demand(lasts_s).customers(streams)
        day = Recursion(self.queue, self.agents, streams, closes_s=lasts_s, counts_from_s=warm_up_s)
        return day.live(customers)

    def day_on_the_floor(self, streams: Streams, *, lasts_s: float, warm_up_s: float = 0.0) -> QueueFigures:
        """Simulate the same day on the live Floor, with the same result."""
        customers, figures = self.demand(lasts_s).customers(streams), Figures()
        Day(self.scenario, streams, counted_from(warm_up_s, figures.add)).live(customers, lasts_s)
        return figures.queue(QUEUE)


def counted_from(moment: float, listen: Callable[[Fact], None]) -> Callable[[Fact], None]:
    """Pass on the facts that became true at this moment or later."""
    if moment <= 0:
        return listen

    def listen_from_then_on(fact: Fact) -> None:
        if fact.moment >= moment:
            listen(fact)

    return listen_from_then_on
