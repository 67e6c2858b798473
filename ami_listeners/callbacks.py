"""Call what panoramisk's `register_event` registered: in order, one after the other, each fault its own."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import panoramisk
import structlog
from panoramisk.message import Message

from ami_listeners.messages import AmiEvent

log = structlog.get_logger(__name__)

OWN = "FullyBooted"
"""What panoramisk's Manager registers for itself."""
OWN_PATTERNS = 1


class Callbacks:
    """Those that are registered with a manager."""

    def __init__(self, manager: panoramisk.Manager) -> None:
        self._manager: Any = manager

    def __bool__(self) -> bool:
        return len(self._manager.patterns) > OWN_PATTERNS

    def wants(self, name: bytes) -> bool:
        """Tell whether a pattern matches this name."""
        text = name.decode("utf-8", "replace")
        return any(pattern.match(text) for asked, pattern in self._manager.patterns if asked != OWN)

    async def call(self, event: AmiEvent) -> int:
        """Call whom a pattern of theirs matches, and await what is awaitable; gives how many failed."""
        failed = 0
        for name, pattern in self._manager.patterns:
            if name == OWN or not pattern.match(event.name):
                continue
            for callback in self._manager.callbacks[name]:
                message = Message(dict(event.headers))
                message.manager = self._manager
                try:
                    result = callback(self._manager, message)
                    if isinstance(result, Awaitable):
                        await result
                except Exception:
                    failed += 1
                    log.exception("ami.callback_failed", name=event.name, pattern=name)
        return failed
