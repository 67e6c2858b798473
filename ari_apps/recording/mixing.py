"""A recording with both sides in one, made while it is heard."""

from __future__ import annotations

import io
import wave

from ari_apps.recording.stereo import mixed
from ari_apps.recording.vault import Kept

STEREO_HEAD = 44
"""The bytes before the sound in a WAV file of ours."""
STEREO_FRAME, FRAME = 4, 2


class Mixed:
    """Reads like the stereo file it is made of; reading may take long, do it in a thread."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        frames = max(0, kept.size - STEREO_HEAD) // STEREO_FRAME
        with wave.open(io.BytesIO(kept.read(0, STEREO_HEAD + STEREO_FRAME))) as stereo:
            self._head = head(stereo.getframerate(), frames)
        self.size = len(self._head) + frames * FRAME

    def read(self, begin: int, end: int) -> bytes:
        """Read from one place up to another; raises UnreadableRecordingError, OSError."""
        end = min(end, self.size)
        start = len(self._head)
        first, last = max(0, begin - start) // FRAME, -(-max(0, end - start) // FRAME)
        sound = self._kept.read(STEREO_HEAD + first * STEREO_FRAME, STEREO_HEAD + last * STEREO_FRAME)
        whole = self._head[begin:end] if begin < start else b""
        skip = max(0, begin - start) - first * FRAME
        return whole + mixed(sound)[skip : skip + max(0, end - max(begin, start))]


def head(rate: int, frames: int) -> bytes:
    """Write what stands before so many frames of one side, 16 bits each (RIFF, as `wave` writes it)."""
    length = frames * FRAME
    fields = (36 + length, 16, 1, 1, rate, rate * FRAME, FRAME, 16, length)
    sizes = (4, 4, 2, 2, 4, 4, 2, 2, 4)
    numbers = [field.to_bytes(size, "little") for field, size in zip(fields, sizes, strict=True)]
    return b"".join((b"RIFF", numbers[0], b"WAVEfmt ", *numbers[1:8], b"data", numbers[8]))
