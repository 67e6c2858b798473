"""The fold as a whole: told what arrived, it answers with facts; no clock, no wire."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from ami_listeners.connection import Connected, Gap, Listing, Received
from ami_listeners.fold.believed import Believed
from ami_listeners.fold.call import Call
from ami_listeners.fold.calls import Calls
from ami_listeners.fold.channels import Channels
from ami_listeners.fold.concluded import concluded
from ami_listeners.fold.directions import Directions
from ami_listeners.fold.diversions import Diversions
from ami_listeners.fold.interests import (
    CHANNELS,
    DIVERSIONS,
    MEMBERS,
    MIXING,
    ORDERED,
    REPORTS,
    VISITS,
)
from ami_listeners.fold.interfaces import agent_of
from ami_listeners.fold.members import Members
from ami_listeners.fold.mixing import Mixing
from ami_listeners.fold.native_rules import native_rules, rules_seen
from ami_listeners.fold.order import Order
from ami_listeners.fold.phones import Phones
from ami_listeners.fold.quality import Quality
from ami_listeners.fold.raw import EVERY, keep
from ami_listeners.fold.segments import Segments
from ami_listeners.fold.trunks import Trunks
from ami_listeners.fold.visits import Visits
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import Fact, ListenerGap
from queue_strategies.model import AgentId, Queue, QueueName

Taker = Callable[[AmiEvent], Iterable[Fact]]


class Fold:
    """Fold everything that Connection hands on.

    `queues` gives rules (service level, short abandon) for native queues; of those it does not name,
    Asterisk's own `servicelevel` counts. Agents for whom `is_ours` is true are told of by the floor.
    Sound is rated as if in this `codec`. Events whose names are among `raw` are kept as they came, with `*`
    also all that nobody folds. `trunks` are endpoints that are trunks by configuration.
    """

    def __init__(
        self,
        *,
        queues: Mapping[QueueName, Queue] | None = None,
        is_ours: Callable[[AgentId], bool] = lambda _: False,
        agent_of: Callable[[AmiEvent], AgentId] = agent_of,
        native_queues: bool = True,
        codec: str = "ulaw",
        raw: Collection[str] = (),
        trunks: Collection[str] = (),
        wrap_ups: Mapping[str, float] | None = None,
    ) -> None:
        self._configured = dict(queues or {})
        self._native = native_queues
        self.rules: dict[QueueName, Queue] = {}
        """Of the queues that Asterisk has."""
        self._is_ours = is_ours
        self.phones = Phones()
        channels = Channels()
        self.visits = Visits(agent_of, self._rules_of, channels)
        self.members = Members(agent_of, is_ours, self.visits.book.engages, wrap_ups)
        self._directions = Directions(self._is_agent, lambda name: name in trunks or name in self.trunks.told)
        calls: dict[str, Call] = {}
        self.segments = Segments(channels, calls, self.visits, self._is_agent)
        self.calls = Calls(
            channels, calls, self._directions, self.segments.note, self.segments.ended, lambda: self._gap
        )
        self._mixing = Mixing(channels, self.segments.note)
        self._diversions = Diversions()
        self.quality = Quality(self.visits.book.place_of, codec)
        self.trunks = Trunks(
            trunks,
            lambda name: is_ours(AgentId(name)) or AgentId(name) in self.members.places,
            lambda device: self.phones.states.get(device, ""),
        )
        self._order = Order()
        self._takers = self._who_takes_what(raw)
        self._otherwise: Sequence[Taker] = (keep,) if EVERY in raw else ()
        self.settled_moment = -math.inf
        """What ends by itself was told up to then: much arrives at the same moment."""
        self._gap = True
        """Something may have been missed since the last listing of all channels."""
        self._unheard: tuple[float, str] | None = None
        """Since when it may have been, after a time of listening, and why."""

    @property
    def caught_up(self) -> bool:
        """Tell whether every channel there is is known."""
        return not self._gap

    def restore(self, believed: Believed) -> None:
        """Begin with what was known before a restart."""
        for call, began in believed.calls.items():
            self.calls.restore(call, began)
        for visit in believed.visits:
            self.visits.book.restore(visit)
        for agent, (state, since, pause_reason) in believed.agents.items():
            self.members.restore(agent, state, since, pause_reason)
        for device, status in believed.devices.items():
            self.phones.restore_device(device, status)
        for (endpoint, uri), status in believed.contacts.items():
            self.phones.restore_contact(endpoint, uri, status)
            self._directions.registered(endpoint, uri)
        for segment in believed.segments:
            self.segments.restore(segment)

    def recall(self, believed: Believed) -> None:
        """Learn late what was open before; the next look tells what of that has ended unheard."""
        for call, began in believed.calls.items():
            if call not in self.calls.open:
                self.calls.restore(call, began)
        for visit in believed.visits:
            if not self.visits.book.knows(visit):
                self.visits.book.restore(visit)
        self._gap = True

    def handle(self, received: Received) -> list[Fact]:
        """Take in one thing that arrived, after settling what is overdue by then."""
        moment = received.moment
        facts = self.settle(moment) if moment != self.settled_moment else []
        if isinstance(received, AmiEvent):
            for take in self._takers.get(received.name, self._otherwise):
                if told := take(received):
                    facts += told
        else:
            facts += self._interruption(received)
        return facts

    def settle(self, moment: float) -> list[Fact]:
        """Let time pass: end what ends by itself."""
        self.settled_moment = moment
        facts: list[Fact] = []
        if self.visits.book.next_end <= moment:
            facts += self._followed(self.visits.settle(moment))
        if self.members.next_end <= moment:
            facts += self.segments.follow(self.members.settle(moment))
        if self.segments.next_end <= moment:
            facts += self.segments.settle(moment)
        if self._order.next_end <= moment:
            facts += self._order.settle(moment)
        return facts

    def _who_takes_what(self, raw: Collection[str]) -> dict[str, list[Taker]]:
        """Say by an event's name who is told of it, and in which order."""
        takers: list[tuple[Iterable[str], Taker]] = [
            (ORDERED, self._order.handle),
            (REPORTS, self.quality.reported),
            (["Hangup"], self.quality.ended),
            (VISITS if self._native else (), self._visited),
            (MIXING, self._mixing.handle),
            (["BlindTransfer", "AttendedTransfer"], self._mixing.given),
            (CHANNELS, self.calls.handle),
            (DIVERSIONS, self._diversions.handle),
            (MEMBERS if self._native else (), self.members.handle),
            (["DeviceStateChange"], self.phones.device_changed),
            (["ContactStatus"], self.phones.contact_changed),
            (["ContactStatus"], self._directions.contact),
            (["DeviceStateChange"], self.trunks.device_changed),
            (["ContactStatus"], self.trunks.contact_changed),
            (["Registry"], self.trunks.registered),
            (raw, keep),
        ]
        who: dict[str, list[Taker]] = {}
        for names, take in takers:
            for name in names:
                who.setdefault(name, []).append(take)
        return who

    def _interruption(self, received: Connected | Gap | Listing) -> Iterator[Fact]:
        match received:
            case Listing():
                yield from self._listing(received)
            case Connected(_, began, why) | Gap(began, _, why):
                self._gap = True
                if self._unheard is None and began is not None:
                    self._unheard = began, why

    def _visited(self, event: AmiEvent) -> Iterable[Fact]:
        told = list(self.visits.handle(event))
        return self.segments.follow(self.members.follow(told)) if told else ()

    def _listing(self, listing: Listing) -> Iterator[Fact]:
        items, asked = listing.items, listing.asked_moment
        match listing.action:
            case "CoreShowChannels":
                yield from self.quality.listed({item.channel for item in items}, asked)
                yield from concluded(self.calls.listed(items, asked, after_gap=self._gap))
                self._mixing.listed(items, asked, after_gap=self._gap)
                yield from self.segments.listed({item.channel for item in items}, asked)
                yield from self._caught_up(listing.moment)
            case "QueueStatus" if self._native:
                yield from self._queues_listed(items, asked)
            case "DeviceStateList":
                yield from self.phones.devices_listed(items, asked)
            case "PJSIPShowContacts":
                yield from self.phones.contacts_listed(items, asked)
                yield from self.trunks.contacts_listed(items, asked)
            case "PJSIPShowRegistrationsOutbound":
                yield from self.trunks.registrations_listed(items, asked)

    def _caught_up(self, moment: float) -> Iterator[Fact]:
        """Tell of a gap once it is over: what came and went before the listing, nobody knows."""
        self._gap = False
        if self._unheard is not None:
            began, why = self._unheard
            self._unheard = None
            yield ListenerGap(moment=moment, source="ami", began_moment=began, reason=why)

    def _queues_listed(self, items: Sequence[AmiEvent], asked: float) -> Iterator[Fact]:
        for item in items:
            if item.name == "QueueParams":
                rules = native_rules(item)
                rules = self._configured.get(rules.name, rules)
                if self.rules.get(rules.name) != rules:
                    yield rules_seen(rules, asked)
                self.rules[rules.name] = rules
        entries = [item for item in items if item.name == "QueueEntry"]
        members = [item for item in items if item.name == "QueueMember"]
        listed = self.members.listed(members, asked)
        visits = concluded(self.visits.listed(entries, asked, self.calls.alive))
        yield from chain(listed, self._followed(visits))

    def _followed(self, facts: Iterator[Fact]) -> Iterator[Fact]:
        if told := list(facts):
            yield from self.segments.follow(self.members.follow(told))

    def configure(self, queues: Mapping[QueueName, Queue]) -> None:
        """Judge native queues by these rules from now on."""
        self._configured = dict(queues)
        self.rules = {name: queues.get(name, rules) for name, rules in self.rules.items()}

    def _is_agent(self, account: str) -> bool:
        agent = AgentId(account)
        return agent in self.members.places or agent in self.members.known or self._is_ours(agent)

    def _rules_of(self, queue: QueueName) -> Queue:
        return self.rules.get(queue) or self._configured.get(queue) or Queue(name=queue)
