"""Listen to one Asterisk: what its manager interface tells becomes facts in the journal and the figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Container, Iterable
from typing import NoReturn

import structlog

from ami_listeners.clock import Clock
from ami_listeners.connection import AmiHealth, Connected, Connection, Gap, Listing, Received
from ami_listeners.errors import (
    ActionRefused,
    DatabaseUnreachable,
    ListenerError,
    LoginRefused,
    MayNotListen,
)
from ami_listeners.fold import Believed, Fold, interests
from ami_listeners.fold.phones import OUT_OF_REACH
from ami_listeners.journal import Journal
from ami_listeners.messages import AmiEvent
from ami_listeners.native_snapshot import native_snapshot
from ami_listeners.presence import Presence
from ami_listeners.restoring import believed
from ami_listeners.roll_call import call_the_roll
from ami_listeners.settings import AmiSettings
from queue_strategies.facts import DeviceChanged, Fact
from queue_strategies.figures import Figures
from queue_strategies.floor import FloorSnapshot
from queue_strategies.model import AgentId, Queue

log = structlog.get_logger(__name__)

LISTINGS = (
    "CoreShowChannels",
    "QueueStatus",
    "DeviceStateList",
    "PJSIPShowContacts",
    "PJSIPShowRegistrationsOutbound",
)
"""All there is, in the order in which it is compared."""
NEEDED = frozenset({"CoreShowChannels", "DeviceStateList"})
"""Of these, those that every user of ours is allowed."""
LOOK_AGAIN_S = 60.0
"""The same questions are asked this often, in case an event was never sent."""
SETTLE_S = 1.0
RECALL_EVERY_S = 1.0
COMPARE_S = 300.0
"""Asterisk's clock is compared with ours this often."""
RESTORE_WAIT_S = 10.0
ON_ITS_WAY_S = 0.5
"""What Asterisk told so shortly before our end may have been on its way to us."""

OnDevice = Callable[[str, bool], None]
"""Told a device's name (`anna` of `PJSIP/anna`) and whether it can be reached."""


