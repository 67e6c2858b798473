"""What a supervisor hears by: a snoop on a line. A mode is changed by another snoop in place of the first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from ari_apps.ari import Ari, AriError
from ari_apps.ari.channels import SnoopDirection
from ari_apps.dispatcher import Dispatcher
from ari_apps.hanging_up import hang_up_surely
from ari_apps.mailbox import Mailbox
from ari_apps.monitoring.leaving_out import leave_out, let_back
from ari_apps.monitoring.names import ear_channel
from queue_strategies.monitoring import Mode, OpenEar

log = structlog.get_logger()

DIRECTIONS: Mapping[Mode, tuple[SnoopDirection, SnoopDirection]] = {
    Mode.LISTEN: ("both", "none"),
    Mode.WHISPER: ("both", "out"),
    Mode.BARGE: ("both", "both"),
    Mode.TAKE_OVER: ("in", "out"),
}
"""What is heard of the snooped channel, and who hears the supervisor: `out` is who is on that channel.

The channel is the agent's, but of a call that is taken over the customer's.
"""

HEARD_WITHIN_S = 0.15
"""After so long a supervisor is heard by a new snoop; the agent goes no sooner: no gap for the customer."""


@dataclass(frozen=True, slots=True)
class OpenedEar:
    """A snoop that was asked for."""

    order: OpenEar

    @property
    def channel_id(self) -> str:
        """The snoop's channel."""
        return ear_channel(self.order)


class Ears:
    """Make snoops for one supervisor, and take them away."""

    def __init__(
        self, ari: Ari, dispatcher: Dispatcher, mailbox: Mailbox, bridge: str, closed: Callable[[str], None]
    ) -> None:
        self._ari = ari
        self._dispatcher = dispatcher
        self._mailbox = mailbox
        self._bridge = bridge
        self._closed = closed
        self.coming: OpenedEar | None = None
        """Asked for, and not heard by yet."""
        self.present: OpenedEar | None = None

    async def ask_for(self, order: OpenEar) -> None:
        """Have a snoop made; its StasisStart says when it can take the place of the present one."""
        await self._drop_coming()
        self.coming = ear = OpenedEar(order)
        spied = order.line.other if order.mode is Mode.TAKE_OVER else order.line.channel
        spy, whisper = DIRECTIONS[order.mode]
        self._dispatcher.own(ear.channel_id, self._mailbox)
        try:
            await self._ari.channel(spied or "").snoop(ear.channel_id, spy=spy, whisper=whisper)
        except AriError as error:
            log.info("monitoring.ear_refused", ear=order.ear, why=str(error))
            await self._drop_coming()

    async def switch(self) -> str | None:
        """Hear by the one that was asked for; return its name, None when it could not be.

        The one before goes first: together in a bridge, one would tell the agent what the other hears.
        """
        ear = self.coming
        if ear is None:
            return None
        await self._drop_present()
        try:
            await self._ari.bridge(self._bridge).add(ear.channel_id)
            if ear.order.mode is Mode.TAKE_OVER:
                await asyncio.sleep(HEARD_WITHIN_S)
                await leave_out(self._ari, ear.order.line.channel)
        except AriError as error:
            log.info("monitoring.ear_not_opened", ear=ear.order.ear, why=str(error))
            await self._drop_coming()
            return None
        self.coming, self.present = None, ear
        return ear.order.ear

    async def gone(self, channel_id: str) -> None:
        """Note that a snoop has ended, as it does with the line it was on."""
        if self.coming is not None and self.coming.channel_id == channel_id:
            await self._drop_coming()
        elif self.present is not None and self.present.channel_id == channel_id:
            await self._drop_present()

    async def close(self) -> None:
        """Take all away."""
        await self._drop_coming()
        await self._drop_present()

    async def _drop_coming(self) -> None:
        ear, self.coming = self.coming, None
        await self._drop(ear)

    async def _drop_present(self) -> None:
        ear, self.present = self.present, None
        await self._drop(ear)

    async def _drop(self, ear: OpenedEar | None) -> None:
        if ear is None:
            return
        self._dispatcher.disown(ear.channel_id)
        if ear.order.mode is Mode.TAKE_OVER:
            await let_back(self._ari, ear.order.line.channel)
        await hang_up_surely(self._ari.channel(ear.channel_id).hangup, ear.channel_id)
        self._closed(ear.order.ear)
