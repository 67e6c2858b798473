"""Measure what a manager event costs from the wire to facts: `python -m tests.bench.ami_speed`.

A process plays a stream of real events to one client after the other, over a socket, as Asterisk does. What
counts is the client's processor time, in the quickest of the rounds: others on a machine can only make a
client slower. Ours ends with facts; the others end with a dictionary, or whatever they make of an event.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Mapping, Sequence
from time import process_time

from tests.bench.ami_clients import CLIENTS, LAST, Client
from tests.bench.ami_player import playing
from tests.bench.ami_stream import Recording

EVENTS = 200_000
ROUNDS = 3
BASE = "lean dict"
RIVAL = "panoramisk"
END = f"Event: {LAST}\r\n\r\n".encode()


def measure(
    events: int = EVENTS, rounds: int = ROUNDS, clients: Mapping[str, Client] = CLIENTS
) -> dict[str, float]:
    """Give the seconds of a core that an event takes, by client."""
    recording = Recording.read()
    stream = b"".join(recording.repeated(events)) + END
    taken: dict[str, list[float]] = {name: [] for name in clients}
    with playing(recording.greeting, stream) as port:
        for _ in range(rounds):
            for name, listen in clients.items():
                taken[name].append(seconds(listen, port))
    return {name: min(times) / events for name, times in taken.items()}


def seconds(listen: Client, port: int) -> float:
    """Let one client hear the whole stream."""
    gc.collect()
    began = process_time()
    heard = listen(port)
    taken = process_time() - began
    assert heard, "nothing was heard"
    return taken


def table(costs: Mapping[str, float]) -> Sequence[str]:
    """Write the costs as a Markdown table."""
    lines = ["| client | µs an event | beside the lean one | beside panoramisk |", "|---|---:|---:|---:|"]
    for name, cost in costs.items():
        lines.append(f"| {name} | {cost * 1e6:.1f} | {cost / costs[BASE]:.2f} | {cost / costs[RIVAL]:.2f} |")
    return lines


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
