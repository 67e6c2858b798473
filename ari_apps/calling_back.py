"""Call back the customers who keep their places without the line, when the Floor says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import AriError, messages
from ari_apps.call import Call
from ari_apps.crew import Crew
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.directory import Directory
from ari_apps.inbound import Inbound
from ari_apps.legs import Failure, Leg, Progress, has_ended
from ari_apps.line import CallerGone
from ari_apps.mailbox import Mailbox
from ari_apps.queueing import Queueing
from ari_apps.reaching import Visit
from ari_apps.reception import Reception
from ari_apps.traces import callback_line
from ari_apps.virtual_hold import VirtualHold
from queue_strategies.commands import CallBack
from queue_strategies.events import CallbackHoursChanged, CustomerNotReached, OfferFailed
from queue_strategies.model import ContactId, OfferId, OfferOutcome, QueueName, VisitId, VisitOutcome

log = structlog.get_logger()

HOURS_LOOKED_AT_S = 1.0


class CallingBack:
    """Dial customers, and lead their calls from the answer on."""

    def __init__(
        self,
        *,
        queueing: Queueing,
        inbound: Inbound,
        reception: Reception,
        directory: Directory,
        virtual_hold: VirtualHold,
        clock: Clock,
        crew: Crew,
        new_id: Callable[[], str],
        new_leg: Callable[[str, Mailbox], Leg],
        new_call: Callable[[messages.Channel, ContactId | None, float | None], Call],
    ) -> None:
        self._queueing = queueing
        self._inbound = inbound
        self._reception = reception
        self._directory = directory
        self._virtual_hold = virtual_hold
        self._clock = clock
        self._crew = crew
        self._new_id = new_id
        self._new_leg = new_leg
        self._new_call = new_call
        self._legs: dict[VisitId, Leg] = {}
        self._hours: dict[QueueName, bool] = {}
        """What the Floor was told."""
        queueing.call_back = self.dial
        queueing.stop_calling_back = self.stop

    def dial(self, order: CallBack) -> None:
        """Call a customer."""
        leg = self._take(order, callback_line(order.visit, self._new_id()[-12:]))
        self._crew.start(self._dial(order, leg), f"call back for {order.queue}")

    def follow(self, order: CallBack, line: str) -> None:
        """Go on with a call to a customer that an earlier process has begun on this channel."""
        leg = self._take(order, line)
        self._crew.start(
            self._reach(order, leg, leg.follow(), found=True), f"go on to call {order.queue} back"
        )

    def stop(self, visit: VisitId) -> None:
        """Let a customer's phone fall silent; one who has answered already is on the line."""
        if (leg := self._legs.pop(visit, None)) is not None:
            self._crew.start(leg.end(), f"stop calling back {visit}")

    async def keep_hours(self) -> None:
        """Tell the Floor for ever when it is the hour to call back, and when not."""
        while True:
            self._tell_hours()
            await asyncio.sleep(HOURS_LOOKED_AT_S)

    def tell_hours_anew(self) -> None:
        """Tell a Floor whose queues have just been configured when it is the hour to call back."""
        has_hours = {queue for queue, _ in self._directory.callback_hours(self._clock.wall())}
        for queue in self._hours.keys() - has_hours:  # the Floor acts at once on what it is told
            self._queueing.tell(CallbackHoursChanged(queue, open=True))
        self._hours.clear()
        self._tell_hours()

    def _tell_hours(self) -> None:
        for queue, is_open in self._directory.callback_hours(self._clock.wall()):
            if self._hours.get(queue) is not is_open:
                self._hours[queue] = is_open
                self._queueing.tell(CallbackHoursChanged(queue, is_open))

    # -- one call -------------------------------------------------------------------------------------------

    def _take(self, order: CallBack, line: str) -> Leg:
        """Own the line on which a customer is called, at once: the Floor may have it stopped any moment."""
        leg = self._legs[order.visit] = self._new_leg(line, Mailbox())
        return leg

    async def _dial(self, order: CallBack, leg: Leg) -> None:
        to = Destination(DestinationKind.NUMBER, order.number)
        endpoint = self._directory.endpoint_of(to)
        if self._legs.get(order.visit) is not leg:
            return
        if endpoint is None:
            self._forget(order.visit, leg)
            leg.has_left()
            self._queueing.tell(CustomerNotReached(order.visit, OfferOutcome.FAILED))
            return
        log.info("callback.dialled", contact=order.contact, queue=order.queue, attempt=order.attempt)
        shown = self._directory.shown_to(to) or ""
        ringing = leg.ring(endpoint, caller=None, caller_id=shown, timeout_s=order.timeout_s)
        await self._reach(order, leg, ringing, found=False)

    async def _reach(
        self, order: CallBack, leg: Leg, ringing: AsyncIterator[Progress | Failure], *, found: bool
    ) -> None:
        """Follow a customer's phone up to the answer; `found` is one that an earlier process dialled."""
        visit = self._queueing.visit(order.visit)
        result: Progress | Failure | None = None
        dialled = found
        async with self._heard_by(order.hears, watched=not found):
            async for progress in ringing:
                dialled = dialled or progress is Progress.DIALLED
                result = progress
        if not self._forget(order.visit, leg):
            return
        if visit is None:  # and there is nobody for whom to call
            await leg.end()
            return
        if isinstance(result, Failure):
            self._queueing.tell(CustomerNotReached(order.visit, why_not(result, dialled=dialled)))
        elif result is Progress.ANSWERED:
            await self._answered(order, leg, visit)

    def _forget(self, visit: VisitId, leg: Leg) -> bool:
        """Note that a call is dialled no more; False for one that was stopped."""
        if self._legs.get(visit) is leg:
            del self._legs[visit]
            return True
        return False

    @asynccontextmanager
    async def _heard_by(self, offer: OfferId | None, *, watched: bool) -> AsyncIterator[None]:
        """Let the agent who has picked up hear it ring; should the agent hang up, the Floor is told.

        One who is not watched was found, and somebody else listens to what becomes of that leg.
        """
        agent = self._queueing.leg_of(offer) if offer is not None else None
        if agent is None or offer is None:
            yield
            return
        with suppress(AriError):
            await agent.channel.ring()
        watch = asyncio.create_task(self._until_gone(agent, offer)) if watched else None
        try:
            yield
        finally:
            if watch is not None:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
        with suppress(AriError):
            await agent.channel.ring_stop()

    async def _until_gone(self, agent: Leg, offer: OfferId) -> None:
        while not has_ended(await agent.mailbox.take(), agent.id):
            pass
        agent.has_left()
        self._queueing.tell(OfferFailed(offer, OfferOutcome.DECLINED))

    async def _answered(self, order: CallBack, leg: Leg, visit: Visit) -> None:
        try:
            channel = await leg.channel.get()
        except AriError as error:
            log.warning("callback.lost", contact=order.contact, why=str(error))
            channel = None
        if channel is None:
            await leg.end()
            self._queueing.tell(CustomerNotReached(order.visit, OfferOutcome.FAILED))
            return
        if visit.let_go:  # while Asterisk was asked; nobody would come
            await leg.end()
            return
        call = self._new_call(channel, order.contact, None)
        call.caller_number, call.caller_name, call.called_number = order.number, "", ""
        call.language = order.language or call.language
        call.skills = {str(skill): level for skill, level in visit.caller.skills.items()}
        call.priority, call.answered = visit.caller.priority, True
        to = Destination(DestinationKind.QUEUE, order.queue)
        call.at = to
        self._reception.lead(call, self._serve(call, to, visit), new=False)

    async def _serve(self, call: Call, to: Destination, visit: Visit) -> None:
        """Let a customer who was called back be connected, and go on as every caller does."""
        if visit.let_go:
            await call.hang_up()
            return
        visit.back_on_line(call.party)
        try:
            await self._virtual_hold.greet(call, to, visit)
        except CallerGone:
            visit.left(VisitOutcome.LOST if call.lost else VisitOutcome.ABANDONED)
            raise
        await self._inbound.handle(call, await self._inbound.wait_and_talk(call, to, visit))


def why_not(failure: Failure, *, dialled: bool) -> OfferOutcome:
    """Say why a customer was not reached; FAILED is a call that we could not make, or have lost."""
    if not dialled or failure.cause == 0:
        return OfferOutcome.FAILED
    return OfferOutcome.UNREACHABLE if failure.outcome is OfferOutcome.FAILED else failure.outcome
