"""Ring whoever will probably be done with the caller first, and try newcomers out."""

from __future__ import annotations

from math import sqrt

from queue_strategies.model import Queue
from queue_strategies.requirement import Requirement
from queue_strategies.strategies.strategy import Chance, Member, Score, Strategy

PRIOR_S = 180.0
"""Taken for everybody's handle time while nothing is known."""
PRIOR_CALLS = 5
"""The average of the queue counts as so many callers of a member's own."""


class PredictedBest(Strategy):
    """Let each second that a member is expected to be faster count as so many of being idle.

    `Queue.handle_time_worth` says how many. The expectation is the mean of the member's own handle times in
    this queue, drawn towards the queue's mean while there are few. Who has had few callers is taken for
    faster, by a share that falls with the root of their number (the confidence bound of Lai and Robbins,
    1985): so newcomers are tried. Nobody starves, because being idle always wins in the end. It favours the
    fast; what it does to the others is to be simulated before it is used.
    """

    def __init__(self, queue: Queue, chance: Chance) -> None:
        self._worth = queue.handle_time_worth
        self._known: dict[str, tuple[int, float]] = {}
        self._calls, self._handle_s = 0, 0.0

    def score(self, member: Member, asked: Requirement) -> Score:
        """Return the moment since which the member counts as idle."""
        self._learn(member)
        done_s = self._optimistic_s(member)
        return (member.idle_since_moment + self._worth * done_s, member.place, done_s)

    def because(self, score: Score, now: float) -> str:
        """Say what the score is made of."""
        since, _, done_s = score
        return f"idle {now - since + self._worth * done_s:.0f} s, expected to be done in {done_s:.0f} s"

    def _learn(self, member: Member) -> None:
        calls, handle_s = self._known.get(member.agent, (0, 0.0))
        self._known[member.agent] = (member.handled, member.handle_s)
        self._calls += member.handled - calls
        self._handle_s += member.handle_s - handle_s

    def _expected_s(self, member: Member) -> float:
        mean_s = (self._handle_s + PRIOR_S) / (self._calls + 1)
        return (member.handle_s + PRIOR_CALLS * mean_s) / (member.handled + PRIOR_CALLS)

    def _optimistic_s(self, member: Member) -> float:
        return self._expected_s(member) * (1 - 1 / sqrt(member.handled + 4))
