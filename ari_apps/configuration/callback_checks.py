"""Find what cannot be meant in how queues and boxes call back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ari_apps.configuration.errors import Problem, at

if TYPE_CHECKING:
    from ari_apps.configuration.floor_toml import FloorConfiguration


def wrong_callbacks(configuration: FloorConfiguration) -> Iterator[Problem]:
    """Find keys with two meanings, and callbacks for which there is no line."""
    for n, queue in enumerate(configuration.queues):
        callback = queue.callback
        if callback is None:
            continue
        if callback.key in queue.exit_keys:
            told = f"{callback.key!r} is one of exit_keys already, choose another key"
            yield at(f"queues[{n}].callback.key", told)
        if configuration.outbound.trunk is None:
            told = "needs a line to the outside world, name one in outbound.trunk"
            yield at(f"queues[{n}].callback", told)
    for name, box in configuration.voicemail.items():
        if box.call_back_numbers and configuration.outbound.trunk is None:
            told = "need a line to the outside world, name one in outbound.trunk"
            yield at(f"voicemail.{name}.call_back_numbers", told)
