"""What a supervisor hears by: snoops on a line. A mode is changed by other snoops in place of the first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import structlog

from ari_apps.ari import Ari, AriError, Conflict
from ari_apps.dispatcher import Dispatcher
from ari_apps.hanging_up import hang_up_surely
from ari_apps.legs import has_ended
from ari_apps.mailbox import Mailbox
from ari_apps.monitoring.leaving_out import LeavingOut
from ari_apps.monitoring.names import phone_of, voice_of
from ari_apps.monitoring.snoops import Place, Snoop, snoops
from queue_strategies.monitoring import EarClosed, EarHushed, Event, Mode, OpenEar

log = structlog.get_logger()

HEARD_WITHIN_S = 0.15
"""After so long a supervisor is heard by a new snoop; the agent goes no sooner: no gap for the customer."""


@dataclass(slots=True, eq=False)
class OpenedEar:
    """The snoops that were asked for."""

    order: OpenEar
    snoops: list[Snoop]
    arrived: set[str] = field(default_factory=set)
    leaves_out: bool = False
    """The agent is silent because of it, or may be."""

    @property
    def whispers(self) -> list[Snoop]:
        """List the snoops by which the supervisor is heard."""
        return [one for one in self.snoops if one.whisper != "none"]

    @property
    def vital(self) -> str:
        """Name the snoop without which nothing is heard."""
        return next(one.channel_id for one in self.snoops if one.vital)


class Ears:
    """Make snoops for one supervisor, and take them away."""

    def __init__(
        self,
        watch: str,
        ari: Ari,
        leaving_out: LeavingOut,
        dispatcher: Dispatcher,
        mailbox: Mailbox,
        tell: Callable[[Event], None],
    ) -> None:
        self._watch = watch
        self._ari = ari
        self._leaving_out = leaving_out
        self._dispatcher = dispatcher
        self._mailbox = mailbox
        self._tell = tell
        self._attempts = count()
        self._has_voice = False
        self.coming: OpenedEar | None = None
        """Asked for, and not heard by yet."""
        self.present: OpenedEar | None = None

    async def ask_for(self, order: OpenEar) -> None:
        """Have snoops made; when the last has come they can take the place of the present ones."""
        before = self.coming
        self.coming = ear = OpenedEar(order, snoops(order, str(next(self._attempts))))
        await self._drop(before)
        for one in ear.snoops:
            self._dispatcher.own(one.channel_id, self._mailbox)
        try:
            for one in ear.snoops:
                channel = self._ari.channel(one.on)
                await channel.snoop(one.channel_id, spy=one.spy, whisper=one.whisper)
        except AriError as error:
            log.info("monitoring.ear_refused", ear=order.ear, why=str(error))
            await self.give_up()

    def arrived(self, channel_id: str) -> bool:
        """Note that a snoop has come; tell whether it was the last."""
        ear = self.coming
        if ear is None or channel_id not in {one.channel_id for one in ear.snoops}:
            return False
        ear.arrived.add(channel_id)
        return len(ear.arrived) == len(ear.snoops)

    async def switch(self) -> str | None:
        """Hear by those that were asked for; return the ear's name, None when it could not be.

        Those before go first: together in a bridge, one would tell the agent what the other hears.
        """
        ear = self.coming
        if ear is None:
            return None
        before, self.present = self.present, None
        await self._drop(before)
        try:
            await self._place(ear)
        except AriError as error:
            log.info("monitoring.ear_not_opened", ear=ear.order.ear, why=str(error))
            await self.give_up()
            return None
        self.coming, self.present = None, ear
        return ear.order.ear

    async def _place(self, ear: OpenedEar) -> None:
        places = {
            Place.SEAT: phone_of(self._watch),
            Place.VOICE: voice_of(self._watch),
            Place.DESK: ear.order.line.bridge or "",
        }
        for place, bridge in places.items():
            if ids := [one.channel_id for one in ear.snoops if one.place is place]:
                if place is Place.VOICE:
                    await self._have_voice(bridge)
                await self._ari.bridge(bridge).add(*ids)
        if ear.order.mode is Mode.TAKE_OVER:
            await asyncio.sleep(HEARD_WITHIN_S)
            ear.leaves_out = True
            await self._leaving_out.leave_out(ear.order.line.channel)

    async def _have_voice(self, bridge: str) -> None:
        if not self._has_voice:
            with suppress(Conflict):
                await self._ari.bridge(bridge).create(name=bridge)
            self._has_voice = True

    async def hush(self, channel_ids: Collection[str]) -> None:
        """End what whispers into these channels, at once; the seat learns the rest from what follows."""
        ears = [ear for ear in (self.coming, self.present) if ear is not None]
        found = {one.channel_id: ear for ear in ears for one in ear.whispers if one.on in channel_ids}
        for ear in {id(one): one for one in found.values()}.values():
            self._tell(EarHushed(ear.order.ear))
        await asyncio.gather(*(hang_up_surely(self._ari.channel(id_).hangup, id_) for id_ in found))

    async def note(self, item: object) -> None:
        """Take note of the end of a snoop, as it ends with the channel it is on."""
        for ear in (self.coming, self.present):
            for one in ear.snoops if ear is not None else ():
                if has_ended(item, one.channel_id):
                    await self.gone(one.channel_id)

    async def gone(self, channel_id: str) -> None:
        """Hear no more by what has lost a snoop; one who is heard beside others may leave alone."""
        coming, present = self.coming, self.present
        if coming is not None and channel_id in {one.channel_id for one in coming.snoops}:
            await self.give_up()
        elif present is not None and present.vital == channel_id:
            self.present = None
            await self._drop(present)

    async def give_up(self) -> None:
        """Wait no more for what was asked for."""
        before, self.coming = self.coming, None
        await self._drop(before)

    async def close(self) -> None:
        """Take all away."""
        await self.give_up()
        before, self.present = self.present, None
        await self._drop(before)

    async def clear_away(self) -> None:
        """Take all away for good."""
        await self.close()
        if self._has_voice:
            with suppress(AriError):  # what is left of it is cleared away by the next process
                await self._ari.bridge(voice_of(self._watch)).destroy()

    async def _drop(self, ear: OpenedEar | None) -> None:
        if ear is None:
            return
        for one in ear.snoops:
            self._dispatcher.disown(one.channel_id)
        ids = [one.channel_id for one in ear.snoops]
        if ear.leaves_out and not await self._let_back(ear):
            ids.remove(ear.vital)
        await asyncio.gather(*(hang_up_surely(self._ari.channel(id_).hangup, id_) for id_ in ids))
        if ear.order.ear not in {one.order.ear for one in (self.coming, self.present) if one is not None}:
            self._tell(EarClosed(ear.order.ear))

    async def _let_back(self, ear: OpenedEar) -> bool:
        """Let the agent back; what spies stays, deaf, as the sign of one who is silent until that is done."""
        if not (is_back := await self._leaving_out.let_back(ear.order.line.channel)):
            with suppress(AriError):
                await self._ari.bridge(phone_of(self._watch)).remove(ear.vital)
        return is_back
