"""Make facts of the call records of another system, one row for each stay in a queue."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC
from itertools import groupby

from ami_listeners.imports.errors import Unreadable
from ami_listeners.imports.history import Place, Summary
from ami_listeners.imports.mapping import Mapped
from ami_listeners.imports.names import made_name
from ami_listeners.imports.source import Source
from ami_listeners.imports.table import rows
from ami_listeners.imports.wall_time import at_of
from queue_strategies.facts import (
    Answered,
    ContactEnded,
    ContactStarted,
    Fact,
    Handled,
    OfferEnded,
    OfferMade,
    QueueJoined,
    Transferred,
    VisitEnded,
    WrapUpEnded,
)
from queue_strategies.model import AgentId, ContactId, OfferId, OfferOutcome, VisitId, VisitOutcome
from queue_strategies.simulation.call_records import CallRecord, CallRecordError, call_record, short

CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d+)?)")
"""1:05 or 0:01:05."""
REMEMBERED = 20_000
"""Rows of which it is remembered whether another was the same in every word."""


class Row:
    """One row, by our names of columns, with what it was checked to say."""

    def __init__(self, fields: dict[str, str], record: CallRecord, turn: int) -> None:
        self.fields, self.record = fields, record
        self.arrived = record.arrived.timestamp()
        self.decided = self.arrived + record.wait_s
        words = tuple(fields.values())
        self.visit = made_name(record.arrived, "visit", *words, str(turn))
        call = fields.get("call", "")
        self.call = ("call", call) if call else ("row", *words, str(turn))
        """What rows of one call have in common."""
        self.contact = made_name(record.arrived, *self.call)
        """As it is called, if this is its first."""

    def seconds(self, column: str) -> float:
        """Give a duration, 0 where there is none; raises Unreadable."""
        text = duration(self.fields.get(column, ""))
        try:
            return max(0.0, float(text or "0"))
        except ValueError:
            raise Unreadable(f"{column} is {short(text)}, write seconds or 1:05") from None


class CallRecordReader:
    """Read files by a mapping."""

    def __init__(self, place: Place, mapped: Mapped) -> None:
        self._place, self._mapped = place, mapped
        self._times = place.times.otherwise(mapped.zone, mapped.form)
        self._seen: OrderedDict[tuple[str, ...], int] = OrderedDict()

    def __call__(self, source: Source, summary: Summary) -> Iterator[Fact]:
        """Yield the facts of one file; raises HistoryError when it has other columns."""
        for _, same in groupby(self._rows(source, summary), key=lambda row: row.call):
            yield from self._contact(list(same))

    def _rows(self, source: Source, summary: Summary) -> Iterator[Row]:
        unmapped = {name: f"their {name}" for name in self._mapped.columns}
        theirs = unmapped | {name.lower(): ours for ours, name in self._mapped.columns.items()}
        needed = tuple(self._mapped.columns)
        for fields in rows(source, iter(source), needed=needed, called=theirs):
            try:
                row = self._row({ours: fields[ours].strip() for ours in needed})
                row.seconds("hold_s"), row.seconds("wrap_up_s")
            except (Unreadable, CallRecordError) as why:
                source.note(str(why).removeprefix(": "))
                continue
            summary.count(row.record.outcome.value, row.arrived)
            yield row

    def _row(self, fields: dict[str, str]) -> Row:
        """Check a row, and name it: the same row again is the same call again, if it has no id."""
        arrived = at_of(self._times.read(fields["arrived"]))
        checked = {
            **fields,
            "arrived": arrived.isoformat(),
            "outcome": self._mapped.outcomes.get(fields["outcome"], fields["outcome"]),
            "wait_s": duration(fields["wait_s"]),
            "talk_s": duration(fields.get("talk_s", "")),
        }
        record = call_record(checked, "", UTC)
        words = tuple(fields.values())
        turn = self._seen[words] = self._seen.pop(words, 0) + 1
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return Row(fields, record, turn)

    def _contact(self, stays: list[Row]) -> Iterator[Fact]:
        first, contact = stays[0], ContactId(stays[0].contact)
        yield ContactStarted(
            moment=first.arrived, contact=contact, channel="", caller_number=first.fields.get("number", ""),
            caller_name=first.fields.get("name", ""), called_number=first.fields.get("called", ""),
        )  # fmt: skip
        ended = first.arrived
        for row in stays:
            for fact in self._stay(row, contact):
                ended = max(ended, fact.moment if not isinstance(fact, WrapUpEnded) else ended)
                yield fact
        by = "caller" if stays[-1].record.outcome is VisitOutcome.ABANDONED else "us"
        yield ContactEnded(
            moment=ended, contact=contact, ended_by=by, cause=0, duration_s=ended - first.arrived
        )

    def _stay(self, row: Row, contact: ContactId) -> Iterator[Fact]:
        record, visit = row.record, VisitId(row.visit)
        yield QueueJoined(
            moment=row.arrived, contact=contact, visit=visit, queue=record.queue, priority=record.priority,
            position=0,
        )  # fmt: skip
        if record.outcome is VisitOutcome.ANSWERED:
            yield from self._talk(row, contact)
            return
        rules = self._place.rules_of(record.queue)
        abandoned = record.outcome is VisitOutcome.ABANDONED
        yield VisitEnded(
            moment=row.decided, contact=contact, visit=visit, queue=record.queue, outcome=record.outcome,
            wait_s=record.wait_s, short=abandoned and record.wait_s <= rules.short_abandon_s,
            within_service_level=record.wait_s <= rules.service_level_s, position=0,
        )  # fmt: skip

    def _talk(self, row: Row, contact: ContactId) -> Iterator[Fact]:
        record, queue = row.record, row.record.queue
        visit, offer = VisitId(row.visit), OfferId(f"{row.visit}/1")
        agent = AgentId(self._place.agents(row.fields.get("agent", "")))
        hold_s, wrap_up_s = row.seconds("hold_s"), row.seconds("wrap_up_s")
        talk_s = max(0.0, (record.talk_s or 0.0) - hold_s)
        parted = row.decided + talk_s + hold_s
        yield OfferMade(
            moment=row.decided, contact=contact, visit=visit, queue=queue, agent=agent, offer=offer,
            because="call records say so",
        )  # fmt: skip
        yield OfferEnded(
            moment=row.decided, contact=contact, visit=visit, queue=queue, agent=agent, offer=offer,
            outcome=OfferOutcome.ANSWERED, rang_s=0.0,
        )  # fmt: skip
        yield Answered(
            moment=row.decided, contact=contact, visit=visit, queue=queue, agent=agent, offer=offer,
            wait_s=record.wait_s,
            within_service_level=record.wait_s <= self._place.rules_of(queue).service_level_s,
        )  # fmt: skip
        to = row.fields.get("transferred_to", "")
        if to:
            yield Transferred(
                moment=parted, contact=contact, visit=visit, queue=queue, agent=agent, kind="blind", to=to
            )
        yield Handled(
            moment=parted, contact=contact, visit=visit, queue=queue, agent=agent, talk_s=talk_s,
            hold_s=hold_s, ended_by="transfer" if to else "caller", wrap_up_follows=wrap_up_s > 0,
        )  # fmt: skip
        if wrap_up_s > 0:
            yield WrapUpEnded(
                moment=parted + wrap_up_s, visit=visit, queue=queue, agent=agent, wrap_up_s=wrap_up_s,
                ended_by="agent",
            )  # fmt: skip


def duration(text: str) -> str:
    """Write a duration as seconds; what is none stays as it is."""
    found = CLOCK.fullmatch(text)
    if found is None:
        return text.replace(",", ".")
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in found.groups())
    return f"{hours * 3600 + minutes * 60 + seconds:g}"
