"""Answer with a sound, or with the part of it that was asked for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiohttp import web

from queue_strategies.errors import CallfloorError

log = structlog.get_logger()

RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound as an answer, read piece by piece."""

    size: int
    media_type: str
    name: str
    read: Callable[[int, int], Awaitable[bytes]]
    """Gives the bytes from one place up to another."""


def part(asked: str | None, size: int) -> tuple[int, int] | None:
    """Say from where up to where is asked for; None for a range that there is not.

    Several ranges at once, and what is no range of bytes, are answered with the whole.
    """
    found = RANGE.fullmatch(asked.replace(" ", "")) if asked else None
    if found is None or not (found[1] or found[2]):
        return 0, size
    if not found[1]:
        last = int(found[2])
        return (max(0, size - last), size) if last and size else None
    begin, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    return (begin, end) if begin < end else None


async def answered(request: web.Request, sound: Sound) -> web.StreamResponse:
    """Send what is asked for of a sound."""
    asked = request.headers.get("Range")
    wanted = part(asked, sound.size)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Disposition": f'inline; filename="{sound.name}"',
        "X-Content-Type-Options": "nosniff",
    }
    if wanted is None:
        return web.Response(status=416, headers=headers | {"Content-Range": f"bytes */{sound.size}"})
    begin, end = wanted
    whole = (begin, end) == (0, sound.size)
    if not whole:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{sound.size}"
    first = await sound.read(begin, min(begin + PIECE, end))  # what cannot be read is told before it begins
    response = web.StreamResponse(status=200 if whole else 206, headers=headers)
    response.content_type, response.content_length = sound.media_type, end - begin
    with suppress(ConnectionError):  # whoever listened has heard enough
        await response.prepare(request)
        await response.write(first)
        for place in range(begin + PIECE, end, PIECE):
            try:
                piece = await sound.read(place, min(place + PIECE, end))
            except (CallfloorError, OSError) as failure:
                log.error("api.sound_broke_off", sound=sound.name, why=str(failure))
                response.force_close()  # too late for another answer: that something is missing tells the end
                break
            await response.write(piece)
    return response
