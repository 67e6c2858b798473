"""With whom the customers of Asterisk's own queues talk, as the facts of the listener tell it. Pure.

That a member answers, and holds, is told at once; whom a customer is given to is known by the segments, which
are told up to a second later. Customer and colleague are then in one bridge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from queue_strategies.facts import (
    Answered,
    CallEnded,
    ContactStarted,
    Fact,
    Handled,
    HoldEnded,
    HoldStarted,
    SegmentBegan,
    SegmentEnded,
    SegmentKind,
)
from queue_strategies.message import message
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId

TOGETHER = frozenset({SegmentKind.TALK, SegmentKind.HOLD})
NOT_TALKING = frozenset(
    {SegmentKind.HOLD, SegmentKind.WAITING, SegmentKind.TRANSFER, SegmentKind.PARKED, SegmentKind.IVR}
)
GONE = frozenset({"hangup", "lost"})
"""How the last segment of a channel ends."""


@message()
class NativeTalkBegan:
    """A customer talks with somebody, for the first time or after a transfer."""

    contact: ContactId
    channel: str
    """The customer's."""
    other: str
    """The channel of whom the customer talks with."""
    agent: AgentId | None
    queue: QueueName | None
    visit: VisitId | None
    found: bool = False
    """The first talk was under way when it was found: nobody told that it was answered."""
    again: bool = False
    """It is the talk there was, told more exactly: the member is behind a Local channel."""


@message()
class NativeHoldBegan:
    """A customer hears nobody: is on hold, or on the way to somebody else."""

    contact: ContactId


@message()
class NativeHoldEnded:
    """A customer hears the one before again."""

    contact: ContactId


@message()
class NativeCustomerLeft:
    """A customer has hung up, talks with nobody any more, or is led by callfloor from now on."""

    contact: ContactId


Happening = NativeTalkBegan | NativeHoldBegan | NativeHoldEnded | NativeCustomerLeft


@dataclass(slots=True)
class Customer:
    """One customer who was answered."""

    contact: ContactId
    channel: str
    queue: QueueName | None
    visit: VisitId | None
    found: bool = False
    other: str | None = None
    held: bool = False


class NativeTalks:
    """Fold facts into what becomes of the talks of Asterisk's own queues; those of others are passed over."""

    def __init__(self) -> None:
        self._customers: dict[str, Customer] = {}
        """By their channel."""
        self._bridges: dict[str, dict[str, SegmentBegan]] = {}
        """What channels do now, by the bridge they are in."""

    def handle(self, fact: Fact) -> Iterator[Happening]:
        """Say what follows from a fact."""
        match fact:
            case Answered() if channel := channel_of(fact.visit):
                customer = Customer(fact.contact, channel, fact.queue, fact.visit)
                customer = self._customers.setdefault(channel, customer)
                customer.queue, customer.visit, customer.found = fact.queue, fact.visit, False
                yield from self._meets(customer, str(fact.offer), fact.agent)
            case HoldStarted() if held := self._of(fact.visit):
                yield from self._hold(held)
            case HoldEnded() if back := self._of(fact.visit):
                yield from self._back(back)
            case Handled() if parted := self._of(fact.visit):
                yield from self._parted(parted, given=fact.ended_by == "transfer")
            case SegmentBegan():
                yield from self._began(fact)
            case SegmentEnded():
                yield from self._ended(fact)
            case CallEnded(into=""):
                yield from self._gone(*(one for one in self._customers.values() if one.contact == fact.call))
            case ContactStarted() if led := self._customers.get(fact.channel):
                yield from self._gone(led)

    # -- segments -------------------------------------------------------------------------------------------

    def _began(self, fact: SegmentBegan) -> Iterator[Happening]:
        there = self._bridges.setdefault(fact.bridge, {}) if fact.bridge else {fact.channel: fact}
        there[fact.channel] = fact
        if fact.visit and fact.contact and channel_of(fact.visit) == fact.channel:
            customer = Customer(fact.contact, fact.channel, fact.queue, fact.visit, found=True)
            if fact.segment_kind in TOGETHER:
                self._customers.setdefault(fact.channel, customer)
        if fact.segment_kind is SegmentKind.TALK and (customer_of := self._behind(fact)) is not None:
            yield from self._meets(customer_of, fact.channel, fact.agent, again=True)
        for channel in list(there):
            if (known := self._customers.get(channel)) is not None:
                yield from self._look(known, there)

    def _behind(self, fact: SegmentBegan) -> Customer | None:
        """Find the customer of a member who answered by another channel, which may soon be no more."""
        customer = self._of(fact.visit) if fact.visit else None
        if customer is None or customer.visit != fact.visit or customer.found:
            return None
        return customer if fact.channel not in (customer.channel, customer.other) else None

    def _look(self, customer: Customer, there: dict[str, SegmentBegan]) -> Iterator[Happening]:
        """Compare what is believed of a customer with who is there."""
        kind = there[customer.channel].segment_kind
        others = [one for one in there.values() if one.channel != customer.channel]
        same = [one for one in others if one.segment_kind is kind]
        if kind in TOGETHER and len(same) == 1 and same[0].channel != customer.other:
            yield from self._meets(customer, same[0].channel, same[0].agent)
        if kind is SegmentKind.TALK and len(same) == 1:
            yield from self._back(customer)
        elif kind in NOT_TALKING:
            yield from self._hold(customer)

    def _ended(self, fact: SegmentEnded) -> Iterator[Happening]:
        if (there := self._bridges.get(fact.bridge)) is not None:
            there.pop(fact.channel, None)
            if not there:
                del self._bridges[fact.bridge]
        if fact.ended_by in GONE and (customer := self._customers.get(fact.channel)) is not None:
            yield from self._gone(customer)

    # -- what follows ---------------------------------------------------------------------------------------

    def _of(self, visit: VisitId) -> Customer | None:
        return self._customers.get(channel_of(visit))

    def _meets(
        self, customer: Customer, other: str, agent: AgentId | None, *, again: bool = False
    ) -> Iterator[Happening]:
        customer.other, customer.held = other, False
        yield NativeTalkBegan(
            customer.contact,
            customer.channel,
            other,
            agent,
            customer.queue,
            customer.visit,
            customer.found,
            again,
        )
        customer.found = False

    def _hold(self, customer: Customer) -> Iterator[Happening]:
        if customer.other is not None and not customer.held:
            customer.held = True
            yield NativeHoldBegan(customer.contact)

    def _back(self, customer: Customer) -> Iterator[Happening]:
        if customer.held and customer.other is not None:
            customer.held = False
            yield NativeHoldEnded(customer.contact)

    def _parted(self, customer: Customer, *, given: bool) -> Iterator[Happening]:
        """Let go of the member; who was given away meets somebody else, others nobody any more."""
        if not given:
            yield from self._gone(customer)
            return
        yield from self._hold(customer)
        customer.queue = customer.visit = None

    def _gone(self, *customers: Customer) -> Iterator[Happening]:
        for customer in customers:
            del self._customers[customer.channel]
            yield NativeCustomerLeft(customer.contact)


def channel_of(visit: VisitId) -> str:
    """Read from a visit's id on which channel it began; empty for a visit of the Floor's."""
    return visit.rpartition("/")[0]
