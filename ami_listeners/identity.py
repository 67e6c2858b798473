"""Name facts: unique everywhere, and once for all who heard of the same.

What one process alone tells gets an id by chance, in the order of writing. What Asterisk told to whoever
listens gets an id made of what the fact is called, or of the time that Asterisk stamped on its event: two
listeners make the same one, and the database keeps the fact once.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from ami_listeners.clock import Clock
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    CallEnded,
    CallForwarded,
    CallOriginated,
    CallParked,
    CallPickedUp,
    CallStarted,
    CallUnparked,
    DeviceChanged,
    Fact,
    Handled,
    HoldEnded,
    HoldStarted,
    LegQuality,
    MembershipPauseChanged,
    NativeRulesSeen,
    OfferEnded,
    OfferMade,
    QueueJoined,
    RawEvent,
    RegistrationChanged,
    SegmentBegan,
    SegmentEnded,
    Transferred,
    TrunkChanged,
    VisitEnded,
    WrapUpEnded,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62
NAMED = 0x8 << 76 | 0b10 << 62
OF_ASTERISK = re.compile(r"(?:^|[-/])(\d{9,11})\.\d+(?:$|[/;-])")
"""A unique id: [system name-]seconds.number, and what we hang on it."""
OF_OURS = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-")
"""A UUID of version 7."""


class FactIds:
    """Make UUIDs of version 7 (RFC 9562, method 3), each greater than the one before.

    48 bits of milliseconds, 12 of their fraction, 62 of chance from a generator seeded by the machine.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._chance = random.Random()  # noqa: S311  (an id is no secret)
        self._last = 0

    def __call__(self) -> UUID:
        """Give the next id."""
        milliseconds, rest = divmod((self._clock.wall() - EPOCH) // MICROSECOND, 1000)
        self._last = last = max(milliseconds << 12 | rest * 4096 // 1000, self._last + 1)
        stamp = (last >> 12) << 80 | (last & 0xFFF) << 64
        return UUID(int=stamp | VERSION_AND_VARIANT | self._chance.getrandbits(62))


class SharedIds:
    """Give what Asterisk told to whoever listens the id that every listener gives it, where there is one."""

    def __init__(self) -> None:
        self._stamp = ""
        self._told: Counter[tuple[str, str]] = Counter()
        """Changes of each subject by the event with that stamp."""

    def __call__(self, fact: Fact, system: str, stamp: str) -> UUID | None:
        """Make the id of a fact; None for one that cannot be told from others by its name or its stamp."""
        name, birth = fact_name(fact), born(fact)
        if name is not None and birth is not None:
            return named_id(system, name, birth, heard=fact.heard)
        changed = change(fact)
        if changed is None or not stamp:
            return None
        if stamp != self._stamp:
            self._stamp = stamp
            self._told.clear()
        number = self._told[changed]
        self._told[changed] += 1
        return stamped_id(system, *changed, stamp, number)


def fact_name(fact: Fact) -> str | None:
    """Say which fact it is of all that can be told of a thing; None for a change, of which there are many."""
    match fact:
        case CallStarted(call=call):
            return f"call_started/{call}"
        case CallEnded(call=call):
            return f"call_ended/{call}"
        case QueueJoined(visit=visit):
            return f"queue_joined/{visit}"
        case Answered(visit=visit) | VisitEnded(visit=visit):
            return f"decided/{visit}"  # a visit has one end
        case Handled(visit=visit, agent=agent):
            return f"handled/{visit}/{agent}"
        case WrapUpEnded(visit=visit, agent=agent):
            return f"wrap_up_ended/{visit}/{agent}"
        case Transferred(visit=visit, agent=agent, to=to):
            return f"transferred/{visit}/{agent}/{to}"
        case OfferMade(offer=offer):
            return f"offer_made/{offer}"
        case OfferEnded(offer=offer):
            return f"offer_ended/{offer}"
        case SegmentBegan(segment=segment):
            return f"segment_began/{segment}"
        case SegmentEnded(segment=segment):
            return f"segment_ended/{segment}"
        case LegQuality(channel=channel, direction=direction):
            return f"leg_quality/{channel}/{direction}"
        case CallPickedUp(by_channel=channel):
            return f"call_picked_up/{channel}"
        case CallForwarded(channel=channel, to=to):
            return f"call_forwarded/{channel}/{to}"
        case CallOriginated(channel=channel, call=call):
            return f"call_originated/{channel or call}"
        case _:
            return None


def change(fact: Fact) -> tuple[str, str] | None:
    """Say of what a change is, and to what it led; None for what only its listener can tell."""
    match fact:
        case DeviceChanged(device=device, state=state):
            return f"device {device}", state
        case RegistrationChanged(endpoint=endpoint, contact_uri=uri, status=status):
            return f"registration {endpoint} {uri}", status
        case TrunkChanged(trunk=trunk, status=status):
            return f"trunk {trunk}", status
        case AgentStateChanged(agent=agent, was=was, state=state, pause_reason=why, logged_in=logged_in):
            return f"agent {agent}", f"{was} {state} {logged_in} {why}"
        case MembershipPauseChanged(agent=agent, queue=queue, paused=paused):
            return f"membership {agent} {queue}", str(paused)
        case HoldStarted(visit=visit):
            return f"hold {visit}", "began"
        case HoldEnded(visit=visit):
            return f"hold {visit}", "ended"
        case CallParked(channel=channel, lot=lot, space=space):
            return f"parking {channel}", f"{lot} {space}"
        case CallUnparked(channel=channel, lot=lot, space=space, how=how):
            return f"parking {channel}", f"{lot} {space} {how}"
        case NativeRulesSeen(queue=queue, service_level_s=level, strategy=strategy):
            return f"rules {queue}", f"{strategy} {level}"
        case RawEvent(name=name, text=text):
            return f"event {name}", text
        case _:
            return None


def born(fact: Fact) -> datetime | None:
    """Give the time at which the call, or the first leg of which a fact tells, came to be, by its name.

    Of a segment it is that of its channel: not every listener knows which call it came to be part of.
    """
    for attribute in ("segment", "call", "visit", "offer", "channel"):
        if (at := born_by(getattr(fact, attribute, None) or "")) is not None:
            return at
    return None


def born_by(name: str) -> datetime | None:
    """Read the time within a unique id of Asterisk's or of ours; None when there is none."""
    if found := OF_ASTERISK.search(name):
        return EPOCH + timedelta(seconds=int(found[1]))
    if found := OF_OURS.search(name):
        return EPOCH + timedelta(milliseconds=int(found[1] + found[2], 16))
    return None


def in_system(system: str, name: str) -> str:
    """Name a call, or what belongs to one, after its Asterisk too; a name of ours is unique as it is."""
    return f"{system}/{name}" if system and OF_ASTERISK.search(name) else name


def within(system: str, name: str) -> str:
    """Give the name that its own Asterisk knows."""
    return name.removeprefix(f"{system}/") if system else name


def named_id(system: str, name: str, born: datetime, *, heard: bool) -> UUID:
    """Make the id (UUID of version 8, RFC 9562) of a fact that has a name: its birth in ms, and a digest.

    What was heard and what was concluded are two facts, of which the heard one is believed.
    """
    milliseconds = (born - EPOCH) // timedelta(milliseconds=1)
    chance = digest(system, "heard" if heard else "concluded", name)
    return UUID(int=milliseconds << 80 | (chance >> 62 & 0xFFF) << 64 | NAMED | chance & (1 << 62) - 1)


def stamped_id(system: str, subject: str, value: str, stamp: str, number: int = 0) -> UUID | None:
    """Make the id of a change: the time Asterisk gave it to the microsecond, in order, and a digest.

    `number` counts the changes of one subject by one event, below 64. None for a stamp that is no time.
    """
    try:
        microseconds = round(float(stamp) * 1_000_000)
    except (ValueError, OverflowError):
        return None
    if not 0 < microseconds < 1000 << 48:
        return None
    milliseconds, rest = divmod(microseconds, 1000)
    order = rest * 4096 // 1000 << 64 | min(number, 63) << 56
    return UUID(
        int=milliseconds << 80 | NAMED | order | digest(system, subject, value, stamp) >> 18 & (1 << 56) - 1
    )


def digest(*words: str) -> int:
    """Give 74 bits that depend on every word."""
    text = "\0".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=10).digest()) >> 6
