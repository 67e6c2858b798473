"""Answer what the REST API is asked, from the Floor's snapshot and the list of calls."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable

from ami_listeners.clock import Clock
from ari_apps.agents import AgentAction, UnknownAgentError
from ari_apps.apps import Apps
from ari_apps.call import Call
from ari_apps.configuration.changes import RemovedQueue
from ari_apps.configuration.floor_toml import ConfigurationError
from ari_apps.console.views import (
    AgentView,
    CallbackView,
    CallView,
    FloorView,
    OfferWhy,
    QueueView,
    Reasoned,
    ReloadedView,
    WaitingView,
    WhyView,
)
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.ivr.python_calls import PythonCallError
from ari_apps.requests import CallRequest, NotNow
from queue_strategies.errors import CallfloorError
from queue_strategies.events import CallerLeft
from queue_strategies.floor import (
    AgentSnapshot,
    Considered,
    Excluded,
    Explanation,
    FloorSnapshot,
    QueueSnapshot,
    WaitingCaller,
)
from queue_strategies.model import AgentId, ContactId, QueueName, VisitOutcome

REPLY_S = 10.0
"""How long a call's coroutine may take to do what is asked."""


class NotFoundError(CallfloorError):
    """There is nothing of this name."""


class Desk:
    """Look at the floor, and ask things of it."""

    def __init__(
        self,
        apps: Apps,
        clock: Clock,
        reload: Callable[[], list[RemovedQueue]],
        recollect: Callable[[str], Awaitable[list[OfferWhy]]],
    ) -> None:
        self._apps = apps
        self._clock = clock
        self._reload = reload
        self._recollect = recollect

    # -- looking --------------------------------------------------------------------------------------------

    def floor(self) -> FloorView:
        """Show everything."""
        snapshot = self._snapshot()
        return FloorView(
            at=self._clock.at(snapshot.moment),
            queues=[queue_view(one, snapshot.moment) for one in snapshot.queues.values() if not one.direct],
            agents=[agent_view(one, snapshot.moment) for one in snapshot.agents.values()],
        )

    def queue(self, name: str) -> QueueView:
        """Show one queue; raises NotFoundError."""
        snapshot = self._snapshot()
        queue = snapshot.queues.get(QueueName(name))
        if queue is None or queue.direct:
            nearest = self._apps.directory.nearest(Destination(DestinationKind.QUEUE, name))
            raise NotFoundError(f"there is no queue {name!r}, {nearest}")
        return queue_view(queue, snapshot.moment)

    def agent(self, id_: str) -> AgentView:
        """Show one agent; raises NotFoundError."""
        for agent in self.floor().agents:
            if agent.id == id_:
                return agent
        raise NotFoundError(f"there is no agent {id_!r}")

    def calls(self) -> list[CallView]:
        """Show all calls, the oldest first."""
        snapshot = self._snapshot()
        serving = {one.contact: one.agent for one in snapshot.agents.values() if one.contact}
        return [self._call_view(call, serving.get(call.contact)) for call in self._apps.calls]

    def call(self, id_: str) -> CallView:
        """Show one call; raises NotFoundError."""
        self._find(id_)
        return next(call for call in self.calls() if call.id == id_)

    def callbacks(self) -> list[CallbackView]:
        """Show who is to be called back, queue by queue in the order of service."""
        return [
            callback_view(caller, caller.callback_number, self._clock)
            for queue in self._snapshot().queues.values()
            for caller in queue.callers
            if caller.callback_number is not None
        ]

    async def why(self, id_: str) -> WhyView:
        """Explain to whom a call is and was offered, from memory or from the facts; raises NotFoundError."""
        explanation = self._apps.floor.explain(ContactId(id_), self._clock.moment())
        if explanation is not None:
            return why_view(explanation, self._clock.at)
        offers = await self._recollect(id_)
        if not offers:
            raise NotFoundError(f"there is no call {id_!r} that was ever offered to an agent")
        return WhyView(call=id_, summary="Is over.", considered=[], excluded=[], offers=offers)

    # -- asking ---------------------------------------------------------------------------------------------

    def reload(self) -> ReloadedView:
        """Go on by what the floor.toml says now; raises NotNow with what is wrong in it."""
        try:
            return ReloadedView(removed=[str(queue) for queue in self._reload()])
        except (ConfigurationError, PythonCallError) as error:
            raise NotNow(str(error)) from None

    def let_agent(
        self,
        id_: str,
        action: AgentAction,
        reason: str = "",
        queue: str | None = None,
        *,
        forced: bool = False,
    ) -> None:
        """Do what an agent asks for, in one queue alone if that is named; raises NotFoundError, NotNow."""
        if action is AgentAction.READY and not forced and self._apps.dispositions.owes(AgentId(id_)):
            raise NotNow("say first what the call was about: PUT /api/v1/calls/CALL/disposition, or *16")
        if queue is not None and queue not in self.agent(id_).queues:
            raise NotFoundError(f"there is no queue {queue!r} that {id_} serves")
        try:
            self._apps.agents.do(id_, action, reason, queue, forced=forced)
        except UnknownAgentError as unknown:
            raise NotFoundError(str(unknown)) from None

    async def ask(self, id_: str, request: CallRequest) -> None:
        """Ask something of a call; raises NotFoundError, NotNow."""
        call = self._find(id_)
        to = getattr(request, "to", None)
        if isinstance(to, Destination) and not self._apps.directory.knows(to):
            nearest = self._apps.directory.nearest(to)
            raise NotFoundError(f"there is no {to.kind} {to.name!r}, {nearest}")
        ari = self._apps.ari.health()
        if not ari.connected:
            raise NotNow(f"nothing can be done about call {id_!r} until Asterisk is back: {ari.reason}")
        call.mailbox.put(request)
        try:
            async with asyncio.timeout(REPLY_S):
                await request.reply
        except TimeoutError:
            raise NotNow(f"call {id_!r} did not answer within {REPLY_S:.0f} s") from None

    def cancel_callback(self, id_: str) -> None:
        """Call nobody back for this call, and keep its place no longer; raises NotFoundError."""
        for queue in self._snapshot().queues.values():
            for caller in queue.callers:
                if caller.contact == id_ and caller.callback_number is not None:
                    self._apps.queueing.tell(CallerLeft(caller.visit, VisitOutcome.WITHDRAWN))
                    return
        raise NotFoundError(f"nobody is to be called back for call {id_!r}")

    def _snapshot(self) -> FloorSnapshot:
        return self._apps.floor.snapshot(self._clock.moment())

    def _find(self, id_: str) -> Call:
        call = self._apps.calls.of_contact(id_)
        if call is None:
            raise NotFoundError(f"there is no call {id_!r}, or it is over")
        return call

    def _call_view(self, call: Call, agent: str | None) -> CallView:
        return CallView(
            id=call.contact,
            caller_number=call.caller_number,
            caller_name=call.caller_name,
            called_number=call.called_number,
            started_at=self._clock.at(call.started_moment),
            destination=str(call.at) if call.at else "",
            agent=agent,
            language=call.language,
            priority=call.priority,
        )


