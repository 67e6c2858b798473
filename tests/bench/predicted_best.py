"""Measure whom predicted-best favours: `python -m tests.bench.predicted_best`.

The same days are lived under longest_idle and under predicted-best, by agents of whom some need half and some
twice the average to handle a caller. Shown is what it wins, and what it does to the quick and to the slow.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from statistics import fmean

from queue_strategies.facts import AgentStateChanged, Answered, Fact
from queue_strategies.model import Agent, AgentId, AgentState, EmptyRule, Membership, Queue, QueueName
from queue_strategies.simulation import CustomerKind, Exponential, PoissonDemand, RateProfile, Scenario
from queue_strategies.simulation.customers import who_comes
from queue_strategies.simulation.day import Day
from queue_strategies.simulation.scenario import Habits

QUEUE = QueueName("line")
PACES = {AgentId(f"pace-{pace}-{n}"): pace for n, pace in enumerate((0.5, 0.7, 0.9, 1, 1, 1, 1, 1.1, 1.4, 2))}
TALK_S = 180.0
HOURS = 8
CALLS_A_DAY = 1_150
OCCUPIED = (AgentState.TALKING, AgentState.RINGING, AgentState.WRAP_UP)


@dataclass
class Tally:
    """What one way of choosing made of all days."""

    waits: list[float] = field(default_factory=list)
    calls: Counter[AgentId] = field(default_factory=Counter)
    busy_s: Counter[AgentId] = field(default_factory=Counter)
    here_s: Counter[AgentId] = field(default_factory=Counter)

    def add(self, fact: Fact) -> None:
        """Take one fact in."""
        if isinstance(fact, Answered):
            self.waits.append(fact.wait_s)
            self.calls[fact.agent] += 1
        elif isinstance(fact, AgentStateChanged) and fact.was is not AgentState.LOGGED_OUT:
            self.here_s[fact.agent] += fact.lasted_s  # type: ignore[assignment]
            self.busy_s[fact.agent] += fact.lasted_s * (fact.was in OCCUPIED)  # type: ignore[assignment]


def lived(strategy: str, worth: float, days: int) -> Tally:
    """Live these days with this strategy, on the same luck as with any other."""
    queue = Queue(
        name=QUEUE, strategy=strategy, handle_time_worth=worth, wrap_up_s=15, join_when_empty=EmptyRule.NEVER
    )
    agents = [Agent(id=agent, queues={QUEUE: Membership()}) for agent in PACES]
    scenario = Scenario(queues=[queue], agents=agents, habits=Habits(paces=PACES))
    kind = CustomerKind(queue=QUEUE, talk=Exponential(TALK_S))
    demand = PoissonDemand(kind, RateProfile(3600.0, [CALLS_A_DAY / HOURS] * HOURS))
    tally = Tally()
    for day in range(days):
        sources: dict[str, Random] = {}

        def streams(name: str, day: int = day, sources: dict[str, Random] = sources) -> Random:
            return sources.setdefault(name, Random(f"{day}/{name}"))

        Day(scenario, streams, tally.add).live(who_comes([demand], streams))
    return tally


def main() -> None:
    """Print a line for each way of choosing, and what became of each agent."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=20)
    asked = parser.parse_args()
    ways = [("longest_idle", 0.0), *(("predicted-best", worth) for worth in (1.0, 10.0, 100.0))]
    for strategy, worth in ways:
        tally = lived(strategy, worth, asked.days)
        within = fmean(wait <= 20 for wait in tally.waits)
        name = strategy if not worth else f"{strategy}, worth {worth:g}"
        print(f"{name:<28} ASA {fmean(tally.waits):6.1f} s, within 20 s {within:.1%}")
        for agent, pace in PACES.items():
            share, occupancy = (
                tally.calls[agent] / tally.calls.total(),
                tally.busy_s[agent] / tally.here_s[agent],
            )
            print(f"    pace {pace:<4} {share:6.1%} of calls, occupancy {occupancy:.0%}")


if __name__ == "__main__":
    main()
