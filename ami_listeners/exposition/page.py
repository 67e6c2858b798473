"""All that is shown to Prometheus, put together in slices between which the event loop turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from time import perf_counter
from typing import TypeAlias

Pieces: TypeAlias = Generator[bytes | None, None, None]
"""Parts of the text, each after a short piece of work; None where there was work alone."""
Source: TypeAlias = Callable[[], Pieces]
SLICE_S = 0.002
"""So long the text is worked on at once; who waits for a moment to come waits for two such slices at most."""


class Page:
    """The text from all sources, in their order; they tell of different metrics."""

    def __init__(self, *, slice_s: float = SLICE_S, clock: Callable[[], float] = perf_counter) -> None:
        self._slice_s, self._clock = slice_s, clock
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        """Show what this source gives at every scrape."""
        self._sources.append(source)

    def pieces(self) -> Pieces:
        """Give the text as it is now."""
        for source in self._sources:
            yield from source()

    def text(self) -> bytes:
        """Give the whole text at once."""
        return b"".join(piece for piece in self.pieces() if piece)

    async def read(self) -> list[bytes]:
        """Give the text in parts, letting others have their turn after each slice of time."""
        parts, until = [], self._clock() + self._slice_s
        for piece in self.pieces():
            if piece:
                parts.append(piece)
            if self._clock() >= until:
                await asyncio.sleep(0)
                until = self._clock() + self._slice_s
        return parts
