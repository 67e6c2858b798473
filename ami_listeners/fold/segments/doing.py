"""What a channel does, by who else is in its bridge, and by whom it waits for."""

from __future__ import annotations

from collections.abc import Mapping

from ami_listeners.fold.call import Call
from ami_listeners.fold.channels import Bridge, Channel, Channels, Room
from ami_listeners.fold.visits import Visits
from queue_strategies.facts import SegmentKind

ROOMS = {
    Room.CONFERENCE: SegmentKind.CONFERENCE,
    Room.PARKING: SegmentKind.PARKED,
    Room.HOLDING: SegmentKind.WAITING,
}
Doing = tuple[SegmentKind, str]
"""What a channel does, and with whom, where that is one other channel."""


class Doings:
    """Tell what channels do at this moment."""

    def __init__(self, channels: Channels, calls: Mapping[str, Call], visits: Visits) -> None:
        self._channels, self._calls, self._visits = channels, calls, visits

    def of(self, channel: Channel) -> Doing:
        """Say what a channel does."""
        bridge = channel.bridge
        if bridge is None:
            return self._alone(channel), ""
        if bridge.room in ROOMS:
            return ROOMS[bridge.room], ""
        others = [each for each in self._channels.together(bridge) if each is not channel]
        if not others:
            return self._left_alone(channel, bridge)
        if len(others) > 1:
            return SegmentKind.CONFERENCE, ""
        (other,) = others
        if channel.holds or other.holds:
            return SegmentKind.HOLD, other.id
        if self._asks(channel) or self._asks(other):
            return SegmentKind.CONSULT, ""
        return SegmentKind.TALK, other.id

    def _alone(self, channel: Channel) -> SegmentKind:
        if self._visits.waits(channel.id):
            return SegmentKind.WAITING
        if not channel.up:
            return SegmentKind.DIALLING if channel.calls_us else SegmentKind.OFFER
        if self._rings(channel.given or channel.call):
            return SegmentKind.TRANSFER if channel.given else SegmentKind.DIALLING
        return SegmentKind.IVR

    def _left_alone(self, channel: Channel, bridge: Bridge) -> Doing:
        """Say what one does who is in a bridge with nobody, or with one who has not answered yet."""
        if bridge.left_by is not None:
            return SegmentKind.HOLD, bridge.left_by.id
        if self._asks(channel):
            return SegmentKind.CONSULT, ""
        return (SegmentKind.DIALLING if self._rings(channel.call) else SegmentKind.IVR), ""

    def _asks(self, channel: Channel) -> bool:
        """Tell whether it asks somebody while a caller is on hold on another line, or in another bridge."""
        left = channel.asks_from
        if left is not None and left.left_by is channel and left.channels:
            return True
        call = self._calls.get(channel.call)
        return channel.calls_us and call is not None and bool(call.asked_for) and self._holds(channel)

    def _holds(self, channel: Channel) -> bool:
        return bool(self._channels.holding.get(channel.account))

    def _rings(self, call: str) -> bool:
        """Tell whether a phone rings in a call."""
        there = self._calls.get(call)
        known = self._channels.known
        return there is not None and any(
            not (each.up or each.calls_us or each.half)
            for id_ in there.channels
            if (each := known.get(id_)) is not None
        )
