"""`callfloor recordings`: record calls, find what was recorded, hear, export and erase it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer
from rich.console import Console
from rich.table import Column, Table

from ari_apps.commands.players import played
from ari_apps.commands.tables import as_typed
from ari_apps.configuration.floor_toml import load
from ari_apps.console.client import ApiClient, path_of
from ari_apps.console.recordings import RecordingView

app = typer.Typer(help="Record calls; find, hear, export and erase what was recorded.", no_args_is_help=True)

Call = Annotated[str, typer.Argument(help="The call's id, as `callfloor calls list` shows it.")]
Recording = Annotated[str, typer.Argument(help="The recording's id, as `recordings find` shows it.")]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration of the running floor.")]
FLOOR = Path("floor.toml")


@app.command()
def find(
    contact: Annotated[str, typer.Option(help="Of this call.")] = "",
    number: Annotated[str, typer.Option(help="Of this customer.")] = "",
    agent: Annotated[str, typer.Option(help="With this agent.")] = "",
    queue: Annotated[str, typer.Option(help="Of this queue.")] = "",
    since: Annotated[str, typer.Option("--from", help="From this day or moment on.")] = "",
    until: Annotated[str, typer.Option("--to", help="Up to this day, which belongs to it, or moment.")] = "",
    config: Config = FLOOR,
) -> None:
    """List recordings, the latest first."""
    asked = {"contact": contact, "number": number, "agent": agent, "queue": queue, "from": since, "to": until}
    question = urlencode({name: value for name, value in asked.items() if value})
    whole = Column("recording", no_wrap=True, min_width=36)  # to be typed again
    table = Table(whole, "began", "lasted", "number", "agents", "queues", "state", box=None)
    for row in ApiClient(load(config)).get_many(f"recordings?{question}", RecordingView):
        began = f"{row.began_at.astimezone():%Y-%m-%d %H:%M:%S}" if row.began_at else ""
        lasted = "" if row.duration_s is None else f"{row.duration_s:.0f} s"
        who = (row.number, ", ".join(row.agents), ", ".join(row.queues), state(row))
        table.add_row(*as_typed((row.recording, began, lasted, *who)))
    Console().print(table)


def state(row: RecordingView) -> str:
    """Say in a word or two what is there of a recording."""
    if row.erased_at is not None:
        return "erased"
    if row.kept_at is None and row.ended_at is None:
        return "in progress"
    if row.kept_at is None:
        return "failed" if row.failed else "nothing kept"
    return "kept, not whole" if row.failed else "kept"


@app.command()
def play(recording: Recording, config: Config = FLOOR) -> None:
    """Play a recording with what this machine has for it; the trail notes who heard it."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        with played(sound):
            ApiClient(load(config)).download(
                f"{path_of(['recordings', recording, 'sound'])}?how=played", sound
            )


@app.command()
def export(
    recording: Recording,
    to: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    mixed: Annotated[bool, typer.Option("--mixed", help="Both sides in one.")] = False,
    config: Config = FLOOR,
) -> None:
    """Write a recording into a file, decrypted; the trail notes who took it."""
    how = f"how=exported&mixed={str(mixed).lower()}"
    ApiClient(load(config)).download(f"{path_of(['recordings', recording, 'sound'])}?{how}", to)


@app.command()
def erase(recording: Recording, config: Config = FLOOR) -> None:
    """Delete the sound of a recording, for ever; its row stays."""
    ApiClient(load(config)).delete("recordings", recording)


@app.command()
def start(call: Call, config: Config = FLOOR) -> None:
    """Record a call from now on."""
    ApiClient(load(config)).post("calls", call, "recording-start")


@app.command()
def pause(call: Call, config: Config = FLOOR) -> None:
    """Leave out of the recording what is said from now on."""
    ApiClient(load(config)).post("calls", call, "recording-pause")


@app.command()
def resume(call: Call, config: Config = FLOOR) -> None:
    """Record again what is said."""
    ApiClient(load(config)).post("calls", call, "recording-resume")


@app.command()
def stop(call: Call, config: Config = FLOOR) -> None:
    """Record no more of a call."""
    ApiClient(load(config)).post("calls", call, "recording-stop")
