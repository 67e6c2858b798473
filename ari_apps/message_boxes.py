"""The messages that callers left: found, heard and deleted, where they lie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from psycopg.rows import dict_row

from ami_listeners.database import Database
from ami_listeners.queries import queries
from queue_strategies.errors import CallfloorError
from queue_strategies.facts import Fact, VoicemailCalledBack, VoicemailDeleted, VoicemailHeard
from queue_strategies.model import AgentId

log = structlog.get_logger()

NOTES = (".wav", ".json")
"""What lies there of one message."""


class NoSoundError(CallfloorError):
    """The sound of a message is not where this machine can reach it."""


@dataclass(frozen=True, slots=True)
class MessageBoxes:
    """Everything that is needed for it."""

    database: Database
    recordings: Path | None
    """Where Asterisk keeps recordings, if this machine can reach it."""
    remember: Callable[[Fact], None]
    now: Callable[[], float]

    async def find(
        self, boxes: Collection[str] | None, *, voicemail: str | None = None, new: bool = False
    ) -> list[dict[str, Any]]:
        """Return the messages of some boxes that are not deleted, the latest first; None: of all.

        Raises DatabaseUnreachable.
        """
        asked = {"boxes": None if boxes is None else list(boxes), "voicemail": voicemail, "new": new}
        async with self.database.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return await (await cursor.execute(queries("voicemails")["in_boxes"], asked)).fetchall()

    def file_of(self, message: dict[str, Any]) -> Path:
        """Return the sound of a message; raises NoSoundError."""
        if self.recordings is not None:
            file = (self.recordings / f"{message['recording']}.wav").resolve()
            if file.is_relative_to(self.recordings.resolve()) and file.is_file():
                return file
        raise NoSoundError(
            f"{message['recording']} is not on this machine: look where Asterisk keeps recordings"
        )

    def note_heard(self, message: dict[str, Any], who: str) -> None:
        """Let a message be new no more."""
        self.remember(
            VoicemailHeard(moment=self.now(), recording=message["recording"], box=message["box"], who=who)
        )

    def note_called_back(self, message: dict[str, Any], who: str, agent: AgentId) -> None:
        """Remember that who left a message is called back."""
        self.remember(
            VoicemailCalledBack(
                moment=self.now(),
                recording=message["recording"],
                box=message["box"],
                who=who,
                agent=agent,
            )
        )

    async def delete(self, message: dict[str, Any], who: str) -> None:
        """Delete a message, and its sound where this machine can reach it; raises OSError."""
        if self.recordings is not None:
            await asyncio.to_thread(_remove, self.recordings, message["recording"])
        self.remember(
            VoicemailDeleted(moment=self.now(), recording=message["recording"], box=message["box"], who=who)
        )
        log.info("voicemail.deleted", box=message["box"], contact=message["contact"])


def _remove(folder: Path, recording: str) -> None:
    for suffix in NOTES:
        file = (folder / f"{recording}{suffix}").resolve()
        if file.is_relative_to(folder.resolve()):
            file.unlink(missing_ok=True)


async def part_of(file: Path, begin: int, end: int) -> bytes:
    """Read from one place of a file up to another without keeping a call waiting; raises OSError."""
    return await asyncio.to_thread(_read, file, begin, end)


def _read(file: Path, begin: int, end: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(begin)
        return opened.read(end - begin)
