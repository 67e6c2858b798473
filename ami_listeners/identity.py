"""Name facts: unique everywhere, and in the order in which they were written."""

from __future__ import annotations

import secrets
from uuid import UUID

from ami_listeners.clock import Clock

RANDOM_BITS = 62


class FactIds:
    """Make UUIDs of version 7 (RFC 9562, method 3), each greater than the one before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> UUID:
        """Give the next id: 48 bits of milliseconds, 12 of their fraction, 62 of chance."""
        microseconds = round(self._clock.wall().timestamp() * 1_000_000)
        milliseconds, rest = divmod(microseconds, 1000)
        self._last = max((milliseconds << 12) | (rest * 4096 // 1000), self._last + 1)
        stamp, fraction = divmod(self._last, 1 << 12)
        return UUID(int=stamp << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(RANDOM_BITS))
