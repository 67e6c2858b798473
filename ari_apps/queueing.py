"""Run the Floor: its one task, and the hands that carry out what it orders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass

import structlog

from ami_listeners.clock import Clock
from ari_apps.crew import Crew
from ari_apps.legs import Failure, Leg, Progress
from ari_apps.mailbox import Mailbox
from ari_apps.reaching import NotReached, Party, Reached, Visit
from ari_apps.traces import LegTrace
from queue_strategies.commands import (
    Announce,
    CallBack,
    Command,
    Connect,
    Release,
    Ring,
    StopCallingBack,
    StopRinging,
)
from queue_strategies.events import (
    AgentAnswered,
    AgentRang,
    CallerConnected,
    CallerJoined,
    Event,
    OfferFailed,
    OfferRestored,
    TalkRestored,
    TimePassed,
)
from queue_strategies.facts import Fact
from queue_strategies.floor import Floor
from queue_strategies.model import AgentId, Caller, OfferId, OfferOutcome, VisitId

log = structlog.get_logger()

AGENT_LEG = "agent-"
"""What the ids of agents' channels begin with; the offer's id follows."""
RING_GRACE_S = 5.0
"""The phone's own bound lies this far behind the floor's ring timeout, so that the floor decides first."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The leg on which an offer rings."""

    agent: AgentId
    leg: Leg


