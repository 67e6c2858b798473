"""Handles on recordings: those in progress, and those on Asterisk's disk."""

from __future__ import annotations

from ari_apps.ari import messages, operations
from ari_apps.ari.errors import Gone
from ari_apps.ari.rest import Rest


class LiveRecording:
    """The recording in progress of this name."""

    __slots__ = ("_rest", "name")

    def __init__(self, rest: Rest, name: str) -> None:
        self._rest = rest
        self.name = name

    async def get(self) -> messages.LiveRecording | None:
        """Read how it is; None when it is over."""
        try:
            return await self._rest.fetch(messages.LiveRecording, operations.RECORDINGS_GET_LIVE, self.name)
        except Gone:
            return None

    async def stop(self) -> None:
        """End it and keep it."""
        await self._rest.undo(operations.RECORDINGS_STOP, self.name)

    async def cancel(self) -> None:
        """End it and throw it away."""
        await self._rest.undo(operations.RECORDINGS_CANCEL, self.name)

    async def pause(self) -> None:
        """Leave out what comes now."""
        await self._rest.do(operations.RECORDINGS_PAUSE, self.name)

    async def unpause(self) -> None:
        """Record again."""
        await self._rest.undo(operations.RECORDINGS_UNPAUSE, self.name)

    async def mute(self) -> None:
        """Record silence instead of what comes now."""
        await self._rest.do(operations.RECORDINGS_MUTE, self.name)

    async def unmute(self) -> None:
        """Record sound again."""
        await self._rest.undo(operations.RECORDINGS_UNMUTE, self.name)


class StoredRecording:
    """The recording of this name on Asterisk's disk."""

    __slots__ = ("_rest", "name")

    def __init__(self, rest: Rest, name: str) -> None:
        self._rest = rest
        self.name = name

    async def get(self) -> messages.StoredRecording | None:
        """Read its format; None when there is none."""
        try:
            return await self._rest.fetch(
                messages.StoredRecording, operations.RECORDINGS_GET_STORED, self.name
            )
        except Gone:
            return None

    async def file(self) -> bytes:
        """Read the sound file; raises Gone when there is none."""
        return await self._rest.read(operations.RECORDINGS_GET_STORED_FILE, self.name)

    async def copy(self, name: str) -> None:
        """Copy it; raises Conflict when there is one of that name."""
        await self._rest.do(operations.RECORDINGS_COPY_STORED, self.name, destinationRecordingName=name)

    async def delete(self) -> None:
        """Remove it."""
        await self._rest.undo(operations.RECORDINGS_DELETE_STORED, self.name)
