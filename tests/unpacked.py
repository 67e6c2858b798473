"""Programs for tests from the distribution's packages, unpacked into the user's cache without root."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from ari_apps.local_asterisk.installation import locked
from ari_apps.local_asterisk.package_source import Source
from ari_apps.local_asterisk.packages import Progress, download, unpack


def unpacked(name: str, packages: Sequence[str], source: Source, progress: Progress) -> Path:
    """Give the folder with these packages and all they need; a second caller waits for the first.

    `name` is that of a folder of ours in the cache, and what lies below it. Raises AsteriskMissingError,
    which says what keeps packages from being fetched.
    """
    lasting = platformdirs.user_cache_path("callfloor") / name
    folder = lasting.parent
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock", progress):
        if not lasting.is_dir():
            for left_behind in folder.glob("unfinished-*"):
                shutil.rmtree(left_behind)
            with tempfile.TemporaryDirectory(dir=folder, prefix="unfinished-") as scratch:
                work = Path(scratch)
                download(source, work / "apt", progress, packages=packages)
                unpack(work / "apt" / "archives", work / "tree", progress)
                shutil.move(work / "tree", lasting)
    return lasting
