"""Erlang C: who finds every agent busy waits, however long, and never hangs up (M/M/n).

Erlang 1917; the recursion-free way from B to C is in Cooper 1981, "Introduction to Queueing Theory", section
3. Times are in mean handle times.
"""

from __future__ import annotations

from math import exp

from queue_strategies.staffing.erlang_b import blocked
from queue_strategies.staffing.traffic import NEARLY, Overloaded


def waiting(agents: int, load: float) -> float:
    """Return the share of callers who wait: n·B / (n - a·(1 - B)); raise Overloaded when a is not below n."""
    if load * (1 + NEARLY) >= agents:
        raise Overloaded(
            f"agents: {agents} cannot serve {load:g} erlang while nobody hangs up, "
            f"take {int(load * (1 + NEARLY)) + 1} or more, or give patience or lines"
        )
    share = blocked(agents, load)
    return agents * share / (agents - load * (1 - share))


def waiting_longer(agents: int, load: float, handle_times: float) -> float:
    """Return the share of callers who wait longer than this: the waits of those who do are exponential."""
    return waiting(agents, load) * exp(-(agents - load) * handle_times)


def mean_wait(agents: int, load: float) -> float:
    """Return the mean wait of all callers, those who do not wait included, in handle times: C / (n - a)."""
    return waiting(agents, load) / (agents - load)
