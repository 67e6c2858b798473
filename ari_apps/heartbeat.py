"""Let Asterisk's dialplan know that we are there, so that it takes calls back when we stay away."""

from __future__ import annotations

import asyncio

import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import Ari, AriError

log = structlog.get_logger()

SEEN = "CALLFLOOR_SEEN"
"""The dialplan's global variable; older than a minute means away (see extensions.conf.j2)."""
EVERY_S = 10.0


async def keep_being_seen(ari: Ari, clock: Clock) -> None:
    """Write the time into the dialplan for ever."""
    while True:
        try:
            await ari.set_global_variable(SEEN, str(int(clock.wall().timestamp())))
        except AriError as error:
            log.debug("heartbeat.missed", why=str(error))
        await asyncio.sleep(EVERY_S)
