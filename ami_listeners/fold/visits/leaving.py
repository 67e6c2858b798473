"""Channels that are hung up, of callers in the line and of members."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ami_listeners.fold.visits.turns import Turns
from ami_listeners.fold.visits.visit import ON_ITS_WAY_S
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import Fact
from queue_strategies.model import VisitOutcome


class Leaving:
    """Read who hung up, and let the visits end of which nothing more is told."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._book = turns, turns.book
        self.vanished: dict[str, float] = {}
        """When channels of callers in the line went without a word of who hung up."""
        self.handlers = {"HangupRequest": self._hangs_up, "Hangup": self._hung_up}

    def _hangs_up(self, event: AmiEvent) -> Iterator[Fact]:
        channel = event.channel
        if channel in self._book.open:
            self._book.open[channel].hung_up = True
        offer, visit = self._book.offer_on(channel), self._book.talking_on(channel)
        if offer is not None:
            offer.cause = event.number("Cause") or offer.cause
        if visit is not None and visit.talk is not None:
            visit.talk.agent_hung_up = True
        yield from ()

    def _hung_up(self, event: AmiEvent) -> Iterator[Fact]:
        channel, book = event.channel, self._book
        if (offer := book.offer_on(channel)) is not None and offer.missed is not None:
            offer.cause = offer.cause or event.number("Cause")
            offered = book.open[book.caller_of[channel]]
            yield from self._turns.offer_over(offered, channel, offer.missed, offer.in_which_way())
        visit = book.open.get(channel)
        if visit is None or visit.talk is not None or visit.hung_up:
            yield from self.channel_gone(channel, event.moment)
        else:
            self.vanished.setdefault(channel, event.moment)
            book.next_end = min(book.next_end, event.moment + ON_ITS_WAY_S)
        book.forget(channel)

    def settle(self, moment: float) -> Iterator[Fact]:
        """End the visits of callers who went, once nothing of why can be on its way any more."""
        for channel, went in list(self.vanished.items()):
            if channel not in self._book.open:
                del self.vanished[channel]
            elif went + ON_ITS_WAY_S <= moment:
                yield from self.channel_gone(channel, went)

    @property
    def next_end(self) -> float:
        """Say when the next visit ends of which nothing more is told."""
        return min(self.vanished.values(), default=math.inf) + ON_ITS_WAY_S

    def channel_gone(self, channel: str, moment: float) -> Iterator[Fact]:
        """End the visit of a channel that is no more."""
        visit = self._book.open.get(channel)
        self.vanished.pop(channel, None)
        if visit is None:
            return
        if visit.talk is not None:
            by_agent = "agent" if visit.talk.agent_hung_up else "lost"
            yield from self._turns.part(channel, moment, "caller" if visit.hung_up else by_agent)
        else:
            outcome = VisitOutcome.ABANDONED if visit.hung_up else VisitOutcome.LOST
            yield from self._turns.over(channel, visit.left or moment, outcome)
