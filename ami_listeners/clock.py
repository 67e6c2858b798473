"""Tell two times: a monotonic moment for durations, and the wall clock for rows and people."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """Read the wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Two readings of time, both replaceable by a test or a replay."""

    moment: Callable[[], float] = time.monotonic
    """Seconds on one monotonic clock; only differences mean anything."""
    wall: Callable[[], datetime] = utc_now

    def at(self, moment: float) -> datetime:
        """Give the wall-clock time (UTC) of a moment, by how long ago it was."""
        return self.wall() - timedelta(seconds=self.moment() - moment)

    def moment_at(self, at: datetime) -> float:
        """Give the moment of a wall-clock time; negative values are from before the machine started."""
        return self.moment() - (self.wall() - at).total_seconds()
