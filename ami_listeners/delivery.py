"""Hand on what arrives, in its order: at once while nothing waits, else as soon as there is time for it.

A caller must not wait behind many events. So what came is handled for half a millisecond before everybody
else gets a turn; when very much waits, for longer, or it would never be less.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import structlog

from ami_listeners.clock import Clock
from ami_listeners.inbox import Inbox, Overflow
from ami_listeners.messages import END_OF_LINE, AmiEvent, Block
from ami_listeners.received import Connected, Gap, Listing, Received

log = structlog.get_logger(__name__)

SLICE_S = 0.0005
"""Events are handled so long before everybody else gets a turn."""
MANY = 500
"""So many events that wait get a slice more."""
MOST_SLICES = 10

EVENT = b"Event: "
Unread = tuple[bytes, bytes, float]
"""An event's name, its bytes and when it came: what the garbage collector need not look at while it waits."""
Waiting = Unread | Connected | Listing
"""An event, or what stands among the events."""
Interests = Mapping[bytes, bytes]
"""Names of events that are worth reading, each with what its block has to hold, if anything."""


class Everything(dict[bytes, bytes]):
    """Interests of one who wants to hear it all."""

    def get(self, name: bytes, otherwise: Any = None) -> bytes:
        """Ask nothing of any event."""
        return b""


class Called(Protocol):
    """Who is called back, one after the other, with events of some names."""

    def __bool__(self) -> bool:
        """Tell whether there is anybody."""

    def wants(self, name: bytes) -> bool:
        """Tell whether somebody is to be called with events of this name."""

    async def call(self, event: AmiEvent) -> int:
        """Call them; gives how many failed."""


class Delivery:
    """Tell `receive` of the events that are among the `interests`, and of what stands between them."""

    def __init__(
        self,
        clock: Clock,
        receive: Callable[[Received], None] | None,
        interests: Interests | None,
        called: Called,
        limit: int,
    ) -> None:
        self.clock, self.receive, self.called = clock, receive, called
        self.interests = Everything() if interests is None else interests
        self.inbox: Inbox[Waiting] = Inbox(limit)
        self.unasked: Counter[bytes] = Counter()
        """How often an event came that nobody asked for, by its name."""
        self.at_once = 0
        """Events that never had to wait."""
        self.failed = 0

    @property
    def came(self) -> int:
        """Count all events that came."""
        return self.at_once + self.inbox.came + self.unasked.total()

    def arrived(self, blocks: Sequence[bytes], moment: float) -> None:
        """Take blocks as they came; those that are no events are passed over."""
        interests, unasked, inbox, now = self.interests, self.unasked, self.inbox, self.clock.moment
        until = moment + SLICE_S
        may = inbox.idle and not self.called
        for block in blocks:
            if not block.startswith(EVENT):
                continue
            end = block.find(END_OF_LINE)
            name = block[7:end] if end >= 0 else block[7:]
            holds = interests.get(name)
            if (holds is None or holds not in block) and not (self.called and self.called.wants(name)):
                unasked[name] += 1
            elif may:
                self.at_once += 1
                self._hand_on(Block(word(name), moment, block))
                may = now() < until
            else:
                inbox.put((name, block, moment), moment)

    def stand(self, among: Connected | Listing) -> None:
        """Put what is no event in its place among the events."""
        self.inbox.force(among)

    async def run(self) -> None:
        """Hand on what waits; never returns."""
        while True:
            await self.inbox.wait()
            until = self.clock.moment() + SLICE_S * min(MOST_SLICES, 1 + len(self.inbox) // MANY)
            for waiting in self.inbox.take():
                received = self._read(waiting)
                self._hand_on(received)
                if self.called and isinstance(received, AmiEvent):
                    self.failed += await self.called.call(received)
                if self.clock.moment() >= until:
                    break
            await asyncio.sleep(0)

    def _read(self, waiting: Waiting | Overflow) -> Received:
        if isinstance(waiting, tuple):
            name, block, moment = waiting
            return Block(word(name), moment, block)
        if isinstance(waiting, Overflow):
            return Gap(waiting.began_moment, self.clock.moment(), f"{waiting.dropped} events did not fit")
        return waiting

    def _hand_on(self, received: Received) -> None:
        if self.receive is None:
            return
        try:
            self.receive(received)
        except Exception:
            self.failed += 1
            log.exception("ami.event_not_handled", got=str(received)[:300])


@lru_cache(maxsize=1024)
def word(name: bytes) -> str:
    """Read an event's name."""
    return name.decode("utf-8", "replace")
