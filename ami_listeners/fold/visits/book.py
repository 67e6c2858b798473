"""Who is in which queue, and with whom: what everything that is told of visits is looked up in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator

from ami_listeners.fold.channels import Channels
from ami_listeners.fold.lately import Lately
from ami_listeners.fold.visits.visit import Offer, Visit
from queue_strategies.model import AgentId, AgentState, QueueName


class Book:
    """Keep the visits; one channel has one at a time."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self.open: dict[str, Visit] = {}
        """By the unique id of the caller's channel."""
        self.next_end = math.inf
        """When the first thing may end by itself."""
        self.numbers: dict[str, int] = {}
        """How many visits a channel has had."""
        self.asked_for: dict[str, QueueName] = {}
        """The queue a channel's dialplan went to last."""
        self.over_with = Lately[QueueName]()
        """Of channels whose last visit is over, its queue: what is told of it again, or late, is known."""
        self.gone = Lately[None]()
        """Channels that are no more: on them nothing begins."""
        self.parted = Lately[Visit]()
        """Whose talk is over, by the member's channel: a transfer may be told of late."""
        self.caller_of: dict[str, str] = {}
        """The caller's channel by the member's."""
        self.placed = Lately[str]()
        """Who took the place in the line, by the channel of who waited to put the caller through."""
        self.offered = Lately[None]()
        """Members' channels of which an offer was told; it is told once."""
        self.picked_up: dict[str, AgentId] = {}
        """Who took a call that rang at another member, by the channel."""
        self.ringing: Counter[AgentId] = Counter()
        self.talking: Counter[AgentId] = Counter()

    def engages(self, agent: AgentId) -> AgentState | None:
        """Tell whether a visit makes this member talk or ring."""
        if self.talking[agent]:
            return AgentState.TALKING
        return AgentState.RINGING if self.ringing[agent] else None

    def of(self, channel: str) -> Visit | None:
        """Give the visit of a channel, the caller's or the member's."""
        return self.open.get(self.caller_of.get(channel, channel))

    def seat(self, channel: str) -> str:
        """Name the channel that has the place in the line in which this one is, or was."""
        return channel if channel in self.open else self.placed.get(channel, channel)

    def seated(self, channel: str) -> Visit | None:
        """Give the visit of a caller's channel, or of one that waited for the caller."""
        return self.open.get(self.seat(channel))

    def heard(self, channel: str) -> bool:
        """Tell whether all that a channel has told was heard."""
        known = self._channels.known.get(channel)
        return known is not None and known.heard

    def place_of(self, channel: str) -> tuple[AgentId | None, QueueName | None]:
        """Tell which agent talks on a channel, and for which queue; None for what it is not."""
        visit = self.of(channel)
        if visit is None:
            return None, None
        offer = None if visit.talk is None else visit.talk.offer
        return (offer.agent if offer is not None and offer.offer == channel else None), visit.queue

    def offer_on(self, channel: str) -> Offer | None:
        """Find the offer for which this channel of a member's rings."""
        visit = self.open.get(self.caller_of.get(channel, ""))
        return None if visit is None else visit.offers.get(channel)

    def talking_on(self, channel: str) -> Visit | None:
        """Find the visit whose member talks on this channel, perhaps behind a Local channel."""
        visit = self.open.get(self.caller_of.get(channel, ""))
        if visit is None and channel not in self.open:
            visit = next(filter(self._talks_through, self._with(channel)), None)
        return visit if visit is not None and visit.talk is not None else None

    def _with(self, channel: str) -> Iterator[Visit]:
        """Give the visits of all who are together with a channel."""
        known = self._channels.known.get(channel)
        for each in () if known is None or known.bridge is None else self._channels.together(known.bridge):
            if each.id in self.open:
                yield self.open[each.id]

    def _talks_through(self, visit: Visit) -> bool:
        """Tell whether app_queue called a Local channel, which may be optimised away by now."""
        called = None if visit.talk is None else self._channels.known.get(visit.talk.offer.offer)
        return visit.talk is not None and (called is None or called.half)

    def close(self, channel: str) -> Visit:
        """Take out the visit of a caller's channel."""
        visit = self.open.pop(channel)
        self.over_with.note(channel, visit.queue)
        return visit

    def knows(self, visit: Visit) -> bool:
        """Tell whether the visit's channel is in a queue, or was lately."""
        channel = visit.visit.rpartition("/")[0]
        return channel in self.open or channel in self.over_with

    def restore(self, visit: Visit) -> None:
        """Believe a visit of before a restart; the next listings tell whether it still goes on."""
        channel, _, number = visit.visit.rpartition("/")
        self.open[channel] = visit
        self.numbers[channel] = int(number) if number.isdigit() else 1
        if visit.talk is not None:
            self.caller_of[visit.talk.offer.offer] = channel
            self.talking[visit.talk.offer.agent] += 1

    def forget(self, channel: str) -> None:
        """Take in that a channel is no more."""
        self.gone.note(channel, None)
        self.numbers.pop(channel, None)
        self.asked_for.pop(channel, None)
        self.picked_up.pop(channel, None)

    def keep(self, alive: Callable[[str], bool]) -> None:
        """Forget what is known of channels that are no more, though nobody told of their end."""
        for known in (self.numbers, self.asked_for, self.picked_up):
            for channel in [each for each in known if not alive(each)]:
                del known[channel]
