"""What people outside say: a tone of their own, or nothing; each is a class of Asterisk's music on hold.

Music on hold is the one sound that plays for ever and keeps no other verb of a channel waiting.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterable
from pathlib import Path

SILENCE = "silence"
RATE = 8_000
LENGTH_S = 2
"""A whole number of periods of every tone, so the loop has no seam."""
LEVEL = 0.25
"""Of the greatest sample, about -15 dBFS."""
STEP_HZ = 20
TONES_HZ = range(300, 3_300 + STEP_HZ, STEP_HZ)
"""Inside what a telephone carries, and far enough apart to be told apart in a second."""


Voice = int | str | None
"""A tone in Hz, a class of sounds of its own, or nothing."""


def voice_name(voice: Voice) -> str:
    """Name the class of a voice; None is silence. Raises ValueError for a tone there is not."""
    if isinstance(voice, str):
        return voice
    if voice is None:
        return SILENCE
    if voice not in TONES_HZ:
        raise ValueError(
            f"nobody speaks {voice} Hz: take {TONES_HZ.start} to {TONES_HZ[-1]} Hz in steps of {STEP_HZ}"
        )
    return f"tone-{voice}"


def write_voices(folder: Path, tones_hz: Iterable[int] = TONES_HZ) -> dict[str, Path]:
    """Write a sound file for silence and for each tone; return the folder of each class."""
    voices = {}
    for tone_hz in (None, *tones_hz):
        name = voice_name(tone_hz)
        voices[name] = folder / name
        voices[name].mkdir(parents=True, exist_ok=True)
        write_wav(voices[name] / f"{name}.wav", sound(tone_hz))
    return voices


def sound(tone_hz: int | None) -> array[int]:
    """Make LENGTH_S of a tone, 16 bits a sample."""
    if tone_hz is None:
        return array("h", bytes(2 * RATE * LENGTH_S))
    turn = 2 * math.pi * tone_hz / RATE
    repeats_after = RATE // STEP_HZ
    cycle = [round(32_767 * LEVEL * math.sin(turn * index)) for index in range(repeats_after)]
    return array("h", cycle) * (RATE * LENGTH_S // repeats_after)


def write_wav(path: Path, samples: array[int]) -> None:
    """Write a telephone's WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
