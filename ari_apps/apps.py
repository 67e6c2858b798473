"""The acting half of callfloor, put together: Asterisk's events in, calls led, the Floor run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import SystemRandom
from typing import Self

import structlog

from ami_listeners.clock import Clock
from ari_apps.agents import Agents
from ari_apps.announcer import Announcer
from ari_apps.ari import Ari, AriSettings, messages
from ari_apps.call import Call
from ari_apps.calling_back import CallingBack
from ari_apps.calls import Calls
from ari_apps.configuration.checks import references
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.crew import Crew
from ari_apps.desks import Desks
from ari_apps.destinations import Destination
from ari_apps.dialling import Dialling
from ari_apps.directory import Directory, endpoint_of_agent
from ari_apps.dispatcher import Dispatcher
from ari_apps.dispositions import Dispositions
from ari_apps.greetings import Greetings
from ari_apps.heartbeat import keep_being_seen
from ari_apps.ids import new_id
from ari_apps.inbound import Inbound
from ari_apps.ivr.data_dip import Ask
from ari_apps.ivr.greeting import SpokenGreeting
from ari_apps.ivr.opening_hours import build_calendars
from ari_apps.ivr.prompts import Prompts, values_of
from ari_apps.ivr.python_calls import PythonCalls, load_all
from ari_apps.ivr.settings import PromptSettings
from ari_apps.ivr.voicemail import Voicemail
from ari_apps.ivr.walk import Ivr
from ari_apps.last_agents import LastAgents
from ari_apps.legs import Leg
from ari_apps.line import CallerGone, Line
from ari_apps.mailbox import Mailbox
from ari_apps.monitoring.monitoring import Monitoring
from ari_apps.numbers import plain_name, plain_number
from ari_apps.phone_codes import PhoneCodes
from ari_apps.queueing import AGENT_LEG, Queueing
from ari_apps.reception import Reception
from ari_apps.reconcile.adoption import Adoption
from ari_apps.reconcile.before import Before, nothing
from ari_apps.reconcile.farewells import Farewells
from ari_apps.reconcile.taking_up import TakingUp
from ari_apps.recording.keeping import Keeping
from ari_apps.recording.notes import Notes
from ari_apps.recording.recordings import Recordings
from ari_apps.recording.shelf import Shelf
from ari_apps.recording.studio import Studio
from ari_apps.steering import Steering
from ari_apps.survey import AskedLately, Surveys, nobody_knows
from ari_apps.switchboard import Switchboard
from ari_apps.virtual_hold import VirtualHold
from queue_strategies.events import PhoneChanged, RestoringBegan
from queue_strategies.facts import Fact
from queue_strategies.floor import Floor
from queue_strategies.model import AgentId, AgentState, ContactId

log = structlog.get_logger()

RECALL_AGAIN_S = 1.0
LEASE_S = 5.0
"""A phone that has not even said that it rings for so long is dead; more than a request may take."""


class Apps:
    """Everything that acts. `async with` starts it and stops it; calls in Asterisk outlive it."""

    def __init__(
        self,
        configuration: FloorConfiguration,
        ari_settings: AriSettings,
        *,
        ask: Ask,
        prompts: Prompts,
        recordings: Path | None,
        shelf: Shelf,
        clock: Clock,
        remember: Callable[[Fact], None],
        recall: Callable[[], Awaitable[Before]] = nothing,
        asked_lately: AskedLately = nobody_knows,
    ) -> None:
        self._recall = recall
        self._configuration = configuration
        self._clock = clock
        self.recordings_folder = recordings
        self._prompts = prompts
        self.shelf = shelf
        self.crew = Crew()
        self.last_agents = LastAgents()
        self.calls = Calls()
        self.floor = Floor(new_id, chance=SystemRandom().random, lease_s=LEASE_S)
        self.dispatcher = Dispatcher(self._arrived, self._reconnected, self._disconnected)
        self.ari = Ari(ari_settings, self.dispatcher)
        self.directory = Directory(configuration)
        self.desks = Desks(self.ari)
        self.queueing = Queueing(
            self.floor,
            clock=clock,
            remember=remember,
            new_leg=self._new_leg,
            endpoint=endpoint_of_agent,
            crew=self.crew,
        )
        self.agents = Agents(self.queueing.tell, [agent.id for agent in configuration.agents])
        self.dispositions = Dispositions(
            snapshot=lambda: self.floor.snapshot(clock.moment()),
            directory=self.directory,
            tell=self.queueing.tell,
            remember=remember,
            now=clock.moment,
        )
        self._switchboard = switchboard = Switchboard(
            queueing=self.queueing,
            directory=self.directory,
            desks=self.desks,
            clock=clock,
            crew=self.crew,
            calls=self.calls,
            new_id=new_id,
            new_leg=self._new_leg,
            last_agents=self.last_agents,
        )
        steering = Steering(
            switchboard=switchboard, queueing=self.queueing, directory=self.directory, clock=clock
        )
        self.greetings = Greetings(
            ari=self.ari,
            file=shelf.folder / "greetings.json",
            clock=clock,
            remember=remember,
            new_id=new_id,
        )
        self._ivr = self._make_ivr(ask, prompts, remember)
        self._announcer = Announcer(prompts=prompts, directory=self.directory, clock=clock, crew=self.crew)
        virtual_hold = VirtualHold(prompts=prompts, directory=self.directory)
        surveys = Surveys(
            prompts=prompts,
            directory=self.directory,
            now=clock.moment,
            chance=SystemRandom().random,
            remember=remember,
            asked_lately=asked_lately,
        )
        self.recordings = self._make_recordings(remember)
        self._inbound = inbound = Inbound(
            switchboard=switchboard,
            steering=steering,
            directory=self.directory,
            desks=self.desks,
            announcer=self._announcer,
            virtual_hold=virtual_hold,
            surveys=surveys,
            recordings=self.recordings,
            walk=self._walk,
        )
        self.reception = Reception(
            ari=self.ari,
            dispatcher=self.dispatcher,
            inbound=inbound,
            directory=self.directory,
            codes=PhoneCodes(
                codes=configuration.feature_codes,
                agents=self.agents,
                dispositions=self.dispositions,
                greeting=SpokenGreeting(prompts, configuration.feature_codes, self.greetings),
                directory=self.directory,
                confirm=self._confirm,
                tell=self.queueing.tell,
            ),
            tell=self.queueing.tell,
            remember=remember,
            clock=clock,
            crew=self.crew,
            calls=self.calls,
            recordings=self.recordings,
            new_call=self._new_call,
        )
        self._calling_back = CallingBack(
            queueing=self.queueing,
            inbound=inbound,
            reception=self.reception,
            directory=self.directory,
            virtual_hold=virtual_hold,
            clock=clock,
            crew=self.crew,
            new_id=new_id,
            new_leg=self._new_leg,
            new_call=self._new_call,
        )
        self.dialling = Dialling(
            directory=self.directory,
            new_leg=self._new_leg,
            greet=self.reception.greet,
            state_of=self._state_of,
            tell=self.queueing.tell,
            crew=self.crew,
            new_id=new_id,
        )
        taking_up = TakingUp(
            ari=self.ari,
            dispatcher=self.dispatcher,
            reception=self.reception,
            inbound=inbound,
            switchboard=switchboard,
            queueing=self.queueing,
            directory=self.directory,
            clock=clock,
            calling_back=self._calling_back,
            new_call=self._new_call,
        )
        farewells = Farewells(
            tell=self.queueing.tell, remember=remember, directory=self.directory, clock=clock
        )
        self.adoption = Adoption(
            ari=self.ari,
            app=ari_settings.app,
            dispatcher=self.dispatcher,
            queueing=self.queueing,
            desks=self.desks,
            calls=self.calls,
            taking_up=taking_up,
            farewells=farewells,
            clock=clock,
            crew=self.crew,
        )

        self.monitoring = Monitoring(
            ari=self.ari,
            dispatcher=self.dispatcher,
            directory=self.directory,
            clock=clock,
            crew=self.crew,
            remember=remember,
            new_id=new_id,
            new_leg=self._new_leg,
            contact_on=self._contact_on,
            talking=self.floor.talking,
            settled=lambda: self.ari.health().connected and self.adoption.settled,
            announcement=self._supervisor_announcement,
        )
        self.call_of: Callable[[str], str | None] = lambda _: None
        """Names the call of a channel that callfloor does not lead."""
        self.recordings.seat_of = self.monitoring.seat_of
        switchboard.taken_over = self.monitoring.pass_on
        switchboard.hush = self.monitoring.hush

    def _make_ivr(self, ask: Ask, prompts: Prompts, remember: Callable[[Fact], None]) -> Ivr:
        configuration, now = self._configuration, self._clock.moment
        return Ivr(
            menus=configuration.menus,
            boxes=configuration.voicemail,
            calendars=build_calendars(configuration, configuration.site.timezone),
            extensions={one.extension for one in configuration.accounts() if one.extension},
            prompts=prompts,
            voicemail=Voicemail(
                prompts=prompts,
                remember=remember,
                now=now,
                at=self._clock.wall,
                new_id=new_id,
                spoken=self.greetings.media,
            ),
            python=PythonCalls(configuration.path.absolute().parent, self._meet),
            ask=ask,
            remember=remember,
            now=now,
            at=self._clock.wall,
            note_place=self._note_place,
        )

    def _make_recordings(self, remember: Callable[[Fact], None]) -> Recordings:
        settings, notes = self._configuration.recordings, Notes(self.shelf.folder)
        self.keeping = Keeping(
            ari=self.ari,
            crew=self.crew,
            clock=self._clock,
            shelf=self.shelf,
            notes=notes,
            spool=self.recordings_folder,
            compress=settings.compress,
            least_bytes=settings.disk_least_bytes,
            remember=remember,
        )
        studio = Studio(
            ari=self.ari,
            dispatcher=self.dispatcher,
            crew=self.crew,
            clock=self._clock,
            notes=notes,
            keeping=self.keeping,
            new_id=new_id,
            remember=remember,
        )
        codes = self._configuration.feature_codes
        return Recordings(studio, self.directory, codes, SystemRandom().random)

    async def __aenter__(self) -> Self:
        self.queueing.tell(self._configuration.floor_configured())
        self.queueing.tell(RestoringBegan())
        self._calling_back.tell_hours_anew()
        before = await self._recall()
        self.adoption.memory = before.memory
        for agent in before.agents:
            self.queueing.tell(agent)
        self._floor_task = self.crew.start(self.queueing.run(), "floor")
        await self.ari.__aenter__()
        if not before.memory.complete:
            self.crew.start(self._recall_the_rest(self._clock.moment()), "recall")
        self._prepare()
        self.crew.start(self._calling_back.keep_hours(), "callback hours")
        self.crew.start(keep_being_seen(self.ari, self._clock), "heartbeat")
        self.monitoring.configure(self._configuration)
        self.crew.start(self.monitoring.keep_looking(), "look at agents who are watched")
        self.recordings.studio.pause_watchers.append(self._recording_paused)
        self.recordings.recall()
        self.crew.start(self._finish_recordings(), "finish recordings")
        self.crew.start(self.keeping.watch_disks(), "watch the disks of recordings")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of everything in such an order that nothing is told which the calls do not bear out."""
        await self.monitoring.leave()
        await self.ari.disconnect()
        self._floor_task.cancel()
        await asyncio.wait([self._floor_task])
        await self.crew.leave()
        self.keeping.close()
        await self.ari.__aexit__(None, None, None)

    async def _recall_the_rest(self, started: float) -> None:
        """Learn from the database, once it answers, what it told of the time before we started."""
        before = await self._recall()
        while not (before.memory.complete and self.adoption.settled):
            await asyncio.sleep(RECALL_AGAIN_S)
            before = await self._recall()
        for agent in before.agents:
            self.queueing.tell(agent)
        self.adoption.part_late(before.memory, started)

    def _recording_paused(self, contact: ContactId, paused: bool) -> None:
        """Let nobody listen to what is not even recorded."""
        (self.monitoring.pause_began if paused else self.monitoring.pause_ended)(contact)

    async def _finish_recordings(self) -> None:
        while not self.adoption.settled:  # noqa: ASYNC110 (it unsettles again, with every reconnecting)
            await asyncio.sleep(RECALL_AGAIN_S)
        await self.recordings.native.go_on(self.calls)

    def reconfigure(self, configuration: FloorConfiguration) -> None:
        """Go on by this configuration; who is in a menu goes on in the old one. Raises PythonCallError."""
        load_all(references(configuration), configuration.path)
        self._configuration = configuration
        self.directory.learn(configuration)
        self._ivr = replace(
            self._ivr,
            menus=configuration.menus,
            boxes=configuration.voicemail,
            calendars=build_calendars(configuration, configuration.site.timezone),
        )
        self.queueing.tell(configuration.floor_configured())
        self._calling_back.tell_hours_anew()
        self.monitoring.configure(configuration)
        self._prepare()

    def _prepare(self) -> None:
        """Have spoken what can be, before somebody is to hear it."""
        language = self._configuration.site.language
        self.crew.start(self._ivr.prepare(language), "prepare speech")
        self.crew.start(self._announcer.prepare(language), "prepare announcements")

    # -- what the parts need made ---------------------------------------------------------------------------

    async def _walk(self, call: Call, to: Destination) -> Destination:
        return await self._ivr.walk(call, to)

    def _new_leg(self, channel_id: str, mailbox: Mailbox) -> Leg:
        return Leg(self.ari, self.dispatcher, channel_id, mailbox)

    def _new_call(
        self, channel: messages.Channel, contact: ContactId | None, started_moment: float | None
    ) -> Call:
        return Call(
            ari=self.ari,
            channel_id=channel.id,
            contact=contact or ContactId(new_id()),
            caller_number=plain_number(channel.caller.number),
            caller_name=plain_name(channel.caller.name),
            called_number=plain_number(channel.dialplan.exten),
            language=self._configuration.site.language,
            new_id=new_id,
            started_moment=self._clock.moment() if started_moment is None else started_moment,
            recordings=self.recordings_folder,
        )

    async def _meet(self, line: Line, to: Destination) -> Destination:
        """Let a call that Python leads wait and talk, and come back."""
        call = self.calls.of_contact(line.contact)
        if call is None:
            raise CallerGone
        return await self._inbound.meet(call, to, stay=True)

    async def _note_place(self, line: Line, place: Destination) -> None:
        if (call := self.calls.of_contact(line.contact)) is not None and not call.resumes:
            call.at = place
            await self._switchboard.leave_trace(call, place)

    def _contact_on(self, agent: AgentId, channel_id: str) -> str:
        """Name the contact an agent is on with a channel of the agent's phone."""
        if (call := self.calls.on_channel(channel_id)) is not None:
            return call.contact
        if channel_id.startswith(AGENT_LEG) and (contact := self.floor.contact_with(agent)) is not None:
            return contact
        return self.call_of(channel_id) or channel_id

    def _state_of(self, agent: AgentId) -> AgentState | None:
        shown = self.floor.snapshot(self._clock.moment()).agents.get(agent)
        return None if shown is None else shown.state

    async def _supervisor_announcement(self) -> list[str]:
        language = self._configuration.site.language
        texts = self.directory.supervisor_announcement().spoken_in(language)
        return await self._prompts.media(texts, language=language, values={})

    async def _confirm(self, call: Call, prompt: PromptSettings) -> None:
        texts = prompt.spoken_in(call.language)
        await call.play(await self._prompts.media(texts, language=call.language, values=values_of(call)))

    # -- Asterisk's news ------------------------------------------------------------------------------------

    def _arrived(self, start: messages.StasisStart) -> None:
        self.reception.arrived(start)

    def _reconnected(self) -> None:
        self.adoption.settled = False
        self.dispatcher.put_by()
        self.crew.start(self.adoption.reconcile(), "reconcile")
        self.crew.start(self.greetings.tidy(), "delete greetings that nobody wants")
        self.crew.start(self.monitoring.leftovers.clear_away(), "clear away what supervisors left")

    def _disconnected(self) -> None:
        """Ring nobody while no answer would be heard."""
        self.queueing.tell(RestoringBegan())

    def phone_changed(self, phone: str, reachable: bool) -> None:
        """Note that a phone can, or cannot, be reached."""
        if self.directory.is_agent(phone):
            self.queueing.tell(PhoneChanged(AgentId(phone), reachable))
