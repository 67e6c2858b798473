"""A call as Asterisk recorded it: in CDR, a row for every pair of channels; in CEL, a row for every event."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ami_listeners.fold.directions import INBOUND, INTERNAL, OUTBOUND, Directions
from queue_strategies.facts import CallEnded, CallStarted, Fact

ENDPOINT = re.compile(r"^[^/]+/(.+)-[0-9a-f]{8}(?:;[12])?$")
REMEMBERED = 50_000
"""Calls of which more may still be told."""
OVER_AFTER_S = 12 * 3600.0
"""A call of which for so long nothing was told is over; by the times of the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """What was recorded of one call; times are Unix time in seconds."""

    call: str
    """The linkedid; or a name of ours, where records have no unique ids."""
    has_id: bool = True
    began: float
    ended: float
    answered: bool
    """Its first channel was."""
    answered_is_sure: bool = True
    """False: it may have been answered for less than a second, or before somebody was called in vain."""
    channel_name: str = ""
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    context: str = ""
    cause: int = 0
    talk_s: float | None = None
    """For how long its first channel was connected with others; None: these records do not tell."""
    parties: frozenset[str] | None = None
    """The phones it was connected with; None likewise."""
    transfers: int | None = None
    channels: frozenset[str] = frozenset()
    """The unique ids of all that were part of it."""
    resolution_s: float = 0.0
    """To what these records cut their times."""

    def direction(self, directions: Directions) -> str:
        """Say which way it went, by what is known of who is inside."""
        if not directions.inside(endpoint(self.channel_name), self.caller_number):
            return INBOUND
        called = self.parties or ("",)
        inside = all(directions.inside(party, self.called_number) for party in called)
        return INTERNAL if inside or not self.called_number.isdigit() else OUTBOUND

    def facts(self, directions: Directions) -> Iterator[Fact]:
        """Yield the facts that are made of the same call when it is heard."""
        direction = self.direction(directions)
        yield CallStarted(
            moment=self.began,
            call=self.call,
            channel_name=self.channel_name,
            caller_number=self.caller_number,
            caller_name=self.caller_name,
            called_number=self.called_number,
            context=self.context,
            direction=direction,
        )
        yield CallEnded(
            moment=self.ended,
            call=self.call,
            cause=self.cause,
            duration_s=max(0.0, self.ended - self.began),
            answered=self.answered,
            direction=direction,
        )


class Draft(Protocol):
    """What is known of a call so far."""

    last: float
    """The time of the last that was told."""

    def call(self) -> RecordedCall | None:
        """Give the call; None when what is known makes none."""


D = TypeVar("D", bound=Draft)


@dataclass(slots=True)
class Drafts(Generic[D]):
    """Calls of which more may be told, the one told of last at the end."""

    new: Callable[[str], D]
    drafts: OrderedDict[str, D] = field(default_factory=OrderedDict)
    now: float = 0.0

    def of(self, call: str, at: float) -> D:
        """Give the draft of a call, of which something is told that happened then."""
        draft = self.drafts.pop(call, None)
        self.drafts[call] = draft = self.new(call) if draft is None else draft
        self.now = max(self.now, at)
        return draft

    def over(self, call: str) -> Iterator[RecordedCall]:
        """Yield a call that is over, if there is one of that name."""
        draft = self.drafts.pop(call, None)
        if draft is not None and (made := draft.call()) is not None:
            yield made

    def settled(self) -> Iterator[RecordedCall]:
        """Yield calls that are over because nothing was told of them for long."""
        while self.drafts:
            call, draft = next(iter(self.drafts.items()))
            if draft.last >= self.now - OVER_AFTER_S and len(self.drafts) <= REMEMBERED:
                return
            yield from self.over(call)

    def rest(self) -> Iterator[RecordedCall]:
        """Yield all there are, at the end of the records."""
        for call in list(self.drafts):
            yield from self.over(call)


def endpoint(channel_name: str) -> str:
    """Name the phone or trunk of a channel: anna of PJSIP/anna-0000002a."""
    found = ENDPOINT.match(channel_name)
    return found[1] if found else channel_name.partition("/")[2]
