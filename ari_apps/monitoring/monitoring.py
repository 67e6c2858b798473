"""Run the state machine of monitoring: what happens in Asterisk goes in, what it orders is carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import suppress

import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import Ari
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.crew import Crew
from ari_apps.destinations import Destination
from ari_apps.directory import Directory
from ari_apps.dispatcher import Dispatcher
from ari_apps.legs import Leg
from ari_apps.mailbox import Mailbox
from ari_apps.monitoring.announcement import Announcement
from ari_apps.monitoring.foreign_channels import ForeignChannels
from ari_apps.monitoring.leaving_out import LeavingOut
from ari_apps.monitoring.leftovers import Leftovers
from ari_apps.monitoring.lines import Lines
from ari_apps.monitoring.lookout import Lookout
from ari_apps.monitoring.names import phone_of
from ari_apps.monitoring.seat import Seat
from queue_strategies.facts import ContactEnded, Fact, MonitoringRefused
from queue_strategies.model import AgentId
from queue_strategies.monitoring import (
    CloseEar,
    Decision,
    Deny,
    Event,
    LetGo,
    Look,
    Mode,
    MonitoringAsked,
    MonitoringDropped,
    Monitors,
    OpenEar,
    Order,
    PauseBegan,
    PauseEnded,
    Refused,
    RingSupervisor,
    SupervisorPressed,
    Watched,
)

log = structlog.get_logger()

LEAVE_WITHIN_S = 5.0
HUSHED_WITHIN_S = 1.0
"""No transfer waits longer for an Asterisk that is slow."""


class Monitoring:
    """Supervisors on agents' calls. Everything here happens in one event loop: no locks."""

    def __init__(
        self,
        *,
        ari: Ari,
        dispatcher: Dispatcher,
        directory: Directory,
        clock: Clock,
        crew: Crew,
        remember: Callable[[Fact], None],
        new_id: Callable[[], str],
        new_leg: Callable[[str, Mailbox], Leg],
        contact_on: Callable[[AgentId, str], str],
        talking: Callable[[], frozenset[AgentId]],
        settled: Callable[[], bool],
        announcement: Callable[[], Awaitable[Sequence[str]]],
    ) -> None:
        self._ari = ari
        self._dispatcher = dispatcher
        self._directory = directory
        self._clock = clock
        self._crew = crew
        self._remember = remember
        self._new_leg = new_leg
        self._talking = talking
        self._media = announcement
        self._announcement = Announcement(ari, dispatcher, new_id)
        self._monitors = Monitors(new_id)
        self.foreign = ForeignChannels()
        self._leaving_out = LeavingOut(ari, self.foreign)
        self.leftovers = Leftovers(ari, dispatcher.owned, self._leaving_out)
        self._lines = Lines(ari, self.foreign, contact_on)
        self._lookout = Lookout(self._lines, watched=self._monitors.watched, settled=settled, tell=self._told)
        self._seats: dict[str, tuple[Seat, asyncio.Task[None]]] = {}

    # -- asking ---------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Watched]:
        return iter(self._monitors)

    def of(self, supervisor: str) -> Watched | None:
        """Find what a supervisor is on."""
        return self._monitors.of(supervisor)

    def seat_of(self, supervisor: str) -> str:
        """Name the channel of a supervisor's phone; empty: on nobody's calls."""
        watched = self.of(supervisor)
        return "" if watched is None else phone_of(watched.id)

    async def ask(self, supervisor: str, agent: AgentId, mode: Mode, by: str) -> Refused | None:
        """Put a supervisor on an agent's calls, or on another's, or in another mode; say why not.

        Raises AriError when Asterisk does not say on which call the agent is.
        """
        line = None
        if self._directory.is_agent(agent):
            line = await self._lines.look(agent)
        return self._tell(MonitoringAsked(supervisor, agent, mode, by, line)).refused

    async def why_silent(self, supervisor: str) -> str:
        """Wait a moment until a supervisor's phone rings; return why it does not, if it does not."""
        watched = self.of(supervisor)
        seat, _ = self._seats.get(watched.id, (None, None)) if watched is not None else (None, None)
        return "" if seat is None else await seat.rings()

    def forbid(self, supervisor: str, agent: AgentId, mode: Mode, by: str, why: str) -> None:
        """Put into the trail that somebody asked in another's name, or beyond the own reach."""
        self._remember(
            MonitoringRefused(
                moment=self._clock.moment(), supervisor=supervisor, agent=agent, contact="",
                mode=mode, asked_by=by, why=why,
            )
        )  # fmt: skip

    def drop(self, supervisor: str, by: str) -> None:
        """Let a supervisor go."""
        self._tell(MonitoringDropped(supervisor, by))

    def pass_on(self, agent_channel: str, mailbox: Mailbox) -> tuple[Destination, Leg] | None:
        """Give away the phone of the supervisor who has taken over from this channel; None: nobody has."""
        for watch in self:
            seat, _ = self._seats.get(watch.id, (None, None))
            if seat is not None and seat.has_taken_over(agent_channel):
                return self._directory.supervisor_destination(watch.supervisor.id), seat.give_away(mailbox)
        return None

    async def hush(self, channel_ids: Collection[str]) -> None:
        """End every whisper for an agent that goes through these channels: somebody else is to hear them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HUSHED_WITHIN_S):
                await asyncio.gather(*(seat.hush(channel_ids) for seat, _ in self._seats.values()))

    def pause_began(self, contact: str) -> None:
        """Let nobody hear a contact whose recording is paused, because card data are read out."""
        self._tell(PauseBegan(contact))

    def pause_ended(self, contact: str) -> None:
        """Let a contact be heard again."""
        self._tell(PauseEnded(contact))

    def configure(self, configuration: FloorConfiguration) -> None:
        """Go on by these rights; who is where nobody of the kind may be any more is let go."""
        self._tell(configuration.supervisors_configured())

    def take(self, fact: Fact) -> None:
        """Learn from a fact that an agent may be on another call."""
        if isinstance(fact, ContactEnded):
            self._tell(PauseEnded(fact.contact))
        agent = getattr(fact, "agent", None)
        if agent is not None and agent in self._monitors.watched():
            self._lookout.look_soon(agent)

    # -- life -----------------------------------------------------------------------------------------------

    async def leave(self) -> None:
        """Let every supervisor go, and wait until nothing is left of them."""
        for watch in self:
            self.drop(watch.supervisor.id, "callfloor")
        tasks = [task for _, task in self._seats.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=LEAVE_WITHIN_S)

    async def keep_looking(self) -> None:
        """Look at the agents who are watched, and at who is silent still, as long as this runs."""
        await asyncio.gather(self._lookout.run(), self.leftovers.keep_letting_back())

    # -- deciding, and carrying out -------------------------------------------------------------------------

    def _tell(self, event: Event) -> Decision:
        decision = self._monitors.handle(event, self._clock.moment())
        for order in decision.orders:
            self._perform(order)
        for fact in decision.facts:
            self._remember(fact)
        return decision

    def _told(self, event: Event) -> None:
        self._tell(event)

    def _pressed(self, watch: str, key: str) -> None:
        self._tell(SupervisorPressed(watch, key, self._talking()))

    def _perform(self, order: Order) -> None:
        match order:
            case RingSupervisor():
                self._ring(order)
            case Look(agent=agent):
                self._lookout.look_soon(agent)
            case OpenEar() | CloseEar() | Deny() if order.watch in self._seats:
                self._seats[order.watch][0].put(order)
                if isinstance(order, OpenEar) and order.announce:
                    self._crew.start(self._announce(order), f"announce a supervisor to {order.agent}")
            case LetGo(watch=watch) if watch in self._seats:
                self._crew.start(self._seats[watch][0].stop_ringing(), f"let go of supervisor {watch}")

    def _ring(self, order: RingSupervisor) -> None:
        phone = self._directory.supervisor_phone(order.supervisor)
        seat = Seat(
            order.watch,
            ari=self._ari,
            leaving_out=self._leaving_out,
            dispatcher=self._dispatcher,
            new_leg=self._new_leg,
            tell=self._told,
            pressed=self._pressed,
        )
        work = seat.run(phone.endpoint, f'"Monitoring {order.agent}" <>', phone.ring_timeout_s)
        task = self._crew.start(work, f"supervisor {order.supervisor}")
        self._seats[order.watch] = seat, task
        task.add_done_callback(lambda _: self._seats.pop(order.watch, None))

    async def _announce(self, order: OpenEar) -> None:
        if media := await self._media():
            await self._announcement.give(order.line, media)
