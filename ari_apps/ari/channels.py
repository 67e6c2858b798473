"""A handle on one channel: verbs only, no state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ari_apps.ari import messages, operations
from ari_apps.ari.errors import Gone
from ari_apps.ari.rest import Rest

Direction = Literal["both", "in", "out"]
TransferState = Literal["channel_progress", "channel_answered", "channel_unavailable", "channel_declined"]
SnoopDirection = Literal["none", "both", "in", "out"]


class Channel:
    """The channel of this id, whether it exists or not; making a handle asks nobody.

    Verbs that begin something raise Gone when the channel has hung up and Conflict when it is not (or not
    yet, or no longer) in Stasis; verbs that end something are satisfied when it is gone. `answer`,
    `set_variable` and a bridge's `add` and `remove` wait inside Asterisk for a playback on the channel to
    end: stop it first.
    """

    __slots__ = ("_app", "_rest", "id")

    def __init__(self, rest: Rest, app: str, channel_id: str) -> None:
        self._rest = rest
        self._app = app
        self.id = channel_id

    def __repr__(self) -> str:
        return f"Channel({self.id!r})"

    async def get(self) -> messages.Channel | None:
        """Read how the channel is now; None when it is gone."""
        try:
            return await self._rest.fetch(messages.Channel, operations.CHANNELS_GET, self.id)
        except Gone:
            return None

    # -- the call -------------------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Answer at once; unlike the dialplan's Answer() it does not wait for media."""
        await self._rest.do(operations.CHANNELS_ANSWER, self.id)

    async def ring(self) -> None:
        """Let the caller hear ringing."""
        await self._rest.do(operations.CHANNELS_RING, self.id)

    async def ring_stop(self) -> None:
        """End the ringing."""
        await self._rest.undo(operations.CHANNELS_RING_STOP, self.id)

    async def progress(self) -> None:
        """Send 183, so that an unanswered caller hears what is played."""
        await self._rest.do(operations.CHANNELS_PROGRESS, self.id)

    async def hangup(self, reason: str | int = "normal") -> None:
        """End the call, with one of Asterisk's reasons (`busy`, `rejected` …) or a Q.850 cause."""
        if isinstance(reason, int):
            await self._rest.undo(operations.CHANNELS_HANGUP, self.id, reason_code=str(reason))
        else:
            await self._rest.undo(operations.CHANNELS_HANGUP, self.id, reason=reason)

    async def dial(self, *, caller: str | None = None, timeout_s: float = 0) -> None:
        """Send the INVITE of a channel made by `create_channel`, after its StasisStart (Conflict before).

        `caller` is the id of the channel on whose behalf; `timeout_s` 0 rings for ever.
        """
        await self._rest.do(
            operations.CHANNELS_DIAL, self.id, caller=caller, timeout=whole_seconds(timeout_s)
        )

    async def send_dtmf(
        self,
        digits: str,
        *,
        before_ms: int = 0,
        between_ms: int = 100,
        duration_ms: int = 100,
        after_ms: int = 0,
    ) -> None:
        """Press keys towards the channel's other end."""
        await self._rest.do(
            operations.CHANNELS_SEND_DTMF,
            self.id,
            dtmf=digits,
            before=before_ms,
            between=between_ms,
            duration=duration_ms,
            after=after_ms,
        )

    # -- where it goes --------------------------------------------------------------------------------------

    async def continue_in_dialplan(
        self, *, context: str | None = None, extension: str | None = None, priority: int | None = None
    ) -> None:
        """Let the channel leave Stasis, for the place given or the line after `Stasis()`."""
        await self._rest.do(
            operations.CHANNELS_CONTINUE_IN_DIALPLAN,
            self.id,
            context=context,
            extension=extension,
            priority=priority,
        )

    async def move(self, app: str, args: str | Sequence[str] | None = None) -> None:
        """Hand the channel to another Stasis application."""
        await self._rest.do(operations.CHANNELS_MOVE, self.id, app=app, appArgs=args)

    async def redirect(self, endpoint: str) -> None:
        """Send the caller elsewhere by SIP (302 before the answer, REFER after it)."""
        await self._rest.do(operations.CHANNELS_REDIRECT, self.id, endpoint=endpoint)

    async def tell_transfer(self, state: TransferState) -> None:
        """Tell a phone how the transfer goes that it asked for (ChannelTransfer)."""
        await self._rest.undo(operations.CHANNELS_TRANSFER_PROGRESS, self.id, states=state)

    # -- what it hears --------------------------------------------------------------------------------------

    async def play(
        self,
        media: str | Sequence[str],
        playback_id: str,
        *,
        lang: str | None = None,
        offset_ms: int | None = None,
    ) -> None:
        """Play one or several URIs (`sound:hello`, `recording:x`, `tone:ring`, `digits:12`) in order.

        Accepted does not mean heard: a missing sound is a PlaybackFinished with state `failed`. Playbacks
        queue.
        """
        await self._rest.do(
            operations.CHANNELS_PLAY_WITH_ID, self.id, playback_id, media=media, lang=lang, offsetms=offset_ms
        )

    async def start_moh(self, music_class: str | None = None) -> None:
        """Play music on hold; an unknown class is accepted and silent."""
        await self._rest.do(operations.CHANNELS_START_MOH, self.id, mohClass=music_class)

    async def stop_moh(self) -> None:
        """End the music."""
        await self._rest.undo(operations.CHANNELS_STOP_MOH, self.id)

    async def start_silence(self) -> None:
        """Send silence, so that media keeps flowing."""
        await self._rest.do(operations.CHANNELS_START_SILENCE, self.id)

    async def stop_silence(self) -> None:
        """End the silence."""
        await self._rest.undo(operations.CHANNELS_STOP_SILENCE, self.id)

    async def hold(self) -> None:
        """Tell the phone it is on hold."""
        await self._rest.do(operations.CHANNELS_HOLD, self.id)

    async def unhold(self) -> None:
        """Tell the phone it is not on hold any more."""
        await self._rest.undo(operations.CHANNELS_UNHOLD, self.id)

    async def mute(self, direction: Direction = "both") -> None:
        """Drop its audio: `in` is what it says, `out` what it hears."""
        await self._rest.do(operations.CHANNELS_MUTE, self.id, direction=direction)

    async def unmute(self, direction: Direction = "both") -> None:
        """Let its audio through again."""
        await self._rest.undo(operations.CHANNELS_UNMUTE, self.id, direction=direction)

    # -- variables ------------------------------------------------------------------------------------------

    async def set_variable(self, name: str, value: str) -> None:
        """Set one channel variable, or a dialplan function such as CALLERID(name)."""
        await self._rest.do(operations.CHANNELS_SET_CHANNEL_VAR, self.id, variable=name, value=value)

    async def set_variables(self, values: Mapping[str, str]) -> None:
        """Set several in one request; one by one where Asterisk is older than 22.10."""
        try:
            await self._rest.do(operations.CHANNELS_SET_CHANNEL_VARS, self.id, variables=values)
        except Gone as gone:
            if gone.reason != "Resource not found":
                raise
            for name, value in values.items():
                await self.set_variable(name, value)

    async def get_variable(self, name: str) -> str | None:
        """Read a variable; None when it is not set. Raises Gone when there is no channel."""
        operation = operations.CHANNELS_GET_CHANNEL_VAR
        try:
            return (await self._rest.fetch(messages.Variable, operation, self.id, variable=name)).value
        except Gone as gone:
            if "variable" not in gone.reason:
                raise
            return None

    # -- recording and listening ----------------------------------------------------------------------------

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
        """Record what the channel says; 0 is no limit.

        While it records, `add` to a bridge is a Conflict and every `play` waits: record a bridge or a snoop
        instead.
        """
        await self._rest.do(
            operations.CHANNELS_RECORD,
            self.id,
            name=name,
            format=format,
            maxDurationSeconds=max_duration_s,
            maxSilenceSeconds=max_silence_s,
            terminateOn=terminate_on,
            beep=beep,
            ifExists=if_exists,
        )

    async def snoop(
        self,
        snoop_id: str,
        *,
        spy: SnoopDirection = "none",
        whisper: SnoopDirection = "none",
        app_args: str | Sequence[str] | None = None,
    ) -> Channel:
        """Make a channel that hears and speaks into this one; it enters our application with `app_args`."""
        await self._rest.do(
            operations.CHANNELS_SNOOP_CHANNEL_WITH_ID,
            self.id,
            snoop_id,
            app=self._app,
            spy=spy,
            whisper=whisper,
            appArgs=app_args,
        )
        return Channel(self._rest, self._app, snoop_id)

    async def rtp_statistics(self) -> messages.RTPstat | None:
        """Read what RTCP has told so far; None without RTP or when the channel is gone."""
        try:
            return await self._rest.fetch(messages.RTPstat, operations.CHANNELS_RTPSTATISTICS, self.id)
        except Gone:
            return None


def whole_seconds(seconds: float) -> int:
    """Round up: Asterisk counts whole seconds, and 0 would mean for ever."""
    return -int(-seconds // 1)
