"""Events by a WebSocket that we open, for Asterisks without outbound ones.

While it is down, channels stay in Stasis and requests work, but events are lost and new calls fall through to
the dialplan line after `Stasis()`. A second connection of the same name silences the first for good.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from random import Random
from typing import NoReturn
from urllib.parse import quote

import aiohttp
from yarl import URL

from ari_apps.ari import back_off
from ari_apps.ari.errors import ApplicationUnknown, Unauthorized
from ari_apps.ari.outbound import Hold
from ari_apps.ari.rest import Rest
from ari_apps.ari.settings import AriSettings


class Dialler:
    """Opens the WebSocket, and opens it again whenever it ended."""

    def __init__(
        self, settings: AriSettings, rest: Rest, hold: Hold, waiting: Callable[[str], None], *, rng: Random
    ) -> None:
        self._settings = settings
        self._rest = rest
        self._hold = hold
        self._waiting = waiting
        self._rng = rng

    async def run(self) -> NoReturn:
        """Keep a connection up until cancelled.

        Raises Unauthorized or ApplicationUnknown: trying again is vain.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._one_connection()
                attempt = 0
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self._waiting(f"waiting for Asterisk: {_reason_to_try_again(error, self._settings)}")
            pause_s = back_off.delay(
                max(1, attempt),
                first_s=self._settings.back_off_s,
                cap_s=self._settings.back_off_cap_s,
                rng=self._rng,
            )
            await asyncio.sleep(pause_s)

    async def _one_connection(self) -> None:
        url = f"{self._settings.url.rstrip('/')}/ari/events?app={quote(self._settings.app, safe='')}"
        async with aiohttp.ClientSession(headers=self._rest.headers) as session:
            async with asyncio.timeout(self._settings.request_timeout_s):
                ws = await session.ws_connect(
                    URL(url, encoded=True),
                    protocols=("ari",),
                    autoping=False,
                    decode_text=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
            try:
                sock: socket.socket | None = ws.get_extra_info("socket")
                await self._hold(ws, sock)
            finally:
                await ws.close()


def _reason_to_try_again(error: Exception, settings: AriSettings) -> str:
    if isinstance(error, aiohttp.WSServerHandshakeError):
        if error.status in {401, 403}:
            raise Unauthorized(
                f"{settings.url}/ari: Asterisk does not accept user {settings.user!r} with this password; "
                "make ari.conf and callfloor's secret agree (`callfloor render`), then `module "
                "reload res_ari.so`"
            )
        if error.status == 400:
            raise ApplicationUnknown(
                f"{settings.url}/ari/events: {settings.app!r} is no name for an application"
            )
    return str(error) or repr(error)
