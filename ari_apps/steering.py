"""What supervisors do with a caller who waits: another priority, another queue, no more waiting."""

from __future__ import annotations

from ami_listeners.clock import Clock
from ari_apps.call import Call
from ari_apps.destinations import HANGUP, Destination
from ari_apps.directory import Directory
from ari_apps.queueing import Queueing
from ari_apps.reaching import Attempt, Visit
from ari_apps.requests import CallRequest, HangUp, Move, Prefer, Withdraw
from ari_apps.switchboard import Switchboard
from queue_strategies.model import VisitOutcome

REFUSED = {
    VisitOutcome.LEFT_EMPTY: "has nobody now who could serve it",
    VisitOutcome.FULL: "is full",
    VisitOutcome.WITHDRAWN: "is not served any more",
}
"""Why a queue lets nobody in."""


class Steering:
    """Do with a waiting caller what is asked, or say why not."""

    def __init__(
        self, *, switchboard: Switchboard, queueing: Queueing, directory: Directory, clock: Clock
    ) -> None:
        self._switchboard = switchboard
        self._queueing = queueing
        self._directory = directory
        self._clock = clock

    def onward(
        self, call: Call, at: Destination, attempt: Attempt, request: CallRequest
    ) -> Destination | None:
        """Say where the call is to go; None when the caller waits on, the request being done or refused."""
        match request:
            case HangUp():
                return HANGUP
            case Withdraw(to=to):
                return to or self._directory.instead_of(at, VisitOutcome.WITHDRAWN, call.came_from)
            case Prefer(priority=priority) if isinstance(attempt, Visit):
                call.priority = priority
                attempt.preferred(priority)
                request.done()
            case Move() if isinstance(attempt, Visit):
                return self._other_queue(call, attempt, request)
            case Prefer() | Move():
                request.refuse(f"not while the caller waits for {at}, which is no queue")
            case _:
                request.refuse("not while the caller is waiting")
        return None

    def _other_queue(self, call: Call, visit: Visit, request: Move) -> Destination | None:
        queue = self._directory.queue_of(request.to)
        if queue is None or queue == visit.caller.queue:
            request.refuse(f"the caller waits in {request.to} already")
            return None
        if (refusal := self._queueing.floor.refusal(queue)) is not None:
            request.refuse(f"{request.to} {REFUSED[refusal]}")
            return None
        call.waited_before_s = 0.0 if request.anew else self._waited_s(visit)
        return request.to

    def _waited_s(self, visit: Visit) -> float:
        """Return how long the caller has waited, in queues before this one too."""
        caller = visit.caller
        return max(0.0, self._clock.moment() - caller.joined_moment) + caller.waited_before_s

    async def send(self, call: Call, attempt: Attempt, onward: Destination, request: CallRequest) -> None:
        """Take the caller out of the line.

        The channel is told first where the call goes: a later process finds the caller in the line still, or
        on the way.
        """
        await self._switchboard.leave_trace(call, onward)
        attempt.left(VisitOutcome.WITHDRAWN)
        request.done()
