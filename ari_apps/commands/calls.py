"""`callfloor calls`: see calls, and steer those who wait, through the REST API of a running floor."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from ari_apps.commands.tables import as_typed
from ari_apps.configuration.floor_toml import load
from ari_apps.console.client import ApiClient
from ari_apps.console.views import CallView

app = typer.Typer(help="See calls, and say where those who wait go on waiting.", no_args_is_help=True)

Call = Annotated[str, typer.Argument(help="The call's id, as `callfloor calls list` shows it.")]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration of the running floor.")]
FLOOR = Path("floor.toml")


@app.command("list")
def show(config: Config = FLOOR) -> None:
    """List calls, where they are, and who rings or talks."""
    whole = Column("call", no_wrap=True, min_width=36)  # to be typed again
    table = Table(whole, "from", "since", "where", "priority", "agent", box=None)
    now = dt.datetime.now(dt.UTC)
    for call in ApiClient(load(config)).get_many("calls", CallView):
        since = f"{max(0.0, (now - call.started_at).total_seconds()):.0f} s"
        row = (call.id, call.caller_number, since, call.destination, str(call.priority), call.agent or "")
        table.add_row(*as_typed(row))
    Console().print(table)


@app.command()
def priority(
    call: Call,
    priority: Annotated[int, typer.Argument(help="Higher is served first.")],
    config: Config = FLOOR,
) -> None:
    """Give a waiting call another priority."""
    ApiClient(load(config)).put("calls", call, "priority", body={"priority": priority})


@app.command()
def move(
    call: Call,
    queue: Annotated[str, typer.Argument(help="The queue to wait in.")],
    anew: Annotated[
        bool, typer.Option("--anew", help="At the end of the line, as if the call had just come.")
    ] = False,
    config: Config = FLOOR,
) -> None:
    """Let a waiting call wait in another queue, where the wait so far belongs."""
    ApiClient(load(config)).post("calls", call, "move", body={"queue": queue, "anew": anew})


@app.command()
def withdraw(
    call: Call,
    to: Annotated[
        str | None,
        typer.Option(help="As in voicemail:sales or hangup; without it as the queue's overflow says."),
    ] = None,
    config: Config = FLOOR,
) -> None:
    """Let a waiting call wait no more, and go on elsewhere or end."""
    ApiClient(load(config)).post("calls", call, "withdraw", body={"to": to})
