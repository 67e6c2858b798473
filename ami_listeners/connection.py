"""One supervised connection to Asterisk's manager interface: panoramisk's Manager, hardened.

What plain panoramisk 1.4 gets wrong, and what is done here instead: bytes are framed before they are decoded
(`messages`, `protocol`); callbacks run one after the other behind a bounded inbox, and what one raises costs
nobody else; a refused login is an error and the end; nothing is ever sent twice; a silent peer is noticed;
`close` closes; every action has a deadline; a value that would become several headers is refused.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

import panoramisk
import structlog
from panoramisk.actions import Action
from panoramisk.message import Message

from ami_listeners.callbacks import Callbacks
from ami_listeners.clock import Clock
from ami_listeners.clock_offset import ClockOffset
from ami_listeners.delivery import Delivery, Interests
from ami_listeners.errors import (
    ActionRefused,
    InvalidHeader,
    LoginRefused,
    NotAManager,
    NotConnected,
    OutcomeUnknown,
)
from ami_listeners.messages import ReadEvent
from ami_listeners.protocol import Protocol
from ami_listeners.received import AmiHealth, Connected, Gap, Listing, Received
from ami_listeners.settings import AmiSettings

log = structlog.get_logger(__name__)

HEADER_NAME = re.compile(r"[A-Za-z0-9_-]+")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
NOTHING_FOUND = re.compile(r"No \w+ found\.?")
"""How Asterisk answers PJSIPShowContacts and its kind when the list is empty: as an error."""


__all__ = ["AmiHealth", "Connected", "Connection", "Gap", "Listing", "Received"]


class Connection(panoramisk.Manager):  # type: ignore[misc]
    """Keep one manager connection alive, and hand on what it says in order.

    `receive` is called with every event that is among the `interests` (None: all), with Connected after each
    login, with Gap after an overflow, and with each Listing asked for by `ask_all`.
    """

    protocol: Protocol | None

    def __init__(
        self,
        settings: AmiSettings,
        *,
        clock: Clock,
        receive: Callable[[Received], None] | None = None,
        interests: Interests | None = None,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(host=settings.host, port=settings.port, log=log)
        self.settings, self.clock = settings, clock
        self.rng = rng or random.Random()  # noqa: S311  (spreads reconnects; keeps no secret)
        self._health = AmiHealth(since_moment=clock.moment())
        self.delivery = Delivery(clock, receive, interests, Callbacks(self), settings.queue_max)
        self.clock_offset = ClockOffset()
        self._lost_moment: float | None = None
        self._logged_in = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def health(self) -> AmiHealth:
        """Tell how it does, now."""
        health, delivery = self._health, self.delivery
        health.events, health.ignored = delivery.came, delivery.unasked.total()
        health.failed, health.dropped = delivery.failed, delivery.inbox.dropped
        health.waiting = len(delivery.inbox)
        return health

    def heard_until(self, moment: float) -> None:
        """Say until when Asterisk was heard before this: the first login ends a gap that began then."""
        self._lost_moment = min(moment, self.clock.moment())

    # -- life -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Stay connected until cancelled or closed.

        Raises LoginRefused; every other failure is retried with growing pauses.
        """
        self._tasks = [task for task in self._tasks if not task.done()]
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks.append(group.create_task(self.delivery.run(), name="ami.deliver"))
                self._tasks.append(group.create_task(self._stay_connected(), name="ami.connection"))
        except* LoginRefused as refused:
            first = refused.exceptions[0]
        else:
            return
        raise first

    def connect(self, *_: Any, **__: Any) -> asyncio.Task[None]:
        """Run in a task of the caller's; panoramisk's name for `run`."""
        return asyncio.get_running_loop().create_task(self.run())

    def close(self) -> None:
        """End it for good, whatever it is doing; also during a pause between attempts."""
        for task in self._tasks:
            task.cancel()
        if self.protocol is not None:
            self.protocol.close()
        self._down("closed", on_purpose=True)

    async def connected(self) -> None:
        """Return as soon as it is logged in."""
        await self._logged_in.wait()

    async def _stay_connected(self) -> None:
        pause_s = self.settings.backoff_min_s
        while True:
            began = self.clock.moment()
            try:
                why = await self._session()
            except LoginRefused as refused:
                self._down(str(refused))
                raise
            except TimeoutError:
                why = f"no answer within {self.settings.connect_timeout_s:g} s"
            except (OSError, NotAManager, OutcomeUnknown, NotConnected) as failure:
                why = str(failure)
            self._down(why)
            if self.clock.moment() - began > self.settings.backoff_max_s:
                pause_s = self.settings.backoff_min_s
            await asyncio.sleep(pause_s * self.rng.uniform(0.5, 1.0))
            pause_s = min(pause_s * 2, self.settings.backoff_max_s)

    async def _session(self) -> str:
        """Connect, log in, and return why it ended."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.settings.connect_timeout_s):
            _, protocol = await loop.create_connection(
                lambda: Protocol(self.delivery.arrived, self.clock.moment),
                self.settings.host,
                self.settings.port,
            )
        self.protocol = protocol
        try:
            await self._login(protocol)
            self._up()
            return await self._heartbeat(protocol)
        finally:
            protocol.close()

    async def _login(self, protocol: Protocol) -> None:
        """Log in within connect_timeout_s; Asterisk takes a second to say no."""
        s, secret = self.settings, self.settings.secret.get_secret_value()
        login = {"Action": "Login", "Username": s.username, "Secret": secret, "Events": "on"}
        try:
            answer = await self.send_action(login, timeout_s=s.connect_timeout_s)
        except OutcomeUnknown:
            if protocol.odd:
                raise NotAManager(s.host, s.port, protocol.odd) from None
            raise
        if not answer.success:
            raise LoginRefused(s.username, s.host, s.port, answer.message or "no reason given")
        self.authenticated = True

    async def _heartbeat(self, protocol: Protocol) -> str:
        """Ping until one stays unanswered or the connection ends by itself."""
        while True:
            await asyncio.wait([protocol.lost], timeout=self.settings.heartbeat_s)
            if protocol.lost.done():
                return protocol.lost.result()
            asked = self.clock.moment()
            try:
                pong = await self.send_action({"Action": "Ping"}, timeout_s=self.settings.heartbeat_timeout_s)
            except OutcomeUnknown:
                protocol.abort(f"Asterisk left a ping unanswered for {self.settings.heartbeat_timeout_s:g} s")
                return protocol.lost.result()
            answered = self.clock.moment()
            self._health.round_trip_s = answered - asked
            wall_s = self.clock.at(answered).timestamp()
            self.clock_offset.answered(asked, answered, wall_s, str(pong.get("Timestamp", "")))

    def _up(self) -> None:
        moment, health = self.clock.moment(), self._health
        health.connects += 1
        log.info("ami.connected", host=self.settings.host, port=self.settings.port)
        self.delivery.stand(Connected(moment, self._lost_moment, health.reason))
        health.up, health.reason, health.since_moment = True, "", moment
        self._logged_in.set()

    def _down(self, why: str, *, on_purpose: bool = False) -> None:
        health = self._health
        if why != health.reason:
            say = log.info if on_purpose else log.warning
            say("ami.disconnected", host=self.settings.host, port=self.settings.port, reason=why)
        if health.up:
            heard = health.since_moment if self.protocol is None else self.protocol.heard_moment
            self._lost_moment = max(health.since_moment, heard)
            health.since_moment = self.clock.moment()
        health.up, health.reason, health.round_trip_s = False, why, None
        self.authenticated = False
        self._logged_in.clear()

    # -- what is asked --------------------------------------------------------------------------------------

    def send_action(
        self,
        action: Mapping[str, Any],
        as_list: bool | None = None,
        timeout_s: float | None = None,
        **headers: Any,
    ) -> asyncio.Future[Any]:
        """Send an action; the future has the answer, a list of them, or OutcomeUnknown after the deadline.

        Raises NotConnected when nothing was sent, InvalidHeader when a value holds a line break.
        """
        whole = {**action, **headers}
        refuse_broken_headers(whole)
        name, protocol = str(whole.get("Action", "")), self.protocol
        if protocol is None or protocol.closed:
            raise NotConnected(name, self.settings.host, self.settings.port)
        order = Action(whole, as_list=as_list)
        protocol.expect(order)
        deadline_s = timeout_s if timeout_s is not None else self.settings.action_timeout_s
        timer = asyncio.get_running_loop().call_later(deadline_s, expire, order, deadline_s)
        order.future.add_done_callback(lambda _: timer.cancel())
        protocol.write(order)
        return order.future  # type: ignore[no-any-return]

    async def ask(self, action: str, *, timeout_s: float | None = None, **headers: str) -> Message:
        """Send an action and return its one answer; raises ActionRefused when Asterisk says no."""
        answer = await self.send_action({"Action": action, **headers}, False, timeout_s)
        if not answer.success:
            raise ActionRefused(action, answer.message or "no reason given")
        return answer

    async def ask_all(self, action: str, *, timeout_s: float | None = None, **headers: str) -> Listing:
        """Send an action that lists; the Listing is returned, and received in its place among the events."""
        asked = self.clock.moment()
        answers = await self.send_action({"Action": action, **headers}, None, timeout_s)
        answers = answers if isinstance(answers, list) else [answers]
        if not answers[0].success and not NOTHING_FOUND.fullmatch(answers[0].message.strip()):
            raise ActionRefused(action, answers[0].message or "no reason given")
        moment = self.clock.moment()
        items = [
            ReadEvent(answer.event, moment, {key: str(value) for key, value in answer.items()})
            for answer in answers[1:-1]
        ]
        listing = Listing(action, asked, moment, items)
        self.delivery.stand(listing)
        return listing


def refuse_broken_headers(headers: Mapping[str, Any]) -> None:
    """Raise InvalidHeader for a name or value that would not stay one header on the wire."""
    action = str(headers.get("Action", "an action")).splitlines()[0][:40]
    for name, value in headers.items():
        values = value if isinstance(value, list | tuple) else [value]
        if not HEADER_NAME.fullmatch(name) or any(CONTROL.search(str(each)) for each in values):
            raise InvalidHeader(action, name)


def expire(action: Action, deadline_s: float) -> None:
    """End an action that was not answered in time."""
    if not action.future.done():
        action.future.set_exception(
            OutcomeUnknown(action["Action"], f"no answer came within {deadline_s:g} s")
        )
