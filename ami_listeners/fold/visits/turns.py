"""The turns a visit takes: each changes the book, and is told of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ami_listeners.fold.channels import account_of
from ami_listeners.fold.concluded import concluded
from ami_listeners.fold.visits import telling
from ami_listeners.fold.visits.book import Book
from ami_listeners.fold.visits.visit import Offer, Talk, Visit
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import Fact
from queue_strategies.model import (
    AgentId,
    ContactId,
    OfferId,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)


class Turns:
    """Let visits begin, be offered, answered and over."""

    def __init__(
        self, book: Book, agent_of: Callable[[AmiEvent], AgentId], rules: Callable[[QueueName], Queue]
    ) -> None:
        self.book, self._agent_of, self._rules = book, agent_of, rules

    # -- in the line ----------------------------------------------------------------------------------------

    def enter(self, event: AmiEvent, queue: QueueName, joined: float, position: int) -> Iterator[Fact]:
        """Begin a visit on the channel of which an event tells."""
        book, channel = self.book, event.channel
        if channel in book.gone:
            return
        book.over_with.pop(channel, None)
        number = book.numbers[channel] = book.numbers.get(channel, 0) + 1
        contact = ContactId(event.text("Linkedid") or channel)
        visit = Visit(contact, VisitId(f"{channel}/{number}"), queue, joined, position)
        book.open[channel] = visit
        yield telling.joined(visit)
        if channel in book.placed:
            yield from self.give_place(channel, book.placed[channel], joined)

    def give_place(self, waits: str, given: str, moment: float) -> Iterator[Fact]:
        """Let a caller take the place of who waited in a queue to put the caller through."""
        book = self.book
        book.placed.note(waits, given)
        if given in book.open:
            yield from self.part(given, moment, "transfer")
        visit = book.close(waits)
        book.open[given] = visit
        book.over_with.pop(given, None)
        for member in visit.offers:
            book.caller_of[member] = given

    def known(self, event: AmiEvent) -> Iterator[Fact]:
        """Make up for a join that nobody heard, by what the event tells of the wait."""
        channel = event.channel
        if channel not in self.book.open and channel not in self.book.over_with:
            ago_s = event.number("HoldTime") + event.number("TalkTime")
            yield from concluded(self.enter(event, QueueName(event.text("Queue")), event.moment - ago_s, 1))

    def over(
        self, channel: str, moment: float, outcome: VisitOutcome, key: str | None = None
    ) -> Iterator[Fact]:
        """End a visit without an answer, and whatever offers it had."""
        visit = self.book.close(channel)
        gone = outcome in (VisitOutcome.ABANDONED, VisitOutcome.LOST)
        for offered in list(visit.offers):
            lost_by = OfferOutcome.CALLER_LEFT if gone else OfferOutcome.WITHDRAWN
            told = self.offer_over(visit, offered, moment, lost_by)
            yield from concluded(told) if visit.unheard else told
        yield telling.ended(visit, self._rules(visit.queue), moment, outcome, key)

    # -- before a member ------------------------------------------------------------------------------------

    def offer(self, event: AmiEvent, visit: Visit, channel: str) -> Iterator[Fact]:
        """Put a visit before the member who is called on a channel."""
        book = self.book
        agent = book.picked_up.get(channel) or self._who_answers(event, visit)
        for stale, offer in list(visit.offers.items()):
            if offer.agent == agent and offer.missed is None:
                yield from self.offer_over(visit, stale, event.moment, offer.in_which_way())
        offer = visit.offers[channel] = Offer(OfferId(channel), agent, event.moment)
        offer.told = channel in book.offered
        book.caller_of[channel] = book.seat(event.channel)
        book.ringing[agent] += 1
        if not offer.told:
            book.offered.note(channel, None)
            yield telling.offered(visit, offer, event.text("Interface"))

    def _who_answers(self, event: AmiEvent, visit: Visit) -> AgentId:
        """Name the member; or, on a line that was not called while others were, who picked the call up."""
        member = self._agent_of(event)
        line = account_of(event.text("DestChannel"))
        picked_up = event.name == "AgentConnect" and visit.offers and line
        return AgentId(line) if picked_up and line != account_of(event.text("Interface") + "-") else member

    def offer_over(self, visit: Visit, channel: str, moment: float, outcome: OfferOutcome) -> Iterator[Fact]:
        """End an offer."""
        offer = visit.offers.pop(channel)
        if offer.missed is not None:
            moment, outcome = offer.missed, offer.in_which_way()
        self.book.ringing[offer.agent] -= 1
        if outcome is not OfferOutcome.ANSWERED:
            self.book.caller_of.pop(channel, None)
        if not offer.told:
            yield telling.offer_ended(visit, offer, moment, outcome)

    # -- with a member --------------------------------------------------------------------------------------

    def answer(self, event: AmiEvent, visit: Visit, moment: float) -> Iterator[Fact]:
        """Bridge the caller and the member whom an event names."""
        channel = event.text("DestUniqueid")
        if channel not in visit.offers:
            yield from self.offer(event, visit, channel)
        offer = visit.offers[channel]
        talk = visit.talk = Talk(offer, moment)
        self.book.talking[offer.agent] += 1
        yield from self.offer_over(visit, channel, moment, OfferOutcome.ANSWERED)
        for other in list(visit.offers):
            yield from self.offer_over(visit, other, moment, OfferOutcome.ANSWERED_ELSEWHERE)
        self.book.caller_of[channel] = event.channel
        yield telling.answered(visit, talk, self._rules(visit.queue))

    def hold_over(self, visit: Visit, talk: Talk, moment: float) -> Iterator[Fact]:
        """Take the caller back, who may be on hold."""
        if talk.held_since is not None:
            hold_s = max(0.0, moment - talk.held_since)
            talk.held_since, talk.hold_s = None, talk.hold_s + hold_s
            yield telling.hold_ended(visit, talk, moment, hold_s)

    def part(self, channel: str, moment: float, ended_by: str) -> Iterator[Fact]:
        """End the talk of a caller's channel, and the visit."""
        visit = self.book.close(channel)
        if (talk := visit.talk) is None:
            return
        self.book.caller_of.pop(talk.offer.offer, None)
        self.book.parted.note(talk.offer.offer, visit)
        self.book.talking[talk.offer.agent] -= 1
        yield from self.hold_over(visit, talk, moment)
        yield telling.handled(visit, talk, moment, ended_by)
