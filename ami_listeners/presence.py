"""Remember on disk when Asterisk was last heard, so that the next to start knows what nobody heard."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import structlog

from ami_listeners.clock import Clock

log = structlog.get_logger(__name__)


class Presence:
    """One listener's sign of life: a file beside its spool, of one line that is written over."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path, self._clock = folder / "alive", clock
        self._told = ""

    def last_heard(self) -> datetime | None:
        """Say when it was last alive; None when it never was, or that cannot be read. Never in the future."""
        try:
            at = datetime.fromisoformat(self._path.read_text("ascii").strip())
        except (OSError, ValueError):
            return None
        return min(at, self._clock.wall()) if at.tzinfo else None

    def beat(self) -> None:
        """Say that it hears now; a file that cannot be written is told once."""
        line = self._clock.wall().isoformat(timespec="microseconds").encode() + b"\n"
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(file, line, 0)
            finally:
                os.close(file)
        except OSError as failure:
            reason = failure.strerror or str(failure)
            if reason != self._told:
                self._told = reason
                log.error("presence.not_written", file=str(self._path), reason=reason)
