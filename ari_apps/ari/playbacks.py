"""Handles on what is being played and recorded."""

from __future__ import annotations

from typing import Literal

from ari_apps.ari import messages, operations
from ari_apps.ari.errors import Gone, Refused
from ari_apps.ari.rest import Rest

_OVER = frozenset({"done", "failed"})


class Playback:
    """The playback of this id."""

    __slots__ = ("_rest", "id")

    def __init__(self, rest: Rest, playback_id: str) -> None:
        self._rest = rest
        self.id = playback_id

    async def get(self) -> messages.Playback | None:
        """Read how it is; None when it is over."""
        try:
            return await self._rest.fetch(messages.Playback, operations.PLAYBACKS_GET, self.id)
        except Gone:
            return None

    async def stop(self) -> None:
        """End it; its PlaybackFinished follows.

        Asterisk refuses it, as a fault of its own, in the moment between the last sound and the end.
        """
        try:
            await self._rest.undo(operations.PLAYBACKS_STOP, self.id)
        except Refused:
            there = await self.get()
            if there is not None and there.state not in _OVER:
                raise

    async def control(self, operation: Literal["restart", "pause", "unpause", "reverse", "forward"]) -> None:
        """Pause, go on, or wind."""
        await self._rest.do(operations.PLAYBACKS_CONTROL, self.id, operation=operation)
