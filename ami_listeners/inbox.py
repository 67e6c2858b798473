"""Hold what arrived until it is folded, in order and within bounds: the reader only enqueues."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Overflow:
    """So many items were dropped here because the inbox was full."""

    began_moment: float
    dropped: int


class Inbox(Generic[Item]):
    """A bounded line; what does not fit is dropped, and an Overflow stands where it would have stood."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.came = self.dropped = 0
        self._items: deque[Item | Overflow] = deque()
        self._overflow: Overflow | None = None
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def idle(self) -> bool:
        """Tell whether nothing waits, nor is to be told of as dropped."""
        return not self._items and self._overflow is None

    def put(self, item: Item, moment: float) -> None:
        """Take the item, or drop it when full; never waits."""
        self.came += 1
        if self._overflow is None and len(self._items) < self.limit:
            self.force(item)
        else:
            self._squeeze(item, moment)

    def _squeeze(self, item: Item, moment: float) -> None:
        if self._overflow is not None and len(self._items) <= self.limit // 2:
            self._items.append(self._overflow)
            self._overflow = None
        if self._overflow is not None or len(self._items) >= self.limit:
            began = self._overflow or Overflow(moment, 0)
            self._overflow = Overflow(began.began_moment, began.dropped + 1)
            self.dropped += 1
            return
        self.force(item)

    def force(self, item: Item) -> None:
        """Take the item even when full: for the few that are not events."""
        self._items.append(item)
        if not self._filled.is_set():
            self._filled.set()

    async def wait(self) -> None:
        """Return as soon as there is something to take."""
        await self._filled.wait()

    def take(self) -> Iterator[Item | Overflow]:
        """Take items in order while there are any; an overflow is told even if nothing follows it."""
        while self._items:
            yield self._items.popleft()
        self._filled.clear()
        if self._overflow is not None:
            overflow, self._overflow = self._overflow, None
            yield overflow
