"""Greet whoever arrives: a customer from outside, a phone of the house; keep the list of calls."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import Ari, AriError, messages
from ari_apps.call import Call
from ari_apps.calls import Calls
from ari_apps.crew import Crew
from ari_apps.destinations import Destination
from ari_apps.directory import CONGESTION, Directory
from ari_apps.dispatcher import Dispatcher
from ari_apps.hanging_up import hang_up_surely
from ari_apps.inbound import Inbound
from ari_apps.line import CallerGone
from ari_apps.numbers import plain_number
from ari_apps.occupied import occupied
from ari_apps.phone_codes import PhoneCodes
from ari_apps.reconcile.remembered import RememberedContact
from ari_apps.recording.recordings import Recordings
from ari_apps.succession import DiallerGone
from queue_strategies.events import AgentOccupied, Event
from queue_strategies.facts import ContactEnded, ContactStarted, Fact
from queue_strategies.model import AgentId, ContactId

log = structlog.get_logger()


class Reception:
    """Turn arriving channels into calls, each with a coroutine of its own."""

    def __init__(
        self,
        *,
        ari: Ari,
        dispatcher: Dispatcher,
        inbound: Inbound,
        directory: Directory,
        codes: PhoneCodes,
        tell: Callable[[Event], None],
        remember: Callable[[Fact], None],
        clock: Clock,
        crew: Crew,
        calls: Calls,
        recordings: Recordings,
        new_call: Callable[[messages.Channel, ContactId | None, float | None], Call],
    ) -> None:
        self._ari = ari
        self._dispatcher = dispatcher
        self._inbound = inbound
        self._directory = directory
        self._codes = codes
        self._tell = tell
        self._remember = remember
        self._clock = clock
        self._crew = crew
        self._new_call = new_call
        self._calls = calls
        self._recordings = recordings

    def arrived(self, start: messages.StasisStart) -> None:
        """Take in a channel that entered our application."""
        self.greet(start.channel, start.args)

    def greet(
        self,
        channel: messages.Channel,
        args: list[str],
        *,
        late: bool = False,
        known: RememberedContact | None = None,
    ) -> None:
        """Begin a call for a channel that the dialplan sent here with these arguments.

        Of a `late` greeting the customer's wait is counted from the arrival. One who is `known` was greeted
        by an earlier process, which came no further.
        """
        since = self._clock.moment_at(channel.creationtime) if late else None
        call = self._new_call(channel, known.contact if known else None, since)
        call.waits_since = since
        match args:
            case ["inbound", *_]:
                self.lead(call, self._serve_customer(call), new=known is None)
            case ["phone", account, *dialled]:
                call.phone = account
                if dialled:
                    self._dialled_for(call, account, dialled[0])
                self.lead(call, self._serve_phone(call, account), direction="internal", new=known is None)
            case _:
                log.warning("reception.unknown_arrival", channel=channel.id, args=args)
                hang_up = self._ari.channel(channel.id).hangup
                self._crew.start(hang_up_surely(hang_up, channel.id), f"turn away {channel.id}")

    def _dialled_for(self, call: Call, account: str, number: str) -> None:
        """Take a phone that was rung, and picked up, for one that dialled a number."""
        call.called_number, call.answered = plain_number(number), True
        call.caller_number, call.caller_name = self._directory.shown_as(account)
        if self._directory.is_agent(account):
            self._tell(AgentOccupied(AgentId(account), call.contact))  # now, before anybody else is rung

    def lead(
        self, call: Call, way: Coroutine[Any, Any, None], *, direction: str = "inbound", new: bool = True
    ) -> None:
        """Let a call go its way as a task; `new` is False for one that an earlier process has begun."""
        self._calls.add(call)
        self._dispatcher.own(call.channel_id, call.mailbox)
        if new:
            self._remember(
                ContactStarted(
                    moment=call.started_moment,
                    contact=call.contact,
                    channel=call.channel_id,
                    caller_number=call.caller_number,
                    caller_name=call.caller_name,
                    called_number=call.called_number,
                    direction=direction,
                )
            )
        self._crew.start(self._lead(call, way), f"call {call.contact}")

    def go_on(self, call: Call, args: list[str], way: Coroutine[Any, Any, None]) -> None:
        """Let a call go on that an earlier process has begun; an agent's own call occupies the agent."""
        account = call.phone = args[1] if args[:1] == ["phone"] and len(args) > 1 else ""
        if self._directory.is_agent(account):
            agent = AgentId(account)
            self._tell(AgentOccupied(agent, call.contact))  # now, before anybody is rung
            way = occupied(self._tell, agent, call.contact, way)
        self.lead(call, way, new=False)

    async def _lead(self, call: Call, way: Coroutine[Any, Any, None]) -> None:
        try:
            await way
        except DiallerGone as gone:
            self._pass_on(call, gone)
            return
        except CallerGone:
            call.ended_by = "lost" if call.lost else "us" if call.we_hung_up else "caller"
        except AriError as error:
            log.error("call.failed", contact=call.contact, why=str(error))
            await self._apologise(call)
            call.ended_by = "lost"
        except Exception:
            log.exception("call.failed", contact=call.contact)
            await self._apologise(call)
        self._part_from(call)

    def _pass_on(self, call: Call, gone: DiallerGone) -> None:
        """Let a contact go on with another line, when the first has hung up."""
        self._calls.remove(call)
        self._dispatcher.disown(call.channel_id)
        self.lead(gone.heir, self._inbound.succeed(gone), new=False)

    async def _apologise(self, call: Call) -> None:
        """Rather a clear end than silence."""
        call.ended_by = "us"
        await call.hang_up(CONGESTION.hangup_cause)

    def _part_from(self, call: Call) -> None:
        self._calls.remove(call)
        self._recordings.left(call.contact)
        self._dispatcher.disown(call.channel_id)
        now = self._clock.moment()
        self._remember(
            ContactEnded(
                moment=now,
                contact=call.contact,
                ended_by=call.ended_by,
                cause=call.hangup_cause,
                duration_s=now - call.started_moment,
            )
        )

    # -- the ways -------------------------------------------------------------------------------------------

    async def _serve_customer(self, call: Call) -> None:
        at = self._clock.at(call.started_moment)
        route = self._directory.route(call.called_number, call.caller_number, at)
        call.language = route.language or call.language
        call.priority = route.priority
        call.skills = dict(route.skills)
        await self._inbound.handle(call, Destination.parse(route.destination))

    async def _serve_phone(self, call: Call, account: str) -> None:
        """Serve a phone of the house: a feature code, or a number it dialled."""
        agent = AgentId(account) if self._directory.is_agent(account) else None
        if agent is not None and await self._codes.serve(call, agent):
            return
        route = self._directory.dialled(account, call.called_number, self._clock.at(call.started_moment))
        way = self._inbound.handle(call, Destination.parse(route.destination))
        await (way if agent is None else occupied(self._tell, agent, call.contact, way))
