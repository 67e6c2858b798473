"""To which call, visit and agent belongs what a channel does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ami_listeners.fold.call import Call
from ami_listeners.fold.channels import Channel, Channels
from ami_listeners.fold.segments.doing import ROOMS, Doing
from ami_listeners.fold.visits.book import Book
from ami_listeners.fold.visits.visit import Visit
from queue_strategies.facts import SegmentKind
from queue_strategies.model import AgentId

WITH_CALLER = frozenset({SegmentKind.TALK, SegmentKind.HOLD})


class Belonging:
    """Find out what for; `is_agent` tells an agent's account."""

    def __init__(
        self, channels: Channels, calls: Mapping[str, Call], book: Book, is_agent: Callable[[str], bool]
    ) -> None:
        self._channels, self._calls = channels, calls
        self._book, self._is_agent = book, is_agent

    def call(self, channel: Channel) -> str:
        """Name the call: of several that come together the oldest, of one that asks the one it asks for."""
        bridge, names = channel.bridge, {channel.call}
        if bridge is not None and bridge.room not in ROOMS:
            names.update(each.call for each in self._channels.together(bridge))
        for name in tuple(names):
            call = self._calls.get(name)
            if call is not None and call.asked_for and call.asked_for in self._calls:
                names.add(call.asked_for)
        return channel.call if len(names) == 1 else min(names, key=age)

    def visit(self, channel: Channel, doing: Doing) -> Visit | None:
        """Find the visit: its own, or behind a Local channel that of whom it talks to or rings for."""
        visit = self._book.of(channel.id) or (self._book.of(doing[1]) if doing[1] else None)
        if visit is not None or channel.calls_us or doing[0] is not SegmentKind.OFFER:
            return visit
        call = self._calls.get(channel.call)
        visits = [] if call is None else [self._book.of(id_) for id_ in call.channels]
        return next((each for each in visits if each is not None), None)

    def agent(self, channel: Channel, visit: Visit | None, kind: SegmentKind) -> AgentId | None:
        """Name the agent who does it."""
        if self._is_agent(channel.account):
            return AgentId(channel.account)
        if visit is None or channel.id in self._book.open:
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
