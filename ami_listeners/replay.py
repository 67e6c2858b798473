"""Keep what arrived, and feed it through the same fold again: a bug becomes a recording, then a fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from ami_listeners.connection import Connected, Gap, Listing, Received
from ami_listeners.fold import Fold
from ami_listeners.messages import AmiEvent, ReadEvent
from queue_strategies.facts import Fact


class RecordedEvent(msgspec.Struct, tag="event", tag_field="what"):
    """An event, with all its headers."""

    moment: float
    headers: dict[str, str]


class RecordedListing(msgspec.Struct, tag="listing", tag_field="what"):
    """The answer to a question for everything of a kind."""

    moment: float
    action: str
    asked_moment: float
    items: list[dict[str, str]]


class RecordedConnection(msgspec.Struct, tag="connected", tag_field="what"):
    """A login."""

    moment: float
    gap_began: float | None
    why: str


class RecordedGap(msgspec.Struct, tag="gap", tag_field="what"):
    """Events that did not fit."""

    moment: float
    began_moment: float
    reason: str


Recorded = RecordedEvent | RecordedListing | RecordedConnection | RecordedGap

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Recorded).decode


class Recorder:
    """Write what is received to a file, one line each; call it, then whoever folds."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __call__(self, received: Received) -> None:
        """Write one thing that arrived."""
        self._file.write(encode(recorded(received)) + b"\n")


def recorded(received: Received) -> Recorded:
    """Turn what arrived into what is written."""
    match received:
        case AmiEvent(_, moment, headers):
            return RecordedEvent(moment, dict(headers))
        case Listing(action, asked, moment, items):
            return RecordedListing(moment, action, asked, [dict(item.headers) for item in items])
        case Connected(moment, began, why):
            return RecordedConnection(moment, began, why)
        case Gap(began_moment, moment, reason):
            return RecordedGap(moment, began_moment, reason)


def received(recorded: Recorded) -> Received:
    """Turn what was written into what arrived."""
    match recorded:
        case RecordedEvent(moment, headers):
            return ReadEvent(headers.get("Event", ""), moment, headers)
        case RecordedListing(moment, action, asked, items):
            events = [ReadEvent(item.get("Event", ""), moment, item) for item in items]
            return Listing(action, asked, moment, events)
        case RecordedConnection(moment, began, why):
            return Connected(moment, began, why)
        case RecordedGap(moment, began, reason):
            return Gap(began, moment, reason)


def read(path: Path) -> Iterator[Received]:
    """Read a recording; a last line that is torn is left out."""
    for line in path.read_bytes().split(b"\n")[:-1]:
        yield received(decode(line))


def replay(stream: Iterable[Received], fold: Fold, *, until_s: float = 3600.0) -> Sequence[Fact]:
    """Fold a stream; what ends by itself within `until_s` after its end is told too."""
    facts: list[Fact] = []
    moment = 0.0
    for each in stream:
        moment = each.moment
        facts += fold.handle(each)
    return [*facts, *fold.settle(moment + until_s)]
