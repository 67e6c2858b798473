"""`callfloor voicemail`: list, hear, answer and delete messages that callers left, and greetings."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from ari_apps.commands.players import played
from ari_apps.configuration.floor_toml import load
from ari_apps.console.client import ApiClient, path_of
from ari_apps.console.greetings import GreetingView
from ari_apps.console.voicemails import VoicemailView

app = typer.Typer(help="List, hear, answer and delete messages that callers left.", no_args_is_help=True)

Message = Annotated[str, typer.Argument(help="The message's id, as `voicemail list` shows it.")]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration of the running floor.")]
FLOOR = Path("floor.toml")


@app.command("list")
def show(
    box: Annotated[str, typer.Option(help="Of this box alone.")] = "",
    new: Annotated[bool, typer.Option("--new", help="Those alone that nobody has heard.")] = False,
    config: Config = FLOOR,
) -> None:
    """List messages, the latest first."""
    question = urlencode({"box": box, "new": str(new).lower()})
    whole = Column("message", no_wrap=True, min_width=36)  # to be typed again
    table = Table(whole, "left", "box", "number", "name", "lasts", "heard by", "called back by", box=None)
    for row in ApiClient(load(config)).get_many(f"voicemails?{question}", VoicemailView):
        left = f"{row.left_at.astimezone():%Y-%m-%d %H:%M:%S}"
        lasts = "" if row.duration_s is None else f"{row.duration_s:.0f} s"
        told = (row.box, row.number, row.name, lasts, row.heard_by or "", row.called_back_by or "")
        table.add_row(str(row.voicemail), left, *map(escape, told))
    Console().print(table)


@app.command()
def play(
    message: Message,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it into this file instead.")
    ] = None,
    config: Config = FLOOR,
) -> None:
    """Play a message with what this machine has for it; it is not new any more."""
    client, path = ApiClient(load(config)), path_of(["voicemails", message, "sound"])
    if to is not None:
        client.download(path, to)
        return
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        with played(sound):
            client.download(path, sound)


@app.command("call-back")
def call_back(
    message: Message,
    agent: Annotated[
        str, typer.Option("--as", help="The agent whose phone rings first.", show_default=False)
    ],
    config: Config = FLOOR,
) -> None:
    """Ring an agent's phone, and from it whoever left a message."""
    path = path_of(["voicemails", message, "call-back"])
    ApiClient(load(config)).post_at(f"{path}?{urlencode({'agent': agent})}")


@app.command()
def greetings(config: Config = FLOOR) -> None:
    """List the greetings that were spoken by phone; the other boxes have those of floor.toml."""
    table = Table("box", "spoken by", "at", "lasts", box=None)
    for row in ApiClient(load(config)).get_many("voicemail-greetings", GreetingView):
        at = f"{row.spoken_at.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(escape(row.box), escape(row.spoken_by), at, f"{row.duration_s:.0f} s")
    Console().print(table)


@app.command("remove-greeting")
def remove_greeting(
    box: Annotated[str, typer.Argument(help="The box, as `voicemail greetings` shows it.")],
    config: Config = FLOOR,
) -> None:
    """Delete the greeting that was spoken for a box; callers hear the one of floor.toml again."""
    ApiClient(load(config)).delete("voicemail-greetings", box)


@app.command()
def delete(message: Message, config: Config = FLOOR) -> None:
    """Delete a message and its sound, for ever."""
    ApiClient(load(config)).delete("voicemails", message)
