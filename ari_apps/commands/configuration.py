"""`callfloor check` and `callfloor render`: is floor.toml right, and what does Asterisk get of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ari_apps.configuration.checks import references
from ari_apps.configuration.floor_toml import ConfigurationError, FloorConfiguration, UnreadableError, load
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.ivr.python_calls import PythonCallError, load_all
from ari_apps.local_asterisk.installation import find_or_install
from ari_apps.progress import shown_progress
from ari_apps.rendering import render as render_into

Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration.")]


def check(file: Annotated[Path, typer.Argument(help="The configuration.")] = Path("floor.toml")) -> None:
    """Say what is wrong in a floor.toml and where; exit with 1 if something is, 2 if it cannot be read."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    try:
        configuration = load(file)
        load_all(references(configuration), configuration.path)
    except UnreadableError:
        raise
    except (ConfigurationError, PythonCallError) as error:
        problems = str(error).splitlines()
        for problem in problems:
            console.print(problem)
        console.print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}", style="bold red")
        raise typer.Exit(1) from None
    console.print(f"{file} is right: {count(configuration)}")


def count(configuration: FloorConfiguration) -> str:
    """Say how much of everything there is."""
    kinds = {
        "queue": configuration.queues,
        "agent": configuration.agents,
        "phone": configuration.phones,
        "trunk": configuration.trunks,
        "route": configuration.routes,
        "menu": configuration.menus,
    }
    return ", ".join(f"{len(many)} {kind}{'' if len(many) == 1 else 's'}" for kind, many in kinds.items())


def render(
    directory: Annotated[Path, typer.Argument(help="Where Asterisk's configuration goes.")],
    config: Config = Path("floor.toml"),
    state: Annotated[
        Path | None, typer.Option(help="Where Asterisk keeps what it writes; DIRECTORY/state if left out.")
    ] = None,
) -> None:
    """Write Asterisk's whole configuration; doing it again changes nothing."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    configuration = load(config)
    secrets = SecretFiles(configuration.secrets_dir())
    with shown_progress() as progress:
        installation = find_or_install(progress)
    rendered = render_into(configuration, directory, installation=installation, secrets=secrets, state=state)
    for path in rendered.written:
        console.print(f"wrote {path}")
    console.print(f"{directory} is up to date, {len(rendered.written)} written")
