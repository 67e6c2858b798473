"""One thing that a channel does for a while, and the facts of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from queue_strategies.facts import SegmentBegan, SegmentEnded, SegmentKind
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId


@dataclass(slots=True)
class Segment:
    """What a channel does now."""

    segment: str
    kind: SegmentKind
    call: str
    channel: str
    party: str
    began: float
    number: int = 0
    """The how many-eth of its channel it is, which stands in its name."""
    other: str | None = None
    """With which channel; None: that is not remembered."""
    agent: AgentId | None = None
    contact: ContactId | None = None
    visit: VisitId | None = None
    queue: QueueName | None = None
    bridge: str = ""


class WhatItIs(TypedDict):
    """What is told of a segment when it begins, and again when it ends."""

    call: str
    segment: str
    segment_kind: SegmentKind
    channel: str
    party: str
    agent: AgentId | None
    contact: ContactId | None
    visit: VisitId | None
    queue: QueueName | None
    bridge: str


def what_it_is(segment: Segment) -> WhatItIs:
    """Say which segment it is, whose, and for what."""
    return {
        "call": segment.call,
        "segment": segment.segment,
        "segment_kind": segment.kind,
        "channel": segment.channel,
        "party": segment.party,
        "agent": segment.agent,
        "contact": segment.contact,
        "visit": segment.visit,
        "queue": segment.queue,
        "bridge": segment.bridge,
    }


def began_of(segment: Segment, *, heard: bool) -> SegmentBegan:
    """Tell of a segment's beginning."""
    return SegmentBegan(moment=segment.began, heard=heard, **what_it_is(segment))


def ended_of(segment: Segment, moment: float, ended_by: str, *, heard: bool) -> SegmentEnded:
    """Tell of a segment's end."""
    lasted_s = moment - segment.began
    return SegmentEnded(
        moment=moment, heard=heard, lasted_s=lasted_s, ended_by=ended_by, **what_it_is(segment)
    )
