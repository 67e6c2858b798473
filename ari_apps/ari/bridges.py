"""A handle on one bridge."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal

from ari_apps.ari import messages, operations
from ari_apps.ari.channels import Channel
from ari_apps.ari.errors import Gone, Refused
from ari_apps.ari.rest import Rest


class Bridge:
    """The bridge of this id, whether it exists or not."""

    __slots__ = ("_rest", "id")

    def __init__(self, rest: Rest, bridge_id: str) -> None:
        self._rest = rest
        self.id = bridge_id

    def __repr__(self) -> str:
        return f"Bridge({self.id!r})"

    async def get(self) -> messages.Bridge | None:
        """Read who is in it; None when it is gone."""
        try:
            return await self._rest.fetch(messages.Bridge, operations.BRIDGES_GET, self.id)
        except Gone:
            return None

    async def create(self, type: str = "mixing", *, name: str | None = None) -> Bridge:  # noqa: A002
        """Create it: `mixing`, `holding`, or with options such as `mixing,dtmf_events`.

        Raises Conflict when there is one of this id.
        """
        await self._rest.do(operations.BRIDGES_CREATE_WITH_ID, self.id, type=type, name=name)
        return self

    async def add(
        self,
        *channels: Channel | str,
        role: str | None = None,
        absorb_dtmf: bool = False,
        mute: bool = False,
        inhibit_connected_line_updates: bool = False,
    ) -> None:
        """Put channels in, in one request; each leaves the bridge it was in.

        Raises Gone when the bridge or a channel is gone, Conflict when one is not in Stasis; then none is in.
        """
        try:
            await self._rest.do(
                operations.BRIDGES_ADD_CHANNEL,
                self.id,
                channel=_ids(channels),
                role=role,
                absorbDTMF=absorb_dtmf,
                mute=mute,
                inhibitConnectedLineUpdates=inhibit_connected_line_updates,
            )
        except Refused as refused:
            # Asterisk says 400 here where it says 404 everywhere else
            if refused.reason == "Channel not found":
                raise Gone(str(refused), status=refused.status, reason=refused.reason) from None
            raise

    async def remove(self, *channels: Channel | str) -> None:
        """Take channels out; those that are gone or elsewhere are out already."""
        ids = _ids(channels)
        try:
            await self._rest.undo(operations.BRIDGES_REMOVE_CHANNEL, self.id, channel=ids)
        except Refused as refused:
            # one that is gone (400) or elsewhere (422) keeps Asterisk from removing the others
            if refused.status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
                raise
            for alone in ids if len(ids) > 1 else ():
                await self.remove(alone)

    async def destroy(self) -> None:
        """End the bridge; its channels stay in Stasis."""
        await self._rest.undo(operations.BRIDGES_DESTROY, self.id)

    async def play(
        self,
        media: str | Sequence[str],
        playback_id: str,
        *,
        lang: str | None = None,
        announcer_format: str | None = None,
    ) -> None:
        """Play to everybody in the bridge; see Channel.play."""
        await self._rest.do(
            operations.BRIDGES_PLAY_WITH_ID,
            self.id,
            playback_id,
            media=media,
            lang=lang,
            announcer_format=announcer_format,
        )

    async def start_moh(self, music_class: str | None = None) -> None:
        """Play music to everybody in the bridge."""
        await self._rest.do(operations.BRIDGES_START_MOH, self.id, mohClass=music_class)

    async def stop_moh(self) -> None:
        """End the music."""
        await self._rest.undo(operations.BRIDGES_STOP_MOH, self.id)

    async def record(
        self,
        name: str,
        *,
        format: str = "wav",  # noqa: A002
        max_duration_s: int = 0,
        max_silence_s: int = 0,
        terminate_on: Literal["none", "any", "*", "#"] = "none",
        beep: bool = False,
        if_exists: Literal["fail", "overwrite", "append"] = "fail",
    ) -> None:
        """Record everybody, mixed; it goes on after the last channel left, until stopped."""
        await self._rest.do(
            operations.BRIDGES_RECORD,
            self.id,
            name=name,
            format=format,
            maxDurationSeconds=max_duration_s,
            maxSilenceSeconds=max_silence_s,
            terminateOn=terminate_on,
            beep=beep,
            ifExists=if_exists,
        )


def _ids(channels: Sequence[Channel | str]) -> list[str]:
    return [channel if isinstance(channel, str) else channel.id for channel in channels]
