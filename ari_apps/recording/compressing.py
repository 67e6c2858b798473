"""Make a recording small, with what this machine has for it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import structlog

log = structlog.get_logger()

COMPRESSING_S = 600.0
POLITELY = ("nice", "-n", "10")
"""Calls go first."""


def compressed(sound: Path, to: Path) -> bool:
    """Write a sound as Opus with what this machine has for it; tell whether that was done."""
    if program := shutil.which("ffmpeg"):
        rate = ("-c:a", "libopus", "-b:a", "32k", "-f", "ogg")
        words = [program, "-nostdin", "-loglevel", "error", "-y", "-i", str(sound), *rate, str(to)]
    elif program := shutil.which("sox"):
        words = [program, "-t", "wav", str(sound), "-t", "opus", str(to)]
    else:
        return False
    polite = POLITELY if shutil.which(POLITELY[0]) else ()
    try:
        subprocess.run([*polite, *words], check=True, capture_output=True, timeout=COMPRESSING_S)
    except (OSError, subprocess.SubprocessError) as failure:
        log.warning("recording.not_compressed", why=str(failure))
        return False
    return to.stat().st_size > 0
