"""Watch by AMI which phones can be reached, and nothing else, while another process listens to the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from ami_listeners.clock import Clock
from ami_listeners.connection import AmiHealth, Connected, Connection, Listing, Received
from ami_listeners.errors import ActionRefused, ListenerError, LoginRefused
from ami_listeners.fold.phones import OUT_OF_REACH, is_phone
from ami_listeners.listener import OnDevice, hindrance
from ami_listeners.messages import AmiEvent
from ami_listeners.roll_call import call_the_roll
from ami_listeners.settings import AmiSettings

log = structlog.get_logger(__name__)

CHANGED = "DeviceStateChange"
LISTING = "DeviceStateList"
INTERESTS = {CHANGED.encode(): b"", b"FullyBooted": b""}


class PhoneWatch:
    """Tell `on_device` of every phone once known, and at each change; `start` it and `stop` it."""

    def __init__(self, settings: AmiSettings, *, clock: Clock, on_device: OnDevice) -> None:
        self.connection = Connection(settings, clock=clock, receive=self._receive, interests=INTERESTS)
        self._on_device = on_device
        self._reachable: dict[str, bool] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.failure = ""
        """Why it watches no more, when it does not."""
        self._hindrance = ""

    async def start(self) -> None:
        """Begin to watch; Asterisk need not be there yet."""
        self._begin(self._listen(), "phone_watch.connection")

    async def stop(self) -> None:
        """Stop watching."""
        self.connection.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def health(self) -> AmiHealth:
        """Tell how the connection does."""
        return self.connection.health

    @property
    def trouble(self) -> str:
        """Say why it watches no more, or may not; empty when all is well."""
        return self.failure or self._hindrance

    def _receive(self, received: Received) -> None:
        match received:
            case Connected() | AmiEvent(name="FullyBooted"):
                self._begin(self._ask(), "phone_watch.look")
            case AmiEvent(name=name) if name == CHANGED:
                self._tell(received.text("Device"), received.text("State"))
            case Listing(action=action, items=items) if action == LISTING:
                for event in items:
                    self._tell(event.text("Device"), event.text("State"))

    def _tell(self, device: str, state: str) -> None:
        name, reachable = device.partition("/")[2], state not in OUT_OF_REACH
        if is_phone(device) and self._reachable.get(name) is not reachable:
            self._reachable[name] = reachable
            self._on_device(name, reachable)

    # -- tasks ----------------------------------------------------------------------------------------------

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self) -> None:
        try:
            await self.connection.run()
        except LoginRefused as refused:
            self.failure = str(refused)
            log.error("phone_watch.login_refused", reason=self.failure)
        except Exception as failure:
            self.failure = f"watching the phones stopped by an error of its own: {failure}"
            log.exception("phone_watch.failed")

    async def _ask(self) -> None:
        try:
            devices = await self.connection.ask_all(LISTING)
            self._hindrance = ""
            await call_the_roll(self.connection, devices)
        except ActionRefused as refused:
            if refused.unknown:  # Asterisk will say when it has loaded what is missing
                return
            self._hindrance = hindrance(self.connection.settings, [LISTING], hears=True)
            log.error("phone_watch.may_not_watch", reason=self._hindrance)
        except ListenerError as failure:
            log.warning("phone_watch.listing_failed", reason=str(failure))
