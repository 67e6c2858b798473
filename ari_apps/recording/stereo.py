"""Make one sound of two sides: the agent left, the customer right, both beginning at the same moment."""

from __future__ import annotations

import sys
import wave
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest
from operator import add
from pathlib import Path

BETWEEN_S = 0.5
"""Silence in the place of what was left out between two takes."""
BLOCK_S = 10
HEAD, WIDTH = 44, 2
"""Bytes before the sound in a WAV file of Asterisk's (formats/format_wav.c), and of a sample."""
MOST = 32_767
SILENCE = array("h", [0])
LITTLE = sys.byteorder == "little"


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of one voice, and by how much later than its take it begins (negative: earlier)."""

    path: Path
    later_s: float = 0.0
    beside: bool = False
    """It is heard together with the others of its side, not after those before it."""


@dataclass(frozen=True, slots=True)
class Take:
    """A stretch without a pause: the pieces of either side, each in their order."""

    left: Sequence[Piece]
    right: Sequence[Piece]


def join(takes: Sequence[Take], to: Path) -> float:
    """Write the takes one after the other as a stereo WAV file; return how long it lasts.

    Raises OSError, wave.Error and EOFError; a side that is missing or shorter is silent.
    """
    with wave.open(str(to), "wb") as out:
        pieces = [piece for take in takes for piece in (*take.left, *take.right)]
        rate = next((rate for piece in pieces if (rate := _rate(piece.path)) is not None), 8_000)
        out.setparams((2, 2, rate, 0, "NONE", ""))
        written = 0
        for take in takes:
            if written:
                written += _write(out, SILENCE * round(rate * BETWEEN_S * 2))
            sides = _voices(take.left, rate), _voices(take.right, rate)
            for left, right in zip_longest(*sides, fillvalue=SILENCE[:0]):
                written += _write(out, interleaved(left, right))
    return written / 2 / rate


def interleaved(left: array[int], right: array[int]) -> array[int]:
    """Put two sides of any lengths beside each other; the shorter one ends in silence."""
    frames = max(len(left), len(right))
    both = SILENCE * (2 * frames)
    both[0 : 2 * len(left) : 2] = left
    both[1 : 2 * len(right) : 2] = right
    return both


def mixed(stereo: bytes) -> bytes:
    """Make of both sides one, each at half its level so that nothing is cut off; 16 bits a sample."""
    both = _samples(stereo)
    half = array("h", [sample >> 1 for sample in both])
    return _bytes(array("h", map(add, half[0::2], half[1::2])))


def seconds(path: Path) -> float:
    """Say how long a file of Asterisk's is, 0 of one that is missing; raises OSError, wave.Error."""
    if (rate := _rate(path)) is None:
        return 0.0
    return _frames(path) / rate


def is_whole(path: Path) -> bool:
    """Tell whether Asterisk has closed a file, which is when the head says how long it is."""
    if _rate(path) is None:
        return False
    with wave.open(str(path)) as file:
        frames: int = file.getnframes()
    return frames > 0 and frames >= _frames(path)


def together(one: array[int], other: array[int]) -> array[int]:
    """Let two voices be heard at once; what is too loud for 16 bits is cut off."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    summed = longer[:]
    summed[: len(shorter)] = array(
        "h", [min(max(a + b, -MOST), MOST) for a, b in zip(longer, shorter, strict=False)]
    )
    return summed


def _frames(path: Path) -> int:
    """Count the frames that are there, whatever the head says."""
    return max(0, path.stat().st_size - HEAD) // WIDTH


def _voices(pieces: Sequence[Piece], rate: int) -> Iterator[array[int]]:
    """Yield a side in blocks of the same length: those who speak in turns, and those beside them."""
    tracks = [_side([piece for piece in pieces if not piece.beside], rate)]
    tracks += [_side([piece], rate) for piece in pieces if piece.beside]
    for blocks in zip_longest(*tracks, fillvalue=SILENCE[:0]):
        yield reduce(together, blocks)


def _rate(path: Path) -> int | None:
    if not path.is_file() or not path.stat().st_size:
        return None
    with wave.open(str(path)) as file:
        return int(file.getframerate())


def _side(pieces: Sequence[Piece], rate: int) -> Iterator[array[int]]:
    """Yield a side in blocks of the same length, each piece in its place."""
    frames, held, given = rate * BLOCK_S, SILENCE[:0], 0
    for piece in pieces:
        ahead = round(piece.later_s * rate) - given - len(held)
        held += SILENCE * max(0, ahead)
        for block in _blocks(piece.path, rate, skip=max(0, -ahead)):
            held += block
            while len(held) >= frames:
                yield held[:frames]
                held, given = held[frames:], given + frames
    if held:
        yield held


def _blocks(path: Path, rate: int, skip: int) -> Iterator[array[int]]:
    if _rate(path) is None:
        return
    with wave.open(str(path)) as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, rate):
            raise wave.Error(f"{path.name} is not one side of 16 bits at {rate} Hz")
    with path.open("rb") as sound:  # the head of a file that was never closed tells of nothing in it
        sound.seek(HEAD + min(skip, _frames(path)) * WIDTH)
        while block := sound.read(rate * BLOCK_S * WIDTH):
            yield _samples(block[: len(block) // WIDTH * WIDTH])


def _samples(content: bytes) -> array[int]:
    samples = array("h", content)
    if not LITTLE:
        samples.byteswap()
    return samples


def _bytes(samples: array[int]) -> bytes:
    if not LITTLE:
        samples = samples[:]
        samples.byteswap()
    return samples.tobytes()


def _write(out: wave.Wave_write, samples: array[int]) -> int:
    out.writeframes(_bytes(samples))
    return len(samples)
