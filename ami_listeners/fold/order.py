"""Whether events come in the order in which Asterisk told of them.

Asterisk stamps every event as it tells of it, one after the other, where `timestampevents` in manager.conf
says so. An event with an older stamp than one that came already is late, and what was folded by then may be
wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ami_listeners.fold.visits.visit import ON_ITS_WAY_S
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import ListenerGap

LATEST_S = 10.0
"""What seems to be later than so was stamped by a clock that was set back."""
REASON = "events came in another order than Asterisk told of them"


class Order:
    """Tell of times in which events were late, as of gaps, each once nothing was late for a moment."""

    def __init__(self) -> None:
        self._newest = b""
        """The stamp of the newest event that came."""
        self._disturbed: tuple[float, float] | None = None
        """From when to when events were late, of which was not told yet."""
        self.next_end = math.inf
        """When it is told of."""

    def handle(self, event: AmiEvent) -> tuple[()]:
        """Take in an event that is folded."""
        stamp = event.stamp()
        if stamp >= self._newest:
            self._newest = stamp
        elif stamp:
            self._late(event.moment, stamp)
        return ()

    def _late(self, moment: float, stamp: bytes) -> None:
        try:
            by_s = float(self._newest) - float(stamp)
        except ValueError:  # bytes were lost
            by_s = math.inf
        if by_s > LATEST_S:
            self._newest = stamp
            return
        began, _ = self._disturbed or (moment, moment)
        self._disturbed = min(began, moment - by_s), moment
        self.next_end = moment + ON_ITS_WAY_S

    def settle(self, moment: float) -> Iterator[ListenerGap]:
        """Tell of a disturbed time that is over."""
        if self._disturbed is not None and self.next_end <= moment:
            began, until = self._disturbed
            self._disturbed, self.next_end = None, math.inf
            yield ListenerGap(moment=until, source="ami", began_moment=began, reason=REASON)
