"""callfloor: the call-centre floor on Asterisk. The command line, and the wiring of the three packages."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop

from queue_strategies.errors import CallfloorError

app = typer.Typer(
    help="The call-centre floor on Asterisk.", no_args_is_help=True, pretty_exceptions_enable=False
)


class Half(StrEnum):
    """Which half of callfloor a process runs."""

    APPS = "apps"
    LISTENERS = "listeners"


@app.command()
def serve(
    config: Annotated[Path, typer.Option(help="The configuration.")] = Path("floor.toml"),
    only: Annotated[Half | None, typer.Option(help="Run one half, as one of two processes.")] = None,
) -> None:
    """Run the floor."""


def main() -> None:
    """Run the command line; what a person should know is one sentence, not a traceback."""
    try:
        app()
    except CallfloorError as error:
        typer.secho(f"error: {error}", fg=typer.colors.RED, err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
