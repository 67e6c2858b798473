"""What each side of a call does, one thing at a time, told by the media: who is in which bridge with whom.

A transfer, or a Local channel that is optimised away, leads channels through bridges for an instant. What a
channel does is looked at when it has been quiet for a moment; what was shorter is part of what follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ami_listeners.fold.calls import Call
from ami_listeners.fold.channels import Bridge, Channel, Channels, Room
from ami_listeners.fold.visit import Visit
from ami_listeners.fold.visits import Visits, remember
from queue_strategies.facts import (
    Answered,
    Fact,
    Handled,
    QueueJoined,
    SegmentBegan,
    SegmentEnded,
    SegmentKind,
    VisitEnded,
    WrapUpEnded,
)
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId

QUIET_S = 0.2
"""So long a channel has to be quiet."""
SILENT_S = 0.5
"""So long it has to be on its own: Asterisk takes a while between an answer and the bridge."""
ROOMS = {
    Room.CONFERENCE: SegmentKind.CONFERENCE,
    Room.PARKING: SegmentKind.PARKED,
    Room.HOLDING: SegmentKind.WAITING,
}
OF_VISITS = frozenset(
    {SegmentKind.WAITING, SegmentKind.OFFER, SegmentKind.TALK, SegmentKind.HOLD, SegmentKind.CONSULT}
)
"""What is done for a queue."""
WITH_CALLER = frozenset({SegmentKind.TALK, SegmentKind.HOLD})

Doing = tuple[SegmentKind, str]
"""What a channel does, and with whom, where that is one other channel."""
Noted = tuple[float, float, bool]
"""Since when, when it is to be looked at, and whether it was heard."""


@dataclass(slots=True)
class Segment:
    """What a channel does now."""

    segment: str
    kind: SegmentKind
    call: str
    channel: str
    party: str
    began: float
    number: int = 0
    """The how many-eth of its channel it is, which stands in its name."""
    other: str | None = None
    """With which channel; None: that is not remembered."""
    agent: AgentId | None = None
    contact: ContactId | None = None
    visit: VisitId | None = None
    queue: QueueName | None = None
    bridge: str = ""


class Segments:
    """Fold what becomes of channels into SegmentBegan and SegmentEnded.

    `is_agent` tells an agent's account.
    """

    def __init__(
        self,
        channels: Channels,
        calls: Mapping[str, Call],
        visits: Visits,
        is_agent: Callable[[str], bool],
    ) -> None:
        self._channels, self._calls = channels, calls
        self._visits, self._is_agent = visits, is_agent
        self.open: dict[str, Segment] = {}
        """By the channel's unique id."""
        self._noted: dict[str, Noted] = {}
        """Channels that may do something else, the first that is to be looked at first."""
        self._silent: dict[str, Noted] = {}
        """Of these, those that seem to be on their own."""
        self.next_end = math.inf
        """When the first is to be looked at."""
        self._answered: dict[VisitId, Answered] = {}
        """Of visits whose talk goes on, or whose wrap-up does."""
        self._parted: dict[str, float] = {}
        """When visits were told to be over that a wrap-up follows, by the member's channel."""
        self._left: dict[str, float] = {}
        """When lines were hung up, the latest last."""

    def restore(self, segment: Segment) -> None:
        """Believe a segment that was open before a restart."""
        self.open[segment.channel] = segment

    def note(self, channel: Channel, moment: float, heard: bool) -> None:
        """Take in that a channel may do something else from this moment on."""
        if not channel.half and channel.id not in self._noted:
            since, _, was_heard = self._silent.pop(channel.id, (moment, 0.0, heard))
            self._noted[channel.id] = since, moment + QUIET_S, heard and was_heard
            self.next_end = min(self.next_end, moment + QUIET_S)

    def follow(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        """Take in what became of visits; give it, and the wrap-ups that are over."""
        for fact in facts:
            yield fact
            match fact:
                case QueueJoined() | VisitEnded():
                    self._note_visit(fact.visit, fact.moment)
                case Answered():
                    self._note_visit(fact.visit, fact.moment)
                    self._answered[fact.visit] = fact
                case Handled():
                    self._handled(fact)
                case WrapUpEnded() if (answered := self._answered.pop(fact.visit, None)) is not None:
                    yield from self._wrapped_up(fact, answered)

    def _handled(self, fact: Handled) -> None:
        answered = self._answered.get(fact.visit)
        if answered is not None and fact.wrap_up_follows:
            self._parted[answered.offer] = fact.moment
        elif answered is not None:
            del self._answered[fact.visit]
            self._parted.pop(answered.offer, None)

    def _note_visit(self, visit: VisitId, moment: float) -> None:
        if (channel := self._channels.known.get(visit.rpartition("/")[0])) is not None:
            self.note(channel, moment, True)

    def _wrapped_up(self, fact: WrapUpEnded, answered: Answered) -> Iterator[Fact]:
        """Tell of a wrap-up when it is over, for nobody remembers one over a restart.

        There is none while the line is still there: that it was hung up was not heard.
        """
        told = self._parted.pop(answered.offer, fact.moment)
        began = max(told, self._left.get(answered.offer, told))
        if answered.offer in self.open or began > fact.moment:
            return
        segment = Segment(
            segment=f"{fact.visit}/{SegmentKind.WRAP_UP}/1",
            kind=SegmentKind.WRAP_UP,
            call=answered.contact,
            channel=answered.offer,
            party=fact.agent,
            began=began,
            agent=fact.agent,
            contact=answered.contact,
            visit=fact.visit,
            queue=fact.queue,
        )
        yield began_of(segment, heard=True)
        yield ended_of(segment, fact.moment, fact.ended_by, heard=True)

    def settle(self, moment: float) -> list[Fact]:
        """Tell of what has been so for long enough."""
        facts: list[Fact] = []
        for channel, since, heard in self._due(self._noted, moment):
            doing = self._doing(channel)
            if doing[0] is SegmentKind.IVR and since + SILENT_S > moment:
                self._silent[channel.id] = since, since + SILENT_S, heard
            else:
                self._tell(facts, channel, doing, since, heard)
        if self._silent:
            for channel, since, heard in self._due(self._silent, moment):
                self._tell(facts, channel, self._doing(channel), since, heard)
        firsts = [next(iter(noted.values()))[1] for noted in (self._noted, self._silent) if noted]
        self.next_end = min(firsts, default=math.inf)
        return facts

    def _due(self, noted: dict[str, Noted], moment: float) -> list[tuple[Channel, float, bool]]:
        due = []
        while noted:
            id_, (since, until, heard) = next(iter(noted.items()))
            if until > moment:
                break
            del noted[id_]
            if (channel := self._channels.known.get(id_)) is not None:
                due.append((channel, since, heard))
        return due

    def ended(self, id_: str, moment: float, heard: bool) -> Iterator[Fact]:
        """Take in that a channel is gone, which is not forgotten yet."""
        now = (moment, 0.0, True)
        noted, _, _ = self._noted.pop(id_, self._silent.pop(id_, now))
        segment = self.open.get(id_)
        if segment is None:
            return
        channel = self._channels.known.get(id_)
        still = channel is None or self._goes_on(segment, self._doing(channel))
        how = "transfer" if channel is not None and channel.gave else "hangup"
        ended = self._end(segment, moment if still else noted, how if heard else "lost", heard)
        remember(self._left, id_, ended.moment)
        yield ended

    def listed(self, there: Collection[str], asked: float) -> Iterator[Fact]:
        """Compare with all channels there are, after those that are gone were forgotten."""
        for id_ in [each for each in self.open if each not in self._channels.known and each not in there]:
            yield from self.ended(id_, asked, False)

    # -- telling --------------------------------------------------------------------------------------------

    def _tell(self, facts: list[Fact], channel: Channel, doing: Doing, moment: float, heard: bool) -> None:
        segment = self.open.get(channel.id)
        if segment is not None:
            if self._goes_on(segment, doing):
                segment.other = doing[1]
                return
            moment = max(moment, segment.began)
            if segment.number > channel.segments:
                channel.segments = segment.number
            facts.append(self._end(segment, moment, doing[0].value, heard))
        segment = self.open[channel.id] = self._begin(channel, doing, moment)
        facts.append(began_of(segment, heard=heard))

    def _goes_on(self, segment: Segment, doing: Doing) -> bool:
        return segment.kind is doing[0] and segment.other in (None, doing[1])

    def _begin(self, channel: Channel, doing: Doing, moment: float) -> Segment:
        kind, bridge = doing[0], channel.bridge.id if channel.bridge is not None else ""
        channel.segments += 1
        name = f"{channel.id}/{bridge or kind.value}/{channel.segments}"
        call, number = self._call_of(channel), channel.segments
        segment = Segment(name, kind, call, channel.id, channel.party, moment, number, doing[1])
        segment.bridge = bridge
        visit = self._visit(channel, doing) if kind in OF_VISITS else None
        if visit is not None:
            segment.contact, segment.visit, segment.queue = visit.contact, visit.visit, visit.queue
        segment.agent = self._agent(channel, visit, kind)
        return segment

    def _end(self, segment: Segment, moment: float, ended_by: str, heard: bool) -> SegmentEnded:
        self.open.pop(segment.channel, None)
        moment = max(moment, segment.began)
        return ended_of(segment, moment, ended_by, heard=heard)

    # -- what it does ---------------------------------------------------------------------------------------

    def _doing(self, channel: Channel) -> Doing:
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

    # -- for whom -------------------------------------------------------------------------------------------

    def _call_of(self, channel: Channel) -> str:
        """Name the call: of several that come together the oldest, of one that asks the one it asks for."""
        bridge, names = channel.bridge, {channel.call}
        if bridge is not None and bridge.room not in ROOMS:
            names.update(each.call for each in self._channels.together(bridge))
        for name in tuple(names):
            call = self._calls.get(name)
            if call is not None and call.asked_for and call.asked_for in self._calls:
                names.add(call.asked_for)
        return channel.call if len(names) == 1 else min(names, key=age)

    def _visit(self, channel: Channel, doing: Doing) -> Visit | None:
        """Find the visit: its own, or behind a Local channel that of whom it talks to or rings for."""
        visit = self._visits.of(channel.id) or (self._visits.of(doing[1]) if doing[1] else None)
        if visit is not None or channel.calls_us or doing[0] is not SegmentKind.OFFER:
            return visit
        call = self._calls.get(channel.call)
        visits = [] if call is None else [self._visits.of(id_) for id_ in call.channels]
        return next((each for each in visits if each is not None), None)

    def _agent(self, channel: Channel, visit: Visit | None, kind: SegmentKind) -> AgentId | None:
        if self._is_agent(channel.account):
            return AgentId(channel.account)
        if visit is None or channel.id in self._visits.open:
            return None
        if kind in WITH_CALLER and visit.talk is not None:
            return visit.talk.offer.agent
        offers = list(visit.offers.values())
        return offers[0].agent if kind is SegmentKind.OFFER and len(offers) == 1 else None


def age(call: str) -> tuple[float, int, str]:
    """Order the names that Asterisk gives to calls by when they began; others come last."""
    seconds, dot, number = call.rpartition("-")[2].partition(".")
    if dot and seconds.isdigit() and number.isdigit():
        return int(seconds), int(number), call
    return math.inf, 0, call


def began_of(segment: Segment, *, heard: bool) -> SegmentBegan:
    """Tell of a segment's beginning."""
    return SegmentBegan(
        moment=segment.began,
        heard=heard,
        call=segment.call,
        segment=segment.segment,
        segment_kind=segment.kind,
        channel=segment.channel,
        party=segment.party,
        agent=segment.agent,
        contact=segment.contact,
        visit=segment.visit,
        queue=segment.queue,
        bridge=segment.bridge,
    )


def ended_of(segment: Segment, moment: float, ended_by: str, *, heard: bool) -> SegmentEnded:
    """Tell of a segment's end."""
    return SegmentEnded(
        moment=moment,
        heard=heard,
        call=segment.call,
        segment=segment.segment,
        segment_kind=segment.kind,
        channel=segment.channel,
        party=segment.party,
        agent=segment.agent,
        contact=segment.contact,
        visit=segment.visit,
        queue=segment.queue,
        bridge=segment.bridge,
        lasted_s=moment - segment.began,
        ended_by=ended_by,
    )
