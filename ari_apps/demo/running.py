"""What the demo needs to know of a callfloor that runs in the same process; the wiring gives it one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from ami_listeners.clock import Clock
from ami_listeners.health import Health
from ami_listeners.journal import Journal
from ari_apps.apps import Apps, AsteriskFolders
from ari_apps.configuration.floor_toml import FloorConfiguration
from queue_strategies.facts import Fact
from queue_strategies.figures import Figures


class RunningFloor(Protocol):
    """A floor that runs."""

    configuration: FloorConfiguration
    clock: Clock
    figures: Figures
    journal: Journal
    health: Health
    apps: Apps | None
    watchers: list[Callable[[Fact], None]]

    def given_up(self) -> Iterator[Coroutine[Any, Any, object]]:
        """Yield what ends, by an error that says why, when trying further is vain."""
        ...


class Running(Protocol):
    """Runs a floor for as long as the context is open."""

    def __call__(
        self, configuration: FloorConfiguration, *, folders: AsteriskFolders
    ) -> AbstractAsyncContextManager[RunningFloor]:
        """Run this configuration beside the Asterisk with these folders."""
        ...
