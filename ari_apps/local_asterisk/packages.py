"""Fetch Asterisk's Debian packages with apt as an ordinary user, and unpack them into a folder.

apt works here on a tree of its own: own sources, own lists, an empty dpkg status, so that nothing of the
machine's package database is read or changed. Signatures are always checked, against the keyring of the
distribution that is installed.
"""

from __future__ import annotations

import os
import re
import selectors
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ari_apps.local_asterisk.package_source import USE_CONTAINERS, AsteriskMissingError, Source

Progress = Callable[[str, float | None], None]
"""Told what is going on and, where it is known, how much of it is done (0 to 1).

What ends with a full stop is no step but a sentence that should stay to be read.
"""

PACKAGES = (
    "asterisk",
    "asterisk-core-sounds-en-wav",
    "asterisk-core-sounds-es-wav",
    "asterisk-core-sounds-fr-wav",
    "asterisk-core-sounds-it-wav",
    "asterisk-core-sounds-ru-wav",
    "asterisk-moh-opsound-wav",
    "espeak-ng",
    "sip-tester",
)
NOT_UNPACKED = (
    "./usr/share/doc",
    "./usr/share/locale",
    "./usr/share/man",
    "./usr/share/perl*",
    "./usr/lib/*/perl*",
    "./usr/lib/python3*",
)
NEEDED_BYTES = 1_000_000_000
STALLED_AFTER_S = 180.0
FAILURES = ("E:", "W: Failed to fetch")
"""apt counts an update as done when no list could be fetched."""


class ReleaseExpiredError(AsteriskMissingError):
    """The mirror's Release file is past its Valid-Until."""


def download(
    source: Source,
    folder: Path,
    progress: Progress,
    *,
    packages: Sequence[str] = PACKAGES,
    check_valid_until: bool | None = None,
) -> None:
    """Download `packages` and all they depend on into `folder`/archives, signatures checked.

    A Release file past its Valid-Until is accepted on a second try, and only then: the signature still is
    checked, and an old list of packages is better here than none. Raises AsteriskMissingError.
    """
    for part in ("lists/partial", "archives/partial", "log"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(source.lines())
    (folder / "apt.conf").write_text(apt_configuration(folder, check_valid_until=check_valid_until))
    apt = ["apt-get", "-c", str(folder / "apt.conf"), "-q", "-o", "APT::Status-Fd=1"]
    progress("fetching the list of packages", None)
    try:
        run_apt([*apt, "update"], lambda fraction: progress("fetching the list of packages", fraction))
    except ReleaseExpiredError as expired:
        if check_valid_until is False:
            raise
        progress(f"{expired}; taking it all the same, its signature is checked.", None)
        download(source, folder, progress, packages=packages, check_valid_until=False)
        return
    run_apt(
        [*apt, "install", "--yes", "--download-only", *packages],
        lambda fraction: progress(f"downloading {packages[0].capitalize()}", fraction),
    )


def apt_configuration(folder: Path, *, check_valid_until: bool | None) -> str:
    """Write apt's configuration for a tree of its own; proxies and the like stay those of the machine."""
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": folder,
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::State::extended_states": folder / "extended_states",
        "Dir::Cache": folder,
        "Dir::Cache::archives": folder / "archives",
        "Dir::Log": folder / "log",
        "APT::Sandbox::User": "",  # nobody else may be able to read the folder
        "APT::Install-Recommends": "false",
        "APT::Install-Suggests": "false",
        "APT::Get::AllowUnauthenticated": "false",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::AllowWeakRepositories": "false",
        "Acquire::AllowDowngradeToInsecureRepositories": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Acquire::http::Timeout": "30",
        "Acquire::https::Timeout": "30",
    }
    if check_valid_until is not None:
        settings["Acquire::Check-Valid-Until"] = str(check_valid_until).lower()
    if check_valid_until:
        settings["Acquire::Check-Date"] = "true"
    hooks = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success")
    cleared = "".join(f"#clear {hook};\n" for hook in hooks)  # they would touch the machine's own cache
    return cleared + "".join(f'{name} "{value}";\n' for name, value in settings.items())


