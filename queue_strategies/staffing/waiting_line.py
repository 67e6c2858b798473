"""Who waits while all agents are busy, and how fast a line moves: the laws under Erlang A.

Both are products of simple ratios. They are multiplied out from where they are largest, so that nothing
overflows and every sum has positive terms only. Times are in mean handle times, `impatience` is handle time
over patience.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import exp, expm1, floor, fsum, log

_TINY = 1e-60
"""Of the likeliest: where a product ends that falls for ever."""


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """The law of how many callers wait, given that all agents are busy."""

    fewest: int
    """The length that the first share is of; shorter lines are as good as never seen."""
    shares: tuple[float, ...]

    @property
    def empty(self) -> float:
        """Return the share of time without anybody in the line."""
        return 0.0 if self.fewest else self.shares[0]

    @property
    def mean(self) -> float:
        """Return the mean length."""
        return fsum(length * share for length, share in enumerate(self.shares, start=self.fewest))

    @property
    def longest(self) -> int:
        """Return the greatest length that is ever seen."""
        return self.fewest + len(self.shares) - 1

    def full(self, room: int | None) -> float:
        """Return the share of time in which nobody else has room."""
        return self.shares[-1] if self.longest == room else 0.0


def waiting_line(agents: int, load: float, impatience: float, room: int | None) -> WaitingLine:
    """Return the law of the line of M/M/n/N+M: each length is a/(n + k·θ) times as likely as the one before.

    Palm 1957, "Research on telephone traffic carried by full availability groups"; Riordan 1962, "Stochastic
    Service Systems", pp. 109-112. Without impatience and without bound of the room, the load must be below n.
    """
    peak = _likeliest(agents, load, impatience, room)
    upwards, share, length = [1.0], 1.0, peak
    while share > _TINY and length != room:
        length += 1
        share *= load / (agents + length * impatience)
        upwards.append(share)
    downwards, share, length = [], 1.0, peak
    while share > _TINY and length > 0:
        share *= (agents + length * impatience) / load
        length -= 1
        downwards.append(share)
    weights = downwards[::-1] + upwards
    total = fsum(weights)
    return WaitingLine(length, tuple(weight / total for weight in weights))


def _likeliest(agents: int, load: float, impatience: float, room: int | None) -> int:
    if load <= agents:
        return 0
    balanced = floor((load - agents) / impatience) if impatience else None
    return min(bound for bound in (room, balanced) if bound is not None)


def still_ahead(
    agents: int, impatience: float, handle_times: float, ahead: range, *, until_answered: bool
) -> list[float]:
    """Return, for each number of callers ahead, how likely it is that a caller is not past them by then.

    A caller is past k others, and is answered, when k + 1 have left: by an agent or by hanging up, at the
    rates n + k·θ, …, n + θ, n one after the other. As many have left by some time as there are births in a
    population with immigration n that grows at the rate θ: a negative binomial number (Kendall 1949,
    "Stochastic processes and population growth"), or a Poisson one without θ. Those who are answered at all
    (`until_answered`) have not hung up before, which, with exponential patience, adds θ to each rate;
    otherwise the caller's own patience is left out.
    """
    if not ahead:
        return []
    first = agents if until_answered else agents - impatience
    moved = -expm1(-impatience * handle_times) / impatience if impatience else handle_times

    def ratio(left: int) -> float:
        return moved * (first / left + impatience)

    peak = _peak(first, moved, exp(-impatience * handle_times), ahead[-1])
    logarithms = (log(ratio(left)) for left in range(1, peak + 1))
    share = exp(fsum(logarithms) - (first + impatience) * handle_times)
    shares = [share]
    for left in range(peak, 0, -1):
        shares.append(shares[-1] / ratio(left))
    shares.reverse()
    while share > _TINY and len(shares) <= ahead[-1]:
        share *= ratio(len(shares))
        shares.append(share)
    not_past = list(accumulate(shares))
    return [min(1.0, not_past[min(callers, len(not_past) - 1)]) for callers in ahead]


def _peak(first: float, moved: float, patient: float, longest: int) -> int:
    """Return the likeliest number: the last whose ratio to the one before is not below 1."""
    balance = first * moved
    if balance <= 0:
        return 0
    return longest if balance >= patient * longest else floor(balance / patient)
