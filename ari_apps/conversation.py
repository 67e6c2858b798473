"""What follows when agent and customer are bridged: talk, hold, consultation, transfer, goodbye.

One coroutine, that of the customer's call, owns both legs and whatever a consultation adds; what the agent
asks for (phone keys, REST) comes through the same mailbox as the events of the channels.

    talking ── Hold ──▶ held ── Resume ──▶ talking
    talking ── Consult ──▶ consulting      (customer on hold; the third party rings, then talks to the agent)
    consulting ── CancelConsult, third party leaves ──▶ talking
    consulting ── CompleteTransfer, agent leaves ──▶ customer and third party go on, the agent is free
    any ── Transfer ──▶ the customer goes on to another destination, the agent is free
    talking ── agent hangs up, taken over by a supervisor ──▶ talking, with the supervisor
    any ── customer or agent hangs up ──▶ over
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ari_apps.ari import AriError, Gone, OutcomeUnknown, messages
from ari_apps.call import Call
from ari_apps.desks import Desks
from ari_apps.destinations import HANGUP, Destination
from ari_apps.legs import Leg, has_ended
from ari_apps.line import CallerGone
from ari_apps.numbers import plain_number
from ari_apps.reaching import Attempt, NotReached, Party, Reached, Visit
from ari_apps.recording.recordings import Recordings
from ari_apps.requests import (
    CallRequest,
    CancelConsult,
    CompleteTransfer,
    Consult,
    GiveAway,
    HangUp,
    Hold,
    NotNow,
    Prefer,
    Resume,
    Transfer,
)
from ari_apps.succession import DiallerGone, Successor, successor_on, without_dialler
from ari_apps.survey import Talked
from ari_apps.switchboard import Switchboard
from ari_apps.third_party import StillWaiting, ThirdParty
from queue_strategies.commands import Announce
from queue_strategies.model import VisitOutcome

HOLD_MUSIC = "default"
GIVE_AWAY_S = 5.0
Choose = Callable[[Attempt, Reached], Talked | None]
"""Say whether a customer is to be asked how it was."""


def ask_nobody(_: Attempt, __: Reached) -> None:
    """Let everybody go without a question."""


class Conversation:
    """A customer and whoever talks with them, until one of the two is gone."""

    def __init__(
        self,
        call: Call,
        attempt: Attempt,
        met: Reached,
        desks: Desks,
        switchboard: Switchboard,
        recordings: Recordings,
        *,
        held: bool = False,
        third: ThirdParty | None = None,
        stay: bool = False,
        choose: Choose = ask_nobody,
    ) -> None:
        self._call = call
        self._attempt = attempt
        self._met = met
        self._desks = desks
        self._switchboard = switchboard
        self._recordings = recordings
        self._held = held
        self._stay = stay
        self._third = third
        self._choose = choose
        self.to_ask: Talked | None = None
        """The customer is still there, and to be asked how it was."""
        self._next: Destination | StillWaiting | None = None

    @property
    def _leg(self) -> Leg:
        return self._met.leg

    async def run(self) -> Destination | StillWaiting:
        """Talk; return where the customer goes next.

        Raises CallerGone when the customer has hung up; DiallerGone, when that was an agent who had dialled.
        """
        try:
            while self._next is None:
                await self._on(await self._call.take())
        except (CallerGone, AriError) as end:
            self._call.lost = self._call.lost or isinstance(end, AriError)
            if (gone := self._without_dialler()) is not None:
                raise gone from None
            await self._customer_left()
            raise
        return self._next

    async def _on(self, item: object) -> None:
        match item:
            case Reached() if self._third and item.attempt == self._third.attempt.id:
                await self._third_answered(self._third, item)
            case NotReached() if self._third and item.attempt == self._third.attempt.id:
                await self._back_to_customer()
            case Announce() if self._third and item.visit == self._third.attempt.id:
                self._third.attempt.heard()  # it is the agent who waits, and talks meanwhile
            case messages.ChannelHold(channel=channel) if channel.id == self._leg.id:
                self._attempt.held()
                self._recordings.hold_began(self._call)
            case messages.ChannelUnhold(channel=channel) if channel.id == self._leg.id:
                self._attempt.resumed()
                self._recordings.hold_ended(self._call)
            case messages.ChannelTransfer(referred_by=by) if by.source_channel.id == self._leg.id:
                await self._referred(item.refer_to)
            case messages.ChannelDtmfReceived(channel=channel, digit=digit) if channel.id == self._leg.id:
                self._recordings.pressed(self._call, self._leg, digit)
            case CallRequest():
                await self._asked(item)
            case _ if has_ended(item, self._leg.id):
                self._leg.has_left()
                await self._agent_left()
            case _ if self._third and self._third.met and has_ended(item, self._third.met.leg.id):
                self._third.met.leg.has_left()
                self._third.attempt.ended("agent")
                await self._switchboard.hush((self._leg.id,))
                await self._back_to_customer()

    # -- what the agent asks for ----------------------------------------------------------------------------

    async def _asked(self, request: CallRequest) -> None:
        match request, self._third:
            case Hold(), None if not self._held:
                await self._hold()
            case Resume(), None if self._held:
                await self._resume()
            case Consult(to=to), None:
                await self._consult(to, request)
            case CancelConsult(), ThirdParty():
                await self._drop_third(self._third)
                await self._back_to_customer()
            case CompleteTransfer(), ThirdParty():
                await self._hand_over(self._third)
            case Prefer(priority=priority), ThirdParty(met=None, attempt=Visit() as sought):
                sought.preferred(priority)
            case Transfer(to=to), _:
                await self._transfer(to)
            case GiveAway(taken=taken), None:
                taken.set_result((self._attempt, self._met))
                self._next = HANGUP
            case HangUp(), _:
                await self._part("agent", HANGUP)
            case _:
                request.refuse(f"not while {self._state}")
        request.done()

    @property
    def _state(self) -> str:
        if self._third is not None:
            return "consulting"
        return "the customer is on hold" if self._held else "talking"

    async def _hold(self) -> None:
        """Take the customer out of the agent's bridge, to music."""
        self._held = True
        self._attempt.held()
        self._recordings.hold_began(self._call)
        await self._desks.leave(self._met.desk, self._call.channel_id)
        await self._call.start_music(HOLD_MUSIC)

    async def _resume(self) -> None:
        self._held = False
        await self._call.quiet()
        await self._desks.meet(self._met.desk, self._call.channel_id)
        self._attempt.resumed()
        self._recordings.hold_ended(self._call)

    async def _transfer(self, to: Destination) -> None:
        if self._third is not None:
            await self._drop_third(self._third)
        await self._part("transfer", to, "blind")

    async def _referred(self, refer_to: messages.ReferTo) -> None:
        """Do what the agent's phone asks for by REFER: send the customer on, or to whom it called itself."""
        own_call = (
            self._switchboard.call_on(refer_to.destination_channel.id)
            if refer_to.destination_channel
            else None
        )
        if own_call is not None:
            await self._take_over(own_call)
        else:
            number = refer_to.requested_destination.destination or ""
            await self._leg.channel.tell_transfer("channel_answered")
            await self._transfer(self._switchboard.dialled(self._leg.id, plain_number(number)))

    async def _take_over(self, other: Call) -> None:
        """Bring the customer together with whom the agent's phone called by itself (attended)."""
        request = GiveAway()
        other.mailbox.put(request)
        try:
            async with asyncio.timeout(GIVE_AWAY_S):
                attempt, met = await request.taken
        except (TimeoutError, NotNow):
            await self._leg.channel.tell_transfer("channel_answered" if other.at else "channel_declined")
            if other.at is not None:
                await self._transfer(other.at)
            return
        met.leg.hand_to(self._call.mailbox)
        await self._leg.channel.tell_transfer("channel_answered")
        await self._hand_over(ThirdParty(attempt, other.at or HANGUP, met))

    # -- consultation ---------------------------------------------------------------------------------------

    async def _consult(self, to: Destination, request: CallRequest) -> None:
        party = Party(self._call.contact, self._leg.id, self._call.caller_id, self._call.mailbox)
        attempt = self._switchboard.reach(to, party, self._call)
        if attempt is None:
            request.refuse(f"{to} is nobody who can be called")
            return
        self._third = ThirdParty(attempt, to)
        if not self._held:
            await self._hold()
        await self._ringing_tone(on=True)

    async def _ringing_tone(self, *, on: bool) -> None:
        with suppress(Gone, OutcomeUnknown):  # its end is in the mailbox already; or it comes late
            await (self._leg.channel.ring() if on else self._leg.channel.ring_stop())

    async def _third_answered(self, third: ThirdParty, met: Reached) -> None:
        await self._ringing_tone(on=False)
        if await self._desks.meet(met.desk, self._leg.id, met.leg.id):
            third.met = met
            third.attempt.connected(met)
        else:
            third.attempt.could_not_connect(met)

    async def _drop_third(self, third: ThirdParty) -> None:
        self._third = None
        lost = self._call.lost
        if third.met is None:
            third.attempt.left(VisitOutcome.LOST if lost else VisitOutcome.WITHDRAWN)
        else:
            await self._switchboard.hush((self._leg.id,))
            await third.met.leg.end()
            third.attempt.ended("lost" if lost else "agent")

    async def _back_to_customer(self) -> None:
        self._third = None
        await self._ringing_tone(on=False)
        self._held = False
        await self._call.quiet()
        if await self._desks.meet(self._met.desk, self._call.channel_id, self._leg.id):
            self._attempt.resumed()
            self._recordings.hold_ended(self._call)

    async def _hand_over(self, third: ThirdParty) -> None:
        """Let the customer go on with the third party; the agent is free."""
        agent, self._third = self._leg, None
        if third.met is not None:
            await self._switchboard.hush((self._call.channel_id, third.met.leg.id))
        await agent.end()
        self._attempt.ended("transfer", str(third.to), "attended")
        self._attempt = third.attempt
        if third.met is None:
            third.attempt.now_for(self._call.party)
            self._recordings.agent_left(self._call)
            self._next = StillWaiting(third.attempt, third.to)
            return
        self._met, self._held = third.met, False
        await self._call.quiet()
        await self._desks.meet(self._met.desk, self._call.channel_id)
        self._recordings.talk_began(self._call, third.to, third.attempt, third.met)
        await self._switchboard.leave_trace(self._call, third.to, third.attempt, answered=True)

    # -- the end --------------------------------------------------------------------------------------------

    async def _agent_left(self) -> None:
        if self._third is not None:
            await self._hand_over(self._third)
        elif (successor := successor_on(self._call, self._leg.id, self._switchboard)) is not None:
            await self._stay_with(successor)
        else:
            await self._part("agent", HANGUP)

    async def _stay_with(self, new: Successor) -> None:
        """Let the customer go on with the supervisor who has taken over; the agent, who hung up, is free."""
        left, self._attempt, self._met = self._attempt, new.attempt, new.met
        try:
            await self._desks.meet(new.met.desk, self._call.channel_id, new.met.leg.id)
        finally:
            left.ended("agent")
        self._recordings.talk_began(self._call, new.to, new.attempt, new.met)
        await self._switchboard.leave_trace(self._call, new.to, new.attempt, answered=True)

    def _without_dialler(self) -> DiallerGone | None:
        if self._call.lost or self._held or self._third is not None:
            return None
        return without_dialler(self._call, self._attempt, self._leg, self._switchboard)

    async def _part(self, by: str, next_: Destination, kind: str | None = None) -> None:
        """Clear the desk before the Floor may give the agent the next caller."""
        self._next = next_
        self._call.ended_by = by
        ends = next_ is HANGUP and not self._stay
        if ends and by == "agent":
            self.to_ask = self._choose(self._attempt, self._met)
        if next_ is HANGUP:
            self._recordings.talk_ended(self._call)
        else:
            self._recordings.agent_left(self._call)
        try:
            if ends and self.to_ask is None:
                await self._call.hang_up()
            elif self._held:
                await self._call.quiet()
            else:
                await self._desks.leave(self._met.desk, self._call.channel_id)
        finally:
            await self._leg.end()
            self._attempt.ended(by, str(next_) if kind else None, kind)

    async def _customer_left(self) -> None:
        try:
            if self._third is not None:
                await self._drop_third(self._third)
            await self._leg.end()
        finally:
            self._attempt.ended("lost" if self._call.lost else "caller")
