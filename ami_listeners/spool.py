"""Keep lines on disk until they are taken: append-only segments that survive our end, however it comes.

A line is in the file when `append` returns; killing the process loses none. A line torn by a crash of the
machine is left out when read. Positions are only ever moved forward by `forget`, after what was read is safe
elsewhere; what was read and not forgotten is read again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ami_listeners.errors import SpoolInUse, SpoolUnusable

SEGMENT_BYTES = 8 * 1024 * 1024
READ_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two lines."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class Portion:
    """Lines in their order, and where they end."""

    lines: list[bytes]
    end: Position


class Spool:
    """One writer's lines in one folder."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder, self.segment_bytes = folder, segment_bytes
        self._lock: IO[bytes] | None = None
        self._file = -1
        self._size = 0
        self._current = 0
        self._begin = Position(0, 0)

    def open(self) -> None:
        """Take the folder; what is in it already will be read first.

        Raises SpoolInUse while another process has it, SpoolUnusable when it cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("ab")
        except OSError as failure:
            raise SpoolUnusable(
                f"facts cannot be kept in {self.folder} ({failure.strerror}): "
                "set database.spool_dir to a folder that can be written"
            ) from failure
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise SpoolInUse(
                f"another callfloor keeps its facts in {self.folder}: stop it, or set database.spool_dir"
            ) from None
        self._lock = lock
        numbers = self._numbers()
        newest = max(numbers, default=0) + 1
        self._begin = Position(min(numbers, default=newest), 0)
        self._start_segment(newest)

    def close(self) -> None:
        """Let go of the folder; a segment with nothing in it is removed."""
        if self._lock is None:
            return
        os.close(self._file)
        self._file = -1
        if self._size == 0:
            self._path(self._current).unlink(missing_ok=True)
        self._lock.close()
        self._lock = None

    def append(self, line: bytes) -> None:
        """Write one line, without its end; raises OSError with nothing written, as on a full disk."""
        data = line + b"\n"
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError:
            if written:
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)
        if self._size >= self.segment_bytes:
            with suppress(OSError):  # then the old one goes on growing
                self._start_segment(self._current + 1)

    def read(self, most: int) -> Portion:
        """Read up to `most` lines that are not forgotten yet; torn lines are left out."""
        position = self._begin
        while True:
            lines, end = self._read_segment(position, most)
            if lines or position.segment >= self._current:
                return Portion(lines, end)
            position = Position(position.segment + 1, 0)

    def unforgotten(self) -> Iterator[bytes]:
        """Read all that is not forgotten yet, forgetting nothing; may take long, do it in a thread."""
        position = self._begin
        while position.segment <= self._current:
            lines, end = self._read_segment(position, 10_000)
            yield from lines
            position = end if lines else Position(position.segment + 1, 0)

    def forget(self, position: Position) -> None:
        """Drop everything before a position; segments that are done are removed."""
        for number in range(self._begin.segment, position.segment):
            self._path(number).unlink(missing_ok=True)
        self._begin = position
        if position.segment == self._current and position.offset == self._size > 0:
            os.ftruncate(self._file, 0)
            self._size = 0
            self._begin = Position(self._current, 0)

    def sync(self) -> None:
        """Make sure that even a power cut keeps what was appended; may take long, call it in a thread."""
        os.fdatasync(self._file)

    @property
    def size_bytes(self) -> int:
        """Say how much is not forgotten yet."""
        older = sum(self._length(number) for number in range(self._begin.segment, self._current))
        return older + self._size - self._begin.offset

    @property
    def segments(self) -> int:
        """Count the files."""
        return self._current - self._begin.segment + 1

    # -- files ----------------------------------------------------------------------------------------------

    def _read_segment(self, position: Position, most: int) -> tuple[list[bytes], Position]:
        """Read whole lines from one segment; in a finished one, what has no end is torn and passed over."""
        try:
            with self._path(position.segment).open("rb") as file:
                file.seek(position.offset)
                data = file.read(READ_BYTES)
                while b"\n" not in data and (more := file.read(READ_BYTES)):
                    data += more
        except FileNotFoundError:
            return [], position
        lines = data.split(b"\n")[:-1][:most]
        end = position.offset + sum(len(line) + 1 for line in lines)
        return [line for line in lines if line], Position(position.segment, end)

    def _start_segment(self, number: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        file = os.open(self._path(number), flags, 0o600)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._current, self._size = file, number, 0

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08}.jsonl"

    def _numbers(self) -> list[int]:
        return [int(path.stem) for path in self.folder.glob("????????.jsonl") if path.stem.isdigit()]

    def _length(self, number: int) -> int:
        try:
            return self._path(number).stat().st_size
        except FileNotFoundError:
            return 0
