"""Measure what a manager event costs from the wire to facts: `python -m tests.bench.ami_speed`.

A process plays a stream of real events to one client after the other, over a socket, as Asterisk does. What
counts is the client's processor time beside that of another in the same round: the speed of a machine that is
shared changes from second to second, by half and more, so rounds are short, every other one goes backwards,
and the median of all is told, with the quartiles. Ours ends with facts; the others end with a dictionary, or
whatever they make of an event.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Mapping, Sequence
from statistics import median, quantiles
from time import process_time

from tests.bench.ami_clients import CLIENTS, LAST, Client
from tests.bench.ami_player import playing
from tests.bench.ami_stream import Recording

EVENTS = 200_000
"""So many does each client hear, in all rounds."""
ROUNDS = 10
BASE = "lean dict"
RIVAL = "panoramisk"
END = f"Event: {LAST}\r\n\r\n".encode()
Costs = Mapping[str, Sequence[float]]
"""The seconds of a core that an event took each client, by round."""


def measure(events: int = EVENTS, rounds: int = ROUNDS, clients: Mapping[str, Client] = CLIENTS) -> Costs:
    """Let clients hear so many events each."""
    recording = Recording.read()
    each = events // rounds
    stream = b"".join(recording.repeated(each)) + END
    taken: dict[str, list[float]] = {name: [] for name in clients}
    with playing(recording.greeting, stream) as port:
        for number in range(rounds):
            for name in list(clients)[:: -1 if number % 2 else 1]:
                taken[name].append(seconds(clients[name], port) / each)
    return taken


def seconds(listen: Client, port: int) -> float:
    """Let one client hear the whole stream."""
    gc.collect()
    began = process_time()
    heard = listen(port)
    taken = process_time() - began
    assert heard, "nothing was heard"
    return taken


def table(costs: Costs) -> Sequence[str]:
    """Write the costs as a Markdown table: medians of the rounds, and quartiles."""
    lines = ["| client | µs an event | beside the lean one | beside panoramisk |", "|---|---:|---:|---:|"]
    for name, cost in costs.items():
        ratios = " | ".join(beside(cost, costs[other]) for other in (BASE, RIVAL))
        lines.append(f"| {name} | {median(cost) * 1e6:.1f} | {ratios} |")
    return lines


def beside(ours: Sequence[float], other: Sequence[float]) -> str:
    """Say how many times as long one took as another in the same round."""
    ratios = [one / of for one, of in zip(ours, other, strict=True)]
    low, middle, high = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=EVENTS)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--only", nargs="*", choices=CLIENTS, default=list(CLIENTS))
    chosen = options.parse_args()
    clients = {name: CLIENTS[name] for name in CLIENTS if name in {*chosen.only, BASE, RIVAL}}
    print("\n".join(table(measure(chosen.events, chosen.rounds, clients))))


if __name__ == "__main__":
    main()