class Listener:
    """Connect, fold, remember; `start` it and `stop` it.

    Facts go to the journal as `native` and to `figures`. `ours` are the agents whose states the floor tells.
    `trunks` are endpoints that are trunks by configuration. `on_device` hears of every phone once known, and
    at each change of whether it can be reached.
    """

    def __init__(
        self,
        settings: AmiSettings,
        *,
        journal: Journal,
        figures: Figures,
        clock: Clock,
        queues: Iterable[Queue] = (),
        ours: Container[AgentId] = frozenset(),
        trunks: Collection[str] = (),
        on_device: OnDevice | None = None,
        also: Callable[[Received], None] | None = None,
        on_fact: Callable[[Fact], None] | None = None,
    ) -> None:
        self.settings, self.journal, self.figures, self.clock = settings, journal, figures, clock
        self.fold = Fold(
            queues={queue.name: queue for queue in queues},
            is_ours=lambda agent: agent in ours,
            native_queues=settings.native_queues,
            raw=settings.raw,
            trunks=trunks,
            wrap_ups=settings.wrap_up_s,
        )
        self.connection = Connection(
            settings, clock=clock, receive=self._receive, interests=interests(settings.raw)
        )
        self._presence = Presence(journal.spool.folder, clock)
        self._on_device, self._also, self._on_fact = on_device, also, on_fact
        self._reachable: dict[str, bool] = {}
        self._refused: set[str] = set()
        """Listings that this Asterisk does not give to us."""
        self._denied: set[str] = set()
        """Of these, those that it has."""
        self._looks: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._compare_moment = 0.0
        """When the clocks are compared next."""
        self._booted = False
        """Whether Asterisk has told that it is; it tells nothing to a user who may not read."""
        self.failure = ""
        """Why it listens no more, when it does not."""
        self._hindrance = ""

    async def start(self) -> None:
        """Believe what the database remembers, and begin to listen; Asterisk need not be there yet."""
        believed = await self._believed()
        self.fold.restore(believed or Believed())
        if (at := self._presence.last_heard()) is not None:
            self.connection.heard_until(self.clock.moment_at(at) - ON_ITS_WAY_S)
        self._tasks = [
            asyncio.create_task(self._listen(), name="listener.connection"),
            asyncio.create_task(self._settle(), name="listener.settle"),
            asyncio.create_task(self._look_again(), name="listener.look_again"),
        ]
        if believed is None:
            self._tasks.append(asyncio.create_task(self._recall(), name="listener.recall"))

    async def stop(self) -> None:
        """Stop listening; what was folded is in the journal already."""
        self._beat()
        self.connection.close()
        tasks = [*self._tasks, *self._looks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    async def watch(self) -> NoReturn:
        """Wait while it listens; raises ListenerError, saying why, when it does no more."""
        await asyncio.wait(self._tasks[:1])
        raise ListenerError(self.failure)

    @property
    def health(self) -> AmiHealth:
        """Tell how the connection does."""
        return self.connection.health

    @property
    def trouble(self) -> str:
        """Say why it listens no more, or is not told what it needs; empty when all is well."""
        return self.failure or self._hindrance

    def snapshot(self) -> FloorSnapshot:
        """Show Asterisk's own queues as the floor shows its."""
        return native_snapshot(self.fold, self.clock.moment())

    # -- what arrives ---------------------------------------------------------------------------------------

    def _receive(self, received: Received) -> None:
        if self._also is not None:
            self._also(received)
        if received.moment != self.fold.settled_moment:
            self._remember(self.fold.settle(received.moment))  # of which no event tells, and no stamp
        if facts := self.fold.handle(received):
            self._remember(facts, received.text("Timestamp") if isinstance(received, AmiEvent) else "")
        if not isinstance(received, AmiEvent) or received.name == "FullyBooted":
            self._look_after(received)

    def _look_after(self, received: Received) -> None:
        """Ask for everything where something may have been missed."""
        match received:
            case Connected() | AmiEvent(name="FullyBooted"):
                self._booted |= isinstance(received, AmiEvent)  # it may come just before Connected
                self._denied.clear()
                self._refused.clear()  # what refused then was not loaded yet, or not allowed yet
                self._look(afresh=True)
                if self._presence.last_heard() is None:
                    self._presence.beat()  # nothing was missed before, but from now on
            case Gap():
                self._look(afresh=True)
            case Listing(action="CoreShowChannels"):
                self._beat()
            case Listing(action="DeviceStateList"):
                for device, state in self.fold.phones.states.items():
                    self._tell_device(device, state)

    def _remember(self, facts: Iterable[Fact], stamp: str = "") -> None:
        for fact in facts:
            self.figures.add(fact)
            self.journal.write(fact, "native", stamp=stamp)
            if isinstance(fact, DeviceChanged):
                self._tell_device(fact.device, fact.state)
            if self._on_fact is not None:
                self._on_fact(fact)

    def _tell_device(self, device: str, state: str) -> None:
        name, reachable = device.partition("/")[2], state not in OUT_OF_REACH
        if self._reachable.get(name) is not reachable:
            self._reachable[name] = reachable
            if self._on_device is not None:
                self._on_device(name, reachable)

    # -- tasks ----------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        try:
            await self.connection.run()
        except LoginRefused as refused:
            self.failure = str(refused)
            log.error("listener.login_refused", reason=self.failure)
        except Exception as failure:
            self.failure = f"the listener stopped by an error of its own: {failure}"
            log.exception("listener.failed")

    async def _settle(self) -> None:
        while True:
            await asyncio.sleep(SETTLE_S)
            self._beat()
            moment = self.clock.moment()
            self._remember(self.fold.settle(moment))
            if moment >= self._compare_moment and (compared := self.connection.clock_offset.compared(moment)):
                self._compare_moment = moment + COMPARE_S
                self._remember([compared])

    def _beat(self) -> None:
        """Give a sign of life, unless something would be lost with us that nobody is told of then."""
        health = self.health
        if health.up and not health.waiting and self.fold.caught_up and not self.journal.health().in_memory:
            self._presence.beat()

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN_S)
            if self.health.up:
                self._look()

    def _look(self, *, afresh: bool = False) -> None:
        """Ask Asterisk for everything, unless that is being done; `afresh`: begin again."""
        if afresh:
            for task in self._looks:
                task.cancel()
        elif self._looks:
            return
        task = asyncio.create_task(self._ask(afresh), name="listener.look")
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)

    async def _ask(self, afresh: bool) -> None:
        for action in LISTINGS:
            if action in self._refused or (action == "QueueStatus" and not self.settings.native_queues):
                continue
            try:
                listing = await self.connection.ask_all(action)
                if afresh and action == "DeviceStateList":
                    await call_the_roll(self.connection, listing)
            except ActionRefused as refused:
                self._refused.add(action)
                if not refused.unknown:
                    self._denied.add(action)
                log.info("listener.listing_refused", reason=str(refused))
            except ListenerError as failure:
                log.warning("listener.listing_failed", action=action, reason=str(failure))
        self._note_hindrance(hindrance(self.settings, self._denied & NEEDED, self._booted))

    def _note_hindrance(self, why: str) -> None:
        if why and why != self._hindrance:
            log.error("listener.may_not_listen", reason=why)
        self._hindrance = why

    # -- what the database remembers ------------------------------------------------------------------------

    async def _believed(self) -> Believed | None:
        """Read what was open when we last listened; None while the database is away."""
        try:
            await self.journal.drained(RESTORE_WAIT_S if self.journal.database.health.up else 0)
            return await believed(self.journal, self.clock)
        except DatabaseUnreachable as away:
            log.warning("listener.without_memory", reason=str(away))
            return None

    async def _recall(self) -> None:
        """Learn what was open before us once the database is back, and look what of it has ended."""
        memory = None
        while memory is None:
            await asyncio.sleep(RECALL_EVERY_S)
            if self.journal.database.health.up:
                memory = await self._believed()
        self.fold.recall(memory)
        self._look(afresh=True)


def hindrance(settings: AmiSettings, refused: Iterable[str], hears: bool) -> str:
    """Say what keeps a connected listener from its work; empty when nothing does."""
    if which := ", ".join(sorted(refused)):
        why = f"refuses {which}"
    elif not hears:
        why = "sends no events"
    else:
        return ""
    return str(MayNotListen(settings.username, settings.host, settings.port, why))
