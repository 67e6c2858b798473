"""An Asterisk of 2021, Debian 11's 16.28: what listens to AMI is shown on it too, unpacked without root."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ari_apps.local_asterisk.installation import (
    AsteriskInstallation,
    find_or_install,
    tree_program,
    version_of,
)
from ari_apps.local_asterisk.package_source import own_source
from ari_apps.local_asterisk.packages import Progress
from tests.unpacked import unpacked

SUITE = "bullseye"
PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-gsm")


def find_or_install_older(progress: Progress = lambda _text, _fraction: None) -> AsteriskInstallation:
    """Find it in the user's cache, or unpack it there; SIPp and the voice are those of the present one.

    Raises AsteriskMissingError, which says what keeps packages from being fetched.
    """
    present = find_or_install(progress, with_sipp=True)
    source = replace(own_source(None), suites=(SUITE,))
    return describe(unpacked(f"older-asterisk/{SUITE}", PACKAGES, source, progress), present)


def describe(root: Path, present: AsteriskInstallation) -> AsteriskInstallation:
    """Describe the tree, whose libraries and modules lie elsewhere than in newer packages."""
    loader, option, libraries, program = tree_program(root, "usr/sbin/asterisk")
    asterisk = (loader, option, f"{libraries}:{root / 'usr/lib'}", program)
    return replace(
        present,
        asterisk=asterisk,
        modules_dir=root / "usr/lib/asterisk/modules",
        data_dir=root / "usr/share/asterisk",
        version=version_of(asterisk) or (),
    )
