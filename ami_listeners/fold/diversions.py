"""Calls that go where they were not going: picked up, sent on, parked and fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from ami_listeners.fold.channels import account_of
from ami_listeners.fold.lately import Lately
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import CallForwarded, CallParked, CallPickedUp, CallUnparked, Fact

UNPARKED = {"UnParkedCall": "fetched", "ParkedCallTimeOut": "timed_out", "ParkedCallGiveUp": "given_up"}
"""How a call leaves its parking space."""
SUBJECTS = {"Pickup": ("Uniqueid", "TargetUniqueid"), "DialEnd": ("DestUniqueid", "Forward")}
"""Of which channel an event tells, and what; of parking it is the space."""


class Diversions:
    """Fold Pickup, DialEnd of a phone that forwards, and parking; what is told twice is told once."""

    def __init__(self) -> None:
        self._told = Lately[tuple[str, str]]()
        """What was told last of each channel."""
        self._readers: dict[str, Callable[[AmiEvent], Fact]] = {
            "Pickup": picked_up,
            "DialEnd": forwarded,
            "ParkedCall": parked,
            **dict.fromkeys(UNPARKED, unparked),
        }

    def handle(self, event: AmiEvent) -> list[Fact]:
        """Take in one of these events."""
        of, what = SUBJECTS.get(event.name, ("ParkeeUniqueid", "ParkingSpace"))
        channel, told = event.sent(of), (event.name, event.text(what))
        if not told[1]:
            return []
        known = self._told.get(channel)
        self._told.note(channel, told)
        return [] if known == told else [self._readers[event.name](event)]


def picked_up(event: AmiEvent) -> CallPickedUp:
    """Read who took a call that rang elsewhere."""
    return CallPickedUp(
        moment=event.moment,
        call=event.sent("TargetLinkedid"),
        by_channel=event.channel,
        by=account_of(event.sent("Channel")),
        target=account_of(event.sent("TargetChannel")),
    )


def forwarded(event: AmiEvent) -> CallForwarded:
    """Read where a phone sent its call on."""
    return CallForwarded(
        moment=event.moment,
        call=event.sent("DestLinkedid"),
        channel=event.sent("DestUniqueid"),
        by=account_of(event.sent("DestChannel")),
        to=event.text("Forward"),
    )


class WhereItIs(TypedDict):
    """What is told of a parked call, when it is parked and when it is no more."""

    moment: float
    call: str
    channel: str
    lot: str
    space: str


def where_it_is(event: AmiEvent) -> WhereItIs:
    """Read who is parked, and where."""
    return {
        "moment": event.moment,
        "call": event.sent("ParkeeLinkedid"),
        "channel": event.sent("ParkeeUniqueid"),
        "lot": event.text("Parkinglot"),
        "space": event.text("ParkingSpace"),
    }


def parked(event: AmiEvent) -> CallParked:
    """Read who parked whom, and where."""
    return CallParked(**where_it_is(event), by=event.text("ParkerDialString").partition("/")[2])


def unparked(event: AmiEvent) -> CallUnparked:
    """Read how a call left its parking space."""
    by = account_of(event.sent("RetrieverChannel"))
    return CallUnparked(**where_it_is(event), how=UNPARKED[event.name], by=by)
