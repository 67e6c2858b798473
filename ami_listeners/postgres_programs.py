"""Run PostgreSQL's own programs, as the user they belong to."""

from __future__ import annotations

import asyncio
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ami_listeners.errors import EmbeddedServerFailed
from ami_listeners.postgres_binaries import ServerUser

STAMP = re.compile(r"^\d{4}-\S+ \S+ \w+ \[\d+\] ")
"""Before every line of the server's log."""


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """initdb, pg_ctl and the like, from one folder."""

    bin_dir: Path
    user: ServerUser
    data_dir: Path
    timeout_s: float

    async def run(
        self, program: str, *words: str, expected: tuple[int, ...] = (0,), said_in: Path | None = None
    ) -> int:
        """Run a program to its end and return its exit code; `said_in` is a file it writes its errors to.

        Raises EmbeddedServerFailed with its last words for any code that is not expected.
        """
        code, said = await asyncio.to_thread(self._run, program, words)
        if code not in expected:
            said = (read_or_empty(said_in) if said_in else "") or said
            raise EmbeddedServerFailed(
                f"the embedded PostgreSQL in {self.data_dir} failed at {program} ({last_words(said)}): "
                "see the log folder there, or set database.url to a server of yours"
            )
        return code

    def _run(self, program: str, words: tuple[str, ...]) -> tuple[int, str]:
        """Run it in a thread: event loops differ in whether they can run programs as another user."""
        options: dict[str, Any] = {}
        if self.user.uid is not None:
            options = {"user": self.user.uid, "group": self.user.gid, "extra_groups": []}
        try:
            done = subprocess.run(
                [str(self.bin_dir / program), *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                timeout=self.timeout_s,
                check=False,
                **options,
            )
        except subprocess.TimeoutExpired:
            return -1, f"{program} did not finish within {self.timeout_s:.0f} s"
        return done.returncode, done.stdout.decode(errors="replace")


def read_or_empty(path: Path) -> str:
    """Read a file that need not be there."""
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def last_words(said: str) -> str:
    """Give the last two lines, without the server's stamps: the reason and its consequence."""
    lines = [STAMP.sub("", line).strip() for line in said.splitlines()]
    return "; ".join([line for line in lines if line][-2:]) or "it said nothing"
