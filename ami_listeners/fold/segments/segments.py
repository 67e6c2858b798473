"""What each side of a call does, one thing at a time, told by the media: who is in which bridge with whom.

A transfer, or a Local channel that is optimised away, leads channels through bridges for an instant. What a
channel does is looked at when it has been quiet for a moment; what was shorter is part of what follows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from ami_listeners.fold.call import Call
from ami_listeners.fold.channels import Channel, Channels
from ami_listeners.fold.segments.belonging import Belonging
from ami_listeners.fold.segments.doing import Doing, Doings
from ami_listeners.fold.segments.segment import Segment, began_of, ended_of
from ami_listeners.fold.segments.wrap_ups import WrapUps
from ami_listeners.fold.visits import Visits
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
from queue_strategies.model import VisitId

QUIET_S = 0.2
"""So long a channel has to be quiet."""
SILENT_S = 0.5
"""So long it has to be on its own: Asterisk takes a while between an answer and the bridge."""
OF_VISITS = frozenset(
    {SegmentKind.WAITING, SegmentKind.OFFER, SegmentKind.TALK, SegmentKind.HOLD, SegmentKind.CONSULT}
)
"""What is done for a queue."""
Noted = tuple[float, float, bool]
"""Since when, when it is to be looked at, and whether it was heard."""


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
        self._channels = channels
        self._doings = Doings(channels, calls, visits)
        self._belonging = Belonging(channels, calls, visits.book, is_agent)
        self.open: dict[str, Segment] = {}
        """By the channel's unique id."""
        self._noted: dict[str, Noted] = {}
        """Channels that may do something else, the first that is to be looked at first."""
        self._silent: dict[str, Noted] = {}
        """Of these, those that seem to be on their own."""
        self.next_end = math.inf
        """When the first is to be looked at."""
        self._wrap_ups = WrapUps(self.open)

    def restore(self, segment: Segment) -> None:
        """Believe a segment that was open before a restart."""
        self.open[segment.channel] = segment

    def now(self) -> list[SegmentBegan]:
        """Tell again what each channel does."""
        return [began_of(segment, heard=True) for segment in self.open.values()]

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
                    self._wrap_ups.answered(fact)
                case Handled():
                    self._wrap_ups.handled(fact)
                case WrapUpEnded():
                    yield from self._wrap_ups.ended(fact)

    def _note_visit(self, visit: VisitId, moment: float) -> None:
        if (channel := self._channels.known.get(visit.rpartition("/")[0])) is not None:
            self.note(channel, moment, True)

    def settle(self, moment: float) -> list[Fact]:
        """Tell of what has been so for long enough."""
        facts: list[Fact] = []
        for channel, since, heard in self._due(self._noted, moment):
            doing = self._doings.of(channel)
            if doing[0] is SegmentKind.IVR and since + SILENT_S > moment:
                self._silent[channel.id] = since, since + SILENT_S, heard
            else:
                self._tell(facts, channel, doing, since, heard)
        if self._silent:
            for channel, since, heard in self._due(self._silent, moment):
                self._tell(facts, channel, self._doings.of(channel), since, heard)
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
        still = channel is None or self._goes_on(segment, self._doings.of(channel))
        how = "transfer" if channel is not None and channel.gave else "hangup"
        ended = self._end(segment, moment if still else noted, how if heard else "lost", heard)
        self._wrap_ups.left.note(id_, ended.moment)
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
        call, number = self._belonging.call(channel), channel.segments
        segment = Segment(name, kind, call, channel.id, channel.party, moment, number, doing[1])
        segment.bridge = bridge
        visit = self._belonging.visit(channel, doing) if kind in OF_VISITS else None
        if visit is not None:
            segment.contact, segment.visit, segment.queue = visit.contact, visit.visit, visit.queue
        segment.agent = self._belonging.agent(channel, visit, kind)
        return segment

    def _end(self, segment: Segment, moment: float, ended_by: str, heard: bool) -> SegmentEnded:
        self.open.pop(segment.channel, None)
        moment = max(moment, segment.began)
        return ended_of(segment, moment, ended_by, heard=heard)
