"""The recording of one customer's call: told what happens to the call, it begins and ends takes.

The call never waits for it, and nothing that goes wrong with it reaches the call. What ends something is
done at once; what begins something is tried until it is done, and is let be for whatever is told meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from ari_apps.ari import AriError, Gone
from ari_apps.crew import first_of
from ari_apps.recording import trail
from ari_apps.recording.notes import Note
from ari_apps.recording.studio import Guest, Studio, Talk, Told
from ari_apps.recording.takes import Takes
from ari_apps.requests import NotNow
from queue_strategies.model import ContactId
from queue_strategies.recording import Course, CustomerLeft, Happened, LeftOut, TalkBegan, Wanted, after

log = structlog.get_logger()

DONE_WITHIN_S = 14.0
AGAIN_S = (0.2, 1.0, 2.0, 4.0, 8.0)
"""What Asterisk did not begin is tried again after so long, the last for as long as it is wanted."""

MOMENT_S = 1.0


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
    is_left: bool = False
    """The agent of the last talk has gone, and the customer waits for somebody else."""
    keys: str = ""
    """Pressed by the agent lately."""
    takes: Takes | None = None
    """Of the recording in progress."""
    guests: dict[str, Guest] = field(default_factory=dict)
    """Who else is heard, by whatever name they go."""
    _gone: set[str] = field(default_factory=set)
    """Channels that had left when they were to be recorded."""
    since: float = 0.0
    """When what is left out began."""
    _resumed_by: str | None = None
    """Who ended what was left out, until it is recorded again."""
    _failed_because: str = ""
    _tries: int = 0
    _inbox: asyncio.Queue[tuple[Told, Course, Course]] = field(default_factory=asyncio.Queue)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _running: bool = False

    def tell(self, told: Told) -> None:
        """Let it follow what happened, soon after and in order."""
        self.is_left = self.is_left and told.talk is None
        before = self.course
        now = after(before, told.happened) if told.happened is not None else before
        left = isinstance(told.happened, CustomerLeft)
        self.course = Course(left_out=now.left_out, hold=now.hold, allowed=now.allowed) if now.over else now
        if now.paused != before.paused or (left and now.paused):
            for watcher in self.studio.pause_watchers:
                watcher(self.contact, now.paused and not left)
        if self._running or not left:
            self._inbox.put_nowait((told, before, now))
            self._news.set()
        if not self._running and not left:
            self._running = True
            self.studio.crew.start(self._run(), f"record {self.contact}")

    def guest_came(self, name: str, guest: Guest) -> None:
        """Let somebody belong to what is heard, as a supervisor who barges in."""
        self.guests[name] = guest
        self.tell(Told(None))

    def guest_left(self, name: str) -> None:
        """Let somebody belong to it no more."""
        if self.guests.pop(name, None) is not None:
            self.tell(Told(None))

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

    # -- following ------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        now, waiting = Course(), list[asyncio.Future[None]]()
        while True:
            told = None
            if (item := await self._next(now)) is not None:
                told, before, now = item
                await self._guarded(self._follow(told, before, now))
            await self._guarded(first_of(self._catch_up(now), self._news.wait()))
            waiting += [told.followed] if told is not None and told.followed is not None else []
            if not self._missing(now):
                self._tell_followed(waiting)
            if told is not None and isinstance(told.happened, CustomerLeft):
                return

    def _tell_followed(self, waiting: list[asyncio.Future[None]]) -> None:
        while waiting:
            if not (followed := waiting.pop()).done():
                followed.set_result(None)

    async def _next(self, now: Course) -> tuple[Told, Course, Course] | None:
        """Wait for what is told; None when it is time to try again what could not be begun."""
        behind = self._tries and self._missing(now)
        again_s = AGAIN_S[min(self._tries, len(AGAIN_S)) - 1] if behind else None
        try:
            async with asyncio.timeout(again_s):
                item = await self._inbox.get()
        except TimeoutError:
            return None
        if self._inbox.empty():
            self._news.clear()
        return item

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("recording.not_followed", contact=self.contact)

    async def _follow(self, told: Told, before: Course, now: Course) -> None:
        """End what is over, and tell what happened; what is to begin is caught up with."""
        moment = self.studio.clock.moment()
        self.talk, self._tries = told.talk or self.talk, 0
        if now.begun and not before.begun:
            self._begin(now)
        elif now.begun and isinstance(told.happened, TalkBegan):
            self._pass_on()
        if self.takes is None:
            return
        if not now.runs:
            await self.takes.end()
        else:
            await self.takes.drop(self.takes.heard - set(self._voices(now)))
        if now.begun and not now.over and now.left_out and (before.runs or not before.begun):
            self.since = moment
            self.studio.remember(trail.paused(self.takes.note, now, told.by, moment))
        elif now.runs and before.begun and before.left_out:
            self._resumed_by = told.by
        paused = LeftOut.ASKED in now.left_out
        if self.takes.note.paused != paused:
            await self.takes.change(paused=paused)
        if now.over:
            self._count_pause(before)
            await self._end()

    # -- beginning ------------------------------------------------------------------------------------------

    def _voices(self, now: Course) -> dict[str, bool]:
        """Say which channels the caller hears now, and which of them speak beside another."""
        if not now.talking or self.talk is None or not self.talk.leg:
            return {}
        instead = not self.by_agent and any(guest.instead for guest in self.guests.values())
        voices = {} if instead else {self.talk.leg: False}
        return voices | {guest.channel: True for guest in self.guests.values()}

    def _missing(self, now: Course) -> dict[str, bool]:
        """Say which channels are to be recorded and are not yet, the caller's first."""
        if self.takes is None or not now.runs or self.channel in self._gone:
            return {}
        wanted = ({} if self.takes.running else {self.channel: False}) | self._voices(now)
        return {one: beside for one, beside in wanted.items() if one not in self.takes.heard | self._gone}

    async def _catch_up(self, now: Course) -> None:
        """Begin what is to be recorded, in one turn, so that one side is not long before the other."""
        if missing := self._missing(now):
            async with self.studio.beginning:
                asked = self.studio.clock.moment()
                try:
                    await self._begin_ears(missing)
                except AriError as failure:
                    self._tries += 1
                    self._note_failure(str(failure), self.studio.clock.moment() - asked)

    async def _begin_ears(self, missing: dict[str, bool]) -> None:
        for channel, beside in missing.items():
            if self.takes is None or self.channel in self._gone:
                return
            try:
                if channel == self.channel:
                    self._resume()
                    await self.takes.begin()
                else:
                    await self.takes.hear(channel, beside=beside)
            except Gone:
                self._gone.add(channel)  # who has just left has nothing more to say

    def _resume(self) -> None:
        if self.takes is None or self._resumed_by is None:
            return
        moment = self.studio.clock.moment()
        paused_s, by, self._resumed_by = moment - self.since, self._resumed_by, None
        self.takes.note = msgspec.structs.replace(
            self.takes.note, paused_s=self.takes.note.paused_s + paused_s
        )
        self.studio.remember(trail.resumed(self.takes.note, paused_s, by, moment))

    def _count_pause(self, before: Course) -> None:
        """Count what was left out up to the end."""
        if self.takes is not None and (before.left_out or self._resumed_by is not None):
            paused_s = self.takes.note.paused_s + self.studio.clock.moment() - self.since
            self.takes.note = msgspec.structs.replace(self.takes.note, paused_s=paused_s)
            self._resumed_by = None

    def _note_failure(self, why: str, took_s: float) -> None:
        """Tell what cost more than a moment of the recording; a first try may cost no more."""
        log.info("recording.begins_again", contact=self.contact, why=why, tries=self._tries)
        told = self._tries > 1 or took_s > MOMENT_S
        if self.takes is not None and told and why != self._failed_because:
            self._failed_because = why
            self.studio.keeping.failed(self.contact, self.takes.note.recording, why)

    # -- the whole ------------------------------------------------------------------------------------------

    def _begin(self, course: Course) -> None:
        """Let the row be there before the first byte."""
        self._failed_because = ""
        talk, clock = self.talk or Talk(Wanted(True, "")), self.studio.clock
        self.since = clock.moment()
        note = Note(
            recording=self.studio.new_id(),
            contact=self.contact,
            channel=self.channel,
            began_at=clock.wall().timestamp(),
            by_agent=self.by_agent,
            keep_days=talk.keep_days,
        )
        self.takes = Takes(self.studio, note)
        self.studio.remember(trail.began(note, talk, course.because, self.since))

    def _pass_on(self) -> None:
        if self.takes is not None and self.talk is not None:
            moment = self.studio.clock.moment()
            self.studio.remember(trail.passed_on(self.takes.note, self.talk, moment))

    async def _end(self) -> None:
        takes, self.takes = self.takes, None
        if takes is not None:
            await takes.change(ended=True)
            self.studio.remember(trail.ended(takes.note, self.studio.clock.moment()))
            self.studio.keeping.give(takes.note)