def why_view(explanation: Explanation, at: Callable[[float], dt.datetime]) -> WhyView:
    """Show an explanation as people read it."""
    return WhyView(
        call=explanation.contact,
        summary=explanation.sentence,
        considered=_reasoned(explanation.considered),
        excluded=_reasoned(explanation.excluded),
        offers=[
            OfferWhy(
                agent=offer.agent,
                at=at(offer.moment),
                because=f"{offer.strategy}: {offer.why}",
                asked=offer.asked,
                ready=offer.ready,
                considered=_reasoned(offer.considered),
                excluded=_reasoned(offer.excluded),
                outcome=offer.outcome,
                lasted_s=offer.lasted_s,
            )
            for offer in explanation.offers
        ],
    )


def _reasoned(entries: Iterable[Considered | Excluded]) -> list[Reasoned]:
    return [Reasoned(agent=entry.agent, why=entry.why) for entry in entries]


def callback_view(caller: WaitingCaller, number: str, clock: Clock) -> CallbackView:
    """Show a callback as people see it."""
    return CallbackView(
        call=caller.contact,
        number=number,
        queue=caller.queue,
        position=caller.position,
        priority=caller.priority,
        joined_at=clock.at(caller.joined_moment),
        taken_at=clock.at(caller.callback_taken_moment or caller.joined_moment),
        tries=caller.callback_tries,
        failures=caller.callback_failures,
        agents=list(caller.ringing),
    )


def queue_view(queue: QueueSnapshot, now: float) -> QueueView:
    """Show a queue as people see it."""
    since, estimate = queue.longest_waiting_since, queue.estimate
    return QueueView(
        name=queue.name,
        strategy=queue.strategy,
        closed=queue.closed,
        waiting=queue.counts.waiting,
        talking=queue.counts.talking,
        ready=queue.counts.ready,
        logged_in=queue.counts.logged_in,
        longest_wait_s=None if since is None else max(0.0, now - since),
        estimated_wait_p50_s=estimate and estimate.p50_s,
        estimated_wait_p80_s=estimate and estimate.p80_s,
        estimates_trusted=queue.estimates_trusted,
        agents=dict(queue.agents),
        callers=[
            WaitingView(
                call=caller.contact,
                position=caller.position,
                waited_s=max(0.0, now - caller.joined_moment),
                waited_before_s=caller.waited_before_s,
                priority=caller.priority,
                ringing=list(caller.ringing),
                callback_number=caller.callback_number,
            )
            for caller in queue.callers
        ],
    )


def agent_view(agent: AgentSnapshot, now: float) -> AgentView:
    """Show an agent as people see it."""
    until = agent.until_moment
    return AgentView(
        id=agent.agent,
        name=agent.name,
        state=agent.state,
        state_s=max(0.0, now - agent.since_moment),
        ends_in_s=None if until is None else max(0.0, until - now),
        logged_in=agent.logged_in,
        pause_reason=agent.pause_reason,
        reachable=agent.reachable,
        paused_queues=dict(agent.paused_queues),
        queues=[queue for queue in agent.queues if "/" not in queue],
        queue=agent.queue,
        call=agent.contact if agent.work_after is None else agent.work_after.contact,
        on_hold=agent.on_hold,
        owes_disposition=agent.work_after is not None and agent.work_after.owes,
    )
