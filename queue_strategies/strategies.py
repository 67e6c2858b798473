"""Know every strategy by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from queue_strategies.errors import CallfloorError
from queue_strategies.longest_idle import LongestIdle
from queue_strategies.ring_all import RingAll
from queue_strategies.round_robin import RoundRobin
from queue_strategies.strategy import Strategy

STRATEGIES: Mapping[str, Callable[[], Strategy]] = {
    "longest_idle": LongestIdle,
    "ring_all": RingAll,
    "round_robin": RoundRobin,
}


class UnknownStrategy(CallfloorError):
    """A queue names a strategy that does not exist."""


def strategy_named(name: str, *, where: str = "strategy") -> Strategy:
    """Return a new strategy of this name.

    Raises UnknownStrategy with the nearest right name; `where` is the place in the configuration.
    """
    if name in STRATEGIES:
        return STRATEGIES[name]()
    nearest = get_close_matches(name, STRATEGIES, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(STRATEGIES)}"
    raise UnknownStrategy(f"{where}: unknown strategy {name!r}, {hint}")
