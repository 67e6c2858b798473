"""After a (re)connect: tell what is true in Asterisk from what we believe, and what follows from it. Pure.

Three witnesses are heard. Asterisk says which channels there are and who is bridged with whom. What a
channel carries (its trace) says which call it is. The journal remembers, to the last fact, what was told of
that call; where it is missing, the trace is believed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from ari_apps.ari.messages import Bridge, Channel
from ari_apps.queueing import AGENT_LEG, leg_id
from ari_apps.reconcile.remembered import Memory, RememberedContact, RememberedVisit
from ari_apps.reconcile.whereabouts import Arrival, Customer, Differences, Found, LetGo, Talk, Third, Waiting
from ari_apps.switchboard import OUTSIDE_LEG
from ari_apps.traces import CallTrace, LegTrace
from queue_strategies.model import ContactId


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
    comparison = _Comparison(
        [one for one in found if one.channel.id not in owned],
        {channel: bridge.id for bridge in bridges for channel in bridge.channels},
        memory or Memory(),
    )
    return comparison.result(frozenset(owned) - frozenset(known))


def is_leg(channel: Channel) -> bool:
    """Tell whether we made this channel ourselves."""
    return channel.id.startswith((AGENT_LEG, OUTSIDE_LEG))


def queue_destination(queue: str) -> str:
    """Say how a queue is written as a destination; a personal line is `agent/anna`."""
    kind, _, name = queue.partition("/")
    return f"{kind}:{name}" if name else f"queue:{queue}"


@dataclass(slots=True)
class _Comparison:
    unowned: list[Found]
    seats: Mapping[str, str]
    """In which bridge each channel sits."""
    memory: Memory
    legs: dict[str, Found] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    """Legs that serve somebody."""
    contacts: set[str] = field(default_factory=set)
    """Of whom a line was found."""
    talks: list[Talk] = field(default_factory=list)
    deserted: list[Customer] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    let_go: list[LetGo] = field(default_factory=list)
    elsewhere: list[Customer] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    strays: list[Channel] = field(default_factory=list)

    def result(self, lost: frozenset[str]) -> Differences:
        self.legs = {one.channel.id: one for one in self.unowned if is_leg(one.channel)}
        for one in self.unowned:
            if not is_leg(one.channel):
                self._place(one)
        idle = [leg.channel for leg in self.legs.values() if leg.channel.id not in self.busy]
        return Differences(
            lost=lost,
            talks=tuple(self.talks),
            deserted=tuple(self.deserted),
            waiting=tuple(sorted(self.waiting, key=lambda one: one.customer.trace.joined_at or 0.0)),
            let_go=tuple(self.let_go),
            elsewhere=tuple(self.elsewhere),
            arrivals=tuple(sorted(self.arrivals, key=lambda one: one.channel.creationtime)),
            gone=tuple(one for one in self.memory.contacts.values() if one.contact not in self.contacts),
            strays=(*self.strays, *idle),
        )

    def _place(self, found: Found) -> None:
        """Say where one customer stands."""
        trace = found.trace if isinstance(found.trace, CallTrace) else None
        contact = self.memory.on_channel(found.channel.id) or (
            self.memory.contacts.get(ContactId(trace.contact)) if trace else None
        )
        if contact is not None and contact.ended:
            self.strays.append(found.channel)  # its end was told, and not carried out
            return
        if contact is not None:
            self.contacts.add(contact.contact)
        if contact is None or not contact.visits:
            self._believe_trace(found.channel, trace, contact)
        elif contact.open_visits:
            self._believe_memory(found.channel, trace, contact)
        else:
            self._lead_on(found.channel, trace, contact)

    # -- what the channel says ------------------------------------------------------------------------------

    def _believe_trace(
        self, channel: Channel, trace: CallTrace | None, contact: RememberedContact | None
    ) -> None:
        if trace is None:
            self.arrivals.append(Arrival(channel, contact))
            return
        customer = Customer(channel, trace)
        leg = self._leg_beside(customer)
        if leg is not None:
            self._talks(customer, leg)
        elif trace.answered_at:
            self.deserted.append(customer)
        elif trace.visit:
            self._waits(customer, self._serving(trace.visit))
        else:
            self.elsewhere.append(customer)

    def _leg_beside(self, customer: Customer) -> Found | None:
        """Find who talks with a customer: the leg that serves the visit, or that shares the bridge."""
        seat = self.seats.get(customer.channel.id)
        for leg in self.legs.values():
            seated = self.seats.get(leg.channel.id)
            serves = isinstance(leg.trace, LegTrace) and leg.trace.visit == customer.trace.visit
            if seated is not None and (serves or seated == seat):
                return leg
        return None

    def _serving(self, visit: str) -> list[LegTrace]:
        traces = [leg.trace for leg in self.legs.values()]
        return [trace for trace in traces if isinstance(trace, LegTrace) and trace.visit == visit]

    # -- what was told --------------------------------------------------------------------------------------

    def _believe_memory(self, channel: Channel, trace: CallTrace | None, contact: RememberedContact) -> None:
        visit, *others = contact.open_visits
        customer = Customer(channel, as_told(trace, contact, visit), visit)
        if visit.waits:
            self._waits(customer, self._ringing(visit))
        elif visit.offer and (leg := self.legs.get(leg_id(visit.offer))) is not None:
            self._talks(customer, leg, others)
        else:
            self.deserted.append(customer)

    def _ringing(self, visit: RememberedVisit) -> list[LegTrace]:
        there = [offer for offer in visit.offers.values() if leg_id(offer.offer) in self.legs]
        return [LegTrace(offer.agent, offer.offer, visit.visit) for offer in there]

    def _lead_on(self, channel: Channel, trace: CallTrace | None, contact: RememberedContact) -> None:
        """Place a customer whose visits are over: where the trace says, if it was written since."""
        last = contact.visits[-1]
        if trace is not None and trace.visit != last.visit and trace.visit is None:
            self._believe_trace(channel, trace, contact)
            return
        customer = Customer(channel, as_told(trace, contact, last), last)
        if last.outcome is not None:
            self.let_go.append(LetGo(customer, last.outcome))
        elif last.sent_to:
            to = msgspec.structs.replace(customer.trace, to=last.sent_to, visit=None, answered_at=None)
            self.elsewhere.append(Customer(channel, to))
        else:
            self.deserted.append(customer)

    # -- what follows ---------------------------------------------------------------------------------------

    def _waits(self, customer: Customer, legs: Iterable[LegTrace]) -> None:
        legs = tuple(legs)
        self.busy.update(AGENT_LEG + leg.offer for leg in legs)
        self.waiting.append(Waiting(customer, legs))

    def _talks(self, customer: Customer, leg: Found, others: Iterable[RememberedVisit] = ()) -> None:
        self.busy.add(leg.channel.id)
        desk = self.seats.get(leg.channel.id)
        held = desk is None or self.seats.get(customer.channel.id) != desk
        third = self._third(leg, others) if held else None
        sought = next((visit for visit in others if third is None or visit is not third.visit), None)
        self.busy.update(leg_id(offer) for offer in (sought.offers if sought else ()))
        visit = customer.visit
        trace = LegTrace(visit.agent or "", visit.offer or "", visit.visit) if visit else leg.trace
        self.talks.append(
            Talk(
                customer,
                leg.channel,
                trace if isinstance(trace, LegTrace) else None,
                desk,
                held,
                third,
                sought,
            )
        )

    def _third(self, agent: Found, others: Iterable[RememberedVisit]) -> Third | None:
        """Find whom the agent consults: who sits in the same bridge instead of the customer."""
        seat = self.seats.get(agent.channel.id)
        for leg in self.legs.values():
            if leg is agent or seat is None or self.seats.get(leg.channel.id) != seat:
                continue
            visit = next((one for one in others if one.offer and leg_id(one.offer) == leg.channel.id), None)
            if visit is None and leg.channel.id.startswith(AGENT_LEG):
                continue
            self.busy.add(leg.channel.id)
            trace = LegTrace(visit.agent or "", visit.offer or "", visit.visit) if visit else None
            return Third(leg.channel, trace, visit)
        return None


def as_told(trace: CallTrace | None, contact: RememberedContact, visit: RememberedVisit) -> CallTrace:
    """Bring a trace up to what was told since it was written; make one where none was."""
    to = trace.to if trace is not None and trace.visit == visit.visit else queue_destination(visit.queue)
    base = trace or CallTrace(contact=contact.contact, to=to, started_at=contact.started_at.timestamp())
    return msgspec.structs.replace(
        base,
        to=to,
        visit=visit.visit,
        queue=visit.queue,
        joined_at=visit.joined_at.timestamp(),
        answered_at=visit.answered_at.timestamp() if visit.answered_at else None,
        priority=visit.priority,
    )
