"""Name facts: unique everywhere, and in the order in which they were written."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ami_listeners.clock import Clock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62


class FactIds:
    """Make UUIDs of version 7 (RFC 9562, method 3), each greater than the one before.

    48 bits of milliseconds, 12 of their fraction, 62 of chance from a generator seeded by the machine.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._chance = random.Random()  # noqa: S311  (an id is no secret)
        self._last = 0

    def __call__(self) -> UUID:
        """Give the next id."""
        milliseconds, rest = divmod((self._clock.wall() - EPOCH) // MICROSECOND, 1000)
        self._last = last = max(milliseconds << 12 | rest * 4096 // 1000, self._last + 1)
        stamp = (last >> 12) << 80 | (last & 0xFFF) << 64
        return UUID(int=stamp | VERSION_AND_VARIANT | self._chance.getrandbits(62))
