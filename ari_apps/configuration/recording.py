"""What floor.toml says of recordings: where they lie, how long, and what of a queue is recorded."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from ari_apps.ivr.settings import NO_PROMPT, Prompt, Section
from queue_strategies.recording import QueueRule


class Compression(StrEnum):
    """What becomes of the sound before it is kept."""

    NONE = "none"
    OPUS = "opus"


class RecordingsSettings(Section):
    """How and where recordings are kept."""

    folder: Path | None = None
    """None: in the user's data folder."""
    encrypted: bool = True
    """By AES-GCM, with the key of the secret `recordings`."""
    compress: Compression = Compression.NONE
    """`opus` needs ffmpeg, opusenc, or a sox that writes it; what cannot be compressed is kept as it is."""
    disk_least_bytes: int = Field(default=1_000_000_000, ge=0)
    """A disk with less room than this is told of, before it is full."""


class QueueRecordingSettings(Section):
    """What of a queue's talks is recorded."""

    percent: float = Field(default=0.0, ge=0, le=100)
    """So many of a hundred, by chance."""
    forbidden: bool = False
    """None, whatever an agent's rule says and whoever asks."""
    hold: bool = True
    """What is said and heard while the customer is on hold, too."""
    keep_days: int = Field(default=90, ge=0, le=36_500)
    """0: for ever."""
    announcement: Prompt = NO_PROMPT
    """What a caller hears before joining the queue; None: nothing."""

    def rule(self) -> QueueRule:
        """Give the part of it that decides."""
        return QueueRule(percent=self.percent, forbidden=self.forbidden, hold=self.hold)
