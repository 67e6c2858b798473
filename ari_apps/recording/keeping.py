"""Make files of what Asterisk has recorded, and let nothing go from there before the file is safe."""

from __future__ import annotations

import asyncio
import datetime as dt
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog

from ami_listeners.clock import Clock
from ami_listeners.disk import Disk
from ari_apps.ari import Ari, AriError, Gone
from ari_apps.configuration.recording import Compression
from ari_apps.crew import Crew
from ari_apps.recording.compressing import compressed
from ari_apps.recording.notes import Note, Notes, TakeNote
from ari_apps.recording.shelf import Shelf, Shelved
from ari_apps.recording.stereo import Piece, Take, is_whole, join, seconds
from queue_strategies.facts import Fact, RecordingFailed, RecordingKept
from queue_strategies.model import ContactId

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")

AT_ONCE = 2
AGAIN_S = 20.0
SHORT_S = 3.0
"""What is so much shorter than it took has lost something; a busy Asterisk tells late who has gone."""


class StillWrittenError(AriError):
    """Asterisk has not closed a file."""


@dataclass(slots=True)
class KeepingFigures:
    """What is shown of it."""

    kept: int = 0
    failed: int = 0
    waiting: int = 0
    low: set[Path] = field(default_factory=set)
    """Folders whose disk is about to be full."""

    @property
    def disk_low(self) -> bool:
        """Whether somebody should make room."""
        return bool(self.low)


