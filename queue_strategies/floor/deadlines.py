"""Remember until when each thing may stay as it is."""

from __future__ import annotations

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

_TOLERATED = 64
"""Superseded entries are cleared away when they outnumber the valid ones by more than this."""


class Deadlines(Generic[T]):
    """At most one deadline for each thing; superseded ones stay in the heap for a while."""

    def __init__(self) -> None:
        self.heap: list[tuple[float, int, T]] = []
        """The earliest first, superseded ones among them; to be read only."""
        self._valid: dict[T, tuple[float, int, T]] = {}
        self._count = 0

    def set(self, thing: T, moment: float) -> None:
        """Let this be the thing's one deadline."""
        self._count += 1
        entry = (moment, self._count, thing)
        self._valid[thing] = entry
        heappush(self.heap, entry)
        if len(self.heap) > 2 * len(self._valid) + _TOLERATED:
            self.heap = list(self._valid.values())
            heapify(self.heap)

    def drop(self, thing: T) -> None:
        """Let the thing have no deadline."""
        self._valid.pop(thing, None)

    def of(self, thing: T) -> float | None:
        """Return the thing's deadline."""
        entry = self._valid.get(thing)
        return None if entry is None else entry[0]

    def next(self) -> float | None:
        """Return the earliest deadline of all."""
        heap = self.heap
        while heap and self._valid.get(heap[0][2]) is not heap[0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: float) -> tuple[float, T] | None:
        """Take out the earliest deadline that is not after now."""
        heap = self.heap
        while heap and heap[0][0] <= now:
            entry = heappop(heap)
            moment, _, thing = entry
            if self._valid.get(thing) is entry:
                del self._valid[thing]
                return moment, thing
        return None
