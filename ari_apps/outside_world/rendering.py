"""Write the configuration of the outside world's Asterisk."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from ari_apps.configuration.settings import Address
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.outside_world.settings import Account, Carrier, OutsideAddresses
from ari_apps.outside_world.voices import write_voices
from ari_apps.rendering import AsteriskDirectories, template_environment, templates_folder, write_private

APP = "outside"
"""The Stasis application, and the user of ARI and AMI."""
CODECS = ("alaw", "ulaw")


def new_password() -> str:
    """Make up a password for one life of the outside world."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePlan:
    """Everything the templates are filled with."""

    floor: Address
    addresses: OutsideAddresses
    accounts: Sequence[Account]
    carrier: Carrier
    cables: Mapping[str, Address]
    voices: Mapping[str, Path] = field(default_factory=dict)
    """Folders of sounds, beside those of the tones."""
    codecs: Sequence[str] = CODECS
    ari_password: str = field(default_factory=new_password, repr=False)
    ami_password: str = field(default_factory=new_password, repr=False)


def render_outside(
    plan: OutsidePlan, folder: Path, installation: AsteriskInstallation
) -> AsteriskDirectories:
    """Write configuration and voices into `folder`."""
    directories = AsteriskDirectories.below(folder / "etc", installation, folder)
    directories.make()
    environment = template_environment().overlay(loader=jinja2.FileSystemLoader(templates()))
    context = {
        "app": APP,
        "directories": directories,
        "has": installation.has,
        "voices": write_voices(folder / "voices") | dict(plan.voices),
        "floor": plan.floor,
        "addresses": plan.addresses,
        "accounts": plan.accounts,
        "carrier": plan.carrier,
        "cables": plan.cables,
        "codecs": plan.codecs,
        "ari_password": plan.ari_password,
        "ami_password": plan.ami_password,
    }
    for template in sorted(templates().glob("*.conf.j2")):
        text = environment.get_template(template.name).render(context)
        write_private(directories.etc / template.name.removesuffix(".j2"), text)
    return directories


def templates() -> Path:
    """Find the templates of the outside world."""
    return templates_folder().parent / "outside"
