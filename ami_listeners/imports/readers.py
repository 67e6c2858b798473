"""Make the readers of each kind of records."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ami_listeners.fold.directions import Directions
from ami_listeners.imports.errors import Unreadable
from ami_listeners.imports.history import Place, Summary
from ami_listeners.imports.queue_log import entries
from ami_listeners.imports.queue_members import QueueMembers
from ami_listeners.imports.queue_visits import QueueVisits
from ami_listeners.imports.recorded_call import RecordedCall
from ami_listeners.imports.source import Source
from ami_listeners.imports.wall_time import WallTime
from queue_strategies.facts import Fact

SILENT = frozenset({"CONFIGRELOAD"})
"""Known, and telling of nothing that happened to anybody."""


Calls = Callable[[Source, WallTime], Iterator[RecordedCall]]


class CallReader:
    """Read files of CDR or of CEL."""

    def __init__(self, place: Place, calls: Calls) -> None:
        self._place, self._calls = place, calls
        self._directions = Directions(lambda _: False, lambda _: False)

    def __call__(self, source: Source, summary: Summary) -> Iterator[Fact]:
        """Yield the facts of one file.

        A call without an id cannot be told from one that was heard, so it is taken only of the time before.
        """
        for call in self._calls(source, self._place.times):
            if call.has_id or call.began + call.resolution_s < self._place.calls_heard_since:
                summary.count("calls", call.began)
                yield from call.facts(self._directions)
            else:
                summary.passed_over["calls without an id, of a time in which calls were heard"] += 1


class QueueLogReader:
    """Read files of queue_log one after another, as one log."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._visits = QueueVisits(place.agents, place.rules_of)
        self._members = QueueMembers(place.agents)
        self._known = self._visits.known | self._members.known | SILENT

    def __call__(self, source: Source, summary: Summary) -> Iterator[Fact]:
        """Yield the facts of one file."""
        for entry in entries(source, self._place.times):
            try:
                facts = [*self._visits.handle(entry)]
            except Unreadable as why:
                source.note(str(why))
                continue
            if entry.event in self._known:
                summary.count(entry.event, entry.at)
            else:
                summary.passed_over[entry.event] += 1
            yield from facts
            if entry.at < self._place.states_heard_since:
                yield from self._members.handle(entry)
