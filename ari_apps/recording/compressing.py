"""Make a recording small, with what this machine has for it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger()

COMPRESSING_S = 600.0
POLITELY = ("nice", "-n", "10")
"""Calls go first."""
KBIT = "32"
ENCODERS: tuple[tuple[str, Callable[[str, str], tuple[str, ...]]], ...] = (
    (
        "ffmpeg",
        lambda sound, to: (
            *("-nostdin", "-loglevel", "error", "-y", "-i", sound),
            *("-c:a", "libopus", "-b:a", f"{KBIT}k", "-f", "ogg", to),
        ),
    ),
    ("opusenc", lambda sound, to: ("--quiet", "--bitrate", KBIT, sound, to)),
    ("sox", lambda sound, to: ("-t", "wav", sound, "-t", "opus", to)),
)
"""Of SoX only newer ones write Opus: Debian's 14.4.2 reads it."""


def compressed(sound: Path, to: Path) -> bool:
    """Write a sound as Opus with the first program that can; tell whether that was done."""
    polite = POLITELY if shutil.which(POLITELY[0]) else ()
    for name, words in ENCODERS:
        if (program := shutil.which(name)) is None:
            continue
        command = (*polite, program, *words(str(sound), str(to)))
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=COMPRESSING_S)
        except (OSError, subprocess.SubprocessError) as failure:
            log.warning("recording.not_compressed", program=name, why=str(failure))
        else:
            return to.stat().st_size > 0
    return False
