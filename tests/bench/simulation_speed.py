"""Measure the simulator against Ciw and SimPy: `python -m tests.bench.simulation_speed`.

The same models by all of them, one process each, in turns: M/M/c and M/M/c+M. Besides calls a second it tells
whether all agree with each other, and with Erlang C and A, within their intervals of confidence.
Ciw and SimPy come with `pip install 'callfloor[bench]'`.
"""

from __future__ import annotations

import gc
import math
from argparse import ArgumentParser
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from time import process_time
from typing import Any

import ciw
import simpy

from queue_strategies.figures import QueueFigures
from queue_strategies.metrics import Ratio, abandonment_rate, average_speed_of_answer
from queue_strategies.simulation import NEVER, Estimate, Exponential, PlainLine, Streams, estimate

WARM_UP_S = 3600.0
CONFIDENCE = 0.99
MODELS: Mapping[str, PlainLine] = {
    f"M/M/{agents}{'+M' if patience_s else ''}": PlainLine(
        agents=agents,
        calls_per_hour=load * agents * 20,
        talk=Exponential(180),
        patience=Exponential(patience_s) if patience_s else NEVER,
    )
    for agents, load, patience_s in ((14, 12 / 14, 0), (50, 0.92, 0), (14, 1.0, 120), (50, 1.0, 120))
}


@dataclass
class Told:
    """What a system made of a model, day by day."""

    calls: int = 0
    spent_s: float = 0.0
    waits: list[Ratio] = field(default_factory=list)
    within: list[Ratio] = field(default_factory=list)
    abandoned: list[Ratio] = field(default_factory=list)

    @property
    def calls_a_second(self) -> float:
        """Calls a second of one processor."""
        return self.calls / self.spent_s

    @property
    def figures(self) -> dict[str, Estimate | None]:
        """Each figure and how sure it is."""
        days = {"within 20 s": self.within, "ASA": self.waits, "abandoned": self.abandoned}
        return {name: estimate(ratios, CONFIDENCE) for name, ratios in days.items()}

    def add(self, answered: Iterable[float], abandoned: int, calls: int) -> None:
        """Take in a day: the waits of the answered, and how many hung up."""
        waits = list(answered)
        self.calls += calls
        self.waits.append(Ratio(sum(waits), len(waits)))
        self.within.append(Ratio(sum(wait <= 20 for wait in waits), len(waits)))
        self.abandoned.append(Ratio(abandoned, abandoned + len(waits)))

    def add_figures(self, day: QueueFigures, calls: int) -> None:
        """Take in a day of ours."""
        self.calls += calls
        self.waits.append(average_speed_of_answer(day))
        self.within.append(Ratio(day.answered_within, day.answered))
        self.abandoned.append(abandonment_rate(day))


def luck(seed: int) -> Streams:
    """Give a day's chance."""
    return lambda name: Random(f"{seed}/{name}")


def by_recursion(line: PlainLine, lasts_s: float, seed: int, told: Told) -> None:
    """Ours, a plain line."""
    began = process_time()
    day = line.day(luck(seed), lasts_s=lasts_s, warm_up_s=WARM_UP_S)
    told.spent_s += process_time() - began
    told.add_figures(day, round(line.calls_per_hour * lasts_s / 3600))


def on_the_floor(line: PlainLine, lasts_s: float, seed: int, told: Told) -> None:
    """Ours, on the live Floor."""
    began = process_time()
    day = line.day_on_the_floor(luck(seed), lasts_s=lasts_s, warm_up_s=WARM_UP_S)
    told.spent_s += process_time() - began
    told.add_figures(day, round(line.calls_per_hour * lasts_s / 3600))


