"""Tell from a recording which tones somebody heard, how loud, and where there was nothing."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ari_apps.outside_world import OutsideCall
from ari_apps.outside_world.voices import RATE, TONES_HZ

Samples = NDArray[np.float64]

AUDIBLE_DBFS = -40.0
"""A voice of the outside world is at -15 dBFS; what a codec adds to it is below -45."""
SILENT_DBFS = -50.0
FRAME = RATE // 50
"""20 ms, a packet."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one party heard in a while."""

    duration_s: float
    levels_dbfs: Mapping[int, float]
    """Of every tone that people outside may speak."""
    gaps_ms: tuple[int, ...]
    """Stretches without any sound, in their order."""
    loudest_hz: int = 0
    """Where in its spectrum all of it is loudest, for who reads what was heard instead of a tone."""

    @property
    def tones(self) -> set[int]:
        """Which tones were there."""
        return {tone for tone, level in self.levels_dbfs.items() if level > AUDIBLE_DBFS}

    @property
    def silent(self) -> bool:
        """Whether there was nothing at all."""
        return sum(self.gaps_ms) >= self.duration_s * 1000 - 20

    @property
    def longest_gap_ms(self) -> int:
        """How long the longest stretch without any sound was."""
        return max(self.gaps_ms, default=0)

    def __str__(self) -> str:
        told = ", ".join(f"{tone} Hz at {self.levels_dbfs[tone]:.0f} dBFS" for tone in sorted(self.tones))
        told = told or f"no tone, but most at {self.loudest_hz} Hz,"
        return f"{told} in {self.duration_s:.2f} s, gaps of {list(self.gaps_ms)} ms"


async def listen(call: OutsideCall, seconds: float = 1.0) -> Heard:
    """Hear for so long what this party hears."""
    return analyse(read(await call.recorded(seconds)))


def read(path: Path) -> Samples:
    """Read a telephone's WAV file; full scale is 1."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768.0


def analyse(samples: Samples) -> Heard:
    """Find tones and gaps."""
    return Heard(
        duration_s=len(samples) / RATE,
        levels_dbfs=levels_dbfs(samples),
        gaps_ms=gaps_ms(samples),
        loudest_hz=loudest_hz(samples),
    )


def levels_dbfs(samples: Samples) -> Mapping[int, float]:
    """Measure every tone: its level as the RMS of a sine, 0 dBFS being a full-scale square."""
    window = np.hanning(len(samples))
    seconds = max(1, -(-len(samples) // RATE))  # padded to whole seconds every tone has a bin of its own
    amplitudes = 2 * np.abs(np.fft.rfft(samples * window, seconds * RATE)) / max(np.sum(window), 1e-9)
    return {tone: decibels(float(amplitudes[tone * seconds]) / np.sqrt(2)) for tone in TONES_HZ}


def loudest_hz(samples: Samples) -> int:
    """Find the frequency at which there is most."""
    if not len(samples):
        return 0
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return round(int(np.argmax(spectrum)) * RATE / len(samples))


def gaps_ms(samples: Samples) -> tuple[int, ...]:
    """Find stretches of silent packets."""
    whole = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    silent = [decibels(float(np.sqrt(np.mean(frame**2)))) < SILENT_DBFS for frame in whole]
    return tuple(len(list(group)) * 20 for is_silent, group in groupby(silent) if is_silent)


def decibels(level: float) -> float:
    """Express a level between 0 and 1."""
    return float(20 * np.log10(max(level, 1e-6)))


def likeness(heard: Samples, sound: Path) -> float:
    """Tell how much of a sound file the loudest half second heard is: 1 the same, below 0.5 another."""
    piece = loudest(heard, RATE // 2)
    padded = np.pad(read(sound), len(piece))
    size = 1 << int(len(padded) + len(piece)).bit_length()
    matches = np.fft.irfft(np.fft.rfft(padded, size) * np.conj(np.fft.rfft(piece, size)), size)
    energy = np.concatenate([[0.0], np.cumsum(padded**2)])
    local = np.sqrt(np.maximum(energy[len(piece) :] - energy[: -len(piece)], 1e-6))
    return float(np.max(np.abs(matches[: len(local)]) / local) / max(float(np.linalg.norm(piece)), 1e-6))


def loudest(samples: Samples, length: int) -> Samples:
    """Cut out the stretch of this length with the most sound in it."""
    energy = np.concatenate([[0.0], np.cumsum(samples**2)])
    start = int(np.argmax(energy[length:] - energy[:-length])) if len(samples) > length else 0
    return samples[start : start + length]
