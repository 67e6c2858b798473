"""Erlang X: of those who hung up or were blocked a share calls again, so calls are more than callers.

Koole 2013, "Call Center Optimization", chapter on Erlang X. Calls that are tried again are taken to come as
the first ones do, independent of how busy it is then: true when people let some time go by before they try
again.
"""

from __future__ import annotations

from queue_strategies.staffing.erlang_a import erlang_a

_STEPS = 100
_CLOSE = 1e-13


def load_with_redials(agents: int, load: float, impatience: float, room: int | None, redial: float) -> float:
    """Return the load in erlang of all calls: first ones, and the `redial` share of all that are lost.

    It is where load + redial·lost(total) = total. What is answered grows with the total, and ever more
    slowly, so the root is the only one, and secants from the left approach it from the left.
    """
    if not redial:
        return load
    before, missing_before = load, _missing(load, agents, load, impatience, room, redial)
    total = load + missing_before
    for _ in range(_STEPS):
        missing = _missing(total, agents, load, impatience, room, redial)
        if total - before <= _CLOSE * total or missing >= missing_before:
            break
        step = missing * (total - before) / (missing_before - missing)
        before, missing_before, total = total, missing, min(total + step, load / (1.0 - redial))
    return total


def _missing(
    total: float, agents: int, load: float, impatience: float, room: int | None, redial: float
) -> float:
    lost = 1.0 - erlang_a(agents, total, impatience, room).answered
    return load + redial * total * lost - total
