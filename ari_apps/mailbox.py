"""What happened to one call, in order, for the one coroutine that owns it."""

from __future__ import annotations

import asyncio

SIZE = 1000
"""Items one call may leave unread before what can be spared is dropped."""


class Mailbox:
    """Hold what happened until its owner takes it."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[object] = asyncio.Queue()
        self.dropped = 0

    def put(self, item: object, *, can_be_spared: bool = False) -> None:
        """Add an item, never waiting; a keypad held down by a script must not fill our memory."""
        if can_be_spared and self._queue.qsize() >= SIZE:
            self.dropped += 1
        else:
            self._queue.put_nowait(item)

    @property
    def is_empty(self) -> bool:
        """Tell whether everything that happened was taken."""
        return self._queue.empty()

    def take_at_once(self) -> object:
        """Return the oldest item of a mailbox that is not empty."""
        return self._queue.get_nowait()

    async def take(self, timeout_s: float | None = None) -> object:
        """Return the oldest item; raises TimeoutError when none comes within `timeout_s`."""
        if not self.is_empty:
            return self.take_at_once()
        async with asyncio.timeout(timeout_s):
            return await self._queue.get()

    def empty_into(self, other: Mailbox) -> None:
        """Hand everything unread to another mailbox, in order."""
        while not self.is_empty:
            other.put(self._queue.get_nowait())