def with_ciw(line: PlainLine, lasts_s: float, seed: int, told: Told) -> None:
    """Ciw, reneging where callers lose patience."""
    impatience = (
        {}
        if line.patience is NEVER
        else {"reneging_time_distributions": [ciw.dists.Exponential(1 / line.patience.mean_s)]}
    )
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(line.calls_per_hour / 3600)],
        service_distributions=[ciw.dists.Exponential(1 / line.talk.mean_s)],
        number_of_servers=[line.agents],
        **impatience,
    )
    ciw.seed(seed)
    began = process_time()
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(lasts_s)
    told.spent_s += process_time() - began
    records = simulation.get_all_records()
    # calls that are not over have no record: leave out the last hour, not just the long ones of it
    counted = [one for one in records if WARM_UP_S <= one.arrival_date <= lasts_s - 3600]
    told.add(
        [one.waiting_time for one in counted if one.record_type == "service"],
        sum(one.record_type == "renege" for one in counted),
        round(line.calls_per_hour * lasts_s / 3600),
    )


def with_simpy(line: PlainLine, lasts_s: float, seed: int, told: Told) -> None:
    """SimPy, a process for each call, written as its manual has it."""
    rng, environment = Random(seed), simpy.Environment()
    team, waits, left = simpy.Resource(environment, line.agents), list[float](), list[float]()
    arrival_rate, talk_rate = line.calls_per_hour / 3600, 1 / line.talk.mean_s

    def call() -> Generator[simpy.Event, Any, None]:
        came = environment.now
        with team.request() as request:
            if line.patience is NEVER:
                yield request
            else:
                gone = environment.timeout(rng.expovariate(1 / line.patience.mean_s))
                outcome = yield request | gone
                if request not in outcome:
                    left.append(came)
                    return
            if came >= WARM_UP_S:
                waits.append(environment.now - came)
            yield environment.timeout(rng.expovariate(talk_rate))

    def arrive() -> Generator[simpy.Event, Any, None]:
        while True:
            yield environment.timeout(rng.expovariate(arrival_rate))
            environment.process(call())

    environment.process(arrive())
    began = process_time()
    environment.run(until=lasts_s)
    told.spent_s += process_time() - began
    told.add(waits, sum(came >= WARM_UP_S for came in left), round(line.calls_per_hour * lasts_s / 3600))


SYSTEMS: Mapping[str, Callable[[PlainLine, float, int, Told], None]] = {
    "callfloor, plain line": by_recursion,
    "callfloor, live Floor": on_the_floor,
    "Ciw": with_ciw,
    "SimPy": with_simpy,
}


def run(line: PlainLine, calls_a_day: int, days: int) -> dict[str, Told]:
    """Let each system live the days, in turns."""
    told = {name: Told() for name in SYSTEMS}
    for day in range(days):
        for name, system in SYSTEMS.items():
            gc.collect()  # each on its own account
            system(line, WARM_UP_S + calls_a_day / line.calls_per_hour * 3600, day, told[name])
    return told


def agree(one: Estimate | None, other: Estimate | None) -> bool:
    """Tell whether two estimates may be of the same truth."""
    if one is None or other is None:
        return one is other
    return abs(one.value - other.value) <= math.hypot(one.half_width, other.half_width)


def main() -> None:
    """Print a line for each system and model."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5_000, help="a day")
    parser.add_argument("--days", type=int, default=10)
    asked = parser.parse_args()
    print("| model | simulator | calls/s | to Ciw | within 20 s, % | ASA, s | abandoned, % | as Ciw says |")
    print("|---|---|---|---|---|---|---|---|")
    for model, line in MODELS.items():
        told = run(line, asked.calls, asked.days)
        ciws = told["Ciw"]
        for name, one in told.items():
            figures = one.figures
            cells = [
                "–" if value is None else f"{scale * value.value:.1f} ± {scale * value.half_width:.1f}"
                for value, scale in zip(figures.values(), (100, 1, 100), strict=True)
            ]
            same = all(agree(value, ciws.figures[figure]) for figure, value in figures.items())
            speed = f"{one.calls_a_second:,.0f} | ×{one.calls_a_second / ciws.calls_a_second:.1f}"
            print(
                f"| {model} | {name} | {speed} | {' | '.join(cells)} | {'yes' if same else 'NO'} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
