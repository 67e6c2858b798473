"""Wait for what nobody announces."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable


async def until(what: Callable[[], bool], within_s: float = 10) -> bool:
    """Wait until something is so; tell whether it came to be."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not what():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    return what()
