"""Turn text into sound files that Asterisk plays: any engine, one bounded cache.

Files are named by a hash of engine, language and text, and appear whole or not at all. Text may come from
outside: it reaches an engine on its standard input, never on a command line.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
import time
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from ari_apps.ivr.resampling import resample
from queue_strategies.errors import CallfloorError

log = structlog.get_logger()

RATE_HZ = 8000
"""What every telephone takes without Asterisk transcoding; `.wav` in Asterisk is this rate, 16 bits, mono."""
LONGEST_TEXT = 2000
"""Characters; the rest is not spoken."""
SPEAKING_LIMIT_S = 20.0
AT_ONCE = 2
"""Texts spoken at the same time; callers' texts must not take every core."""
KEEP_S = 600.0
"""A file used within this time is never removed: somebody may be about to hear it."""


class SpeechError(CallfloorError):
    """A speech engine failed."""


@dataclass(frozen=True, slots=True)
class Pcm:
    """16-bit mono samples."""

    rate_hz: int
    samples: array[int]


class SpeechEngine(Protocol):
    """Something that speaks."""

    @property
    def name(self) -> str:
        """Name the engine and whatever else changes its voice; a part of the cache's key."""
        ...

    async def speak(self, text: str, language: str) -> Pcm:
        """Speak; raises SpeechError."""
        ...


class Speech:
    """Speak through an engine, and remember what was spoken."""

    def __init__(self, engine: SpeechEngine | None, folder: Path, *, max_bytes: int = 200_000_000) -> None:
        self._engine = engine
        self._folder = folder
        self._max_bytes = max_bytes
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._one_at_a_time: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._failed: set[str] = set()

    async def file_for(self, text: str, language: str) -> Path | None:
        """Return a sound file of this text without its suffix; None when it cannot be spoken."""
        if self._engine is None:
            return None
        key = hashlib.sha256(f"{self._engine.name}\n{language}\n{text}".encode()).hexdigest()[:40]
        stem = self._folder / key
        async with self._one_at_a_time.setdefault(key, asyncio.Lock()):
            if await asyncio.to_thread(_was_there, stem.with_suffix(".wav")):
                return stem
            return stem if await self._make(self._engine, text[:LONGEST_TEXT], language, stem) else None

    async def _make(self, engine: SpeechEngine, text: str, language: str, stem: Path) -> bool:
        try:
            async with self._turns, asyncio.timeout(SPEAKING_LIMIT_S):
                said = await engine.speak(text, language)
                await asyncio.to_thread(_write, said, stem.with_suffix(".wav"))
                await asyncio.to_thread(prune, self._folder, self._max_bytes, time.time() - KEEP_S)
        except (SpeechError, OSError, TimeoutError) as error:
            self._complain(engine, language, str(error) or "took too long")
            return False
        return True

    def _complain(self, engine: SpeechEngine, language: str, reason: str) -> None:
        """Log a failure once for every reason; a broken engine would otherwise fill the log."""
        if reason not in self._failed and len(self._failed) < 100:
            self._failed.add(reason)
            log.warning("speech.failed", engine=engine.name, language=language, reason=reason)


def _was_there(file: Path) -> bool:
    """Tell whether the file is there, and mark it as used now."""
    try:
        os.utime(file)
    except OSError:
        return False
    return True


def _write(said: Pcm, file: Path) -> None:
    """Write the file at Asterisk's rate, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half_done = file.with_name(f".{file.name}.{os.getpid()}")
    samples = resample(said.samples, said.rate_hz, RATE_HZ)
    if sys.byteorder == "big":
        samples.byteswap()
    try:
        with wave.open(str(half_done), "wb") as target:
            target.setparams((1, 2, RATE_HZ, len(samples), "NONE", ""))
            target.writeframes(samples.tobytes())
        half_done.replace(file)
    finally:
        half_done.unlink(missing_ok=True)


def prune(folder: Path, max_bytes: int, used_before: float) -> None:
    """Remove files, longest unused first, until the rest fits; none used since `used_before` (epoch s)."""
    files = []
    for file in folder.glob("*.wav"):
        with contextlib.suppress(FileNotFoundError):
            files.append((file.stat().st_mtime, file.stat().st_size, file))
    too_many = sum(size for _, size, _ in files) - max_bytes
    for used, size, file in sorted(files, key=lambda one: one[0]):
        if too_many <= 0 or used >= used_before:
            return
        file.unlink(missing_ok=True)
        too_many -= size
