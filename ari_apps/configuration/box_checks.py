"""Find voicemail boxes that cannot do what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ari_apps.configuration.errors import Problem, at

if TYPE_CHECKING:
    from ari_apps.configuration.floor_toml import FloorConfiguration


def wrong_boxes(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find boxes that tell by mail though no server takes any, and greetings that nobody could speak."""
    codes: dict[str, str] = {}
    for name, box in configuration.voicemail.items():
        if box.notify.mail and configuration.mail is None:
            yield at(f"voicemail.{name}.notify.mail", "needs a server that takes mail, name one in [mail]")
        if (code := box.greeting_code) is None:
            continue
        place = f"voicemail.{name}.greeting_code"
        if box.of is None:
            yield at(place, "is for those whose box it is: say of, as in queue:sales")
        if code in codes:
            yield at(place, f"{code!r} is taken by voicemail.{codes[code]}, choose another")
        codes.setdefault(code, name)
