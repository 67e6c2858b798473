"""The recording of one customer's call: told what happens to the call, it begins and ends takes.

The call never waits for it, and nothing that goes wrong with it reaches the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import Ari, AriError, Gone
from ari_apps.crew import Crew
from ari_apps.dispatcher import Dispatcher
from ari_apps.recording.ear import Ear
from ari_apps.recording.keeping import Keeping
from ari_apps.recording.notes import Note, Notes, TakeNote, VoiceNote
from ari_apps.requests import NotNow
from queue_strategies.facts import (
    Fact,
    RecordingBegan,
    RecordingEnded,
    RecordingPassedOn,
    RecordingPaused,
    RecordingResumed,
)
from queue_strategies.model import AgentId, ContactId, QueueName, VisitId
from queue_strategies.recording import Course, CustomerLeft, Happened, LeftOut, TalkBegan, Wanted, after

log = structlog.get_logger()

DONE_WITHIN_S = 14.0
BEGIN_AT_ONCE = 8
TRIES = 3
"""A busy Asterisk may not begin at once; a caller who is gone is not tried again."""


@dataclass(frozen=True, slots=True)
class Talk:
    """With whom the customer talks."""

    wanted: Wanted
    agent: AgentId | None = None
    queue: QueueName | None = None
    visit: VisitId | None = None
    leg: str = ""
    """The channel of whom the caller talks with."""
    hold: bool = True
    keep_days: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened, and who waits until it is followed."""

    happened: Happened
    talk: Talk | None = None
    by: str = ""
    followed: asyncio.Future[None] | None = None


@dataclass(frozen=True, slots=True)
class Studio:
    """What every recording needs."""

    ari: Ari
    dispatcher: Dispatcher
    crew: Crew
    clock: Clock
    notes: Notes
    keeping: Keeping
    new_id: Callable[[], str]
    remember: Callable[[Fact], None]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BEGIN_AT_ONCE))
    """Whom many calls at once would keep from answering is asked for a few at a time."""
    pause_watchers: list[Callable[[ContactId, bool], None]] = field(default_factory=list)
    """Told when somebody asks that nobody hear what is said now, and when that is over."""


