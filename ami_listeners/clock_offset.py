"""How far Asterisk's wall clock is ahead of ours, and how fast it gains, from its answers to pings."""

from __future__ import annotations

from collections import deque
from statistics import linear_regression, median
from typing import NamedTuple

from queue_strategies.facts import ClockCompared

LATELY_S = 300.0
"""The offset is that of so long."""
REMEMBERED_S = 3600.0
"""The drift is that of so long."""
FEWEST = 3
"""Pings after which something can be said."""
SHORTEST_DRIFT_S = 60.0
"""Before so long no drift can be told from chance."""


class Answer(NamedTuple):
    """One ping's."""

    moment: float
    round_trip_s: float
    offset_s: float


class ClockOffset:
    """Told of each answered ping; the quicker an answer came, the less it can be wrong."""

    def __init__(self) -> None:
        self._answers: deque[Answer] = deque()

    def answered(self, asked: float, moment: float, wall_s: float, told: str) -> None:
        """Note an answer: when it was asked and came, our clock then, and what Asterisk's said (epoch, s)."""
        try:
            theirs_s = float(told)
        except ValueError:
            return
        trip_s = moment - asked
        self._answers.append(Answer(moment, trip_s, theirs_s - (wall_s - trip_s / 2)))
        while self._answers[0].moment < moment - REMEMBERED_S:
            self._answers.popleft()

    def compared(self, moment: float) -> ClockCompared | None:
        """Compare the clocks; None while too little is known."""
        lately = [answer for answer in self._answers if answer.moment >= moment - LATELY_S]
        if len(lately) < FEWEST:
            return None
        best = quickest(lately)
        return ClockCompared(
            moment=moment,
            offset_s=median(answer.offset_s for answer in best),
            drift_ppm=drift_ppm(quickest(self._answers)),
            uncertainty_s=max(answer.round_trip_s for answer in best) / 2,
        )


def quickest(answers: deque[Answer] | list[Answer]) -> list[Answer]:
    """Give the quicker quarter of the answers, in their order."""
    limit = sorted(answer.round_trip_s for answer in answers)[(len(answers) - 1) // 4]
    return [answer for answer in answers if answer.round_trip_s <= limit]


def drift_ppm(answers: list[Answer]) -> float:
    """Give how many microseconds a second Asterisk's clock gains (least squares); 0 while that is chance."""
    if len(answers) < FEWEST or answers[-1].moment - answers[0].moment < SHORTEST_DRIFT_S:
        return 0.0
    slope, _ = linear_regression(
        [answer.moment for answer in answers], [answer.offset_s for answer in answers]
    )
    return slope * 1e6
