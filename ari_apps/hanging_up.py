"""Hang up for sure: no line stays open because Asterisk was away, or slow, for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from ari_apps.ari import AriError

log = structlog.get_logger()

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)


async def nobody_tells(seconds: float) -> bool:
    """Let time pass."""
    await asyncio.sleep(seconds)
    return False


async def hang_up_surely(
    hang_up: Callable[[], Awaitable[None]],
    line: str,
    ends_within: Callable[[float], Awaitable[bool]] = nobody_tells,
) -> None:
    """Hang up until Asterisk says that it is done; a line it never says it of is a stray when it is back.

    `ends_within` waits so many seconds and tells whether the line has ended meanwhile.
    """
    for pause_s in PAUSES_S:
        try:
            await hang_up()
        except AriError as error:
            log.warning("line.not_hung_up", line=line, why=str(error))
        else:
            return
        if await ends_within(pause_s):
            return
