"""Find an Asterisk on this machine, or unpack one into the user's cache; neither needs root."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ari_apps.local_asterisk.package_source import USE_CONTAINERS, AsteriskMissingError, own_source
from ari_apps.local_asterisk.packages import NEEDED_BYTES, Progress, download, no_space, unpack

OLDEST = (20,)
RECIPE = 1
"""Raised when what is unpacked changes, so that an older tree in a cache is not taken for the present one."""
MACHINES = {
    "x86_64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
PROMPTS = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskInstallation:
    """An Asterisk that can be started here, and what came with it."""

    asterisk: tuple[str, ...]
    """The command without arguments; of several words where the tree brings its own loader."""
    modules_dir: Path
    data_dir: Path
    """Sounds, music, documentation: Asterisk's astdatadir."""
    version: tuple[int, ...]
    unpacked: bool
    """From our cache, not the system's."""
    sipp: tuple[str, ...] | None = None
    espeak: tuple[str, ...] | None = None

    def command(self, config_dir: Path) -> list[str]:
        """Give the command that runs it in the foreground with the configuration in this folder."""
        return [*self.asterisk, "-C", str(config_dir / "asterisk.conf"), "-f", "-n"]

    def cli(self, config_dir: Path, command: str) -> list[str]:
        """Give the command that asks the running one."""
        return [*self.asterisk, "-C", str(config_dir / "asterisk.conf"), "-rx", command]

    def has(self, module: str) -> bool:
        """Tell whether a module (`res_ari`) is there."""
        return (self.modules_dir / f"{module}.so").exists()


def find_or_install(
    progress: Progress = lambda _text, _fraction: None, *, mirror: str | None = None, with_sipp: bool = False
) -> AsteriskInstallation:
    """Find the Asterisk to use, installing one into the cache if there is none.

    With `with_sipp` one that has SIPp beside it is wanted. Blocks, up to minutes when it downloads.
    Raises AsteriskMissingError.
    """
    found = find(with_sipp=with_sipp)
    return found or install(progress, mirror=mirror)


def find(*, with_sipp: bool = False) -> AsteriskInstallation | None:
    """Find the Asterisk to use: the system's if it is new enough, else the one in the cache."""
    system = find_on_system()
    if system is not None and (system.sipp or not with_sipp):
        return system
    return find_in_cache()


def find_on_system() -> AsteriskInstallation | None:
    """Find an Asterisk on the PATH (or in sbin) that is new enough and whose modules are known."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"])
    binary = shutil.which("asterisk", path=path)
    if binary is None:
        return None
    version = version_of((binary,))
    modules, data = system_directories(Path(binary))
    if version is None or version < OLDEST or modules is None or data is None:
        return None
    sipp, espeak = shutil.which("sipp"), shutil.which("espeak-ng")
    return AsteriskInstallation(
        asterisk=(binary,),
        modules_dir=modules,
        data_dir=data,
        version=version,
        unpacked=False,
        sipp=(sipp,) if sipp else None,
        espeak=(espeak,) if espeak else None,
    )


def version_of(asterisk: tuple[str, ...]) -> tuple[int, ...] | None:
    """Ask an Asterisk for its version."""
    try:
        said = subprocess.run(
            [*asterisk, "-V"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    numbers = re.search(r"Asterisk (?:certified[-/])?(\d+(?:\.\d+)*)", said)
    return tuple(int(number) for number in numbers[1].split(".")) if numbers else None


def system_directories(binary: Path) -> tuple[Path | None, Path | None]:
    """Find the modules and data folders of a system's Asterisk, packaged or built by hand."""
    prefix = binary.resolve().parent.parent
    triplet = MACHINES.get(platform.machine(), ("", ""))[0]
    modules = [prefix / part / "asterisk/modules" for part in (f"lib/{triplet}", "lib64", "lib")]
    data = [prefix / "share/asterisk", Path("/var/lib/asterisk"), Path("/usr/share/asterisk")]
    return (
        next((folder for folder in modules if (folder / "res_ari.so").exists()), None),
        next((folder for folder in data if (folder / "documentation").is_dir()), None),
    )


def cache_folder() -> Path:
    """Name the folder below which trees are unpacked."""
    return platformdirs.user_cache_path("callfloor") / "asterisk"


def find_in_cache() -> AsteriskInstallation | None:
    """Find the newest complete tree in the cache; one being unpacked has another name."""
    trees = [read_tree(path) for path in cache_folder().glob(f"*-recipe{RECIPE}/tree.json")]
    return max((tree for tree in trees if tree), key=lambda tree: tree.version, default=None)


