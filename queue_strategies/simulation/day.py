"""A day on the floor under a virtual clock: the same Floor as on the telephone, people by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from queue_strategies.commands import Command, Connect, Release, Ring, StopRinging
from queue_strategies.events import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentRang,
    AgentUnpaused,
    CallerConnected,
    CallerJoined,
    CallerLeft,
    Event,
    FloorConfigured,
    OfferFailed,
    TalkEnded,
    TimePassed,
)
from queue_strategies.facts import Fact
from queue_strategies.floor import Floor
from queue_strategies.model import (
    AgentId,
    Caller,
    ContactId,
    OfferId,
    OfferOutcome,
    QueueName,
    VisitId,
    VisitOutcome,
)
from queue_strategies.simulation.chance import Streams
from queue_strategies.simulation.customers import Customer, asks_again
from queue_strategies.simulation.scenario import Scenario


@dataclass(slots=True, eq=False)
class Call:
    """A customer on the line, in one queue after the other."""

    customer: Customer
    contact: ContactId
    queue: QueueName
    visit: VisitId
    joined_s: float
    offers: int = 0
    waiting: bool = True
    """Not answered, and not gone."""


class Day:
    """One day: customers come, phones ring, people talk, and every fact is told to `listen`."""

    def __init__(self, scenario: Scenario, streams: Streams, listen: Callable[[Fact], None]) -> None:
        self.now_s = self._told_s = 0.0
        self._scenario, self._streams, self._listen = scenario, streams, listen
        self._numbers = count(1)
        self._floor = Floor(lambda: f"o{next(self._numbers)}", chance=streams("floor").random)
        self._coming: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self._calls: dict[VisitId, Call] = {}
        self._ringing: dict[OfferId, tuple[Call, AgentId]] = {}

    def live(self, customers: Iterable[Customer], closes_s: float = math.inf) -> None:
        """Live until nothing is left to happen, or to the closing, when all go home as they stand."""
        self._open()
        self._arrivals = iter(customers)
        self._expect_next()
        while (moment := self._next_moment()) is not None and moment <= closes_s:
            self.now_s = moment
            if self._coming and self._coming[0][0] == moment:
                _, _, happen, subject = heappop(self._coming)
                happen(*subject)
            else:
                self._tell(TimePassed())
        self.now_s = closes_s if closes_s < math.inf else self._told_s
        self._close()

    def _next_moment(self) -> float | None:
        deadline = self._floor.next_deadline()
        if not self._coming:
            return deadline
        coming = self._coming[0][0]
        return coming if deadline is None or coming <= deadline else deadline

    def _open(self) -> None:
        floor = self._scenario
        self._tell(FloorConfigured(floor.queues, floor.agents, floor.order, floor.ageing_s))
        for shift in self._scenario.all_shifts():
            self._plan(max(shift.begins_s, floor.opens_s), self._tell, AgentLoggedIn(shift.agent))
            if shift.ends_s < math.inf:
                self._plan(shift.ends_s, self._tell, AgentLoggedOut(shift.agent))
        for pause in self._scenario.pauses:
            self._plan(pause.begins_s, self._tell, AgentPaused(pause.agent, "pause"))
            if pause.ends_s < math.inf:
                self._plan(pause.ends_s, self._tell, AgentUnpaused(pause.agent))

    def _close(self) -> None:
        """Withdraw who waits still, and send everybody home, so that every state has its end."""
        for call in [call for call in self._calls.values() if call.waiting]:
            self._tell(CallerLeft(call.visit, VisitOutcome.WITHDRAWN))
        for agent in self._scenario.agents:
            self._tell(AgentLoggedOut(agent.id))

    # -- customers ------------------------------------------------------------------------------------------

    def _expect_next(self) -> None:
        customer = next(self._arrivals, None)
        if customer is not None:
            self._plan(customer.arrives_s, self._arrive, customer)

    def _arrive(self, customer: Customer) -> None:
        self._expect_next()
        self._come(customer)

    def _come(self, customer: Customer) -> None:
        self._join(customer, ContactId(f"c{next(self._numbers)}"), customer.kind.queue)

    def _join(self, customer: Customer, contact: ContactId, queue: QueueName) -> None:
        call = Call(customer, contact, queue, VisitId(f"v{next(self._numbers)}"), self.now_s)
        self._calls[call.visit] = call
        if customer.patience_s < math.inf:
            self._plan(self.now_s + customer.patience_s, self._lose_patience, call)
        self._tell(
            CallerJoined(
                Caller(
                    contact=contact,
                    visit=call.visit,
                    queue=queue,
                    joined_moment=self.now_s,
                    priority=customer.priority,
                    skills=customer.skills,
                )
            )
        )

    def _lose_patience(self, call: Call) -> None:
        if call.waiting:
            self._gone(call)
            self._tell(CallerLeft(call.visit))
            self._redial(call)

    def _gone(self, call: Call) -> None:
        call.waiting = False
        del self._calls[call.visit]

    def _redial(self, call: Call) -> None:
        if call.customer.redials:
            again = asks_again(call.customer, call.customer.kind, self.now_s, self._streams)
            self._plan(again.arrives_s, self._come, again)

    def _hang_up(self, call: Call) -> None:
        customer, to = call.customer, call.customer.kind.transfer_to
        del self._calls[call.visit]
        if not customer.transferred or to is None:
            self._tell(TalkEnded(call.visit, "caller"))
            return
        self._tell(TalkEnded(call.visit, "transfer", to, "blind"))
        kind = self._scenario.strangers.get(to, customer.kind)
        self._join(asks_again(customer, kind, self.now_s, self._streams), call.contact, to)

    # -- phones ---------------------------------------------------------------------------------------------

    def _pick_up(self, offer: OfferId) -> None:
        ringing = self._ringing.pop(offer, None)
        if ringing is None:
            return
        call, agent = ringing
        call.waiting = False
        talk_s = call.customer.talk_s * self._scenario.habits.paces.get(agent, 1.0)
        self._plan(self.now_s + talk_s, self._hang_up, call)
        self._tell(CallerConnected(offer))

    def _let_go_by(self, offer: OfferId, outcome: OfferOutcome) -> None:
        if self._ringing.pop(offer, None) is not None:
            self._tell(OfferFailed(offer, outcome))

    # -- the floor ------------------------------------------------------------------------------------------

    def _plan(self, moment: float, happen: Callable[..., None], *subject: object) -> None:
        heappush(self._coming, (moment, next(self._numbers), happen, subject))

    def _tell(self, event: Event) -> None:
        self._told_s = self.now_s
        decision = self._floor.handle(event, self.now_s)
        for fact in decision.facts:
            self._listen(fact)
        for command in decision.commands:
            self._obey(command)

    def _obey(self, command: Command) -> None:
        match command:
            case Ring():
                self._ring(command)
            case StopRinging():
                self._ringing.pop(command.offer, None)
            case Release():
                self._release(command)
            case Connect():
                pass  # a phone that is picked up says CallerConnected itself

    def _ring(self, ring: Ring) -> None:
        call = self._calls[ring.visit]
        call.offers += 1
        self._ringing[ring.offer] = call, ring.agent
        customer = call.customer
        name = f"{customer.kind.queue}/{customer.number}/{customer.attempt}/offer/{call.offers}"
        after_s, outcome = self._scenario.habits.treat(name, self._streams)
        moment = self.now_s + after_s
        if outcome is OfferOutcome.UNREACHABLE:
            self._plan(moment, self._let_go_by, ring.offer, outcome)
            return
        if after_s > 0 or outcome is OfferOutcome.RANG_OUT:
            self._plan(self.now_s, self._tell, AgentRang(ring.offer))
        if outcome is OfferOutcome.ANSWERED:
            self._plan(moment, self._pick_up, ring.offer)
        elif outcome is OfferOutcome.DECLINED:
            self._plan(moment, self._let_go_by, ring.offer, outcome)

    def _release(self, release: Release) -> None:
        call = self._calls.get(release.visit)
        if call is None or not call.waiting:
            return
        self._gone(call)
        to = self._scenario.overflow.get((call.queue, release.outcome))
        if to is not None:
            patience_s = max(0.0, call.customer.patience_s - (self.now_s - call.joined_s))
            customer = call.customer._replace(patience_s=patience_s)
            self._plan(self.now_s, self._join, customer, call.contact, to)
        elif release.outcome is not VisitOutcome.WITHDRAWN:
            self._redial(call)