@dataclass(slots=True)
class Tape:
    """One call's recording, of as many takes as there are stretches without a pause."""

    studio: Studio
    contact: ContactId
    channel: str
    """Who called: the customer, or of a call out the agent."""
    by_agent: bool = False
    """It was the agent."""
    course: Course = field(default_factory=Course)
    talk: Talk | None = None
    keys: str = ""
    """Pressed by the agent lately."""
    note: Note | None = None
    """Of the recording in progress."""
    _caller: Ear | None = None
    """While a take runs."""
    _voice: Ear | None = None
    """While the caller talks with somebody in it."""
    _since: float = 0.0
    """When the take, or what is left out, began."""
    _inbox: asyncio.Queue[tuple[Told, Course, Course]] = field(default_factory=asyncio.Queue)
    _running: bool = False

    def tell(self, told: Told) -> None:
        """Let it follow what happened, soon after and in order."""
        before, now = self.course, after(self.course, told.happened)
        left = isinstance(told.happened, CustomerLeft)
        self.course = Course(left_out=now.left_out, hold=now.hold, allowed=now.allowed) if now.over else now
        if now.paused != before.paused or (left and now.paused):
            for watcher in self.studio.pause_watchers:
                watcher(self.contact, now.paused and not left)
        if self._running or not left:
            self._inbox.put_nowait((told, before, now))
        if not self._running and not left:
            self._running = True
            self.studio.crew.start(self._run(), f"record {self.contact}")

    async def ask(self, happened: Happened, by: str) -> None:
        """Do what somebody asks for; returns when it is done. Raises NotNow."""
        if after(self.course, happened) == self.course:
            raise NotNow(f"not while {self.state}")
        followed = asyncio.get_running_loop().create_future()
        self.tell(Told(happened, by=by, followed=followed))
        try:
            async with asyncio.timeout(DONE_WITHIN_S):
                await followed
        except TimeoutError:
            raise NotNow(f"Asterisk has not done it within {DONE_WITHIN_S:g} s") from None

    @property
    def state(self) -> str:
        """Say how it stands."""
        if self.course.runs:
            return "the call is recorded"
        if self.course.begun:
            return f"it is left out of the recording ({', '.join(sorted(self.course.left_out))})"
        return "the call is not recorded" if self.course.allowed else "the call may not be recorded"

    async def _run(self) -> None:
        while True:
            told, before, now = await self._inbox.get()
            try:
                await self._follow(told, before, now)
            except Exception:
                log.exception("recording.not_followed", contact=self.contact, happened=told.happened)
            if told.followed is not None and not told.followed.done():
                told.followed.set_result(None)
            if isinstance(told.happened, CustomerLeft):
                return

    async def _follow(self, told: Told, before: Course, now: Course) -> None:
        self.talk = told.talk or self.talk
        if now.begun and not before.begun:
            self._begin(now)
        elif now.begun and isinstance(told.happened, TalkBegan):
            self._pass_on()
        if self._voice is not None and not (now.runs and now.talking and before.talking and not told.talk):
            await self._end_voice()
        if self._caller is not None and not now.runs:
            await self._end_take()
        if now.begun and not now.over and now.left_out and (before.runs or not before.begun):
            self._note_pause(now, told.by)
        if now.runs and self._caller is None:
            await self._begin_take(told.by, resumed=before.begun and bool(before.left_out))
        if now.runs and now.talking and self._caller is not None and self._voice is None:
            await self._begin_voice()
        paused = LeftOut.ASKED in now.left_out
        if self.note is not None and self.note.paused != paused:
            self._write(msgspec.structs.replace(self.note, paused=paused))
        if now.over:
            self._end()

    # -- what follows ---------------------------------------------------------------------------------------

    def _begin(self, course: Course) -> None:
        """Let the row be there before the first byte."""
        talk, clock = self.talk or Talk(Wanted(True, "")), self.studio.clock
        self._since = clock.moment()
        self.note = Note(
            recording=self.studio.new_id(),
            contact=self.contact,
            channel=self.channel,
            began_at=clock.wall().timestamp(),
            by_agent=self.by_agent,
            keep_days=talk.keep_days,
        )
        self.studio.remember(
            RecordingBegan(
                moment=self._since,
                contact=self.contact,
                recording=self.note.recording,
                channel=self.channel,
                visit=talk.visit,
                queue=talk.queue,
                agent=talk.agent,
                because=course.because,
            )
        )

    def _pass_on(self) -> None:
        if self.note is not None and self.talk is not None:
            self.studio.remember(
                RecordingPassedOn(
                    moment=self.studio.clock.moment(),
                    contact=self.contact,
                    recording=self.note.recording,
                    visit=self.talk.visit,
                    queue=self.talk.queue,
                    agent=self.talk.agent,
                )
            )

    async def _begin_take(self, by: str, *, resumed: bool) -> None:
        if self.note is None:
            return
        now, note = self.studio.clock.moment(), self.note
        if resumed:
            paused_s = now - self._since
            note = msgspec.structs.replace(note, paused_s=note.paused_s + paused_s)
            resumption = RecordingResumed(
                moment=now, contact=self.contact, recording=note.recording, paused_s=paused_s, by=by
            )
            self.studio.remember(resumption)
        for _ in range(TRIES):
            ear = self._ear(self.channel, note)
            self._write(msgspec.structs.replace(note, takes=(*note.takes, TakeNote(ear.file, 0.0))))
            try:
                async with self.studio.turns:
                    began_at = await ear.begin()
            except Gone:
                return
            except AriError as failure:
                self.studio.keeping.failed(self.contact, note.recording, str(failure))
            else:
                take = TakeNote(ear.file, began_at.timestamp())
                self._write(msgspec.structs.replace(note, takes=(*note.takes, take)))
                self._caller, self._since = ear, self.studio.clock.moment()
                return

    async def _begin_voice(self) -> None:
        """Hear whom the caller talks with; one who has just left has nothing more to say."""
        if self.note is None or self.talk is None or not self.talk.leg:
            return
        ear = self._ear(self.talk.leg, self.note)
        try:
            async with self.studio.turns:
                began_at = await ear.begin()
        except AriError as failure:
            if not isinstance(failure, Gone):
                self.studio.keeping.failed(self.contact, self.note.recording, str(failure))
            return
        *earlier, take = self.note.takes
        voices = (*take.voices, VoiceNote(ear.file, began_at.timestamp() - take.began_at))
        take = msgspec.structs.replace(take, voices=voices)
        self._write(msgspec.structs.replace(self.note, takes=(*earlier, take)))
        self._voice = ear

    def _ear(self, channel: str, note: Note) -> Ear:
        return Ear(
            self.studio.ari, self.studio.dispatcher, channel, f"{note.recording}/{self.studio.new_id()}"
        )

    async def _end_voice(self) -> None:
        ear, self._voice = self._voice, None
        if ear is not None:
            await ear.end()

    async def _end_take(self) -> None:
        ear, self._caller = self._caller, None
        if ear is None or self.note is None:
            return
        now = self.studio.clock.moment()
        await ear.end()
        recorded_s, self._since = self.note.recorded_s + now - self._since, now
        self._write(msgspec.structs.replace(self.note, recorded_s=recorded_s))

    def _note_pause(self, course: Course, by: str) -> None:
        if self.note is not None:
            because = LeftOut.ASKED if LeftOut.ASKED in course.left_out else min(course.left_out)
            self.studio.remember(
                RecordingPaused(
                    moment=self._since,
                    contact=self.contact,
                    recording=self.note.recording,
                    because=because,
                    by=by,
                )
            )

    def _end(self) -> None:
        note, self.note = self.note, None
        if note is not None:
            note = msgspec.structs.replace(note, ended=True)
            self.studio.notes.write(note)
            self.studio.remember(
                RecordingEnded(
                    moment=self.studio.clock.moment(),
                    contact=self.contact,
                    recording=note.recording,
                    recorded_s=note.recorded_s,
                    paused_s=note.paused_s,
                )
            )
            self.studio.keeping.give(note)

    def _write(self, note: Note) -> None:
        if self.note is not None:
            self.note = note
        self.studio.notes.write(note)
