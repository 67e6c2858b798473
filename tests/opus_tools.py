"""A real encoder of Opus, and its decoder: Debian's opus-tools, unpacked without root."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from ari_apps.local_asterisk.installation import tree_program
from ari_apps.local_asterisk.package_source import own_source
from ari_apps.local_asterisk.packages import Progress
from tests.unpacked import unpacked


def opus_tools(folder: Path, progress: Progress = lambda _text, _fraction: None) -> Path:
    """Put the programs into a folder, under their names."""
    root = unpacked("opus-tools", ["opus-tools"], own_source(None), progress)
    for name in ("opusenc", "opusdec"):
        write_program(folder / name, f'exec {shlex.join(tree_program(root, f"usr/bin/{name}"))} "$@"')
    return folder


def write_program(path: Path, line: str) -> None:
    """Write a program of one line."""
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def decode(folder: Path, sound: Path, to: Path) -> None:
    """Make a telephone's WAV file of Opus, with the sides it has."""
    words = (folder / "opusdec", "--quiet", "--force-wav", "--rate", "8000", sound, to)
    subprocess.run([str(word) for word in words], check=True)
