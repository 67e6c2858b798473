"""The client: one supervised connection for events, a pool for requests, and handles."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from types import TracebackType
from typing import NoReturn, Self

from ari_apps.ari import messages, operations
from ari_apps.ari.bridges import Bridge
from ari_apps.ari.channels import Channel, whole_seconds
from ari_apps.ari.errors import Gone, NotReady
from ari_apps.ari.figures import AriHealth
from ari_apps.ari.playbacks import Playback
from ari_apps.ari.reader import Sink
from ari_apps.ari.recordings import LiveRecording, StoredRecording
from ari_apps.ari.rest import Rest
from ari_apps.ari.settings import AriSettings
from ari_apps.ari.supervisor import Supervisor


class Ari:
    """Asterisk, as seen through ARI.

    Use it as `async with Ari(settings, sink) as ari:`; then wait for `ready`, and keep a task in `watch`,
    which ends only when trying further is vain (wrong password, application taken). Everything else heals
    itself.
    """

    def __init__(
        self,
        settings: AriSettings,
        sink: Sink,
        *,
        clock: Callable[[], float] = time.monotonic,
        at: Callable[[], datetime] = lambda: datetime.now(UTC),
        rng: Random | None = None,
    ) -> None:
        self.settings = settings
        self._figures = AriHealth()
        self._rest = Rest(settings, self._figures, clock=clock)
        chance = rng or Random()  # noqa: S311 (spreads reconnects, guards nothing)
        self._supervisor = Supervisor(
            settings, self._rest, self._figures, sink, rng=chance, clock=clock, at=at
        )
        self._task: asyncio.Task[NoReturn] | None = None

    async def __aenter__(self) -> Self:
        await self._rest.open()
        self._task = asyncio.create_task(self._supervisor.run(), name="ari connection")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()
        await self._rest.close()

    async def disconnect(self) -> None:
        """Hear no more events, in an orderly way; requests go on working."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.exception()  # whoever wanted it heard it from `watch`
            self._task = None

    # -- the connection -------------------------------------------------------------------------------------

    async def ready(self, timeout_s: float) -> None:
        """Wait until events have come in at least once.

        Raises NotReady, with what it is waiting for, after `timeout_s`; or at once what `watch` would raise.
        """
        first = asyncio.create_task(self._supervisor.first.wait())
        running = self._running()
        try:
            await asyncio.wait({first, running}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            first.cancel()
        if running.done():
            await running
        if not self._supervisor.first.is_set():
            raise NotReady(f"{self.settings.url}/ari: no events yet: {self._figures.reason}")

    async def caught_up(self) -> bool:
        """Wait until all is heard that Asterisk kept for us; False when nothing comes."""
        return await self._supervisor.caught_up()

    async def watch(self) -> NoReturn:
        """Wait for the connection to be given up for good, and raise why: a subclass of AriError."""
        await asyncio.shield(self._running())

    def health(self) -> AriHealth:
        """Give the living figures, to be read only."""
        return self._figures

    @property
    def events_port(self) -> int:
        """The port on which the outbound transport listens; 0 before it does."""
        return self._supervisor.listener.port

    def _running(self) -> asyncio.Task[NoReturn]:
        if self._task is None:
            raise NotReady("the ARI client is not running; use it inside `async with ari`")
        return self._task

    # -- handles: cheap, they ask nobody --------------------------------------------------------------------

    def channel(self, channel_id: str) -> Channel:
        """Give the handle of a channel."""
        return Channel(self._rest, self.settings.app, channel_id)

    def bridge(self, bridge_id: str) -> Bridge:
        """Give the handle of a bridge."""
        return Bridge(self._rest, bridge_id)

    def playback(self, playback_id: str) -> Playback:
        """Give the handle of a playback."""
        return Playback(self._rest, playback_id)

    def recording(self, name: str) -> LiveRecording:
        """Give the handle of a recording in progress."""
        return LiveRecording(self._rest, name)

    def stored_recording(self, name: str) -> StoredRecording:
        """Give the handle of a recording on Asterisk's disk."""
        return StoredRecording(self._rest, name)

    # -- new legs -------------------------------------------------------------------------------------------

    async def originate(
        self,
        *,
        endpoint: str,
        id: str,  # noqa: A002
        app_args: str | Sequence[str] | None = None,
        caller_id: str | None = None,
        timeout_s: float = 30,
        originator: str | None = None,
        variables: Mapping[str, str] | None = None,
        formats: str | None = None,
    ) -> Channel:
        """Ring an endpoint in one request; the INVITE leaves about a millisecond after.

        Its events come without subscribing, and none of 450 was lost: Dial "" and RINGING, ChannelStateChange
        Ringing; then on answer ChannelStateChange Up, Dial ANSWER and last StasisStart with `app_args`; else
        ChannelHangupRequest (not after a timeout), Dial BUSY, NOANSWER … and always last ChannelDestroyed.
        Dial and ChannelStateChange may overtake each other. ChannelDestroyed tells the result by `cause` and
        `tech_cause` (SIP): 17/486 busy, 21/403 or 603 refused, 34/503, 1/404; 19/480 after `timeout_s`, which
        with `channel.state` "Down" means that the phone never answered at all.

        A phone that is not registered is Refused ("Allocation failed") and has no event. `caller_id` is a
        number or `"Name" <number>`. Raises Conflict when there is a channel of this id.
        """
        await self._rest.do(
            operations.CHANNELS_ORIGINATE,
            endpoint=endpoint,
            app=self.settings.app,
            appArgs=app_args,
            callerId=caller_id,
            timeout=whole_seconds(timeout_s),
            channelId=id,
            originator=originator,
            formats=formats,
            variables=variables,
        )
        return self.channel(id)

    async def create_channel(
        self,
        *,
        endpoint: str,
        id: str,  # noqa: A002
        app_args: str | Sequence[str] | None = None,
        originator: str | None = None,
        variables: Mapping[str, str] | None = None,
        formats: str | None = None,
    ) -> Channel:
        """Make a leg without ringing it; `dial` it after its StasisStart (a Conflict before.

        Half of the time).

        For a leg that must be in a bridge before it is answered, say for early media. To ring an agent
        quickly use `originate`: one request instead of two with an event between them.
        """
        await self._rest.do(
            operations.CHANNELS_CREATE,
            endpoint=endpoint,
            app=self.settings.app,
            appArgs=app_args,
            channelId=id,
            originator=originator,
            formats=formats,
            variables=variables,
        )
        return self.channel(id)

    # -- what there is --------------------------------------------------------------------------------------

    async def list_channels(self) -> list[messages.Channel]:
        """Read every channel of Asterisk, ours or not; ours have `dialplan.app_name == "Stasis"`."""
        return await self._rest.fetch(list[messages.Channel], operations.CHANNELS_LIST)

    async def list_bridges(self) -> list[messages.Bridge]:
        """Read every bridge of Asterisk."""
        return await self._rest.fetch(list[messages.Bridge], operations.BRIDGES_LIST)

    async def endpoint(self, technology: str, name: str) -> messages.Endpoint | None:
        """Read a phone or trunk, and which channels it has; None when there is none of this name."""
        try:
            return await self._rest.fetch(messages.Endpoint, operations.ENDPOINTS_GET, technology, name)
        except Gone:
            return None

    async def application(self, name: str | None = None) -> messages.Application | None:
        """Read what an application (by default ours) has and is subscribed to; None when there is none."""
        try:
            return await self._rest.fetch(
                messages.Application, operations.APPLICATIONS_GET, name or self.settings.app
            )
        except Gone:
            return None

    async def subscribe(self, *event_sources: str) -> None:
        """Have the events of `channel:ID`, `bridge:ID` or `endpoint:TECH/NAME` too.

        It must exist (else Refused).
        """
        await self._rest.do(
            operations.APPLICATIONS_SUBSCRIBE, self.settings.app, eventSource=list(event_sources)
        )

    async def unsubscribe(self, *event_sources: str) -> None:
        """Have them no more."""
        await self._rest.undo(
            operations.APPLICATIONS_UNSUBSCRIBE, self.settings.app, eventSource=list(event_sources)
        )

    async def set_global_variable(self, name: str, value: str) -> None:
        """Set a variable that the whole dialplan sees."""
        await self._rest.do(operations.ASTERISK_SET_GLOBAL_VAR, variable=name, value=value)

    async def asterisk_info(self) -> messages.AsteriskInfo:
        """Read Asterisk's version, identity and start."""
        return await self._rest.fetch(messages.AsteriskInfo, operations.ASTERISK_GET_INFO)

    async def ping(self) -> messages.AsteriskPing:
        """Ask Asterisk for a sign of life over REST."""
        return await self._rest.fetch(messages.AsteriskPing, operations.ASTERISK_PING)
