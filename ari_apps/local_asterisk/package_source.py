"""Choose where Asterisk's packages come from: the mirror that this machine uses already."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from queue_strategies.errors import CallfloorError

USE_CONTAINERS = "use the containers: docker compose -f deploy/compose.yaml up"
DEBIAN_SUITE = "forky"
"""Debian 12 and 13 have no Asterisk; the next one does."""
INDEX_TARGET_FORMAT = "$(REPO_URI) $(RELEASE) $(COMPONENT)"


class AsteriskMissingError(CallfloorError):
    """There is no Asterisk here and none can be fetched; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """One line of apt's sources."""

    mirror: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    keyring: Path

    def lines(self) -> str:
        """Write it as apt reads it."""
        components = " ".join(self.components)
        return "".join(
            f"deb [signed-by={self.keyring}] {self.mirror} {suite} {components}\n" for suite in self.suites
        )


def read_os_release(text: str) -> dict[str, str]:
    """Read os-release(5): names to values, quotes taken off."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def choose_source(os_release: Mapping[str, str], index_targets: str, mirror: str | None = None) -> Source:
    """Choose where Asterisk comes from on this distribution.

    `index_targets` is what `apt-get indextargets` printed in the format INDEX_TARGET_FORMAT. Ubuntu has an
    Asterisk of its own; Debian's is taken from DEBIAN_SUITE. Raises AsteriskMissingError for another system.
    """
    codename = os_release.get("UBUNTU_CODENAME") or os_release.get("VERSION_CODENAME", "")
    ubuntu = os_release.get("ID") == "ubuntu" or "UBUNTU_CODENAME" in os_release
    if not ubuntu and "debian" not in (os_release.get("ID", ""), *os_release.get("ID_LIKE", "").split()):
        raise AsteriskMissingError(
            "no Asterisk on the PATH, and this system is neither Debian nor Ubuntu: install Asterisk 20 or "
            f"newer with the system's own package tool, or {USE_CONTAINERS}"
        )
    mirror = mirror or find_mirror(index_targets, "ubuntu" if ubuntu else "debian", codename)
    if ubuntu:
        keyring = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")
        return Source(mirror, (codename, f"{codename}-updates"), ("main", "universe"), keyring)
    keyrings = [Path(f"/usr/share/keyrings/debian-archive-keyring.{ending}") for ending in ("pgp", "gpg")]
    keyring = next((path for path in keyrings if path.exists()), keyrings[-1])
    return Source(mirror, (DEBIAN_SUITE,), ("main",), keyring)


def find_mirror(index_targets: str, distribution: str, codename: str) -> str:
    """Find the mirror that this machine's own packages come from."""
    targets = [line.split() for line in index_targets.splitlines() if len(line.split()) == 3]
    main = [(uri, release) for uri, release, component in targets if component == "main"]
    for uri, release in main:
        if release == codename:
            return uri
    for uri, release in main:
        if distribution in uri and "security" not in release:
            return uri
    raise AsteriskMissingError(
        f"apt on this machine names no {distribution.capitalize()} mirror: "
        "say one with `callfloor asterisk install --mirror URL`"
    )


def own_source(mirror: str | None) -> Source:
    """Choose the source for the machine we are on."""
    for tool in ("apt-get", "dpkg-deb", "tar"):
        if shutil.which(tool) is None:
            raise AsteriskMissingError(
                f"no Asterisk on the PATH, and no {tool} to unpack one: install Asterisk 20 or newer, "
                f"or {USE_CONTAINERS}"
            )
    release_file = next(
        (p for p in map(Path, ("/etc/os-release", "/usr/lib/os-release")) if p.exists()), None
    )
    os_release = read_os_release(release_file.read_text()) if release_file else {}
    # without release info, as apt tells of a mirror whose lists were never fetched in no other way
    listing = ["apt-get", "indextargets", "--no-release-info", "--format", INDEX_TARGET_FORMAT]
    command = [*listing, "Created-By: Packages"]
    targets = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    source = choose_source(os_release, targets, mirror)
    if not source.keyring.exists():
        raise AsteriskMissingError(
            f"{source.keyring} is missing, so that no signature can be checked: "
            f"install the package {source.keyring.stem}"
        )
    return source
