"""Own tasks: see their exceptions, and let go of them all at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from queue_strategies.errors import CallfloorError

log = structlog.get_logger()


class Crew:
    """Run coroutines side by side; one that fails is logged and harms no other.

    What fails in words people read is no fault of ours, and needs no traceback.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run `work` as a task of this crew."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        match None if task.cancelled() else task.exception():
            case None:
                return
            case CallfloorError() as failure:
                log.warning("task.not_done", task=task.get_name(), why=str(failure))
            case fault:
                log.error("task.failed", task=task.get_name(), exc_info=fault)

    async def leave(self) -> None:
        """Cancel what still runs and wait for it; calls in Asterisk go on without us."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait for the first of several things and let go of the others; raise what it raises."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
