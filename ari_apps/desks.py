"""The bridges in which people talk: one for each agent, from call to call, and one for any other pair."""

from __future__ import annotations

from ari_apps.ari import Ari, Conflict, Gone, Refused

TRIES = 2
"""A bridge that is not there is made, once."""


class Desks:
    """Seat channels in bridges; a bridge is made when somebody first sits down in it."""

    def __init__(self, ari: Ari) -> None:
        self._ari = ari
        self._known: set[str] = set()

    def found(self, desk: str) -> None:
        """Note a bridge that an earlier process made."""
        self._known.add(desk)

    async def meet(self, desk: str, *channels: str) -> bool:
        """Bridge these channels; False when one of them, or Asterisk's consent, is gone."""
        for _ in range(TRIES):
            if desk not in self._known:
                await self._ari.bridge(desk).create(type="mixing", name=desk)
                self._known.add(desk)
            try:
                await self._ari.bridge(desk).add(*channels)
            except Gone:
                self._known.discard(desk)
            except (Conflict, Refused):
                return False
            else:
                return True
        return False

    async def leave(self, desk: str, channel: str) -> None:
        """Take a channel out of a bridge, if it is there."""
        await self._ari.bridge(desk).remove(channel)

    async def clear_away(self, desk: str) -> None:
        """Destroy a bridge nobody will sit in again."""
        self._known.discard(desk)
        await self._ari.bridge(desk).destroy()
