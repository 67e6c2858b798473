"""What a supervisor hears and is heard by: which snoops on which channels, and in which bridges.

Of agent and customer alike only what comes in is spied on, and a whisper for the agent goes into what comes
in from the customer. Asterisk 22.10 hands every hook of a channel what that is sent through one translator,
which drops packets older than the last, and whoever one is transferred to numbers packets anew: after half
of all attended transfers nothing of what an agent is sent is heard, and nothing whispered into it. Of a call
that callfloor does not lead the whisper goes there all the same: nobody would end it in time before those on
the line part, and it would be heard by whom the customer is given to. Nor does anybody get into the bridge of
such a call: who takes it over is heard through what the customer is sent, in place of the agent's silence.

    seat    the supervisor's phone, and what spies for it
    voice   a snoop on the supervisor's phone, and what whispers; were they in the seat, each party would
            hear itself
    desk    where agent and customer talk: what stands there is heard as if the supervisor stood there
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from ari_apps.ari.channels import SnoopDirection
from ari_apps.monitoring.names import ear_channel, phone_of
from queue_strategies.monitoring import Line, Mode, OpenEar

THE_ONE_BEFORE = "the one before"


class Place(StrEnum):
    """A bridge in which a snoop stands."""

    SEAT = "seat"
    VOICE = "voice"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Snoop:
    """One snoop that is to be made."""

    channel_id: str
    on: str
    place: Place
    spy: SnoopDirection = "none"
    whisper: SnoopDirection = "none"
    vital: bool = False
    """Its end is the end of hearing."""


def snoops(order: OpenEar, attempt: str) -> list[Snoop]:
    """List what an order needs, each after what it is on; `attempt` makes the ids of this try."""
    found: list[Snoop] = []
    for number, one in enumerate([*_spies(order), *_voices(order)]):
        on = found[-1].channel_id if one.on == THE_ONE_BEFORE else one.on
        found.append(replace(one, channel_id=ear_channel(order, f"{attempt}-{number}"), on=on))
    return found


def _spies(order: OpenEar) -> Iterator[Snoop]:
    line = order.line
    if order.mode is Mode.TAKE_OVER:
        yield Snoop("", line.other or "", Place.SEAT, "in", vital=True)
    elif line.other is None:  # on hold, or with what has no channel of its own
        yield Snoop("", line.channel, Place.SEAT, "both", vital=True)
    else:
        yield Snoop("", line.channel, Place.SEAT, "in", vital=True)
        yield Snoop("", line.other, Place.SEAT, "in")
    for companion in sorted(order.companions):
        yield Snoop("", phone_of(companion), Place.SEAT, "in")


def _voices(order: OpenEar) -> Iterator[Snoop]:
    line, phone = order.line, phone_of(order.watch)
    match order.mode:
        case Mode.LISTEN:
            return
        case Mode.TAKE_OVER:
            if line.led:
                yield Snoop("", phone, Place.DESK, "in")
            else:
                yield Snoop("", phone, Place.VOICE, "in")
                yield Snoop("", line.other or "", Place.VOICE, whisper="out")
        case Mode.WHISPER | Mode.BARGE:
            yield Snoop("", phone, Place.VOICE, "in")
            if order.mode is Mode.BARGE:
                yield Snoop("", line.channel, Place.VOICE, whisper="in")
            yield from _to_agent(line)


def _to_agent(line: Line) -> Iterator[Snoop]:
    if line.other is not None and line.led:  # who leads it ends the whisper before the other meets a third
        yield Snoop("", line.other, Place.VOICE, whisper="in")
        return
    yield Snoop("", line.channel, Place.VOICE, whisper="out")
    is_alone = line.other is None and line.bridge is not None
    if is_alone and line.led:  # the agent is sent nothing to whisper into: silence, then
        yield Snoop("", THE_ONE_BEFORE, Place.DESK, "in")
