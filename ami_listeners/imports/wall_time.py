"""Read a time as records write it, in a zone that is named.

An hour that comes twice, in autumn, is taken as the first of the two unless the call of which the record is
had not begun by then; an hour that never was, in spring, is read by the clock of before.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from ami_listeners.identity import born_by
from ami_listeners.imports.errors import Unreadable
from queue_strategies.simulation.call_records import short

SECONDS = re.compile(r"\d{9,11}(?:\.\d{1,9})?")
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
ALLOWED_AHEAD_S = 86_400.0
BEFORE_BIRTH_S = 2.0
"""So much earlier than the call itself a record of it may be: two clocks, cut to seconds."""


class WallTime:
    """Read times of one kind of records; `form` as strptime has it, or else ISO 8601 or seconds since 1970.

    Whatever is later than a day after `now` is refused.
    """

    def __init__(self, zone: tzinfo, now: Callable[[], float], form: str = "") -> None:
        self.zone, self.form, self._now = zone, form, now
        self._latest = now() + ALLOWED_AHEAD_S

    def otherwise(self, zone: tzinfo | None, form: str) -> WallTime:
        """Read times of another form, in another zone if there is one."""
        return WallTime(zone or self.zone, self._now, form)

    def read(self, text: str, of: str = "") -> float:
        """Give Unix time in seconds; `of` is the unique id of the call, where that is known.

        Raises Unreadable.
        """
        at = float(text) if not self.form and SECONDS.fullmatch(text) else self._read(text, of)
        if not EARLIEST <= at <= self._latest:
            raise Unreadable(f"the time {short(text)} is before 1990 or to come: correct it, or --tz")
        return at

    def _read(self, text: str, of: str) -> float:
        try:
            read = datetime.strptime(text, self.form) if self.form else datetime.fromisoformat(text)
        except ValueError:
            meant = (
                f"as {self.form} has it" if self.form else "as 2026-12-24 10:00:00, or in seconds since 1970"
            )
            raise Unreadable(f"the time {short(text)} cannot be read: write it {meant}") from None
        if read.tzinfo is not None:
            return read.timestamp()
        first, second = (read.replace(tzinfo=self.zone, fold=fold).timestamp() for fold in (0, 1))
        if second <= first:
            return first
        born = born_by(of)
        return second if born is not None and first < born.timestamp() - BEFORE_BIRTH_S else first


def at_of(seconds: float) -> datetime:
    """Give a Unix time as a time, to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
