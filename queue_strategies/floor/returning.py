"""Callers who hung up while they waited, and call again: for a while their place is not given away.

mod_callcenter calls it abandoned-resume-allowed and discard-abandoned-after. A place is found by the number,
once, and is not known any more after a restart; each stay in the queue is counted by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queue_strategies.model import VisitOutcome

if TYPE_CHECKING:
    from queue_strategies.floor.line import Line
    from queue_strategies.floor.visit import Visit

MOST_ABSENT = 1_000
"""In one queue: whoever calls with ever new numbers fills no memory."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A place that somebody left."""

    joined: float
    until: float


def left(visit: Visit, outcome: VisitOutcome, moment: float) -> None:
    """Take note of a caller who hung up at this moment, if the queue would have the caller back."""
    line, number = visit.line, visit.caller.number
    if outcome is not VisitOutcome.ABANDONED or not number or line.queue.resume_s <= 0:
        return
    line.absent.pop(number, None)  # it goes to the end
    line.absent[number] = Absent(visit.joined, moment + line.queue.resume_s)
    if len(line.absent) > MOST_ABSENT:
        del line.absent[next(iter(line.absent))]


def joined_before(line: Line, number: str, now: float) -> float | None:
    """Return since when a caller waits who has come back in time; None for any other. It is told once."""
    absent = line.absent.pop(number, None)
    return absent.joined if absent is not None and now <= absent.until and line.queue.resume_s > 0 else None
