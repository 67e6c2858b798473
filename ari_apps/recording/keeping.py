"""Make files of what Asterisk has recorded, and let nothing go from there before the file is safe."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import subprocess
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from ami_listeners.clock import Clock
from ami_listeners.disk import Disk
from ari_apps.ari import Ari, AriError, Gone
from ari_apps.configuration.recording import Compression
from ari_apps.crew import Crew
from ari_apps.recording.notes import Note, Notes, TakeNote
from ari_apps.recording.shelf import Shelf, Shelved
from ari_apps.recording.stereo import Piece, Take, join
from queue_strategies.facts import Fact, RecordingFailed, RecordingKept
from queue_strategies.model import ContactId

log = structlog.get_logger()

AT_ONCE = 2
AGAIN_S = 20.0
COMPRESSING_S = 600.0
SHORT_S = 3.0
"""What is so much shorter than it took has lost something; a busy Asterisk tells late who has gone."""


@dataclass(slots=True)
class KeepingFigures:
    """What is shown of it."""

    kept: int = 0
    failed: int = 0
    waiting: int = 0
    disk_low: bool = False


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

    async def watch_disk(self, every_s: float = 5.0) -> None:
        """Tell of a disk that is about to be full."""
        disk = Disk(self.shelf.folder, self.least_bytes)
        while True:
            health = await asyncio.to_thread(disk.look, self.clock.moment())
            if health.warning and not self.figures.disk_low:
                log.critical("recording.disk_low", folder=str(self.shelf.folder), why=health.warning)
            self.figures.disk_low = bool(health.warning)
            await asyncio.sleep(every_s)

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
            takes = [await self._take(note, take, scratches) for take in note.takes]
            sound = await asyncio.to_thread(self._scratch, scratches)
            duration_s = await asyncio.to_thread(join, takes, sound) if takes else 0.0
            if duration_s:
                await self._shelve(note, sound, duration_s, scratches)
            if duration_s < note.recorded_s - SHORT_S:
                lost = f"{duration_s:.1f} of {note.recorded_s:.1f} s were recorded: is Asterisk's disk full?"
                self.failed(note.contact, note.recording, lost)
        finally:
            for scratch in scratches:
                scratch.unlink(missing_ok=True)
        for take in note.takes:
            await self._forget(take)
        await asyncio.to_thread(self.notes.remove, note.recording)

    async def _shelve(self, note: Note, sound: Path, duration_s: float, scratches: list[Path]) -> None:
        media = "wav"
        if self.compress is Compression.OPUS:
            small = await asyncio.to_thread(self._scratch, scratches)
            if await asyncio.to_thread(compressed, sound, small):
                sound, media = small, "opus"
        began_at = dt.datetime.fromtimestamp(note.began_at, dt.UTC)
        shelved: Shelved = await asyncio.to_thread(self.shelf.put, sound, note.recording, media, began_at)
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

    async def _take(self, note: Note, take: TakeNote, scratches: list[Path]) -> Take:
        """Fetch a take: the agent's side left, the customer's right."""
        caller = [Piece(await self._fetched(take.caller, scratches))]
        others = [Piece(await self._fetched(one.file, scratches), one.later_s) for one in take.voices]
        return Take(caller, others) if note.by_agent else Take(others, caller)

    async def _fetched(self, name: str, scratches: list[Path]) -> Path:
        if self.spool is not None:
            return self.spool / f"{name}.wav"
        scratch = await asyncio.to_thread(self._scratch, scratches)
        try:
            content = await self.ari.stored_recording(name).file()
        except Gone:
            content = b""
        await asyncio.to_thread(scratch.write_bytes, content)
        return scratch

    async def _forget(self, take: TakeNote) -> None:
        for name in (take.caller, *(voice.file for voice in take.voices)):
            await self.ari.stored_recording(name).delete()


def compressed(sound: Path, to: Path) -> bool:
    """Write a sound as Opus with what this machine has for it; tell whether that was done."""
    if program := shutil.which("ffmpeg"):
        rate = ("-c:a", "libopus", "-b:a", "32k", "-f", "ogg")
        words = [program, "-nostdin", "-loglevel", "error", "-y", "-i", str(sound), *rate, str(to)]
    elif program := shutil.which("sox"):
        words = [program, "-t", "wav", str(sound), "-t", "opus", str(to)]
    else:
        return False
    try:
        subprocess.run(words, check=True, capture_output=True, timeout=COMPRESSING_S)
    except (OSError, subprocess.SubprocessError) as failure:
        log.warning("recording.not_compressed", why=str(failure))
        return False
    return to.stat().st_size > 0
