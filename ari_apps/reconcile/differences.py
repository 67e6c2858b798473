"""After a (re)connect: tell what is true in Asterisk from what we believe, and what follows from it. Pure.

Three witnesses are heard. Asterisk says which channels there are and who is bridged with whom. What a
channel carries (its trace) says which call it is. The journal remembers, to the last fact, what was told of
that call; where it is missing, the trace is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from ari_apps.ari.messages import Bridge, Channel
from ari_apps.queueing import AGENT_LEG, leg_id
from ari_apps.reconcile.legs_found import LegsFound, is_customer
from ari_apps.reconcile.remembered import Memory, RememberedContact, RememberedVisit
from ari_apps.reconcile.whereabouts import (
    Arrival,
    Customer,
    Differences,
    Found,
    Kept,
    LetGo,
    Talk,
    Third,
    Waiting,
)
from ari_apps.traces import CallTrace, LegTrace, is_callback_line, visit_called_back
from queue_strategies.model import ContactId, VisitId


def differences(
    owned: Collection[str],
    known: Collection[str],
    found: Iterable[Found],
    bridges: Iterable[Bridge],
    memory: Memory | None = None,
) -> Differences:
    """Compare the channels we own with those Asterisk has.

    `known` are all channels of Asterisk, `found` those of our application that nobody owns. `memory` is what
    was told by an earlier process, None when there was none.
    """
    unowned = [one for one in found if one.channel.id not in owned]
    seats = {channel: bridge.id for bridge in bridges for channel in bridge.channels}
    comparison = _Comparison(unowned, seats, memory or Memory())
    return comparison.result(frozenset(owned) - frozenset(known))


def queue_destination(queue: str) -> str:
    """Say how a queue is written as a destination; a personal line is `agent/anna`."""
    kind, _, name = queue.partition("/")
    return f"{kind}:{name}" if name else f"queue:{queue}"


class _Comparison:
    def __init__(self, unowned: Sequence[Found], seats: dict[str, str], memory: Memory) -> None:
        self._customers = [one for one in unowned if is_customer(one)]
        self._legs = LegsFound((one for one in unowned if not is_customer(one)), seats)
        self._seats = seats
        """In which bridge each channel sits."""
        self._memory = memory
        self._on_channel = {contact.channel: contact for contact in memory.contacts.values()}
        self._talks_told = {
            visit.visit: visit
            for contact in memory.contacts.values()
            for visit in contact.visits
            if visit.talks
        }
        self._off_line = {
            contact.contact: visit
            for contact in memory.contacts.values()
            if (visit := contact.off_line) is not None
        }
        self._called_for: dict[str, RememberedContact] = {
            visit.visit: memory.contacts[name] for name, visit in self._off_line.items()
        }
        self._called_on: dict[ContactId, str] = {}
        """The channels on which customers are being called back who keep the place."""
        self._contacts: set[ContactId] = set()
        """Of whom a line was found."""
        self._talks: list[Talk] = []
        self._deserted: list[Customer] = []
        self._waiting: list[Waiting] = []
        self._let_go: list[LetGo] = []
        self._elsewhere: list[Customer] = []
        self._arrivals: list[Arrival] = []
        self._strays: list[Channel] = []

    def result(self, lost: frozenset[str]) -> Differences:
        for one in self._customers:
            self._place(one)
        kept = tuple(self._keep(visit) for visit in self._off_line.values())
        contacts = self._memory.contacts.values()
        return Differences(
            lost=lost,
            talks=tuple(self._talks),
            deserted=tuple(self._deserted),
            waiting=tuple(sorted(self._waiting, key=lambda one: one.customer.trace.joined_at or 0.0)),
            kept=kept,
            let_go=tuple(self._let_go),
            elsewhere=tuple(self._elsewhere),
            arrivals=tuple(sorted(self._arrivals, key=lambda one: one.channel.creationtime)),
            gone=tuple(one for one in contacts if one.contact not in self._contacts),
            strays=(*self._strays, *self._legs.idle()),
        )

    def _place(self, found: Found) -> None:
        """Say where one customer stands."""
        trace = found.trace if isinstance(found.trace, CallTrace) else None
        contact = self._contact(found.channel, trace)
        if contact is not None and trace is not None and contact.contact != trace.contact:
            trace = bare_trace(contact)  # it is not what we wrote
        if is_callback_line(found.channel.id) and contact is None and trace is None:
            self._strays.append(found.channel)
            return
        if contact is not None and contact.contact in self._off_line:
            self._place_off_line(found.channel, contact)
            return
        if contact is not None and contact.ended:
            self._strays.append(found.channel)  # its end was told, and not carried out
            return
        if contact is not None:
            self._contacts.add(contact.contact)
        if trace is not None and (taken_over := self._taken_over(trace, contact)) is not None:
            self._contacts.add(taken_over.contact)
            self._believe_memory(
                found.channel, trace, [taken_over, *(contact.open_visits if contact else ())]
            )
        elif contact is None or not contact.visits:
            self._believe_trace(found.channel, trace, contact)
        elif contact.open_visits:
            self._believe_memory(found.channel, trace or bare_trace(contact), contact.open_visits)
        else:
            self._lead_on(found.channel, trace, contact)

    def _place_off_line(self, channel: Channel, contact: RememberedContact) -> None:
        """Let the line be free on which a caller was bid goodbye; one that is called back goes on."""
        if is_callback_line(channel.id) and contact.contact not in self._called_on:
            self._called_on[contact.contact] = channel.id
        else:
            self._strays.append(channel)

    def _contact(self, channel: Channel, trace: CallTrace | None) -> RememberedContact | None:
        carried = self._memory.contacts.get(ContactId(trace.contact)) if trace else None
        called = self._called_for.get(visit_called_back(channel.id)) if is_callback_line(channel.id) else None
        return carried or self._on_channel.get(channel.id) or called

    def _taken_over(self, trace: CallTrace, contact: RememberedContact | None) -> RememberedVisit | None:
        """Find the talk that began as another call's: the agent had called whom the customer now talks to."""
        visit = self._talks_told.get(VisitId(trace.visit)) if trace.visit else None
        own = contact.contact if contact is not None else trace.contact
        return visit if visit is not None and visit.contact != own else None

    # -- what the channel says ------------------------------------------------------------------------------

    def _believe_trace(
        self, channel: Channel, trace: CallTrace | None, contact: RememberedContact | None
    ) -> None:
        if trace is None:
            self._arrivals.append(Arrival(channel, contact))
            return
        customer = Customer(channel, trace)
        leg = self._legs.beside(channel.id, trace.visit)
        if leg is not None:
            self._talk(customer, leg)
        elif trace.answered_at:
            self._deserted.append(customer)
        elif trace.visit:
            self._wait(customer, self._legs.serving(trace.visit))
        else:
            self._elsewhere.append(customer)

    # -- what was told --------------------------------------------------------------------------------------

    def _believe_memory(
        self, channel: Channel, trace: CallTrace, open_visits: Sequence[RememberedVisit]
    ) -> None:
        visit, *others = open_visits
        customer = Customer(channel, as_told(trace, visit), visit)
        if visit.waits:
            self._wait(customer, self._ringing(visit))
        elif visit.offer and (leg := self._legs.named(leg_id(visit.offer))) is not None:
            self._talk(customer, leg, others)
        else:
            self._deserted.append(customer)

    def _ringing(self, visit: RememberedVisit) -> list[LegTrace]:
        there = [offer for offer in visit.offers.values() if leg_id(offer.offer) in self._legs]
        return [LegTrace(offer.agent, offer.offer, visit.visit) for offer in there]

    def _lead_on(self, channel: Channel, trace: CallTrace | None, contact: RememberedContact) -> None:
        """Place a customer whose visits are over: where the trace says, if it was written since."""
        last = contact.visits[-1]
        if trace is not None and trace.visit is None:
            self._believe_trace(channel, trace, contact)
            return
        customer = Customer(channel, as_told(trace or bare_trace(contact), last), last)
        if last.outcome is not None:
            self._let_go.append(LetGo(customer, last.outcome))
        elif last.sent_to:
            to = msgspec.structs.replace(customer.trace, to=last.sent_to, visit=None, answered_at=None)
            self._elsewhere.append(Customer(channel, to))
        else:
            self._deserted.append(customer)

    # -- what follows ---------------------------------------------------------------------------------------

    def _wait(self, customer: Customer, legs: Iterable[LegTrace]) -> None:
        legs = tuple(legs)
        self._legs.take(AGENT_LEG + leg.offer for leg in legs)
        self._waiting.append(Waiting(customer, legs, self._legs.picked_up(legs)))

    def _keep(self, visit: RememberedVisit) -> Kept:
        legs = tuple(self._ringing(visit))
        self._legs.take(AGENT_LEG + leg.offer for leg in legs)
        return Kept(visit, legs, self._legs.picked_up(legs), self._called_on.get(visit.contact))

    def _talk(self, customer: Customer, leg: Found, others: Iterable[RememberedVisit] = ()) -> None:
        self._legs.take([leg.channel.id])
        desk = self._seats.get(leg.channel.id)
        held = desk is None or self._seats.get(customer.channel.id) != desk
        third = self._third(leg, others) if held else None
        sought = next((visit for visit in others if third is None or visit is not third.visit), None)
        self._legs.take(leg_id(offer) for offer in (sought.offers if sought else ()))
        trace = leg.trace if customer.visit is None else trace_of_leg(customer.visit)
        leg_trace = trace if isinstance(trace, LegTrace) else None
        self._talks.append(Talk(customer, leg.channel, leg_trace, desk, held, third, sought))

    def _third(self, agent: Found, others: Iterable[RememberedVisit]) -> Third | None:
        """Find whom the agent consults: who sits in the same bridge instead of the customer."""
        for leg in self._legs.others_beside(agent):
            visit = next((one for one in others if one.offer and leg_id(one.offer) == leg.channel.id), None)
            if visit is None and leg.channel.id.startswith(AGENT_LEG):
                continue
            self._legs.take([leg.channel.id])
            return Third(leg.channel, trace_of_leg(visit) if visit else None, visit)
        return None


def trace_of_leg(visit: RememberedVisit) -> LegTrace:
    """Say what the leg of a visit's agent carries."""
    return LegTrace(visit.agent or "", visit.offer or "", visit.visit)


def bare_trace(contact: RememberedContact) -> CallTrace:
    """Make a trace for a call that carries none yet."""
    return CallTrace(contact=contact.contact, to="", started_at=contact.started_at.timestamp())


def as_told(trace: CallTrace, visit: RememberedVisit) -> CallTrace:
    """Bring a trace up to what was told since it was written."""
    return msgspec.structs.replace(
        trace,
        to=trace.to if trace.visit == visit.visit else queue_destination(visit.queue),
        visit=visit.visit,
        queue=visit.queue,
        joined_at=visit.joined_at.timestamp(),
        waited_before_s=visit.waited_before_s,
        answered_at=visit.answered_at.timestamp() if visit.answered_at else None,
        priority=visit.priority,
    )
