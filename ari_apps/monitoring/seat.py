"""One supervisor's phone, from ringing to hanging up: a coroutine that carries out what is ordered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

import structlog

from ari_apps.ari import Ari, AriError, messages
from ari_apps.dispatcher import Dispatcher
from ari_apps.legs import EVENTS_MISSED, Failure, Leg, Progress, asterisk_failed, has_ended
from ari_apps.mailbox import Mailbox
from ari_apps.monitoring.ears import Ears
from ari_apps.monitoring.leaving_out import LeavingOut
from ari_apps.monitoring.names import phone_of
from queue_strategies.model import OfferOutcome
from queue_strategies.monitoring import (
    CloseEar,
    Deny,
    EarOpened,
    Event,
    LetGo,
    Mode,
    OpenEar,
    SupervisorAnswered,
    SupervisorLeft,
)

log = structlog.get_logger()

SNOOP_COMES_S = 5.0
"""A snoop that was made and does not come for so long is given up."""
RINGS_WITHIN_S = 2.0
"""So long whoever asks for a supervisor waits to learn whether the phone rings."""
WHY: Mapping[OfferOutcome, str] = {
    OfferOutcome.DECLINED: "is busy, or declines",
    OfferOutcome.RANG_OUT: "was not picked up",
    OfferOutcome.UNREACHABLE: "cannot be reached",
}
DENIED = "sound:beeperr"
SeatOrder = OpenEar | CloseEar | Deny | LetGo


class Seat:
    """Ring, sit the supervisor in a bridge of the own, and let be heard there what is ordered."""

    def __init__(
        self,
        watch: str,
        *,
        ari: Ari,
        leaving_out: LeavingOut,
        dispatcher: Dispatcher,
        new_leg: Callable[[str, Mailbox], Leg],
        tell: Callable[[Event], None],
        pressed: Callable[[str, str], None],
    ) -> None:
        self._watch = watch
        self._ari = ari
        self._tell = tell
        self._pressed = pressed
        self._mailbox = Mailbox()
        self._leg = new_leg(phone_of(watch), self._mailbox)
        self._bridge = ari.bridge(phone_of(watch))
        self._ears = Ears(watch, ari, leaving_out, dispatcher, self._mailbox, tell)
        self._answered = False
        self._rang: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._over = False
        self._is_given_away = False

    def put(self, order: SeatOrder) -> None:
        """Have an order carried out after those before it."""
        self._mailbox.put(order)

    async def stop_ringing(self) -> None:
        """Let go of a supervisor who may not have answered yet."""
        self._mailbox.put(LetGo(self._watch))
        if not self._answered:
            await self._leg.end()

    async def rings(self) -> str:
        """Wait a moment until the phone rings; return why it does not, empty where it does or may yet."""
        with suppress(TimeoutError):
            async with asyncio.timeout(RINGS_WITHIN_S):
                return await asyncio.shield(self._rang)
        return ""

    def has_taken_over(self, agent_channel: str) -> bool:
        """Tell whether the supervisor talks with the customer in place of who is on this channel."""
        present = self._ears.present
        if present is None or present.order.mode is not Mode.TAKE_OVER:
            return False
        return present.order.line.channel == agent_channel and not self._over

    async def hush(self, channel_ids: Collection[str]) -> None:
        """Say nothing more into these channels."""
        await self._ears.hush(channel_ids)

    def give_away(self, mailbox: Mailbox) -> Leg:
        """Let another coroutine own the phone, as that of an ordinary call; the rest is cleared away."""
        self._is_given_away = True
        self._leg.hand_to(mailbox)
        self._tell(SupervisorLeft(self._watch, "call"))
        return self._leg

    async def run(self, endpoint: str, caller_id: str, timeout_s: float) -> None:
        """Ring the phone, and serve it until it is put down or let go of; leave nothing behind."""
        try:
            if await self._rings(endpoint, caller_id, timeout_s):
                await self._sit_down()
                while not self._over:
                    await self._next()
        except AriError as error:
            log.warning("monitoring.seat_failed", watch=self._watch, why=str(error))
        finally:
            self._tell_of_phone("")
            await self._clear_away()
            self._tell(SupervisorLeft(self._watch))

    async def _rings(self, endpoint: str, caller_id: str, timeout_s: float) -> bool:
        ringing = self._leg.ring(endpoint, caller=None, caller_id=caller_id, timeout_s=timeout_s)
        async for progress in ringing:
            match progress:
                case Progress.ANSWERED:
                    self._answered = True
                    self._tell_of_phone("")
                case Progress.RANG:
                    self._tell_of_phone("")
                case Failure(outcome=outcome):
                    why = WHY.get(outcome, "could not be called")
                    log.info("monitoring.not_picked_up", watch=self._watch, endpoint=endpoint, why=why)
                    self._tell_of_phone(why)
        return self._answered

    def _tell_of_phone(self, why_silent: str) -> None:
        if not self._rang.done():
            self._rang.set_result(why_silent)

    async def _sit_down(self) -> None:
        """Take a seat; keys are for us, and not for those who are heard."""
        await self._bridge.create(name=self._bridge.id)
        await self._bridge.add(self._leg.id, absorb_dtmf=True)
        self._tell(SupervisorAnswered(self._watch))

    async def _next(self) -> None:
        coming = self._ears.coming
        try:
            item = await self._mailbox.take(None if coming is None else SNOOP_COMES_S)
        except TimeoutError:
            await self._ears.give_up()
        else:
            await self._on(item)

    async def _on(self, item: object) -> None:
        match item:
            case OpenEar():
                await self._ears.ask_for(item)
            case CloseEar():
                await self._ears.close()
            case LetGo():
                self._over = True
            case Deny():
                await self._deny()
            case messages.ChannelDtmfReceived(channel=channel, digit=key) if channel.id == self._leg.id:
                self._pressed(self._watch, key)
            case messages.StasisStart(channel=channel):
                if self._ears.arrived(channel.id):
                    await self._hear()
            case _ if item is EVENTS_MISSED:
                await self._look_around()
            case _ if asterisk_failed(item):
                self._tell(SupervisorLeft(self._watch, "lost"))
                self._leg.has_left()
                self._over = True
            case _ if has_ended(item, self._leg.id):
                self._leg.has_left()
                self._over = True
            case _:
                await self._ears.note(item)

    async def _hear(self) -> None:
        if (ear := await self._ears.switch()) is not None:
            self._tell(EarOpened(ear))

    async def _deny(self) -> None:
        with suppress(AriError):
            await self._leg.channel.play(DENIED, f"{self._leg.id}-denied")

    async def _look_around(self) -> None:
        """Find out what happened while Asterisk was not heard."""
        with suppress(AriError):
            if await self._leg.channel.get() is None:
                self._leg.has_left()
                self._over = True
            present, coming = self._ears.present, self._ears.coming
            if present is not None and await self._ari.channel(present.vital).get() is None:
                await self._ears.gone(present.vital)
            if coming is not None:
                await self._hear()

    async def _clear_away(self) -> None:
        await self._ears.clear_away()
        if not self._is_given_away:
            await self._leg.end()
        with suppress(AriError):  # what is left of it is cleared away by the next process
            await self._bridge.destroy()
