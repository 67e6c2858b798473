"""The command line's commands, a module for each, which is read only when somebody calls the command."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand


class CommandAtNeed(TyperCommand):
    """A command of which name and help are known before its module is read."""

    def __init__(self, name: str, place: str, told: str) -> None:
        """Name the `place` as `module:object`, below this package: a function, or a Typer app."""
        super().__init__(name, help=told)
        self._place = place

    def itself(self) -> Any:
        """Read the module and give the command itself."""
        module, _, wanted = self._place.partition(":")
        found = getattr(import_module(f"{__name__}.{module}"), wanted)
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        return typer.main.get_command(alone)

    def make_context(self, *words: Any, **more: Any) -> Any:
        """Let the command itself take its words; from here on it is the one that is run."""
        return self.itself().make_context(*words, **more)
