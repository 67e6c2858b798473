"""`callfloor asterisk`: get an Asterisk, run it, and see how it is."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ari_apps.configuration.floor_toml import FloorConfiguration, load
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.local_asterisk.installation import AsteriskInstallation, find, find_or_install, install
from ari_apps.local_asterisk.running import AsteriskFailedError, RunningAsterisk
from ari_apps.progress import shown_progress
from ari_apps.rendering import Rendered, render

app = typer.Typer(help="Get an Asterisk, run it, see how it is.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True, markup=False)

Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration.")]
Mirror = Annotated[
    str | None, typer.Option(help="Where packages come from; else what apt uses on this machine.")
]


@app.command("install")
def install_one(mirror: Mirror = None) -> None:
    """Unpack an Asterisk into the user's cache unless there is one; needs no root, changes nothing else."""
    installation = find()
    if installation is None:
        with shown_progress() as progress:
            installation = install(progress, mirror=mirror)
    console.print(describe(installation))


@app.command()
def run(config: Config = Path("floor.toml"), mirror: Mirror = None) -> None:
    """Run Asterisk with what floor.toml says, in the foreground, until Ctrl-C or SIGTERM."""
    configuration = load(config)
    with shown_progress() as progress:
        installation = find_or_install(progress, mirror=mirror)
    rendered = render_for(configuration, installation)
    console.print(describe(installation))
    raise typer.Exit(asyncio.run(run_until_stopped(configuration, installation, rendered)))


def render_for(configuration: FloorConfiguration, installation: AsteriskInstallation) -> Rendered:
    """Render into the folder from which this floor's own Asterisk runs."""
    secrets = SecretFiles(configuration.secrets_dir())
    return render(configuration, configuration.asterisk_dir(), installation=installation, secrets=secrets)


async def run_until_stopped(
    configuration: FloorConfiguration, installation: AsteriskInstallation, rendered: Rendered
) -> int:
    """Run it, and stop it on a signal; gives the exit status."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with RunningAsterisk(installation, rendered.directories.etc) as asterisk:
        console.print(
            f"SIP at {configuration.asterisk.sip_bind}, ARI at {configuration.asterisk.ari}, "
            f"AMI at {configuration.asterisk.ami}; log in {asterisk.log_file}"
        )
        ended, told = asyncio.create_task(asterisk.wait()), asyncio.create_task(stopped.wait())
        await asyncio.wait([ended, told], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if not stopped.is_set():
            console.print(
                f"Asterisk ended by itself with status {ended.result()}; its log is {asterisk.log_file}"
            )
            return 1
    return 0


@app.command()
def status(config: Config = Path("floor.toml")) -> None:
    """Say which Asterisk there is and whether this floor's runs; exit with 1 when it does not."""
    installation = find()
    if installation is None:
        console.print("there is no Asterisk here yet: callfloor asterisk install")
        raise typer.Exit(1)
    console.print(describe(installation))
    etc = load(config).asterisk_dir()
    try:
        said = asyncio.run(RunningAsterisk(installation, etc).cli("core show uptime"))
    except AsteriskFailedError as error:
        console.print(f"not running: {error}")
        raise typer.Exit(1) from None
    if "uptime" not in said:
        console.print(f"not running from {etc}: callfloor asterisk run")
        raise typer.Exit(1)
    console.print(f"running from {etc}; {said.splitlines()[0].lower()}")


def describe(installation: AsteriskInstallation) -> str:
    """Say which Asterisk it is and where from."""
    version = ".".join(map(str, installation.version))
    origin = "unpacked in the cache" if installation.unpacked else "the system's"
    return f"Asterisk {version}, {origin}: {installation.asterisk[-1]}"
