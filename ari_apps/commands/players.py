"""Play a sound file to whoever sits at this machine, with the programs it has."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from queue_strategies.errors import CallfloorError

PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("paplay",),
    ("play", "-q"),
    ("aplay", "-q"),
)
ONLY_WAV = "aplay"
"""It plays anything else as noise."""
OGG = b"OggS"


class NoPlayerError(CallfloorError):
    """There is no program on this machine that plays a sound."""


@contextmanager
def played(sound: Path) -> Iterator[None]:
    """Play what was put into a file within the context; raises NoPlayerError, without a player before it."""
    there = [words for words in PLAYERS if shutil.which(words[0])]
    if not there:
        names = [words[0] for words in PLAYERS]
        raise NoPlayerError(f"there is no {', '.join(names[:-1])} or {names[-1]} here: write it into a file")
    yield
    compressed = sound.read_bytes()[: len(OGG)] == OGG
    for words in there:
        if not (compressed and words[0] == ONLY_WAV) and _plays(words, sound):
            return
    tried = ", ".join(words[0] for words in there)
    raise NoPlayerError(
        f"{tried} could not play this {'Opus' if compressed else 'WAV'}: write it into a file"
    )


def _plays(words: tuple[str, ...], sound: Path) -> bool:
    return subprocess.run([*words, str(sound)], check=False).returncode == 0
