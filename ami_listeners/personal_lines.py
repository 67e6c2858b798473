"""Forget a number in lines on disk: facts that wait for the database, and those it can never take."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from ami_listeners.copy_rows import read, row
from ami_listeners.records import encode

SEPARATORS = r"[ ()./-]*"
REJECTED = "rejected.jsonl"
SEGMENTS = "????????.jsonl"


class Forgetting:
    """One number, and what stands in its place in the fields that may hold it."""

    def __init__(self, digits: str, pseudonym: str, fields: Collection[str]) -> None:
        self._number = re.compile(rf"(?<![0-9])(00)?{SEPARATORS.join(map(re.escape, digits))}(?![0-9])")
        self._pseudonym, self._fields = rf"\g<1>{pseudonym}", fields

    def is_in(self, text: str) -> bool:
        """Tell whether a text has the number, however it is written."""
        return self._number.search(text) is not None

    def body(self, body: dict[str, Any]) -> dict[str, Any]:
        """Give a fact's body without the number, and without the name beside it."""
        told = {
            name: self._number.sub(self._pseudonym, value)
            if name in self._fields and isinstance(value, str)
            else value
            for name, value in body.items()
        }
        if "caller_name" in told and told.get("caller_number") != body.get("caller_number"):
            told["caller_name"] = ""
        return told

    def line(self, line: bytes) -> bytes | None:
        """Give a line of the spool without the number; None: nothing is left of it."""
        text = line.decode("utf-8", "replace")
        if not self.is_in(text):
            return line
        try:
            record = read(line)
        except ValueError:  # torn, or never one of ours
            return self._number.sub(self._pseudonym, text).encode()
        if record.kind == "raw_event":
            return None
        told = msgspec.structs.replace(record, body=self.body(record.body))
        return encode(told) if line.startswith(b"{") else row(told)


def forget_in(folder: Path, forgetting: Forgetting) -> int:
    """Forget a number in every spool below a folder.

    Return in how many lines it still is that another process is taking to the database, where they go by the
    pseudonym. May take long, do it in a thread.
    """
    for file in folder.rglob(REJECTED):
        with file.open("r+b") as lines:
            fcntl.flock(lines, fcntl.LOCK_EX)
            rewrite(lines, forgetting.line)
    return sum(_forget_waiting(lock, forgetting) for lock in folder.rglob("lock"))


def _forget_waiting(lock: Path, forgetting: Forgetting) -> int:
    segments = sorted(lock.parent.glob(SEGMENTS))
    with lock.open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return sum(forgetting.is_in(line) for segment in segments for line in waiting(segment))
        for segment in segments:
            with segment.open("r+b") as lines:
                rewrite(lines, forgetting.line)
    return 0


def waiting(segment: Path) -> Iterator[str]:
    """Yield the lines of a segment, none when it is gone."""
    try:
        yield from segment.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return


def rewrite(file: IO[bytes], line_now: Callable[[bytes], bytes | None]) -> None:
    """Write a file of lines over, where one of them changes."""
    lines = file.read().split(b"\n")
    now = [told for line in lines if (told := line_now(line)) is not None]
    if now != lines:
        file.seek(0)
        file.write(b"\n".join(now))
        file.truncate()
