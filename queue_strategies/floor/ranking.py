"""Keep things in the order of their ranks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Generic, TypeVar

Rank = tuple[float, ...]
"""Compared from the left; the last element is unique."""

T = TypeVar("T")


class Ranking(Generic[T]):
    """Things in order; adding, taking out and finding a position cost a binary search and one memory move."""

    __slots__ = ("_things", "order")

    def __init__(self) -> None:
        self.order: list[Rank] = []
        """The ranks, the lowest first; to be read only."""
        self._things: dict[float, T] = {}

    def add(self, rank: Rank, thing: T) -> None:
        """Put a thing at its rank; a rank that is taken already stays as it is."""
        if rank[-1] not in self._things:
            self.order.insert(bisect_left(self.order, rank), rank)
            self._things[rank[-1]] = thing

    def discard(self, rank: Rank) -> None:
        """Take out what stands at this rank, if anything."""
        if self._things.pop(rank[-1], None) is not None:
            del self.order[bisect_left(self.order, rank)]

    def first(self) -> T:
        """Return the thing of the lowest rank; raises IndexError when there is none."""
        return self._things[self.order[0][-1]]

    def first_rank(self) -> Rank:
        """Return the lowest rank; raises IndexError when there is none."""
        return self.order[0]

    def position(self, rank: Rank) -> int:
        """Count from 1 to this rank."""
        return bisect_left(self.order, rank) + 1

    def clear(self) -> None:
        """Take out everything."""
        self.order.clear()
        self._things.clear()

    # -- those who are ready: the first element of a rank is a penalty --------------------------------------

    def ranks(self, first: int) -> list[Rank]:
        """Return so many of the lowest ranks."""
        return self.order[:first]

    def nth(self, index: int) -> T:
        """Return the thing with so many before."""
        return self._things[self.order[index][-1]]

    def leading(self) -> int:
        """Count those of the lowest penalty."""
        return self._end_of(self.order[0][0])

    def first_from(self, score: Rank) -> T:
        """Return the first of the lowest penalty from this score on, going round at the end."""
        penalty = self.order[0][0]
        index = bisect_left(self.order, (penalty, *score))
        return self.nth(index if index < self._end_of(penalty) else 0)

    def penalties(self) -> Iterator[tuple[float, int]]:
        """Yield each penalty in use, the lowest first, and how many have it."""
        start = 0
        while start < len(self.order):
            penalty = self.order[start][0]
            end = self._end_of(penalty)
            yield penalty, end - start
            start = end

    def _end_of(self, penalty: float) -> int:
        return bisect_left(self.order, (penalty + 0.5,))

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[T]:
        return iter([self._things[rank[-1]] for rank in self.order])