@dataclass(slots=True)
class Keeping:
    """Takes in what has ended; `give` it, and it is tried until it is kept."""

    ari: Ari
    crew: Crew
    clock: Clock
    shelf: Shelf
    notes: Notes
    spool: Path | None
    """Where Asterisk's recordings are, if this machine can reach them; else they come over ARI."""
    compress: Compression
    least_bytes: int
    remember: Callable[[Fact], None]
    again_s: float = AGAIN_S
    """After so long what could not be kept is tried again."""
    figures: KeepingFigures = field(default_factory=KeepingFigures)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "recordings"))
    """Of its own, so that a disk that hangs keeps nobody else from being served."""
    _writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "recording notes"))
    """One, so that notes are written in their order."""

    def give(self, note: Note) -> None:
        """Keep a recording that is over."""
        self.figures.waiting += 1
        self.crew.start(self._keep(note), f"keep recording {note.recording}")

    def failed(self, contact: str, recording: str, why: str) -> None:
        """Tell that something is not recorded, or not kept."""
        self.figures.failed += 1
        log.error("recording.failed", recording=recording, contact=contact, why=why)
        moment = self.clock.moment()
        self.remember(
            RecordingFailed(moment=moment, contact=ContactId(contact), recording=recording, why=why)
        )

    async def watch_disks(self, every_s: float = 5.0) -> None:
        """Tell of a disk that is about to be full: ours, and Asterisk's if this machine can reach it."""
        folders = [self.shelf.folder, *([self.spool] if self.spool is not None else [])]
        disks = {folder: Disk(folder, self.least_bytes) for folder in folders}
        low = self.figures.low
        while True:
            for folder, disk in disks.items():
                health = await asyncio.to_thread(disk.look, self.clock.moment())
                if health.warning and folder not in low:
                    log.critical("recording.disk_low", folder=str(folder), why=health.warning)
                (low.add if health.warning else low.discard)(folder)
            await asyncio.sleep(every_s)

    async def note(self, note: Note) -> None:
        """Have a note written, after those before it."""
        await asyncio.get_running_loop().run_in_executor(self._writer, self.notes.write, note)

    def close(self) -> None:
        """Let go of the threads; what they have in hand they finish."""
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._writer.shutdown(wait=False)

    async def _work(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something that may take long in one of our threads."""
        done = partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._workers, done)

    async def _keep(self, note: Note) -> None:
        told = ""
        while True:
            try:
                async with self._turns:
                    await self._once(note)
            except (OSError, AriError, wave.Error, EOFError) as failure:
                if told != (told := f"not kept yet: {failure}"):
                    self.failed(note.contact, note.recording, told)
                await asyncio.sleep(self.again_s)
            else:
                self.figures.waiting -= 1
                return

    async def _once(self, note: Note) -> None:
        scratches: list[Path] = []
        try:
            takes = [await self._take(take, scratches) for take in note.takes]
            sound = await self._work(self._scratch, scratches)
            placed = [sides(note, pieces) for pieces in takes]
            duration_s = await self._work(join, placed, sound) if takes else 0.0
            if duration_s:
                await self._shelve(note, sound, duration_s, scratches)
            if lost := await self._work(missing, note, takes):
                self.failed(note.contact, note.recording, f"{lost}: is Asterisk busy, or its disk full?")
        finally:
            for scratch in scratches:
                scratch.unlink(missing_ok=True)
        for name in (*(file for take in note.takes for file in take.files), *note.strays):
            await self.ari.stored_recording(name).delete()
        await self._work(self.notes.remove, note.recording)

    async def _shelve(self, note: Note, sound: Path, duration_s: float, scratches: list[Path]) -> None:
        media = "wav"
        if self.compress is Compression.OPUS:
            small = await self._work(self._scratch, scratches)
            if await self._work(compressed, sound, small):
                sound, media = small, "opus"
        began_at = dt.datetime.fromtimestamp(note.began_at, dt.UTC)
        shelved: Shelved = await self._work(self.shelf.put, sound, note.recording, media, began_at)
        self.figures.kept += 1
        self.remember(
            RecordingKept(
                moment=self.clock.moment(),
                contact=ContactId(note.contact),
                recording=note.recording,
                file=shelved.file,
                media=media,
                key=self.shelf.key.name if self.shelf.encrypts else "",
                duration_s=duration_s,
                size_bytes=shelved.size_bytes,
                sha256=shelved.sha256,
                keep_days=note.keep_days,
            )
        )

    def _scratch(self, scratches: list[Path]) -> Path:
        scratches.append(self.shelf.scratch())
        return scratches[-1]

    async def _take(self, take: TakeNote, scratches: list[Path]) -> list[Piece]:
        """Fetch a take: the caller's side first, then those the caller heard."""
        await self._see_closed(take)
        later = [(0.0, False), *((voice.later_s, voice.beside) for voice in take.voices)]
        paths = [await self._fetched(file, scratches) for file in take.files]
        return [Piece(path, *how) for path, how in zip(paths, later, strict=True)]

    async def _see_closed(self, take: TakeNote) -> None:
        """Have a file closed that an Asterisk which did not answer in time may be writing still."""
        for name in take.files:
            if self.spool is None or not await self._work(is_whole, self.spool / f"{name}.wav"):
                recording = self.ari.recording(name)
                if await recording.get() is not None:
                    await recording.stop()
                    raise StillWrittenError(f"Asterisk writes {name} still")

    async def _fetched(self, name: str, scratches: list[Path]) -> Path:
        if self.spool is not None:
            return self.spool / f"{name}.wav"
        scratch = await self._work(self._scratch, scratches)
        try:
            content = await self.ari.stored_recording(name).file()
        except Gone:
            content = b""
        await self._work(scratch.write_bytes, content)
        return scratch


def sides(note: Note, pieces: list[Piece]) -> Take:
    """Say who is where: the agent's side left, with whoever speaks beside the agent, the customer's right."""
    caller, others = pieces[:1], [piece for piece in pieces[1:] if not piece.beside]
    beside = [piece for piece in pieces[1:] if piece.beside]
    return Take([*caller, *beside], others) if note.by_agent else Take([*others, *beside], caller)


def missing(note: Note, takes: list[list[Piece]]) -> str:
    """Say what of a side was not recorded, apart from what a busy Asterisk tells late; do it in a thread."""
    wanted_s = got_s = 0.0
    for take, pieces in zip(note.takes, takes, strict=True):
        told_s = (take.lasted_s, *(voice.lasted_s for voice in take.voices))
        for lasted_s, piece in zip(told_s, pieces, strict=True):
            if (had_s := seconds(piece.path)) < lasted_s - SHORT_S:
                wanted_s, got_s = wanted_s + lasted_s, got_s + had_s
    return f"of a side only {got_s:.1f} of {wanted_s:.1f} s were recorded" if wanted_s else ""