def read_tree(path: Path) -> AsteriskInstallation | None:
    """Describe an unpacked tree by the file that was written last into it."""
    try:
        facts = json.loads(path.read_text())
        if facts["machine"] != platform.machine():
            return None
        return describe_tree(path.parent, tuple(facts["version"]))
    except (OSError, ValueError, KeyError):
        return None


def describe_tree(root: Path, version: tuple[int, ...]) -> AsteriskInstallation:
    """Describe an unpacked tree; its programs run in place."""
    triplet, _ = MACHINES[platform.machine()]
    return AsteriskInstallation(
        asterisk=tree_program(root, "usr/sbin/asterisk"),
        modules_dir=root / "usr/lib" / triplet / "asterisk/modules",
        data_dir=root / "usr/share/asterisk",
        version=version,
        unpacked=True,
        sipp=tree_program(root, "usr/bin/sipp"),
        espeak=(*tree_program(root, "usr/bin/espeak-ng"), f"--path={root / 'usr/lib' / triplet}"),
    )


def tree_program(root: Path, name: str) -> tuple[str, ...]:
    """Give the command that runs a program of an unpacked tree, through the tree's own loader and libraries.

    Raises AsteriskMissingError when the tree has no loader.
    """
    triplet, loader = MACHINES[platform.machine()]
    libraries = [root / "usr/lib" / triplet, root / "lib" / triplet]
    found_loader = next((path / loader for path in libraries if (path / loader).exists()), None)
    if found_loader is None:
        raise AsteriskMissingError(
            f"{root} has no {loader}: remove it and run `callfloor asterisk install` again"
        )
    folders = [part / sub for part in libraries for sub in ("", "asterisk", "pulseaudio")]
    path = ":".join(str(folder) for folder in folders if folder.is_dir())
    return (str(found_loader), "--library-path", path, str(root / name))


def install(progress: Progress, *, mirror: str | None = None) -> AsteriskInstallation:
    """Unpack an Asterisk into the cache and describe it; a second caller waits and takes the first's tree.

    Raises AsteriskMissingError. An interrupted installation leaves nothing that looks like a finished one.
    """
    if platform.machine() not in MACHINES:
        raise AsteriskMissingError(
            f"no Asterisk on the PATH, and none is unpacked for {platform.machine()}: "
            "install Asterisk 20 or newer"
        )
    source = own_source(mirror)
    folder = prepare_cache()
    with locked(folder / "lock", progress):
        if found := find_in_cache():
            return found
        with tempfile.TemporaryDirectory(dir=folder, prefix="unfinished-") as scratch:
            work = Path(scratch)
            download(source, work / "apt", progress)
            unpack(work / "apt" / "archives", work / "tree", progress)
            return settle(work / "tree", folder)


def prepare_cache() -> Path:
    """Make the cache folder, and see that it can take a tree."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for unfinished in folder.glob("unfinished-*"):
            remove_if_left_behind(unfinished, folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise AsteriskMissingError(
            f"{folder} cannot be written ({error.strerror}): point XDG_CACHE_HOME to a folder of yours"
        ) from error
    if free < NEEDED_BYTES:
        raise no_space()
    return folder


def remove_if_left_behind(unfinished: Path, folder: Path) -> None:
    """Remove what a killed installation left, unless one is going on."""
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold a lock between processes; the kernel lets go of it when its holder dies."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another installation to finish", None)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def settle(tree: Path, folder: Path) -> AsteriskInstallation:
    """Finish a tree and give it its lasting name in one step."""
    sounds = tree / "usr/share/asterisk/sounds"
    for language, voice in PROMPTS.items():
        if (sounds / voice).is_dir() and not (sounds / language).exists():
            (sounds / language).symlink_to(voice)  # what Debian's install scripts would do
    version = version_of(describe_tree(tree, (0,)).asterisk)
    if version is None:
        raise AsteriskMissingError(
            "the unpacked Asterisk does not start here; install one with the system's package tool"
        )
    if version < OLDEST:
        raise AsteriskMissingError(
            f"this system's packages hold Asterisk {version[0]}, and {OLDEST[0]} or newer is needed: "
            f"use a newer system, or {USE_CONTAINERS}"
        )
    (tree / "tree.json").write_text(json.dumps({"version": version, "machine": platform.machine()}))
    name = f"{'.'.join(map(str, version))}-{platform.machine()}-recipe{RECIPE}"
    lasting = folder / name
    tree.chmod(0o755)
    if lasting.exists():
        shutil.rmtree(lasting)  # one that had lost its tree.json
    tree.rename(lasting)
    return describe_tree(lasting, version)
