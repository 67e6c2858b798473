"""What is known of a recording until its file is kept, on disk, so that a later process can finish it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

log = structlog.get_logger()

UNFINISHED = "unfinished"
"""The folder of the notes, below that of the recordings."""


class VoiceNote(msgspec.Struct, frozen=True):
    """What one party said to the caller, by the name of its recording in Asterisk."""

    file: str
    later_s: float = 0.0
    """Than the beginning of its take."""
    beside: bool = False
    """It may speak while others do, as a supervisor does who has barged in."""
    lasted_s: float = 0.0
    """As long as it was to be, by our clock; 0: nobody saw its end."""


class TakeNote(msgspec.Struct, frozen=True):
    """A stretch without a pause: what the caller said, and what those said with whom the caller talked."""

    caller: str
    began_at: float
    """Seconds since 1970 by Asterisk's clock."""
    voices: tuple[VoiceNote, ...] = ()
    lasted_s: float = 0.0
    """As VoiceNote."""

    @property
    def files(self) -> tuple[str, ...]:
        """What Asterisk has written for it."""
        return (self.caller, *(voice.file for voice in self.voices))


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that is not kept yet."""

    recording: str
    contact: str
    channel: str
    began_at: float
    """Seconds since 1970."""
    by_agent: bool = False
    """The channel is the agent's: who called is not the customer."""
    keep_days: int = 0
    takes: tuple[TakeNote, ...] = ()
    strays: tuple[str, ...] = ()
    """What was begun in Asterisk and came to nothing, if there is anything."""
    recorded_s: float = 0.0
    paused_s: float = 0.0
    paused: bool = False
    """Somebody asked that nothing be recorded now."""
    ended: bool = False


class Notes:
    """The notes in a folder; one that cannot be written costs no call, and is told of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / UNFINISHED

    def write(self, note: Note) -> None:
        """Write a note, whole or not at all."""
        path = self._path(note.recording)
        half_done = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            half_done.touch(mode=0o600)
            half_done.write_bytes(msgspec.json.encode(note))
            half_done.replace(path)
        except OSError as failure:
            log.error("recording.note_not_written", recording=note.recording, why=str(failure))

    def remove(self, recording: str) -> None:
        """Forget a recording that is kept, or of which nothing is left."""
        self._path(recording).unlink(missing_ok=True)

    def read(self) -> Iterator[Note]:
        """Yield what an earlier process has not finished."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield msgspec.json.decode(path.read_bytes(), type=Note)
            except (OSError, msgspec.MsgspecError) as failure:
                log.error("recording.note_unreadable", file=str(path), why=str(failure))

    def _path(self, recording: str) -> Path:
        return self._folder / f"{recording}.json"
