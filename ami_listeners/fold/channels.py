"""The channels there are, and who hears whom: bridges join channels, and Local channels join bridges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from ami_listeners.messages import AmiEvent

CALLS_US, UP = "4", "6"
"""ChannelState: Ring, of a channel that calls, and Up, of one that was answered."""
STRAIGHT_S = 0.1
HALVES = (";1", ";2")
"""How the names of the two ends of a Local channel end."""


class Room(Enum):
    """What a bridge is for."""

    TALK = auto()
    CONFERENCE = auto()
    PARKING = auto()
    HOLDING = auto()
    """Whoever is in there hears music and nobody."""


@dataclass(slots=True, eq=False)
class Bridge:
    """What channels are mixed in."""

    id: str
    room: Room
    channels: dict[Channel, None] = field(default_factory=dict)
    """In the order in which they came."""
    halves: int = 0
    """How many of them are ends of Local channels."""
    left_by: Channel | None = None
    """Who left the other side alone in here, to ask somebody in another bridge."""


@dataclass(slots=True, eq=False)
class Channel:
    """One line into Asterisk, or one end of a Local channel."""

    id: str
    name: str
    call: str
    """The linkedid."""
    party: str
    """The number of one who called, the account of one who was called."""
    calls_us: bool
    up: bool
    heard: bool = True
    """It was told of when it began; not found there later."""
    half: bool = False
    """It is an end of a Local channel, behind which is who matters."""
    reached: bool = False
    """It was called, and it is noted whether that was outside."""
    bridge: Bridge | None = None
    was_in: tuple[Bridge, float] | None = None
    """The bridge it left last, and when."""
    asks_from: Bridge | None = None
    """Where it left the other side alone, to ask somebody in another bridge."""
    holds: bool = False
    """It has put the other side on hold."""
    given: str = ""
    """The call that it was given to by a transfer, until it is in a bridge again."""
    gave: bool = False
    """It has given the other side away."""
    doubt: str | None = None
    """In which bridge it was listed last, when that is not where it is believed to be."""
    segments: int = 0
    """How many it has had."""

    @property
    def account(self) -> str:
        """Name the phone or trunk: `anna` of PJSIP/anna-00000001."""
        return account_of(self.name)


class Channels:
    """Everything there is, by its unique id."""

    def __init__(self) -> None:
        self.known: dict[str, Channel] = {}
        self._bridges: dict[str, Bridge] = {}
        self._ends: dict[str, list[Channel]] = {}
        """Both ends of each Local channel."""
        self.holding: dict[str, dict[Channel, None]] = {}
        """Channels that hold somebody, by their account."""

    def add(self, event: AmiEvent, id_: str, call: str) -> Channel:
        """Take in a channel that was not known."""
        name, state = event.sent("Channel"), event.sent("ChannelState")
        calls_us = state == CALLS_US or (state == UP and id_ == call)
        half = name.endswith(HALVES) and name.startswith("Local/")
        party = (event.text("CallerIDNum") if calls_us else "") or account_of(name)
        channel = self.known[id_] = Channel(
            id_, name, call, party, calls_us, state == UP, event.name == "Newchannel", half
        )
        if half:
            self._ends.setdefault(name[:-2], []).append(channel)
        return channel

    def remove(self, id_: str) -> Channel | None:
        """Forget a channel, and take it out of where it is."""
        channel = self.known.pop(id_, None)
        if channel is not None:
            self.leave(channel, 0.0)
            self.hold(channel, False)
            if channel.half and (ends := self._ends.get(channel.name[:-2])) is not None:
                ends.remove(channel)
                if not ends:
                    del self._ends[channel.name[:-2]]
        return channel

    def enter(self, channel: Channel, id_: str, room: Callable[[], Room], moment: float) -> Bridge:
        """Put a channel into a bridge; what it is for is asked of one that is new."""
        if channel.bridge is not None:
            if channel.bridge.id == id_:
                return channel.bridge
            self.leave(channel, moment)
        bridge = self._bridges.get(id_)
        if bridge is None:
            bridge = self._bridges[id_] = Bridge(id_, room())
        bridge.channels[channel] = None
        bridge.halves += channel.half
        channel.bridge, channel.given = bridge, ""
        self._ask(channel, bridge, moment)
        return bridge

    def _ask(self, channel: Channel, bridge: Bridge, moment: float) -> None:
        """Note one who goes straight from one bridge, in which somebody is alone now, into another."""
        before, channel.was_in = channel.was_in, None
        if bridge.left_by is channel:
            bridge.left_by = channel.asks_from = None
        elif before is not None and not channel.half and bridge.room is Room.TALK:
            left, at = before
            alone = left is not bridge and left.room is Room.TALK and len(left.channels) == 1
            if alone and moment - at <= STRAIGHT_S:
                left.left_by, channel.asks_from = channel, left

    def leave(self, channel: Channel, moment: float) -> None:
        """Take a channel out of its bridge."""
        bridge = channel.bridge
        if bridge is not None:
            bridge.channels.pop(channel, None)
            bridge.halves -= channel.half
            channel.bridge, channel.was_in = None, (bridge, moment)
            if not bridge.channels:
                self._bridges.pop(bridge.id, None)

    def hold(self, channel: Channel, holds: bool) -> None:
        """Note that a channel has put the other side on hold, or has taken it back."""
        if channel.holds is not holds:
            channel.holds = holds
            others = self.holding.setdefault(channel.account, {})
            if holds:
                others[channel] = None
            elif others.pop(channel, 0) is None and not others:
                del self.holding[channel.account]

    def together(self, bridge: Bridge) -> list[Channel]:
        """Give all who are in a bridge, or in one that Local channels join to it, but no ends of these."""
        if not bridge.halves:
            return list(bridge.channels)
        seen, parties = [bridge], []
        for each in seen:
            for channel in each.channels:
                if not channel.half:
                    parties.append(channel)
                    continue
                for end in self._ends.get(channel.name[:-2], ()):
                    if end.bridge is not None and end.bridge not in seen:
                        seen.append(end.bridge)
        return parties


def account_of(name: str) -> str:
    """Name the phone or trunk of a channel's name: `anna` of PJSIP/anna-00000001."""
    return name.partition("/")[2].rpartition("-")[0]


def room_of(event: AmiEvent) -> Room:
    """Tell from what is said of a bridge what it is for."""
    if event.sent("BridgeCreator") == "ConfBridge":
        return Room.CONFERENCE
    if event.sent("BridgeType") == "parking":
        return Room.PARKING
    return Room.HOLDING if event.sent("BridgeTechnology") == "holding_bridge" else Room.TALK