def run_apt(command: list[str], advance: Callable[[float], None]) -> None:
    """Run apt to its end, passing on its progress; raises AsteriskMissingError in one sentence."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    said: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    ) as apt:
        try:
            for line in lines_of(apt):
                if status := re.match(r"dlstatus:\d+:([\d.]+):", line):
                    advance(float(status[1]) / 100)
                else:
                    said.append(line)
        except BaseException:
            apt.terminate()
            raise
    if apt.returncode or any(line.startswith(FAILURES) for line in said):
        raise explain_apt("\n".join(said))


def lines_of(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield the lines of a process as they come; raises AsteriskMissingError when none come for long."""
    assert process.stdout is not None  # noqa: S101
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(STALLED_AFTER_S):
                raise AsteriskMissingError(
                    f"apt has been silent for {STALLED_AFTER_S:.0f} s: is the mirror reachable?"
                )
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                break
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)
    if rest:
        yield rest.decode(errors="replace")


def explain_apt(said: str) -> AsteriskMissingError:
    """Turn what apt printed into the one sentence that helps."""
    errors = [line[2:].strip() for line in said.splitlines() if line.startswith(("E:", "W:"))]
    first = errors[0] if errors else said.strip()[-300:]
    if expired := re.search(r"(Release file for \S+ is expired[^.]*)", said):
        return ReleaseExpiredError(expired[1])
    if re.search(r"NO_PUBKEY|EXPKEYSIG|BADSIG|signatures? (couldn't be|were invalid)|is not signed", said):
        return AsteriskMissingError(
            "the mirror's packages are not signed by a key of this system's archive keyring: update the "
            f"package debian-archive-keyring (or ubuntu-keyring), or choose another --mirror ({first})"
        )
    if re.search(r"Unable to locate package|has no installation candidate|not have a Release file", said):
        return AsteriskMissingError(
            "the mirror has no asterisk package for this system: choose another with "
            f"`callfloor asterisk install --mirror URL`, or {USE_CONTAINERS} ({first})"
        )
    if re.search(r"resolv|[Cc]onnect|timed out|unreachable|Failed to fetch", said):
        return AsteriskMissingError(
            "Asterisk cannot be downloaded, the mirror is not reachable: look at the network or the proxy, "
            f"or name another mirror with `callfloor asterisk install --mirror URL` ({first})"
        )
    if "No space left" in said or "enough free space" in said:
        return no_space()
    return AsteriskMissingError(f"apt could not fetch Asterisk: {errors[-1] if errors else first}")


def no_space() -> AsteriskMissingError:
    """Say that the disk is full."""
    return AsteriskMissingError(
        f"not enough space to unpack Asterisk: free {NEEDED_BYTES // 1_000_000} MB, "
        "or point XDG_CACHE_HOME to a disk that has it"
    )


def unpack(archives: Path, root: Path, progress: Progress) -> None:
    """Unpack every downloaded package below `root`; nothing in them is run, no special mode bit survives."""
    packages = sorted(archives.glob("*.deb"))
    root.mkdir(parents=True)
    for number, package in enumerate(packages):
        progress("unpacking the packages", number / len(packages))
        unpack_one(package, root)
    progress("unpacking the packages", 1.0)


def unpack_one(package: Path, root: Path) -> None:
    """Unpack one package."""
    tar = ["tar", "--extract", "--directory", str(root), "--no-same-owner", "--no-same-permissions"]
    tar += [f"--exclude={pattern}" for pattern in NOT_UNPACKED]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as dpkg:
        done = subprocess.run(
            tar, stdin=dpkg.stdout, capture_output=True, text=True, timeout=300, check=False
        )
    if done.returncode or dpkg.returncode:
        if "No space left" in done.stderr:
            raise no_space()
        raise AsteriskMissingError(f"{package.name} cannot be unpacked: {done.stderr.strip()[-200:]}")
