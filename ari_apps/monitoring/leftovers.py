"""Clear away what supervisors of an earlier process heard by, and let agents be heard who were left out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog

from ari_apps.ari import Ari, AriError
from ari_apps.hanging_up import hang_up_surely
from ari_apps.monitoring.leaving_out import LeavingOut
from ari_apps.monitoring.names import SEAT, is_alone_with_customer, is_of_supervisor, left_out, seat_of

log = structlog.get_logger()

AGAIN_S = 2.0
"""Who could not be let back is tried again after so long."""


class Leftovers:
    """Find what nobody owns: of a process that died, and snoops that tell who is silent still."""

    def __init__(self, ari: Ari, owned: Callable[[], Collection[str]], leaving_out: LeavingOut) -> None:
        self._ari = ari
        self._owned = owned
        self._leaving_out = leaving_out
        self.cleared = asyncio.Event()
        """Set once nothing is left in Asterisk of what an earlier process did."""

    async def clear_away(self) -> None:
        """Clear away as far as Asterisk answers."""
        try:
            all_back = await self._clear_away()
        except AriError as error:  # the next connection begins with this
            log.warning("monitoring.leftovers_stay", why=str(error))
        else:
            if all_back:
                self.cleared.set()

    async def keep_letting_back(self) -> None:
        """Try again, as long as this runs, to let those back who could not be."""
        while True:
            await self._leaving_out.unfinished.wait()
            await asyncio.sleep(AGAIN_S)
            self._leaving_out.unfinished.clear()
            await self.clear_away()

    async def _clear_away(self) -> bool:
        """Hang up supervisors' phones and snoops that nobody owns, and destroy the bridges.

        Who was left alone with a customer is on an ordinary call, and goes on with it.
        """
        ids, all_back = [one.id for one in await self._ari.list_channels()], True
        there = await self._ari.list_bridges()
        theirs = [id_ for id_ in ids if is_of_supervisor(id_) and not is_alone_with_customer(id_, there)]
        strays = [id_ for id_ in theirs if id_ not in self._owned()]
        for channel_id in strays:
            if await self._is_back(left_out(channel_id)):
                await hang_up_surely(self._ari.channel(channel_id).hangup, channel_id)
            else:
                all_back = False
        seats = [one.id for one in there if one.id.startswith(SEAT)]
        bridges = [one for one in seats if seat_of(one) not in self._owned()]
        for bridge in bridges:
            await self._ari.bridge(bridge).destroy()
        if strays or bridges:
            log.info("monitoring.leftovers_cleared", channels=len(strays), bridges=len(bridges))
        return all_back

    async def _is_back(self, silenced: str | None) -> bool:
        if silenced is None or silenced in {left_out(id_) for id_ in self._owned()}:
            return True  # somebody has taken over anew
        return await self._leaving_out.let_back(silenced)
