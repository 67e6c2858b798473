"""Everything that is told of visits, by who reads it, and what is found when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ami_listeners.fold.channels import Channels
from ami_listeners.fold.concluded import concluded
from ami_listeners.fold.visits.book import Book
from ami_listeners.fold.visits.leaving import Leaving
from ami_listeners.fold.visits.ringing import Ringing
from ami_listeners.fold.visits.talking import Talking
from ami_listeners.fold.visits.turns import Turns
from ami_listeners.fold.visits.untimely import OF_QUEUES, Untimely
from ami_listeners.fold.visits.waiting import Waiting
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import Fact
from queue_strategies.model import AgentId, Queue, QueueName

BY_PART = frozenset({"BlindTransfer", "AttendedTransfer", "ParkedCall"})
"""Events that name channels by their parts in a transfer, or in a parking space."""


class Visits:
    """Fold app_queue's events."""

    def __init__(
        self,
        agent_of: Callable[[AmiEvent], AgentId],
        rules: Callable[[QueueName], Queue],
        channels: Channels,
    ) -> None:
        self.book = Book(channels)
        self.open = self.book.open
        self._turns = Turns(self.book, agent_of, rules)
        self._untimely = Untimely(self.book)
        self._leaving = Leaving(self._turns)
        self._handlers: dict[str, Callable[[AmiEvent], Iterable[Fact]]] = {
            **Waiting(self._turns).handlers,
            **Ringing(self._turns).handlers,
            **Talking(self._turns).handlers,
            **self._leaving.handlers,
        }

    def handle(self, event: AmiEvent) -> Iterable[Fact]:
        """Take in one event of a queue or of a channel in one.

        Under load Asterisk tells of a talk's end when it has forgotten the channels, and names none; the
        hang-up has told of it already.
        """
        name, channel = event.name, event.channel
        if not channel:
            return self._explaining(event) if name in BY_PART else ()
        if (name in OF_QUEUES or self._untimely.held) and self._untimely.holds(channel, event):
            return ()
        return self._explaining(event) if self._untimely.held else self._handlers[name](event)

    def _explaining(self, event: AmiEvent) -> Iterator[Fact]:
        """Take in an event by which others, that were held back, may make sense."""
        yield from self._handlers[event.name](event)
        for channel, waited, events in self._untimely.explained():
            if waited:
                yield from self._turns.give_place(waited, channel, events[0].moment)
            yield from self._catch_up(events)

    def _catch_up(self, events: Iterable[AmiEvent]) -> Iterator[Fact]:
        for event in events:
            yield from self._handlers[event.name](event)

    def _missed(self, channel: str, moment: float) -> Iterator[Fact]:
        """End a talk whose end was not heard, for the caller is told to be in a queue again."""
        visit = self.open.get(channel)
        if visit is not None and visit.talk is not None:
            yield from concluded(self._turns.part(channel, moment, "lost"))
            self.book.over_with.pop(channel, None)

    def settle(self, moment: float) -> Iterator[Fact]:
        """Take in what stays unexplained as it is, and end the visits of callers who went."""
        for channel, events in self._untimely.due(moment):
            yield from self._missed(channel, events[0].moment)
            yield from self._catch_up(events)
        yield from self._leaving.settle(moment)
        self.book.next_end = min(self._leaving.next_end, self._untimely.next_end)

    def waits(self, channel: str) -> bool:
        """Tell whether the caller on this channel is in the line."""
        visit = self.open.get(channel)
        in_line = visit is not None and visit.talk is None and visit.left is None
        return in_line and channel not in self._leaving.vanished

    def listed(
        self, entries: Sequence[AmiEvent], asked: float, alive: Callable[[str], bool]
    ) -> Iterator[Fact]:
        """Compare with all callers in all queues, and with the channels that are `alive`.

        Who is in no line any more but still there was answered, and AgentComplete will tell the rest; or was
        let go, and the dialplan will. Who is gone altogether is lost to us.
        """
        there = {entry.channel: entry for entry in entries}
        for channel, visit in list(self.open.items()):
            if visit.joined > asked:
                continue  # the answer is older than the visit
            if not alive(channel):
                yield from self._leaving.channel_gone(channel, asked)
            elif channel not in there and visit.talk is None and visit.left is None:
                visit.left, visit.unheard = asked, not visit.abandoned
        self.book.keep(alive)
        for channel, entry in there.items():
            if channel not in self.open:
                queue = QueueName(entry.text("Queue"))
                joined = asked - entry.number("Wait")
                yield from self._turns.enter(entry, queue, joined, entry.number("Position"))
