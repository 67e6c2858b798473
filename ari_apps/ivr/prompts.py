"""What a caller hears, from how it is written to what Asterisk plays.

    sound:welcome                    a sound of Asterisk or of one's own, in the call's language
    sound:welcome|Welcome to Acme    the same, spoken where the file is missing
    say:You entered {digits}         speech (see ari_apps.ivr.speech)
    digits:{digits}   number:42      digit by digit, or as a number, in recorded voices
    recording:greeting               a recording Asterisk keeps
    file:/srv/prompts/hello.wav      any sound file of this machine
    silence:2                        seconds
    tone:ring                        a tone of Asterisk's indications

`{caller}`, `{called}`, `{digits}` and the call's variables come from outside: of a number only its digits are
spoken, of a text only letters, digits and plain punctuation, and none of them ever names a file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog

from ari_apps.ivr.sounds import Sounds
from ari_apps.line import Line
from queue_strategies.errors import CallfloorError

log = structlog.get_logger()

FALLBACK = "sound:beep"
"""Heard where speech is written and no engine can speak it."""
SPELLED = frozenset({"caller", "called", "digits"})
"""Placeholders whose value is spoken digit by digit."""
LONGEST_VALUE = 200
"""Characters of a placeholder's value that are spoken."""


class PromptError(CallfloorError, ValueError):
    """A text does not say what to play."""


class PartKind(StrEnum):
    """The kinds of things that can be played."""

    SOUND = "sound"
    SAY = "say"
    DIGITS = "digits"
    NUMBER = "number"
    RECORDING = "recording"
    FILE = "file"
    SILENCE = "silence"
    TONE = "tone"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is played."""

    kind: PartKind
    text: str
    spoken_instead: str = ""
    """Said where the sound is missing."""


class Speaker(Protocol):
    """Turn text into a sound file."""

    async def file_for(self, text: str, language: str) -> Path | None:
        """Return a sound file without its suffix; None when nothing can speak."""
        ...


_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SHAPES: Mapping[PartKind, tuple[str, str]] = {
    PartKind.SOUND: (r"(?!.*\.\.)[\w-][\w./-]*", "a sound's name, as in sound:welcome"),
    PartKind.SAY: (r"(?s).*\S.*", "what to say, as in say:Hello"),
    PartKind.DIGITS: (r"[0-9*#]+|\{\w+\}", "digits or a placeholder, as in digits:{digits}"),
    PartKind.NUMBER: (r"[0-9]{1,9}|\{\w+\}", "a whole number or a placeholder, as in number:42"),
    PartKind.RECORDING: (r"(?!.*\.\.)[\w-][\w./-]*", "a recording's name, as in recording:greeting"),
    PartKind.FILE: (r"/[^,\x00-\x1f]+", "the whole path of a file, without commas"),
    PartKind.SILENCE: (r"[1-9]|[1-5][0-9]|60", "whole seconds from 1 to 60, as in silence:2"),
    PartKind.TONE: (r"[\w!+*/-]+(;tonezone=[a-z]{2})?", "a tone's name, as in tone:ring"),
}


def read(expression: str) -> Part:
    """Read one expression; raise PromptError with the remedy when nothing could be played."""
    kind_text, colon, text = expression.partition(":")
    if expression.startswith("/"):
        kind_text, colon, text = PartKind.FILE, ":", expression
    if not colon or kind_text not in set(PartKind):
        kinds = ", ".join(f"{kind}:" for kind in PartKind)
        raise PromptError(f"{expression!r} cannot be played, begin it with one of {kinds}")
    kind = PartKind(kind_text)
    spoken = ""
    if kind is PartKind.SOUND:
        text, _, spoken = text.partition("|")
    shape, remedy = _SHAPES[kind]
    if not re.fullmatch(shape, text):
        raise PromptError(f"{expression!r} cannot be played, write {remedy}")
    return Part(kind, text, spoken)


def placeholders(expression: str) -> list[str]:
    """Return the names in an expression for which something of the call is spoken or played."""
    part = read(expression)
    filled = part.kind in (PartKind.SAY, PartKind.DIGITS, PartKind.NUMBER)
    return _PLACEHOLDER.findall(part.text if filled else part.spoken_instead)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values from outside into a text that is to be spoken; an unknown name is left out."""
    return _PLACEHOLDER.sub(lambda match: _spoken(match[1], values.get(match[1], "")), text)


def values_of(line: Line) -> dict[str, str]:
    """Return what placeholders stand for in this call."""
    numbers = {"caller": line.caller_number, "caller_name": line.caller_name, "called": line.called_number}
    return {**line.variables, **numbers}


def _spoken(name: str, value: str) -> str:
    """Keep what can be said aloud: numbers digit by digit, of other values letters, digits, punctuation."""
    text = unicodedata.normalize("NFKC", value[:LONGEST_VALUE])
    if name in SPELLED:
        return " ".join(key for key in text if key in "0123456789")
    kept = (letter if letter.isalnum() or letter in ".,:'- " else " " for letter in text)
    return " ".join("".join(kept).split())


class Prompts:
    """Turn expressions into ARI media URIs; what cannot be played is left out, and said once in the log."""

    def __init__(self, sounds: Sounds, speaker: Speaker) -> None:
        self._sounds = sounds
        self._speaker = speaker
        self._told: set[str] = set()

    async def media(
        self, expressions: Iterable[str], *, language: str, values: Mapping[str, str]
    ) -> list[str]:
        """Return what to play, one after the other."""
        uris: list[str] = []
        for expression in expressions:
            uris += await self._uris(read(expression), language, values)
        return uris

    async def _uris(self, part: Part, language: str, values: Mapping[str, str]) -> list[str]:
        match part.kind:
            case PartKind.SOUND:
                return await self._sound(part, language, values)
            case PartKind.FILE:
                return await self._sound(
                    Part(part.kind, str(Path(part.text).with_suffix(""))), language, values
                )
            case PartKind.SAY:
                return await self._speech(part.text, language, values)
            case PartKind.DIGITS:
                digits = "".join(key for key in _raw(part.text, values) if key in "0123456789*#")
                return [f"digits:{digits[:64]}"] if digits else []
            case PartKind.NUMBER:
                number = _raw(part.text, values)
                return [f"number:{int(number)}"] if re.fullmatch(r"[0-9]{1,9}", number) else []
            case PartKind.SILENCE:
                seconds = int(part.text)
                return ["sound:silence/10"] * (seconds // 10) + [f"sound:silence/{seconds % 10}"] * (
                    seconds % 10 > 0
                )
            case PartKind.RECORDING | PartKind.TONE:
                return [f"{part.kind}:{part.text}"]

    async def _sound(self, part: Part, language: str, values: Mapping[str, str]) -> list[str]:
        if self._sounds.has(part.text, language):
            return [f"sound:{part.text}"]
        say = log.info if part.spoken_instead else log.warning
        self._tell(say, "prompts.sound_missing", sound=part.text, language=language)
        return await self._speech(part.spoken_instead, language, values) if part.spoken_instead else []

    async def _speech(self, text: str, language: str, values: Mapping[str, str]) -> list[str]:
        if not (spoken := fill(text, values).strip()):
            return []
        if (path := await self._speaker.file_for(spoken, language)) is not None:
            return [f"sound:{path}"]
        self._tell(log.warning, "prompts.not_spoken", language=language)
        return [FALLBACK]

    def _tell(self, say: Callable[..., None], event: str, **what: str) -> None:
        key = f"{event} {sorted(what.items())}"
        if key not in self._told:
            self._told.add(key)
            say(event, **what)


def _raw(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text)
