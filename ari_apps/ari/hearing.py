"""Find out whether our application's events reach us, by sending ourselves one."""

from __future__ import annotations

import asyncio
from random import Random

import structlog

from ari_apps.ari import operations
from ari_apps.ari.errors import AriError
from ari_apps.ari.rest import Rest
from ari_apps.ari.settings import AriSettings

log = structlog.get_logger(__name__)

_PREFIX = "callfloor-do-we-hear-"
_WAIT_S = 1.0
_CALLS = 3


class Hearing:
    """Calls, and listens for the echo.

    An outbound WebSocket is connected and deaf for ever once another program has connected by the same
    application name, even after that one has left. Asterisk says nothing of it; only our own call shows it.
    """

    def __init__(self, settings: AriSettings, rest: Rest, *, rng: Random) -> None:
        self._settings = settings
        self._rest = rest
        self._rng = rng
        self._awaited = ""
        self._heard = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    def is_echo(self, eventname: str) -> bool:
        """Take note of a user event, and tell whether it was one of ours, which concerns nobody else."""
        if not eventname.startswith(_PREFIX):
            return False
        if eventname == self._awaited:
            self._heard.set()
        return True

    async def check(self) -> bool:
        """Tell whether an event of ours comes back in one of three calls, waiting for Asterisk if need be."""
        if "ChannelUserevent" in self._settings.ignored_events:
            return True
        unheard = 0
        while unheard < _CALLS:
            try:
                async with self._one_at_a_time:
                    heard = await self._call()
                if heard:
                    return True
                unheard += 1
            except AriError as error:
                log.info("ari.hearing_not_checked", error=str(error))
                unheard += error.reason == "Application not found"
                await asyncio.sleep(_WAIT_S)
        return False

    async def _call(self) -> bool:
        self._awaited = f"{_PREFIX}{self._rng.getrandbits(64):x}"
        self._heard.clear()
        await self._rest.do(operations.EVENTS_USER_EVENT, self._awaited, application=self._settings.app)
        try:
            async with asyncio.timeout(_WAIT_S):
                await self._heard.wait()
        except TimeoutError:
            return False
        return True
