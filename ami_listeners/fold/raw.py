"""Events that are kept as they came, because somebody asked for them."""

from __future__ import annotations

from ami_listeners.messages import AmiEvent
from queue_strategies.facts import RawEvent

EVERY = "*"
"""Asks for every event that nobody folds."""
LONGEST = 65_536
"""Characters of an event; what is beyond is cut off."""


def keep(event: AmiEvent) -> tuple[RawEvent]:
    """Keep an event's lines as they were sent."""
    return (RawEvent(moment=event.moment, name=event.name, text=event.lines()[:LONGEST]),)
