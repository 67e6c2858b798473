"""What happened while nobody listened, as far as Asterisk kept it for us. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ari_apps.ari import messages


@dataclass(frozen=True, slots=True)
class Ending:
    """When a channel came to its end, by Asterisk's clock."""

    at: dt.datetime
    cause: int


def endings(events: Iterable[messages.Event]) -> dict[str, Ending]:
    """Find the end of each channel: its first sign, and the cause, which may come later."""
    found: dict[str, Ending] = {}
    for event in events:
        match event:
            case messages.ChannelHangupRequest() | messages.StasisEnd() | messages.ChannelDestroyed():
                earlier = found.get(event.channel.id)
                cause = getattr(event, "cause", 0) or (earlier.cause if earlier else 0)
                found[event.channel.id] = Ending(earlier.at if earlier else event.timestamp, cause)
    return found


def came_and_went(
    events: Iterable[messages.Event], ended: Mapping[str, Ending], there: Collection[str]
) -> list[tuple[messages.StasisStart, Ending]]:
    """Find those who came and hung up before anybody was there to greet them."""
    return [
        (event, ended[event.channel.id])
        for event in events
        if isinstance(event, messages.StasisStart)
        and event.channel.id in ended
        and event.channel.id not in there
    ]
