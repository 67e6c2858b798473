"""`callfloor demo`: a living call centre, from one command."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Annotated

import typer

from ari_apps.progress import shown_progress

Minutes = Annotated[float | None, typer.Option(min=0, help="End it after so long; else Ctrl-C does.")]
Seed = Annotated[int | None, typer.Option(help="The same seed, the same people; else chance.")]
Plain = Annotated[bool, typer.Option("--plain", help="A line for each event instead of a picture.")]
Folder = Annotated[Path | None, typer.Option(help="Where everything is kept; else in your folder for state.")]


def demo(minutes: Minutes = None, seed: Seed = None, plain: Plain = False, folder: Folder = None) -> None:
    """Show a living call centre: real calls between two Asterisks, until Ctrl-C."""
    with shown_progress() as tell:
        tell("getting ready", None)
        # Here, because reading all of it takes a second or two, and something should be seen meanwhile.
        from ari_apps.demo.demo import Options, show_demo
        from ari_apps.demo.staging import prepare_folder
        from ari_apps.demo.terminal import Terminal
        from ari_apps.local_asterisk.installation import find_or_install
    stage = prepare_folder(folder)
    options = Options(
        seed=random.randrange(10**6) if seed is None else seed,  # noqa: S311 - for a show
        minutes=minutes,
        plain=plain,
    )
    with stage.alone():
        with shown_progress() as tell:
            installation = find_or_install(tell)
        clean = asyncio.run(show_demo(stage, installation, options, Terminal(highlight=False)))
    raise typer.Exit(0 if clean else 1)
