"""Whatever happens to the stream on its way, facts stay right, or it is told that they may not be.

What one thread of Asterisk's tells of one channel comes in its order; between threads, anything may come
first. Events may be told twice, a connection may break inside an event, and after a gap Asterisk lists what
there is.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.fold import INTERESTS, Fold
from ami_listeners.messages import AmiEvent, Block, Framer, NotAManagerStream, ReadEvent
from ami_listeners.received import Connected, Listing, Received
from ami_listeners.replay import read, replay
from queue_strategies.facts import (
    Answered,
    CallEnded,
    CallStarted,
    Fact,
    Handled,
    LegQuality,
    ListenerGap,
    OfferEnded,
    OfferMade,
    QueueJoined,
    Transferred,
    VisitEnded,
)
from tests.ami_listeners.scenes import RECORDINGS
from tests.ami_listeners.test_fold import sane

NAMES = sorted(path.stem for path in RECORDINGS.glob("*.jsonl"))
MEMBER, CALLER = "DestUniqueid", "Uniqueid"
OF_ATTENDED = ("OrigTransfererUniqueid", "SecondTransfererUniqueid", "TransfereeUniqueid")
WITHIN_S = 1.0
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


@cache
def recording(name: str) -> tuple[Received, ...]:
    return tuple(read(RECORDINGS / f"{name}.jsonl"))


@cache
def as_it_was(name: str) -> frozenset[tuple[object, ...]]:
    return frozenset(meaning(replay(recording(name), Fold())))


def meaning(told: Iterable[Fact]) -> list[tuple[object, ...]]:
    """Say what became of callers, offers and calls; a call told of twice is kept once, by its name."""
    said: list[tuple[object, ...]] = []
    for fact in told:
        match fact:
            case QueueJoined(visit=visit, queue=queue):
                said.append(("joined", visit, queue))
            case OfferMade(offer=offer, agent=agent):
                said.append(("offered", offer, agent))
            case OfferEnded(offer=offer, outcome=outcome):
                said.append(("offer ended", offer, outcome))
            case Answered(visit=visit, agent=agent):
                said.append(("answered", visit, agent))
            case VisitEnded(visit=visit, outcome=outcome, key=key):
                said.append(("ended", visit, outcome, key))
            case Handled(visit=visit, agent=agent):
                said.append(("handled", visit, agent))
            case Transferred(visit=visit, kind=kind, to=to):
                said.append(("transferred", visit, kind, to))
            case CallStarted(call=call) | CallEnded(call=call):
                said.append((type(fact).__name__, call))
            case LegQuality(channel=channel, direction=direction):
                said.append(("heard", channel, direction))
            case _:
                pass
    return said


def speaker(event: AmiEvent) -> str:
    """Name the channel whose thread tells of this."""
    named = (event.text(header) for header in (CALLER, "TransfererUniqueid", "OrigTransfererUniqueid"))
    return next(filter(None, named), event.name)


def interleaved(stream: Iterable[Received], late: Sequence[float]) -> list[Received]:
    """Let each event come so much later, yet none before what the same channel told before it."""
    last: dict[str, float] = {}
    come: list[tuple[float, int, Received]] = []
    for place, each in enumerate(stream):
        moment = each.moment
        if isinstance(each, AmiEvent):
            who = speaker(each)
            moment = last[who] = max(last.get(who, 0.0), moment + late[place % len(late)])
            each = ReadEvent(each.name, moment, each.headers)
        come.append((moment, place, each))
    return [each for *_, each in sorted(come, key=lambda one: one[:2])]


@given(
    name=st.sampled_from(NAMES),
    late=st.lists(st.floats(0, WITHIN_S), min_size=1, max_size=200),
    twice=st.booleans(),
)
def test_events_of_several_channels_that_come_in_any_order_within_a_second_mean_the_same(
    name: str, late: list[float], twice: bool
) -> None:
    stream = interleaved(recording(name), late)
    fold = Fold()
    told = replay([each for each in stream for _ in range(1 + twice)], fold)
    sane(told)
    assert not fold.visits.open
    assert not fold.calls.open
    concluded = {each[:2] for each in meaning(fact for fact in told if not fact.heard)}
    assert {each for each in set(meaning(told)) ^ as_it_was(name) if each[:2] not in concluded} == set()


@given(name=st.sampled_from(NAMES), order=st.randoms(use_true_random=False), within_s=st.floats(0, WITHIN_S))
def test_visits_whose_events_come_in_no_order_at_all_are_counted_once(
    name: str, order: random.Random, within_s: float
) -> None:
    """Not even in that of one channel. What befell whom a gap touched may be mistaken then, and no other."""
    come = [
        ReadEvent(each.name, each.moment + order.uniform(0, within_s), each.headers)
        if isinstance(each, AmiEvent)
        else each
        for each in stamped(name)
    ]
    told = replay(sorted(come, key=lambda each: each.moment), Fold())
    sane(told)
    found, meant = moments(told), moments(replay(recording(name), Fold()))
    gaps = [(fact.began_moment, fact.moment) for fact in told if isinstance(fact, ListenerGap)]
    lives: dict[object, list[float]] = {}
    for said, moment in (*found.items(), *meant.items()):
        lives.setdefault(said[1], []).append(moment)
    for said in found.keys() ^ meant.keys():
        first, last = min(lives[said[1]]) - WITHIN_S, max(lives[said[1]]) + WITHIN_S
        assert any(began <= last and first <= ended for began, ended in gaps), said


@cache
def stamped(name: str) -> tuple[Received, ...]:
    """Let Asterisk say of every event when it told of it."""

    def stamp(place: int, each: AmiEvent) -> AmiEvent:
        at = f"{1_795_000_000 + each.moment + place / 1_000_000:.6f}"
        return ReadEvent(each.name, each.moment, dict(each.headers) | {"Timestamp": at})

    whole = enumerate(recording(name))
    return tuple(stamp(place, each) if isinstance(each, AmiEvent) else each for place, each in whole)


def moments(told: Iterable[Fact]) -> dict[tuple[object, ...], float]:
    """Say when what meant what."""
    return {said: fact.moment for fact in told for said in meaning([fact])}


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_that_comes_in_order_has_no_gap_though_it_is_told_twice(name: str) -> None:
    twice = [each for each in stamped(name) for _ in range(2)]
    assert not [fact for fact in replay(twice, Fold()) if isinstance(fact, ListenerGap)]


def test_an_asterisk_whose_clock_is_set_back_has_no_gap() -> None:
    earlier = [
        ReadEvent(each.name, each.moment, dict(each.headers) | {"Timestamp": "1700000000.000000"})
        for each in stamped("answered_and_wrapped_up")
        if isinstance(each, AmiEvent)
    ]
    told = replay([*stamped("abandoned_while_waiting"), *earlier], Fold())
    assert not [fact for fact in told if isinstance(fact, ListenerGap)]


# -- a gap in the middle ------------------------------------------------------------------------------------


class Standing(NamedTuple):
    """What Asterisk lists at a moment: channels, and callers in lines."""

    channels: list[ReadEvent]
    entries: list[ReadEvent]


def standing(stream: Sequence[Received], moment: float) -> Standing:
    """Work out what Asterisk would list once it has told all of this."""
    channels: dict[str, ReadEvent] = {}
    entries: dict[str, ReadEvent] = {}
    for each in stream:
        if not isinstance(each, ReadEvent):
            continue
        channel = each.text(CALLER)
        if each.name == "Newchannel" or (channel in channels and each.text("ChannelState")):
            duration = int(moment - (channels.get(channel, each)).moment)
            known = dict(each.headers) | {"Duration": f"00:00:{duration:02d}"}
            channels[channel] = ReadEvent("CoreShowChannel", channels.get(channel, each).moment, known)
        match each.name:
            case "Hangup":
                channels.pop(channel, None)
                entries.pop(channel, None)
            case "QueueCallerJoin":
                wait = {"Wait": str(int(moment - each.moment)), "Event": "QueueEntry"}
                entries[channel] = ReadEvent("QueueEntry", each.moment, dict(each.headers) | wait)
            case "AttendedTransfer" if each.text("DestType") == "App":
                given = each.text("TransfereeUniqueid")
                if (waited := entries.pop(each.text("SecondTransfererUniqueid"), None)) is not None:
                    taken = dict(waited.headers) | {CALLER: given}
                    entries[given] = ReadEvent("QueueEntry", waited.moment, taken)
            case "QueueCallerLeave" | "QueueCallerAbandon" | "AgentConnect":
                entries.pop(channel, None)
    return Standing(list(channels.values()), list(entries.values()))


def members_of(stream: Iterable[Received]) -> list[AmiEvent]:
    """Give the queues and their members as they were listed in the beginning."""
    return [
        item
        for each in stream
        if isinstance(each, Listing) and each.action == "QueueStatus"
        for item in each.items
        if item.name != "QueueEntry"
    ][:200]


@given(name=st.sampled_from(NAMES), data=st.data())
def test_after_a_gap_whatever_it_did_not_touch_is_right_and_nothing_is_left_open(
    name: str, data: st.DataObject
) -> None:
    whole = recording(name)
    first = sum(not isinstance(each, AmiEvent) for each in whole[:5])
    began = data.draw(st.integers(first, len(whole)))
    ended = data.draw(st.integers(began, len(whole)))
    missed = whole[began:ended]
    down = whole[began - 1].moment
    up = max(down, whole[ended - 1].moment)
    there = standing(whole[:ended], up)
    fold = Fold()
    told: list[Fact] = []
    for each in (
        *whole[:began],
        Connected(up, down, "cut off"),
        Listing("CoreShowChannels", up, up, there.channels),
        Listing("QueueStatus", up, up, [*members_of(whole), *there.entries]),
        *(each for each in whole[ended:] if isinstance(each, AmiEvent)),
    ):
        told += fold.handle(each)
    told += fold.settle(up + 3600)
    sane(told)
    assert not fold.visits.open
    assert not fold.calls.open
    (gap,) = [fact for fact in told if isinstance(fact, ListenerGap)]
    assert (gap.began_moment, gap.moment) == (down, up)
    touched = {
        word
        for each in missed
        if isinstance(each, AmiEvent)
        for header in (CALLER, MEMBER, "Linkedid", "TransfererUniqueid", *OF_ATTENDED)
        if (word := each.text(header))
    }
    for put_through in (each for each in whole if isinstance(each, AmiEvent)):
        involved = {word for header in OF_ATTENDED if (word := put_through.text(header))}
        touched |= involved if involved & touched else set()
    concluded = {each[:2] for each in meaning(fact for fact in told if not fact.heard)}
    wrong = {each for each in set(meaning(told)) ^ as_it_was(name) if not of_one(each, touched)}
    assert {each for each in wrong if each[:2] not in concluded} == set()


def of_one(said: tuple[object, ...], channels: set[str]) -> bool:
    """Tell whether what was said is of one of these channels, by its name."""
    return str(said[1]).partition("/")[0] in channels


def test_what_is_concluded_after_a_gap_is_not_said_to_be_heard() -> None:
    """So that another listener, who heard it, is believed."""
    whole = recording("abandoned_while_waiting")
    (place,) = [
        place
        for place, each in enumerate(whole)
        if isinstance(each, AmiEvent) and each.name == "QueueCallerJoin"
    ]
    moment = whole[-1].moment
    fold = Fold()
    told = list(replay(whole[: place + 1], fold, until_s=0))
    assert all(fact.heard for fact in told)
    found: list[Received] = [
        Connected(moment, moment - 1, "cut off"),
        Listing("CoreShowChannels", moment, moment, []),
        Listing("QueueStatus", moment, moment, members_of(whole)),
    ]
    for each in found:
        told += fold.handle(each)
    ends = [fact for fact in told if isinstance(fact, CallEnded | VisitEnded)]
    assert len(ends) == 2
    assert not any(fact.heard for fact in ends)
    late = Fold()
    for each in whole[place + 1 :]:
        for fact in late.handle(each):
            if isinstance(fact, QueueJoined):
                assert not fact.heard


# -- bytes --------------------------------------------------------------------------------------------------


def written(stream: Iterable[Received]) -> list[bytes]:
    """Write events as they come over the wire."""
    return [
        "".join(f"{name}: {value}\r\n" for name, value in each.headers.items()).encode()
        for each in stream
        if isinstance(each, AmiEvent)
    ]


def folded(blocks: Iterable[bytes], fold: Fold) -> list[Fact]:
    """Fold what is worth it of blocks, each a hundredth of a second after the one before."""
    told: list[Fact] = []
    for place, block in enumerate(blocks):
        name = block.removeprefix(b"Event: ").partition(b"\r\n")[0]
        holds = INTERESTS.get(name)
        if block.startswith(b"Event: ") and holds is not None and holds in block:
            told += fold.handle(Block(name.decode(), place / 100, block))
    return told


@given(name=st.sampled_from(NAMES), data=st.data())
def test_a_stream_that_breaks_off_at_any_byte_means_what_its_whole_events_do(
    name: str, data: st.DataObject
) -> None:
    events = written(recording(name))
    stream = GREETING + b"\r\n".join(events) + b"\r\n"
    end = data.draw(st.integers(0, len(stream)))
    cuts = sorted(data.draw(st.lists(st.integers(0, end), max_size=6)))
    framer, blocks = Framer(), list[bytes]()
    for begin, until in zip([0, *cuts], [*cuts, end], strict=True):
        blocks += framer.feed(stream[begin:until])
    whole = stream[:end].count(b"\r\n\r\n")
    assert [each + b"\r\n" for each in blocks] == events[:whole]
    assert folded(blocks, Fold()) == folded([each[:-2] for each in events[:whole]], Fold())


@given(name=st.sampled_from(NAMES), data=st.data())
def test_bytes_that_are_lost_in_the_middle_make_nobody_count_twice(name: str, data: st.DataObject) -> None:
    stream = GREETING + b"\r\n".join(written(recording(name))) + b"\r\n"
    begin = data.draw(st.integers(len(GREETING), len(stream)))
    end = begin + data.draw(st.integers(1, 3000))
    framer = Framer()
    try:
        blocks = framer.feed(stream[:begin] + stream[end:])
    except NotAManagerStream:
        return
    sane(folded(blocks, Fold()))
