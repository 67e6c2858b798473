"""The bridges in which people talk: a desk for each agent, from call to call; one for any other pair."""

from __future__ import annotations

from contextlib import suppress

import structlog

from ari_apps.ari import Ari, AriError, Conflict, Gone, OutcomeUnknown

log = structlog.get_logger()

BESIDE = "talk-"
"""Begins the ids of bridges for two of whom none is an agent of the Floor's."""
TRIES = 2
"""A bridge that is not there is made, once."""


def desk_beside(leg_id: str) -> str:
    """Name the bridge in which somebody sits with a leg that is no agent's."""
    return BESIDE + leg_id


class Desks:
    """Seat channels in bridges; a bridge is made when somebody first sits down in it.

    A channel that is seated somewhere else leaves the bridge it was in. Who waits or is held sits nowhere and
    has music of the own channel's: Asterisk takes a bridge's music away with the last who listens.
    """

    def __init__(self, ari: Ari) -> None:
        self._ari = ari
        self._known: set[str] = set()

    def found(self, bridge: str) -> None:
        """Note a bridge that an earlier process made."""
        self._known.add(bridge)

    async def meet(self, desk: str, *channels: str) -> bool:
        """Let these channels hear each other; False when one of them, or Asterisk's consent, is gone."""
        for _ in range(TRIES):
            try:
                if desk not in self._known:
                    with suppress(Conflict):
                        await self._ari.bridge(desk).create(type="mixing", name=desk)
                    self._known.add(desk)
                await self._ari.bridge(desk).add(*channels)
            except Gone:
                self._known.discard(desk)
            except AriError:
                return False
            else:
                return True
        return False

    async def leave(self, desk: str, channel: str) -> None:
        """Take a channel out of a bridge, if it is there; a busy Asterisk does it late."""
        try:
            await self._ari.bridge(desk).remove(channel)
        except OutcomeUnknown as unknown:
            log.warning("desk.left_late", desk=desk, why=str(unknown))

    async def clear_away(self, desk: str) -> None:
        """Destroy a bridge nobody will sit in again."""
        self._known.discard(desk)
        await self._ari.bridge(desk).destroy()
