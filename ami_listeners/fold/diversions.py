"""Calls that go where they were not going: picked up, sent on, parked and fetched."""

from __future__ import annotations

from collections.abc import Callable

from ami_listeners.fold.channels import account_of
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import CallForwarded, CallParked, CallPickedUp, CallUnparked, Fact

UNPARKED = {"UnParkedCall": "fetched", "ParkedCallTimeOut": "timed_out", "ParkedCallGiveUp": "given_up"}
"""How a call leaves its parking space."""
SUBJECTS = {"Pickup": ("Uniqueid", "TargetUniqueid"), "DialEnd": ("DestUniqueid", "Forward")}
"""Of which channel an event tells, and what; of parking it is the space."""
REMEMBERED = 10_000
"""Channels of which it is remembered what was told last."""


class Diversions:
    """Fold Pickup, DialEnd of a phone that forwards, and parking; what is told twice is told once."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, str]] = {}
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
        known = self._told.pop(channel, None)
        self._told[channel] = told
        if known == told:
            return []
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        return [self._readers[event.name](event)]


def picked_up(event: AmiEvent) -> CallPickedUp:
    """Read who took a call that rang elsewhere."""
    return CallPickedUp(
        moment=event.moment,
        call=event.sent("TargetLinkedid"),
        by_channel=event.sent("Uniqueid"),
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


def parked(event: AmiEvent) -> CallParked:
    """Read who parked whom, and where."""
    return CallParked(
        moment=event.moment,
        call=event.sent("ParkeeLinkedid"),
        channel=event.sent("ParkeeUniqueid"),
        lot=event.text("Parkinglot"),
        space=event.text("ParkingSpace"),
        by=event.text("ParkerDialString").partition("/")[2],
    )


def unparked(event: AmiEvent) -> CallUnparked:
    """Read how a call left its parking space."""
    return CallUnparked(
        moment=event.moment,
        call=event.sent("ParkeeLinkedid"),
        channel=event.sent("ParkeeUniqueid"),
        lot=event.text("Parkinglot"),
        space=event.text("ParkingSpace"),
        how=UNPARKED[event.name],
        by=account_of(event.sent("RetrieverChannel")),
    )
