"""Foresee a full disk before facts find no room on it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_S = 5.0
LOOK_BACK_S = 300.0
"""The rate at which a disk fills is taken over so long."""
LEAST_S = 60.0
"""What was written within less counts as if in this time: a burst goes on for no half an hour."""
SOON_S = 1800.0
"""A disk that will be full within this time is told of."""

Look = tuple[float, int]
"""A moment, and the bytes that were free."""


@dataclass(frozen=True, slots=True)
class DiskHealth:
    """How much room there is for facts that wait."""

    free_bytes: int | None = None
    """None: it cannot be told."""
    full_in_s: float | None = None
    """At the rate of the last minutes; None: it does not fill."""
    warning: str = ""
    """Why somebody should make room now; empty while there is enough."""


def foresee(looks: Sequence[Look], *, least_bytes: int) -> DiskHealth:
    """Say from what was seen, oldest first, whether room runs out."""
    if not looks:
        return DiskHealth()
    (since, before), (now, free) = looks[0], looks[-1]
    filled, passed_s = before - free, now - since
    full_in_s = free * max(passed_s, LEAST_S) / filled if filled > 0 else None
    if free < least_bytes:
        return DiskHealth(free, full_in_s, f"{megabytes(free)} are free, fewer than {megabytes(least_bytes)}")
    if full_in_s is not None and full_in_s < SOON_S:
        minutes = max(1, round(full_in_s / 60))
        return DiskHealth(free, full_in_s, f"it will be full in {minutes} min: {megabytes(free)} are free")
    return DiskHealth(free, full_in_s)


def megabytes(count: int) -> str:
    """Write a number of bytes for people."""
    return f"{count / 1e6:,.0f} MB"


class Disk:
    """The disk that a folder is on."""

    def __init__(self, folder: Path, least_bytes: int) -> None:
        self._folder, self._least_bytes = folder, least_bytes
        self._looks: deque[Look] = deque()

    def look(self, moment: float) -> DiskHealth:
        """Look how much is free to ordinary users, and foresee; may take long, call it in a thread."""
        try:
            disk = os.statvfs(self._folder)
        except OSError:
            return DiskHealth()
        self._looks.append((moment, disk.f_bavail * disk.f_frsize))
        while moment - self._looks[0][0] > LOOK_BACK_S:
            self._looks.popleft()
        return foresee(self._looks, least_bytes=self._least_bytes)
