"""Have Asterisk ask the phones that seem out of reach whether they are there.

An Asterisk that has just been started takes every phone to be out of reach until it has asked it, which it
does at some moment within qualify_frequency. Its agents need not sit idle for so long while callers wait.
"""

from __future__ import annotations

import structlog

from ami_listeners.connection import Connection, Listing
from ami_listeners.errors import ActionRefused, ListenerError
from ami_listeners.fold.phones import OUT_OF_REACH, is_phone

log = structlog.get_logger(__name__)


async def call_the_roll(connection: Connection, devices: Listing) -> None:
    """Have every phone asked that this DeviceStateList shows out of reach; one after the other."""
    for event in devices.items:
        device = event.text("Device")
        tech, _, endpoint = device.partition("/")
        if tech != "PJSIP" or not is_phone(device) or event.text("State") not in OUT_OF_REACH:
            continue
        try:
            await connection.ask("PJSIPQualify", Endpoint=endpoint)
        except ActionRefused as refused:
            log.info("roll_call.refused", reason=str(refused))
            return
        except ListenerError as failure:
            log.warning("roll_call.broken_off", reason=str(failure))
            return
