"""What the channels and bridges of supervisors are called, so that a later process knows them."""

from __future__ import annotations

from collections.abc import Iterable

from ari_apps.ari.messages import Bridge
from ari_apps.desks import desk_beside
from queue_strategies.monitoring import Mode, OpenEar

SEAT = "monitor-"
"""Begins the ids of supervisors' phones, and of the bridges they sit in."""
VOICE = "-voice"
"""Ends the ids of bridges from which a supervisor is whispered."""
EAR = "ear-"
"""Begins the ids of snoops."""
SILENCED = "~"
"""In the id of a snoop, stands before the channel of an agent who is left out meanwhile."""


def is_of_supervisor(channel_id: str) -> bool:
    """Tell whether a channel is a supervisor's phone, or what one hears by."""
    return channel_id.startswith((SEAT, EAR))


def is_alone_with_customer(channel_id: str, bridges: Iterable[Bridge]) -> bool:
    """Tell whether a supervisor's phone is one of an ordinary call: its agent has left it alone."""
    desk = desk_beside(channel_id)
    seated = any(one.id == desk and channel_id in one.channels for one in bridges)
    return seated and channel_id.startswith(SEAT)


def phone_of(watch: str) -> str:
    """Name the channel of a supervisor's phone, which is also the bridge it sits in."""
    return f"{SEAT}{watch}"


def voice_of(watch: str) -> str:
    """Name the bridge from which a supervisor is whispered."""
    return f"{SEAT}{watch}{VOICE}"


def seat_of(bridge: str) -> str:
    """Name the phone that a supervisor's bridge belongs to."""
    return bridge.removesuffix(VOICE)


def ear_channel(order: OpenEar, part: str) -> str:
    """Name a snoop of an ear."""
    left_out = f"{SILENCED}{order.line.channel}" if order.mode is Mode.TAKE_OVER else ""
    return f"{EAR}{order.ear}-{part}{left_out}"


def left_out(channel_id: str) -> str | None:
    """Read from the id of a snoop which channel is silenced as long as it is there."""
    ear, _, silenced = channel_id.partition(SILENCED)
    return silenced or None if ear.startswith(EAR) else None
