"""`callfloor token`: let programs use the REST API, each with no more rights than it needs."""

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
from ari_apps.console.person_views import DAYS_MAX, TokenShown, TokenView
from queue_strategies.rights import Scope

app = typer.Typer(help="Let programs use the REST API.", no_args_is_help=True)

Owner = Annotated[str, typer.Argument(help="The user whose rights it has at most.", show_default=False)]
Scopes = Annotated[
    list[Scope] | None,
    typer.Option(
        "--scope", help="What it grants, once for each; left out: all its user may.", show_default=False
    ),
]
Note = Annotated[str, typer.Option(help="What it is for.")]
Days = Annotated[int, typer.Option(help="It expires after so many.", min=1, max=DAYS_MAX)]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration of the running floor.")]
FLOOR = Path("floor.toml")


@app.command("list")
def show(
    everything: Annotated[
        bool, typer.Option("--all", help="Those too that are worth nothing any more.")
    ] = False,
    config: Config = FLOOR,
) -> None:
    """List tokens and sessions."""
    table = Table(Column("token", no_wrap=True), "user", "kind", "grants", "for", "until", "used", box=None)
    now = dt.datetime.now(dt.UTC)
    for token in ApiClient(load(config)).get_many("tokens", TokenView):
        over = token.revoked_at is not None or token.expires_at <= now
        if over and not everything:
            continue
        grants = "all" if token.scopes is None else ", ".join(token.scopes)
        until = "revoked" if token.revoked_at else when(token.expires_at)
        row = (token.id, token.owner, token.kind, grants, token.note, until, when(token.used_at))
        table.add_row(*as_typed(row))
    Console().print(table)


@app.command()
def create(
    owner: Owner, scope: Scopes = None, note: Note = "", days: Days = 90, config: Config = FLOOR
) -> None:
    """Make a token and print it, once: nobody can see it again."""
    body = {"owner": owner, "scopes": scope or None, "note": note, "days": days}
    made = TokenShown.model_validate_json(ApiClient(load(config)).post("tokens", body=body))
    typer.echo(made.token)
    typer.echo(f"token {made.id} of {owner} expires {when(made.expires_at)}", err=True)


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Its id, as `callfloor token list` shows it.")],
    config: Config = FLOOR,
) -> None:
    """Let a token, or a session, be worth nothing from now on."""
    ApiClient(load(config)).delete("tokens", token)


def when(at: dt.datetime | None) -> str:
    """Write a time by the clock of this machine, to the minute."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"
