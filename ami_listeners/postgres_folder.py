"""A data folder of PostgreSQL's, and what lies beside it: the socket, locks between callfloors, a note."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import IO

from ami_listeners.errors import EmbeddedServerFailed
from ami_listeners.postgres_binaries import ServerUser, server_user
from ami_listeners.postgres_programs import read_or_empty

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107
"""What Linux takes, in bytes."""


class PostgresFolder:
    """One data folder, perhaps shared with other callfloors."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self.user = ServerUser()
        self._sharing: IO[str] | None = None

    @property
    def socket_dir(self) -> Path:
        """Give the socket's folder: beside the data, or in the temporary folder where that is too long."""
        beside = self.data_dir.with_name(self.data_dir.name + ".run")
        if len(os.fsencode(beside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return beside
        name = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"callfloor-{name}"

    # -- the server on it -----------------------------------------------------------------------------------

    def version(self) -> int | None:
        """Read which major version made the data; None where there are none."""
        text = read_or_empty(self.data_dir / "PG_VERSION").strip()
        return int(text) if text.isdigit() else None

    def alive(self) -> bool:
        """Tell whether a server runs on it."""
        try:
            os.kill(int(self._pid()), 0)
        except (ValueError, ProcessLookupError):
            return False
        except PermissionError:  # it is, and runs as somebody else
            pass
        return True

    def note_our_server(self) -> None:
        """Note that the server was started by one of us."""
        self._note.write_text(self._pid())

    def forget_our_server(self) -> None:
        """Take the note away."""
        self._note.unlink(missing_ok=True)

    def has_our_server(self) -> bool:
        """Tell whether the server was started by one of us."""
        return read_or_empty(self._note) == self._pid() != ""

    def _pid(self) -> str:
        return read_or_empty(self.data_dir / "postmaster.pid").partition("\n")[0]

    @property
    def _note(self) -> Path:
        return self.data_dir / "callfloor.pid"

    # -- who else uses it -----------------------------------------------------------------------------------

    @property
    def shared(self) -> bool:
        """Tell whether we use the server."""
        return self._sharing is not None

    def share(self) -> None:
        """Say to the others that we use the server."""
        self.let_go()
        self._sharing = self._lock_file("users").open("a")
        fcntl.flock(self._sharing, fcntl.LOCK_SH)

    def let_go(self) -> None:
        """Use the server no more."""
        if self._sharing is not None:
            self._sharing.close()
            self._sharing = None

    def used_by_others(self) -> bool:
        """Tell whether another callfloor uses the server."""
        with self._lock_file("users").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    async def alone(self) -> IO[str]:
        """Hold everybody else off starting and stopping, until closed."""
        file = self._lock_file("start").open("a")
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        return file

    def _lock_file(self, name: str) -> Path:
        return self.data_dir.with_name(f".{self.data_dir.name}.{name}.lock")

    # -- whose files they are -------------------------------------------------------------------------------

    def choose_user(self) -> None:
        """Choose as whom the server runs, and make the folder above the data."""
        self.user = server_user(self.data_dir)
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)

    def own(self, folder: Path) -> None:
        """Make a folder that only the server's user enters, or make sure that it is one."""
        try:
            folder.mkdir(mode=0o700)
            self.give(folder)
        except FileExistsError:
            status = folder.lstat()
            ours = status.st_uid == self.user.effective_uid and not status.st_mode & 0o077
            if not (stat.S_ISDIR(status.st_mode) and ours):
                raise EmbeddedServerFailed(
                    f"{folder} belongs to somebody else or is open to others: remove it"
                ) from None

    def give(self, path: Path) -> None:
        """Give a file to the server's user."""
        if self.user.uid is not None and self.user.gid is not None:
            os.chown(path, self.user.uid, self.user.gid)
