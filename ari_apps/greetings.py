"""The greetings that people have spoken for voicemail boxes: Asterisk has the sound, a file says which.

A recording is noted as unwanted before Asterisk is asked for it. To keep one is to write the file anew, which
happens wholly or not at all; whatever stands there as unwanted is deleted, by a later process if need be.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from ami_listeners.clock import Clock
from ari_apps.ari import Ari, AriError
from ari_apps.line import Recorded
from queue_strategies.facts import Fact, VoicemailGreetingKept, VoicemailGreetingRemoved
from queue_strategies.model import AgentId

log = structlog.get_logger()

FOLDER = "greetings/"
"""Of these recordings in Asterisk."""


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has spoken for a box."""

    recording: str
    """As Asterisk knows it."""
    duration_s: float
    spoken_by: str
    spoken_at: float
    """Seconds since 1970."""


class Book(msgspec.Struct, frozen=True):
    """What the file says."""

    greetings: dict[str, Greeting] = {}
    """By box."""
    unwanted: tuple[str, ...] = ()
    """Recordings that are to be deleted, unless somebody says yet that one is good."""

    def with_draft(self, recording: str) -> Book:
        """Note a recording before it begins."""
        return Book(self.greetings, (*self.unwanted, recording))

    def with_greeting(self, box: str, greeting: Greeting) -> Book:
        """Let a draft be the greeting of a box; the one before is wanted no more."""
        unwanted = [one for one in self.without(box).unwanted if one != greeting.recording]
        return Book({**self.greetings, box: greeting}, tuple(unwanted))

    def without(self, box: str) -> Book:
        """Let a box have no greeting of its own."""
        rest = {name: one for name, one in self.greetings.items() if name != box}
        gone = [one.recording for name, one in self.greetings.items() if name == box]
        return Book(rest, (*self.unwanted, *gone))


class Greetings:
    """Keep them, and say which is heard in which box."""

    def __init__(
        self,
        *,
        ari: Ari,
        file: Path,
        clock: Clock,
        remember: Callable[[Fact], None],
        new_id: Callable[[], str],
    ) -> None:
        self._ari, self._file, self._clock = ari, file, clock
        self._remember, self._new_id = remember, new_id
        self._book = read(file)
        self._drafts: set[str] = set()
        """Recordings of which somebody is about to say whether they are good."""
        self._one_at_a_time = asyncio.Lock()

    @property
    def spoken(self) -> Mapping[str, Greeting]:
        """Return the greetings that people have spoken, by box."""
        return self._book.greetings

    async def media(self, box: str) -> list[str]:
        """Return what is heard in a box; nothing where nobody has spoken, or Asterisk has it no more."""
        greeting = self.spoken.get(box)
        if greeting is None:
            return []
        try:
            there = await self._ari.stored_recording(greeting.recording).get() is not None
        except AriError as error:
            log.warning("greeting.not_known", box=box, why=str(error))
            return []
        if not there:
            log.error("greeting.is_missing", box=box, recording=greeting.recording)
        return [f"recording:{greeting.recording}"] * there

    async def draft(self, box: str) -> str:
        """Return the name under which a greeting for a box may be recorded; raises OSError."""
        recording = f"{FOLDER}{box}/{self._new_id()}"
        self._drafts.add(recording)
        await self._change(lambda book: book.with_draft(recording))
        return recording

    async def keep(self, box: str, recorded: Recorded, who: AgentId) -> None:
        """Let callers hear from now on what was recorded as a draft; raises OSError."""
        greeting = Greeting(
            recording=recorded.name,
            duration_s=recorded.duration_s,
            spoken_by=who,
            spoken_at=self._clock.wall().timestamp(),
        )
        if recorded.path is not None:
            with suppress(OSError):  # it is Asterisk's, where that is another user
                await asyncio.to_thread(recorded.path.chmod, 0o600)
        await self._change(lambda book: book.with_greeting(box, greeting))
        self._drafts.discard(recorded.name)
        self._remember(
            VoicemailGreetingKept(
                moment=self._clock.moment(),
                box=box,
                recording=recorded.name,
                duration_s=recorded.duration_s,
                who=who,
            )
        )
        log.info("greeting.kept", box=box, who=who)

    async def give_up(self, recording: str) -> None:
        """Delete a draft."""
        self._drafts.discard(recording)
        await self.tidy()

    async def remove(self, box: str, who: str) -> None:
        """Let callers hear the greeting of floor.toml again; raises OSError."""
        await self._change(lambda book: book.without(box))
        self._remember(VoicemailGreetingRemoved(moment=self._clock.moment(), box=box, who=who))
        log.info("greeting.removed", box=box, who=who)
        await self.tidy()

    async def tidy(self) -> None:
        """Delete what is not wanted, as far as Asterisk and the disk let us; the rest is tried again."""
        deleted = []
        try:
            for recording in self._book.unwanted:
                if recording not in self._drafts:
                    await self._ari.recording(recording).cancel()
                    await self._ari.stored_recording(recording).delete()
                    deleted.append(recording)
            if deleted:
                await self._change(lambda book: without_unwanted(book, deleted))
        except (AriError, OSError) as error:
            log.warning("greeting.not_tidied", why=str(error))

    async def _change(self, change: Callable[[Book], Book]) -> None:
        async with self._one_at_a_time:
            book = change(self._book)
            await asyncio.to_thread(write, self._file, book)
            self._book = book


def without_unwanted(book: Book, deleted: list[str]) -> Book:
    """Forget recordings that are gone."""
    return Book(book.greetings, tuple(one for one in book.unwanted if one not in deleted))


def read(file: Path) -> Book:
    """Read what a process before has written; what cannot be read is told of, and no greeting is known."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Book)
    except FileNotFoundError:
        return Book()
    except (OSError, msgspec.MsgspecError) as failure:
        log.error("greeting.file_unreadable", file=str(file), why=str(failure))
        return Book()


def write(file: Path, book: Book) -> None:
    """Write the file, whole or not at all; raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half_done = file.with_suffix(f".{os.getpid()}")
    half_done.unlink(missing_ok=True)
    half_done.touch(mode=0o600)
    with half_done.open("wb") as opened:
        opened.write(msgspec.json.encode(book))
        opened.flush()
        os.fsync(opened.fileno())
    half_done.replace(file)
