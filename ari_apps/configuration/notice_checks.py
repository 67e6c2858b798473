"""Find boxes that tell of their messages by mail, though no server takes any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ari_apps.configuration.errors import Problem, at

if TYPE_CHECKING:
    from ari_apps.configuration.floor_toml import FloorConfiguration


def mail_without_server(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find them."""
    for name, box in configuration.voicemail.items():
        if box.notify.mail and configuration.mail is None:
            yield at(f"voicemail.{name}.notify.mail", "needs a server that takes mail, name one in [mail]")
