"""The bridges people sit in: a desk for each agent, from call to call; a waiting room for each music."""

from __future__ import annotations

from contextlib import suppress

from ari_apps.ari import Ari, AriError, Conflict, Gone

TRIES = 2
"""A bridge that is not there is made, once."""
WAITING_ROOM = "waiting-"


class Desks:
    """Seat channels in bridges; a bridge is made when somebody first sits down in it.

    A channel that is seated somewhere else leaves the bridge it was in.
    """

    def __init__(self, ari: Ari) -> None:
        self._ari = ari
        self._known: set[str] = set()

    def found(self, bridge: str) -> None:
        """Note a bridge that an earlier process made."""
        self._known.add(bridge)

    async def meet(self, desk: str, *channels: str) -> bool:
        """Let these channels hear each other; False when one of them, or Asterisk's consent, is gone."""
        return await self._seat(desk, *channels)

    async def wait(self, music: str, channel: str) -> bool:
        """Let a channel wait to music."""
        return await self._seat(WAITING_ROOM + music, channel)

    async def leave(self, desk: str, channel: str) -> None:
        """Take a channel out of a bridge, if it is there."""
        await self._ari.bridge(desk).remove(channel)

    async def clear_away(self, desk: str) -> None:
        """Destroy a bridge nobody will sit in again."""
        self._known.discard(desk)
        await self._ari.bridge(desk).destroy()

    async def _seat(self, bridge: str, *channels: str) -> bool:
        for _ in range(TRIES):
            try:
                if bridge not in self._known:
                    await self._furnish(bridge)
                await self._ari.bridge(bridge).add(*channels)
            except Gone:
                self._known.discard(bridge)
            except AriError:
                return False
            else:
                return True
        return False

    async def _furnish(self, bridge: str) -> None:
        """Make a bridge, unless it exists; a waiting room has its music."""
        music = bridge.removeprefix(WAITING_ROOM) if bridge.startswith(WAITING_ROOM) else None
        with suppress(Conflict):
            await self._ari.bridge(bridge).create(type="holding" if music else "mixing", name=bridge)
        if music:
            await self._ari.bridge(bridge).start_moh(music)
        self._known.add(bridge)
