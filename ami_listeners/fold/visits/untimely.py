"""Events that came before what they follow from.

What one channel tells comes in its order. But a caller whom an agent puts through to a queue takes the place
of the agent's channel there, and what is told of the one may come before what was told of the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ami_listeners.fold.visits.book import Book
from ami_listeners.fold.visits.visit import ON_ITS_WAY_S
from ami_listeners.messages import AmiEvent

OF_QUEUES = frozenset(
    {
        "QueueCallerAbandon", "QueueCallerLeave", "AgentCalled", "AgentRingNoAnswer", "AgentConnect",
        "AgentComplete", "AgentDump",
    }
)  # fmt: skip
"""Events that tell of a caller who has joined a queue."""


class Untimely:
    """Hold back what makes no sense yet, and behind it whatever else its channel tells."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.held: dict[str, list[AmiEvent]] = {}
        """By the channel, the first that was held back first."""

    def holds(self, channel: str, event: AmiEvent) -> bool:
        """Hold an event back, if it is to be."""
        if (behind := self.held.get(channel)) is not None:
            behind.append(event)
        elif event.name in OF_QUEUES and not self._explained(channel, event):
            self.held[channel] = [event]
            self._book.next_end = min(self._book.next_end, event.moment + ON_ITS_WAY_S)
        else:
            return False
        return True

    def _explained(self, channel: str, event: AmiEvent) -> bool:
        """Tell whether the caller is in this queue, as far as was told, or was there and it is told again."""
        book, queue, member = self._book, event.text("Queue"), event.text("DestUniqueid")
        if event.name == "AgentConnect" and (member in book.parted or self._place_for(channel, event)):
            return True
        visit = book.seated(channel)
        if visit is None and channel in book.over_with:
            return event.name != "AgentConnect" and book.over_with[channel] == queue
        if visit is None:
            return not book.heard(channel)
        if visit.talk is None or event.name == "AgentComplete":
            return True
        return visit.queue == queue and (event.name != "AgentConnect" or visit.talk.offer.offer == member)

    def _place_for(self, channel: str, event: AmiEvent) -> str:
        """Name the channel whose place in the line this one took, by the member who is called for it."""
        waited = self._book.caller_of.get(event.text("DestUniqueid"), channel)
        return waited if waited != channel and waited in self._book.open else ""

    def explained(self) -> Iterator[tuple[str, str, list[AmiEvent]]]:
        """Give what makes sense by now: a channel, whose place it took if that is new, and what it told."""
        for channel, events in list(self.held.items()):
            places = filter(None, (self._place_for(channel, each) for each in events))
            waited = next(places, "")
            if waited or self._explained(channel, events[0]):
                yield channel, waited, self.held.pop(channel)

    def due(self, moment: float) -> Iterator[tuple[str, list[AmiEvent]]]:
        """Give what nothing can explain any more."""
        for channel, events in list(self.held.items()):
            if events[0].moment + ON_ITS_WAY_S <= moment:
                yield channel, self.held.pop(channel)

    @property
    def next_end(self) -> float:
        """Say when nothing that explains the first can be on its way any more."""
        return min((each[0].moment for each in self.held.values()), default=math.inf) + ON_ITS_WAY_S
