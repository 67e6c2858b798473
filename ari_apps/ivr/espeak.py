"""eSpeak NG as a speech engine: small, offline, many languages, a robot's voice."""

from __future__ import annotations

import asyncio
import shutil
import struct
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from ari_apps.ivr.speech import Pcm, SpeechEngine, SpeechError


@dataclass(frozen=True, slots=True)
class EspeakNg:
    """eSpeak NG, run once for every text."""

    command: Sequence[str] = ("espeak-ng",)
    """The program, perhaps with a loader before it."""
    words_per_minute: int = 150

    @property
    def name(self) -> str:
        """Name the engine and its pace."""
        return f"espeak-ng {self.words_per_minute}"

    async def speak(self, text: str, language: str) -> Pcm:
        """Speak in the language's usual voice; raises SpeechError."""
        voice = {"en": "en-us"}.get(language, language.replace("_", "-").lower())
        options = ("-v", voice, "-s", str(self.words_per_minute), "-b", "1", "--stdin", "--stdout")
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                *options,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise SpeechError(f"espeak-ng does not start ({error}), install it or remove it") from error
        try:
            said, complaint = await process.communicate(without_phonemes(text).encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise SpeechError(
                f"espeak-ng cannot speak {language!r}: {complaint.decode(errors='replace').strip()[:200]}"
            )
        return read_wav(said)


def find_engine(command: Sequence[str] | None = None) -> SpeechEngine | None:
    """Return eSpeak NG by this command, or the one on the PATH; None when there is none."""
    if command:
        return EspeakNg(tuple(command))
    found = shutil.which("espeak-ng")
    return EspeakNg((found,)) if found else None


def without_phonemes(text: str) -> str:
    """Take apart `[[`, which begins eSpeak's phoneme codes, and drop control characters."""
    return "".join(
        letter if letter.isprintable() else " " for letter in text.replace("[", " ").replace("]", " ")
    )


def read_wav(content: bytes) -> Pcm:
    """Read mono 16-bit PCM; a stream's header, whose sizes are made up, is good enough (RIFF, 1991)."""
    at, rate_hz = 12, 0
    while content[:4] == b"RIFF" and at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if name == b"fmt " and at + 24 <= len(content):
            form, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", content, at + 8)
            if (form, channels, bits) != (1, 1, 16):
                break
        if name == b"data" and rate_hz:
            samples = array("h", content[at + 8 : at + 8 + min(size, len(content) - at - 8) // 2 * 2])
            if sys.byteorder == "big":
                samples.byteswap()
            return Pcm(rate_hz, samples)
        at += 8 + size + size % 2
    raise SpeechError("the speech engine gave no sound, it must write mono 16-bit PCM as wav")
