"""Where recordings lie: a file each, named by its id, in a folder for each day."""

from __future__ import annotations

import datetime as dt
import os
import re
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from ari_apps.recording.vault import Kept, Key, UnreadableRecordingError, lock

FILE = re.compile(r"\d{4}/\d{2}/\d{2}/[0-9a-f-]{36}\.(?:wav|opus)(?:\.locked)?")
"""What a file of ours is called below the folder, and nothing else."""
LOCKED = ".locked"


class Shelved(NamedTuple):
    """A file that is where it stays."""

    file: str
    size_bytes: int
    sha256: str


class Shelf:
    """A folder of recordings; everything here may take long, do it in a thread."""

    def __init__(self, folder: Path, key: Key, *, encrypts: bool = True) -> None:
        self.folder = folder
        self.key = key
        self.encrypts = encrypts
        """What is written from now on; what was written before is read either way."""

    def scratch(self) -> Path:
        """Make a file to work in, on the same disk, for us alone."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=self.folder, prefix=".new-", delete=False) as new:
            return Path(new.name)

    def put(self, sound: Path, recording: str, media: str, began_at: dt.datetime) -> Shelved:
        """Put a sound there, encrypted if there is a key, whole or not at all; raises OSError."""
        file = f"{began_at:%Y/%m/%d}/{recording}.{media}{LOCKED if self.encrypts else ''}"
        path = self.path(file)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        locked = self.scratch()
        try:
            if self.encrypts:
                with locked.open("wb") as out:
                    lock(sound, out, self.key)
            else:
                sound.replace(locked)
            digest, size = _settled(locked)
            locked.replace(path)
        except BaseException:
            locked.unlink(missing_ok=True)
            raise
        return Shelved(file, size, digest)

    def open(self, file: str) -> Kept:
        """Open a file to be read; raises UnreadableRecordingError."""
        path = self.path(file)
        try:
            return Kept(path, self.key)
        except FileNotFoundError:
            raise UnreadableRecordingError(
                f"{path}: is not there, look where else recordings were kept"
            ) from None
        except OSError as error:
            raise UnreadableRecordingError(f"{path}: cannot be read ({error.strerror})") from None

    def remove(self, file: str) -> bool:
        """Delete a file; tell whether it was there. Raises OSError."""
        try:
            self.path(file).unlink()
        except FileNotFoundError:
            return False
        return True

    def path(self, file: str) -> Path:
        """Name a file's place; raises UnreadableRecordingError for what no recording is called."""
        if not FILE.fullmatch(file):
            raise UnreadableRecordingError(f"{file[:100]!r} is not what a recording is called")
        return self.folder / file


def _settled(path: Path) -> tuple[str, int]:
    """Have a file written for good; return its digest and size."""
    digest, size = sha256(), 0
    with path.open("r+b") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            size += len(piece)
        os.fsync(file.fileno())
    path.chmod(0o600)
    return digest.hexdigest(), size
