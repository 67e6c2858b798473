"""A disk that is soon full, without harm to any other: three ways, as machines allow different ones."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from tests.bench.sipp_load import stop, until_we_end

FOR_ROOT, FOR_ALL = ("-m",), ("-U", "-r", "-m")
"""A mount namespace of its own; for ordinary users within a user namespace of its own."""
MOUNT = 'mount -t tmpfs -o size="$1" none "$0" && echo mounted && exec sleep infinity'


class SmallDisk:
    """A folder that takes so many bytes, from the view of those who are run `within`."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.within: tuple[str, ...] = ()
        """What to write before a command."""
        self.least_bytes = size * 2 // 3
        """How much is to be free on it."""
        self._keeper: Process | None = None

    async def __aenter__(self) -> SmallDisk:
        self.folder.mkdir(parents=True)
        for kind in (FOR_ROOT, FOR_ALL) if os.geteuid() == 0 else (FOR_ALL,):
            if await self._mounted(kind):
                return self
        self.within = ("prlimit", f"--fsize={self.size}")
        self.least_bytes = 10**18  # a limit of files is seen on no disk
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeper is not None:
            await stop(self._keeper)

    @property
    def seen_from_outside(self) -> Path:
        """The folder as those find it who are not run `within`."""
        if self._keeper is None:
            return self.folder
        return Path(f"/proc/{self._keeper.pid}/root") / self.folder.relative_to("/")

    async def _mounted(self, kind: tuple[str, ...]) -> bool:
        words = (shutil.which("unshare") or "", *kind, "sh", "-c", MOUNT, str(self.folder), str(self.size))
        keeper = await asyncio.create_subprocess_exec(
            *until_we_end(words), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
        assert keeper.stdout is not None
        if await keeper.stdout.readline() != b"mounted\n":
            await stop(keeper)
            return False
        self._keeper = keeper
        entered = ("-m",) if kind == FOR_ROOT else ("-U", "-m", "--preserve-credentials")
        self.within = ("nsenter", "-t", str(keeper.pid), *entered, "--")
        return True
