"""Leave an agent out of the own call, and let the agent come back: the line stays up and is silent."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from ari_apps.ari import Ari, AriError, Conflict, Gone
from ari_apps.monitoring.foreign_channels import ForeignChannels

log = structlog.get_logger()

SILENT, AS_IT_WAS = "-32000", "0"
"""Of Asterisk's VOLUME(): every sample divided by so much is none; 0 leaves all as it is.

ARI's mute drops the frames instead, and with them what a snoop would have put into them.
"""


class LeavingOut:
    """Silence channels: by ARI those that callfloor leads, by the manager interface the others."""

    def __init__(self, ari: Ari, foreign: ForeignChannels) -> None:
        self._ari = ari
        self._foreign = foreign
        self.unfinished = asyncio.Event()
        """Set when a channel is silent that should be no more."""
        self._told: dict[str, str] = {}
        """Why, by channel: said once."""

    async def leave_out(self, channel_id: str) -> None:
        """Let nobody hear this channel, and let it hear nobody; raises AriError."""
        await self._both_ways(channel_id, SILENT)

    async def let_back(self, channel_id: str) -> bool:
        """Let this channel be heard and hear again; tell whether it is so, or has hung up."""
        try:
            await self._both_ways(channel_id, AS_IT_WAS)
        except Gone:
            pass
        except AriError as error:
            if not await self._is_gone(channel_id):
                if self._told.get(channel_id) != (why := str(error)):
                    log.error("monitoring.agent_left_silent", channel=channel_id, why=why)
                self._told[channel_id] = why
                self.unfinished.set()
                return False
        self._told.pop(channel_id, None)
        return True

    async def _is_gone(self, channel_id: str) -> bool:
        """Tell whether a channel is known to be there no more, whatever Asterisk answered about it."""
        with suppress(AriError):
            return await self._ari.channel(channel_id).get() is None
        return False

    async def _both_ways(self, channel_id: str, value: str) -> None:
        for variable in ("VOLUME(RX)", "VOLUME(TX)"):
            try:
                await self._ari.channel(channel_id).set_variable(variable, value)
            except Conflict:  # it is not in Stasis, as of a call of app_queue, or about to be gone
                await self._foreign.set_variable(channel_id, variable, value)
