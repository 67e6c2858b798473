"""Members who are called, and answer or do not.

AgentRingNoAnswer stands for every way of not answering; the hang-up of the member's channel says which.
"""

from __future__ import annotations

from collections.abc import Iterator

from ami_listeners.fold.channels import account_of
from ami_listeners.fold.visits.turns import Turns
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import Fact
from queue_strategies.model import AgentId, OfferOutcome


class Ringing:
    """Read what is told of members' phones that ring."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._book = turns, turns.book
        self.handlers = {
            "AgentCalled": self._called,
            "AgentRingNoAnswer": self._missed,
            "AgentDump": self._dumped,
            "DialState": self._rings,
            "Pickup": self._pick_up,
        }

    def _called(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._turns.known(event)
        visit, channel = self._book.seated(event.channel), event.text("DestUniqueid")
        if visit is not None and channel not in visit.offers and visit.talk is None:
            yield from self._turns.offer(event, visit, channel)

    def _pick_up(self, event: AmiEvent) -> Iterator[Fact]:
        """Note who answers for somebody else; app_queue will name the member it had called."""
        self._book.picked_up[event.channel] = AgentId(account_of(event.sent("Channel")))
        yield from ()

    def _rings(self, event: AmiEvent) -> Iterator[Fact]:
        offer = self._book.offer_on(event.text("DestUniqueid"))
        if offer is not None and event.text("DialStatus") in ("RINGING", "PROGRESS"):
            offer.rang = True
        yield from ()

    def _missed(self, event: AmiEvent) -> Iterator[Fact]:
        visit, channel = self._book.seated(event.channel), event.text("DestUniqueid")
        if visit is not None and channel in visit.offers:
            offer = visit.offers[channel]
            offer.missed = event.moment
            if offer.cause:
                yield from self._turns.offer_over(visit, channel, event.moment, offer.in_which_way())

    def _dumped(self, event: AmiEvent) -> Iterator[Fact]:
        visit, channel = self._book.seated(event.channel), event.text("DestUniqueid")
        if visit is not None and channel in visit.offers:
            yield from self._turns.offer_over(visit, channel, event.moment, OfferOutcome.FAILED)
