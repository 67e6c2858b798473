"""One customer's call from the first destination to goodbye, readable top to bottom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from ari_apps.announcer import Announcer
from ari_apps.ari import AriError, messages
from ari_apps.aside import Aside
from ari_apps.call import Call
from ari_apps.conversation import Conversation
from ari_apps.desks import Desks
from ari_apps.destinations import HANGUP, Destination, DestinationKind
from ari_apps.directory import UNALLOCATED, Directory
from ari_apps.ivr.python_calls import SentAway
from ari_apps.line import CallerGone
from ari_apps.meeting import Meeting
from ari_apps.reaching import Attempt, NotReached, Promised, Reached, Visit
from ari_apps.recording.recordings import Recordings
from ari_apps.requests import CallRequest
from ari_apps.steering import Steering
from ari_apps.succession import DiallerGone
from ari_apps.survey import Surveys, Talked
from ari_apps.switchboard import Switchboard
from ari_apps.third_party import StillWaiting, ThirdParty
from ari_apps.virtual_hold import VirtualHold
from queue_strategies.model import VisitOutcome

log = structlog.get_logger()

HOPS = 50
"""Destinations one call may go through; a circle of overflows ends here."""

Walk = Callable[[Call, Destination], Awaitable[Destination]]
"""Lead a call through menus, a voicemail box or a coroutine; return where it goes next."""


class Inbound:
    """Take a customer from destination to destination until nobody is left to talk to."""

    def __init__(
        self,
        *,
        switchboard: Switchboard,
        steering: Steering,
        directory: Directory,
        desks: Desks,
        announcer: Announcer,
        virtual_hold: VirtualHold,
        surveys: Surveys,
        recordings: Recordings,
        walk: Walk,
    ) -> None:
        self._switchboard = switchboard
        self._steering = steering
        self._announcer = announcer
        self._virtual_hold = virtual_hold
        self._surveys = surveys
        self._directory = directory
        self._desks = desks
        self._walk = walk
        self._recordings = recordings
        self._meeting = Meeting(switchboard, desks, announcer, directory, recordings)

    async def handle(self, call: Call, first: Destination) -> None:
        """Lead the call until it is over; raises CallerGone when the customer hangs up."""
        destination, led_anew = first, False
        for _ in range(HOPS):
            if destination.kind is DestinationKind.HANGUP:
                break
            if self._directory.is_gone(destination):
                destination = UNALLOCATED if led_anew else self._anew(call, destination)
                led_anew = True
            else:
                destination = await self.go(call, destination)
        else:
            log.warning("inbound.goes_in_circles", contact=call.contact, destination=str(destination))
        await call.hang_up(destination.hangup_cause)

    def _anew(self, call: Call, was: Destination) -> Destination:
        """Say where a call goes on whose destination was removed while the call was under way."""
        now = self._switchboard.anew(call)
        log.warning("inbound.place_removed", contact=call.contact, was=str(was), now=str(now))
        return now

    async def go(self, call: Call, to: Destination) -> Destination:
        """Bring the call to one destination; return the next."""
        await call.look_around()
        call.at = to
        match to.kind:
            case DestinationKind.MENU | DestinationKind.VOICEMAIL | DestinationKind.PYTHON:
                call.waits_since = None
                return await self._walk(call, to)
            case _:
                return await self.meet(call, to)

    async def meet(self, call: Call, to: Destination, *, stay: bool = False) -> Destination:
        """Let the call wait for somebody and talk; with `stay` the line outlives the agent's leaving."""
        await self._announcer.tell_of_recording(call, to)
        attempt = self._switchboard.reach(to, call.party, call)
        if attempt is None:
            gone = self._directory.is_gone(to)
            return to if gone else self._directory.instead_of_unknown(call.came_from)
        return await self.wait_and_talk(call, to, attempt, stay=stay)

    async def wait_and_talk(
        self,
        call: Call,
        to: Destination,
        attempt: Attempt,
        met: Reached | NotReached | None = None,
        *,
        held: bool = False,
        third: ThirdParty | None = None,
        stay: bool = False,
    ) -> Destination:
        """Wait for somebody, then talk; after a consultation cut short, wait for the consulted one.

        `met` (and `held`, `third`) are given for a talk that an earlier process has begun. A supervisor may
        let the call wait elsewhere, or send it away: from there it does not come back, even with `stay`.
        """
        while True:
            after_wait = met or await self._wait(call, to, attempt)
            match after_wait:
                case Destination() if other := self._switchboard.reach(after_wait, call.party, call):
                    call.at = to = after_wait
                    attempt, met = other, None
                    continue
                case Destination() if stay:
                    raise SentAway(after_wait)
                case Destination():
                    return after_wait
                case Promised() if stay:
                    raise SentAway(HANGUP)
                case Promised():
                    return HANGUP
                case NotReached(outcome=outcome):
                    return self._directory.instead_of(to, outcome, call.came_from)
            if met is not None:
                self._recordings.talk_went_on(call, to, attempt, after_wait, held=held)
            talk = Conversation(
                call,
                attempt,
                after_wait,
                self._desks,
                self._switchboard,
                self._recordings,
                held=held,
                third=third,
                stay=stay,
                choose=self._surveys.choose,
            )
            after = await talk.run()
            if not isinstance(after, StillWaiting):
                call.came_from = to
                await self._ask(call, talk.to_ask)
                return after
            attempt, to, met, held, third = after.attempt, after.to, None, False, None

    async def succeed(self, gone: DiallerGone) -> None:
        """Lead a call that goes on without the agent who dialled; raises CallerGone."""
        heir, new = gone.heir, gone.successor
        await self._meeting.succeed(gone)
        await self.handle(heir, await self.wait_and_talk(heir, new.to, new.attempt, new.met))

    async def _ask(self, call: Call, talked: Talked | None) -> None:
        """Ask a customer how it was; a later process would not begin anew, but bid goodbye."""
        if talked is not None:
            await self._switchboard.leave_trace(call, HANGUP)
            await self._surveys.ask(call, talked)

    async def _wait(
        self, call: Call, to: Destination, attempt: Attempt
    ) -> Reached | NotReached | Promised | Destination:
        """Wait until the call is bridged with somebody, will not be, or is sent elsewhere."""
        aside = Aside(call, to, attempt, self._announcer, self._directory.music_of(to))
        try:
            if isinstance(attempt, Visit) and attempt.caller.adopted:
                await aside.hush()
                if self._directory.callback_of(to) is not None:
                    await call.fall_silent()  # in the middle of being asked for a number
            await self._switchboard.welcome(call, to, attempt)
            while True:
                item = await call.take()
                await aside.note(item)
                if (over := await self._note(call, to, attempt, item, aside)) is not None:
                    return over
        except CallerGone:
            attempt.left(VisitOutcome.LOST if call.lost else VisitOutcome.ABANDONED)
            raise
        except AriError:
            attempt.left(VisitOutcome.LOST)
            raise

    async def _note(
        self, call: Call, to: Destination, attempt: Attempt, item: object, aside: Aside
    ) -> Reached | NotReached | Promised | Destination | None:
        """Take note of one thing that happened while waiting; return what ended the wait, if it did."""
        match item:
            case Reached(attempt=attempt.id):
                await aside.cut()
                return await self._meeting.bridge(call, to, attempt, item)
            case NotReached(attempt=attempt.id):
                await aside.cut()
                return item
            case messages.ChannelDtmfReceived(digit=digit) if self._virtual_hold.is_asked_for(
                to, attempt, digit
            ):
                await aside.cut()
                came = await self._virtual_hold.offer(call, to, attempt)
                if isinstance(came, Promised):
                    return came
                if (
                    came is not None
                    and (over := await self._note(call, to, attempt, came, aside)) is not None
                ):
                    return over
                await self._switchboard.welcome(call, to, attempt)
            case messages.ChannelDtmfReceived(digit=digit):
                attempt.pressed(digit)
            case CallRequest():
                onward = self._steering.onward(call, to, attempt, item)
                if onward is not None:
                    await aside.cut()
                    await self._steering.send(call, attempt, onward, item)
                return onward
        return None
