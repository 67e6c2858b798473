"""Wait for Asterisk, learn who it is, and whether it is configured for us."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from random import Random

import structlog

from ari_apps.ari import back_off, messages, operations
from ari_apps.ari.errors import Gone, OutcomeUnknown, Refused, Unreachable
from ari_apps.ari.figures import AriHealth
from ari_apps.ari.rest import Rest
from ari_apps.ari.settings import AriSettings, Transport

log = structlog.get_logger(__name__)

_DISBELIEF = 10
"""How often "no such application" is asked again: Asterisk may still be loading its modules."""


class Greeting:
    """The first words with Asterisk, said again as long as nobody answers."""

    def __init__(
        self,
        settings: AriSettings,
        rest: Rest,
        figures: AriHealth,
        waiting: Callable[[str], None],
        *,
        rng: Random,
    ) -> None:
        self._settings = settings
        self._rest = rest
        self._figures = figures
        self._waiting = waiting
        self._rng = rng

    async def version(self) -> str:
        """Wait for Asterisk and give its version. Raises Unauthorized."""
        attempt = 0
        while True:
            attempt += 1
            try:
                info = await self._rest.fetch(
                    messages.AsteriskInfo, operations.ASTERISK_GET_INFO, only="system"
                )
            except (Unreachable, OutcomeUnknown, Gone, Refused) as error:
                self._waiting(f"waiting for Asterisk: {error}")
                await self._pause(attempt)
                continue
            version = info.system.version if info.system else ""
            self._figures.asterisk_version = version
            return version

    async def application_known(self) -> bool:
        """Tell whether our application is registered; from the start on, if Asterisk is to connect to us."""
        for attempt in range(1, _DISBELIEF + 1):
            try:
                await self._rest.fetch(messages.Application, operations.APPLICATIONS_GET, self._settings.app)
            except Gone as gone:
                if gone.reason == "Application not found" and attempt > 2:
                    return False
            except (Unreachable, OutcomeUnknown, Refused) as error:
                self._waiting(f"waiting for Asterisk: {error}")
            else:
                return True
            await self._pause(attempt)
        return False

    async def transport(self) -> Transport:
        """Follow the setting; for `auto`, outbound where Asterisk can and is configured to."""
        if self._settings.events != "auto":
            return self._settings.events
        if not can_connect_out(await self.version()):
            return "inbound"
        if await self.application_known():
            return "outbound"
        log.warning(
            "ari.events_inbound",
            remedy="ari.conf has no outbound_websocket for this application, so calls that arrive while "
            "callfloor restarts are not kept; render Asterisk's configuration and reload it",
        )
        return "inbound"

    async def _pause(self, attempt: int) -> None:
        settings = self._settings
        await asyncio.sleep(
            back_off.delay(attempt, first_s=settings.back_off_s, cap_s=settings.back_off_cap_s, rng=self._rng)
        )


def can_connect_out(version: str) -> bool:
    """Tell from Asterisk's version whether it can open the WebSocket itself: 22.5, 21.10, 20.15 and later."""
    numbers = re.match(r"(\D*-)?(\d+)\.(\d+)", version)
    if numbers is None:
        return False
    major, minor = int(numbers[2]), int(numbers[3])
    return major > 22 or minor >= {20: 15, 21: 10, 22: 5}.get(major, 10_000)
