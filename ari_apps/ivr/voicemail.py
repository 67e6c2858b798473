"""Leave a message: greeting, beep, recording, and a note beside it of who called and when."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from ari_apps.ivr.box_settings import VoicemailSettings
from ari_apps.ivr.prompts import Prompts, values_of
from ari_apps.ivr.settings import PromptSettings
from ari_apps.line import Line, Recorded
from queue_strategies.facts import Fact, VoicemailLeft

log = structlog.get_logger()

BEEP = "sound:beep"


async def nobody_spoke(_: str) -> list[str]:
    """Know of no greeting but those of floor.toml."""
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """The boxes of a floor."""

    prompts: Prompts
    remember: Callable[[Fact], None]
    now: Callable[[], float]
    at: Callable[[], dt.datetime]
    new_id: Callable[[], str]
    spoken: Callable[[str], Awaitable[list[str]]] = nobody_spoke
    """Gives what somebody has spoken as the greeting of a box, if anything."""

    async def take_message(self, line: Line, name: str, box: VoicemailSettings) -> VoicemailLeft | None:
        """Let the caller leave a message in a box; None when there was nothing in it. Raises CallerGone."""
        greeting = await self.spoken(name) or await self._media(line, box.greeting)
        await line.play(greeting + [BEEP] * box.beep)
        left_at = self.at()
        recording = f"voicemail/{name}/{left_at:%Y%m%dT%H%M%S}-{self.new_id()}"
        recorded = await line.record(
            recording, max_s=box.max_s, silence_s=box.silence_s, end_keys=box.end_keys
        )
        fact = await self._keep(line, name, box, recorded, left_at)
        await line.play(await self._media(line, box.thanks))
        return fact

    async def _keep(
        self, line: Line, name: str, box: VoicemailSettings, recorded: Recorded, left_at: dt.datetime
    ) -> VoicemailLeft | None:
        if is_empty(recorded, box):
            await asyncio.to_thread(_remove, recorded.path)
            log.info("voicemail.was_empty", box=name, contact=line.contact)
            return None
        fact = VoicemailLeft(
            moment=self.now(),
            contact=line.contact,
            box=name,
            recording=recorded.name,
            duration_s=recorded.duration_s,
            notices=box.notify.ways(),
        )
        self.remember(fact)
        await asyncio.to_thread(_write_note, recorded, note(line, fact, left_at))
        log.info("voicemail.left", box=name, contact=line.contact, duration_s=recorded.duration_s)
        return fact

    async def _media(self, line: Line, prompt: PromptSettings) -> list[str]:
        texts = prompt.spoken_in(line.language)
        return await self.prompts.media(texts, language=line.language, values=values_of(line))


def is_empty(recorded: Recorded, box: VoicemailSettings) -> bool:
    """Tell whether nobody spoke: too short, or silent for all but a moment where that is known."""
    said_s = recorded.duration_s if recorded.talking_s is None else recorded.talking_s
    return min(said_s, recorded.duration_s) < box.min_s


def note(line: Line, fact: VoicemailLeft, left_at: dt.datetime) -> dict[str, str | float]:
    """Say who left a message, when, and how long it is."""
    return {
        "box": fact.box,
        "contact": fact.contact,
        "caller_number": line.caller_number,
        "caller_name": line.caller_name,
        "called_number": line.called_number,
        "left_at": left_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "duration_s": fact.duration_s,
        "recording": fact.recording,
    }


def _remove(path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)


def _write_note(recorded: Recorded, content: dict[str, str | float]) -> None:
    """Write the note beside the recording, whole or not at all; a full disk must not end the call."""
    if recorded.path is None:
        return
    file = recorded.path.with_suffix(".json")
    half_done = file.with_suffix(f".{os.getpid()}")
    try:
        half_done.write_text(json.dumps(content, indent=2) + "\n", encoding="ascii")
        half_done.replace(file)
    except OSError as error:
        log.error("voicemail.note_not_written", file=str(file), reason=str(error))
