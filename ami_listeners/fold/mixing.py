"""Who is with whom: channels go from bridge to bridge, put each other on hold, and are given away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ami_listeners.fold.channels import Bridge, Channel, Channels, Room, room_of
from ami_listeners.messages import AmiEvent

ROOMS = {"ConfBridge": Room.CONFERENCE, "Park": Room.PARKING, "ParkAndAnnounce": Room.PARKING}
"""What a listed channel does in a bridge of which nothing else is known."""


class Mixing:
    """Keep the bridges.

    `changed` is told of each channel that may do something else now, when, and whether that was heard.
    """

    def __init__(self, channels: Channels, changed: Callable[[Channel, float, bool], None]) -> None:
        self._channels, self._changed = channels, changed
        self._handlers: dict[str, Callable[[AmiEvent, Channel], None]] = {
            "BridgeEnter": self._entered,
            "BridgeLeave": self._left,
            "Hangup": self._gone,
            "Hold": self._held,
            "Unhold": self._held,
        }

    def handle(self, event: AmiEvent) -> tuple[()]:
        """Take in what a channel did."""
        channel = self._channels.known.get(event.channel)
        if channel is not None:
            self._handlers[event.name](event, channel)
        return ()

    def given(self, event: AmiEvent) -> tuple[()]:
        """Take in a transfer; after one into what is no bridge, what rings there rings for the caller."""
        known = self._channels.known
        if event.sent("Result") not in ("Success", ""):
            return ()
        first, second = (known.get(event.sent(f"{which}TransfererUniqueid")) for which in ("Orig", "Second"))
        for giver in (first, second, known.get(event.sent("TransfererUniqueid"))):
            if giver is not None:
                giver.gave = True
        given = known.get(event.sent("TransfereeUniqueid"))
        if given is not None:
            given.given = given.call if second is None else second.call
            self._changed(given, event.moment, True)
        return ()

    def listed(self, items: Sequence[AmiEvent], asked: float, *, after_gap: bool) -> None:
        """Compare with where all channels are.

        Without a gap before, what differs gets the benefit of the doubt once: its event may be on the way.
        """
        for item in items:
            channel = self._channels.known.get(item.channel)
            if channel is None:
                continue
            found, believed = item.text("BridgeId"), channel.bridge.id if channel.bridge is not None else ""
            if found == believed:
                channel.doubt = None
            elif not (after_gap or channel.doubt == found):
                channel.doubt = found
            else:
                self._place(channel, found, ROOMS.get(item.text("Application"), Room.TALK), asked)

    def _place(self, channel: Channel, bridge: str, room: Room, moment: float) -> None:
        self._everybody(channel.bridge, moment, heard=False)
        self._channels.leave(channel, moment)
        if bridge:
            self._everybody(self._channels.enter(channel, bridge, lambda: room, moment), moment, heard=False)
        self._changed(channel, moment, False)

    def _entered(self, event: AmiEvent, channel: Channel) -> None:
        bridge = self._channels.enter(
            channel, event.sent("BridgeUniqueid"), lambda: room_of(event), event.moment
        )
        self._everybody(bridge, event.moment)

    def _left(self, event: AmiEvent, channel: Channel) -> None:
        bridge = channel.bridge
        if bridge is not None and bridge.id == event.sent("BridgeUniqueid"):
            self._gone(event, channel)
            self._channels.leave(channel, event.moment)
        self._channels.hold(channel, False)

    def _gone(self, event: AmiEvent, channel: Channel) -> None:
        self._everybody(channel.bridge, event.moment)

    def _held(self, event: AmiEvent, channel: Channel) -> None:
        self._channels.hold(channel, event.name == "Hold")
        self._everybody(channel.bridge, event.moment)

    def _everybody(self, bridge: Bridge | None, moment: float, *, heard: bool = True) -> None:
        """Say of all who are together that this may have changed."""
        if bridge is not None:
            for channel in self._channels.together(bridge):
                self._changed(channel, moment, heard)