class Queueing:
    """Tell the Floor what happens, carry out what it decides, remember what it says is true."""

    def __init__(
        self,
        floor: Floor,
        *,
        clock: Clock,
        remember: Callable[[Fact], None],
        new_leg: Callable[[str, Mailbox], Leg],
        endpoint: Callable[[AgentId], str],
        crew: Crew,
    ) -> None:
        self.floor = floor
        self._clock = clock
        self._remember = remember
        self._new_leg = new_leg
        self._endpoint = endpoint
        self._crew = crew
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._visits: dict[VisitId, Visit] = {}
        self._offers: dict[OfferId, Offered] = {}
        self._falling_silent: dict[AgentId, asyncio.Task[None]] = {}
        """Phones that are silenced, and ring for the next caller once they are."""
        self.call_back: Callable[[CallBack], None] = lambda _: None
        """Calls a customer."""
        self.stop_calling_back: Callable[[VisitId], None] = lambda _: None

    # -- for those who have something to tell ---------------------------------------------------------------

    def tell(self, event: Event) -> None:
        """Let the Floor know; what follows from it happens soon after."""
        self._inbox.put_nowait(event)

    def join(self, party: Party, caller: Caller, ringing: Iterable[OfferRestored] = ()) -> Visit:
        """Put a party into a queue; its mailbox hears Reached or NotReached. Some phones may ring already."""
        visit = self._expect(party, caller)
        for offer in ringing:
            leg = self._offer(offer.offer, offer.agent)
            self.tell(offer)
            self._crew.start(self._report_all(visit, offer.offer, leg.follow()), f"ring on {offer.agent}")
        visit.begin()
        return visit

    def resume(self, party: Party, talk: TalkRestored) -> Visit:
        """Take up a visit whose caller was found talking with an agent."""
        visit = self._expect(party, talk.caller)
        self.tell(talk)
        return visit

    def visit(self, visit: VisitId) -> Visit | None:
        """Find a stay in a queue that is not over."""
        return self._visits.get(visit)

    def leg_of(self, offer: OfferId) -> Leg | None:
        """Find the leg of an agent who rings or has picked up, and is not bridged yet."""
        offered = self._offers.get(offer)
        return offered.leg if offered is not None else None

    def _expect(self, party: Party, caller: Caller) -> Visit:
        visit = self._visits[caller.visit] = Visit(self.tell, self._forget, caller, party)
        return visit

    def _forget(self, visit: VisitId) -> None:
        self._visits.pop(visit, None)

    # -- the one task that touches the Floor ----------------------------------------------------------------

    async def run(self) -> None:
        """Handle events and deadlines for ever; one that cannot be handled must not end all the others."""
        while True:
            event = await self._next_event()
            try:
                self._handle(event)
            except Exception:
                log.exception("floor.event_failed", happened=event)

    async def _next_event(self) -> Event:
        if not self._inbox.empty():
            return self._inbox.get_nowait()
        deadline = self.floor.next_deadline()
        patience_s = None if deadline is None else max(0.0, deadline - self._clock.moment())
        try:
            async with asyncio.timeout(patience_s):
                return await self._inbox.get()
        except TimeoutError:
            return TimePassed()

    def _handle(self, event: Event) -> None:
        if isinstance(event, CallerConnected | OfferFailed):
            self._offers.pop(event.offer, None)
        decision = self.floor.handle(event, self._clock.moment())
        for command in decision.commands:
            self._perform(command)
        if not isinstance(event, TimePassed) or decision.commands:
            log.debug("floor.handled", happened=event, commands=decision.commands)
        if isinstance(event, CallerJoined) and not any(isinstance(one, Ring) for one in decision.commands):
            self._consider(event.caller.visit)
        for fact in decision.facts:
            self._remember(fact)

    def _consider(self, visit: VisitId) -> None:
        if (waiting := self._visits.get(visit)) is not None:
            waiting.considered.set()

    # -- carrying out ---------------------------------------------------------------------------------------

    def _perform(self, command: Command) -> None:
        match command:
            case Ring(offer=offer, agent=agent):
                self._crew.start(self._ring(command, self._offer(offer, agent)), f"ring {agent}")
            case StopRinging(offer=offer):
                if (offered := self._offers.pop(offer, None)) is not None:
                    self._silence(offered)
            case Connect():
                self._connect(command)
            case CallBack():
                self.call_back(command)
            case StopCallingBack(visit=visit):
                self.stop_calling_back(visit)
            case Announce(visit=visit):
                if (waiting := self._visits.get(visit)) is not None:
                    waiting.party.mailbox.put(command, can_be_spared=True)
            case Release(visit=visit, outcome=outcome, key=key):
                self._consider(visit)
                if (waiting := self._visits.pop(visit, None)) is not None:
                    waiting.let_go = True
                    waiting.party.mailbox.put(NotReached(visit, outcome, key))

    def _connect(self, connect: Connect) -> None:
        leg = self.leg_of(connect.offer)
        waiting = self._visits.get(connect.visit)
        if leg is None or waiting is None:
            self.tell(OfferFailed(connect.offer, OfferOutcome.FAILED))
        else:
            leg.hand_to(waiting.party.mailbox)
            reached = Reached(connect.visit, leg, desk_of(connect.agent), connect.offer, connect.agent)
            waiting.party.mailbox.put(reached)

    def _offer(self, offer: OfferId, agent: AgentId) -> Leg:
        leg = self._new_leg(leg_id(offer), Mailbox())
        self._offers[offer] = Offered(agent, leg)
        return leg

    def _silence(self, offered: Offered) -> None:
        agent = offered.agent
        task = self._crew.start(offered.leg.silence(), f"stop ringing {agent}")
        self._falling_silent[agent] = task
        task.add_done_callback(lambda task: self._is_silent(agent, task))

    def _is_silent(self, agent: AgentId, task: asyncio.Task[None]) -> None:
        if self._falling_silent.get(agent) is task:
            del self._falling_silent[agent]

    async def _ring(self, ring: Ring, leg: Leg) -> None:
        if (silenced := self._falling_silent.get(ring.agent)) is not None:
            await asyncio.wait([silenced])  # one line at a time: a call in the way would be refused as busy
        visit = self._visits.get(ring.visit)
        if visit is None:  # the caller hung up between the decision and now
            leg.has_left()
            self.tell(OfferFailed(ring.offer, OfferOutcome.FAILED))
            return
        ringing = leg.ring(
            self._endpoint(ring.agent),
            caller=visit.party.channel_id or None,
            caller_id=visit.party.caller_id,
            timeout_s=ring.timeout_s + RING_GRACE_S,
            carries=LegTrace(ring.agent, ring.offer, ring.visit).as_arguments(),
        )
        await self._report_all(visit, ring.offer, ringing)

    async def _report_all(
        self, visit: Visit, offer: OfferId, ringing: AsyncIterator[Progress | Failure]
    ) -> None:
        async for progress in ringing:
            visit.considered.set()
            self._report(offer, progress)

    def _report(self, offer: OfferId, progress: Progress | Failure) -> None:
        match progress:
            case Progress.RANG:
                self.tell(AgentRang(offer))
            case Progress.ANSWERED:
                self.tell(AgentAnswered(offer))
            case Failure(outcome=outcome):
                self.tell(OfferFailed(offer, outcome))


def desk_of(agent: AgentId) -> str:
    """Return the id of the bridge in which an agent talks; it stays from call to call."""
    return f"desk-{agent}"


def agent_at(desk: str) -> AgentId | None:
    """Return whose desk this bridge is; None: nobody's."""
    name = desk.removeprefix("desk-")
    return AgentId(name) if name != desk else None


def leg_id(offer: OfferId) -> str:
    """Return the id of the channel on which an offer rings."""
    return AGENT_LEG + offer
