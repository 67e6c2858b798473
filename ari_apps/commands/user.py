"""`callfloor user`: who may log in, as what, and for whom they are there."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ari_apps.commands.tables import as_typed
from ari_apps.configuration.floor_toml import load
from ari_apps.console.client import ApiClient
from ari_apps.console.person_views import UserView
from queue_strategies.rights import Role

app = typer.Typer(help="Say who may log in, and as what.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name they log in by.", show_default=False)]
ItsRole = Annotated[Role, typer.Option(help="What they are.", show_default=False)]
Teams = Annotated[
    list[str] | None,
    typer.Option(
        "--team", help="Whom they are there for; once for each, * for everybody.", show_default=False
    ),
]
FullName = Annotated[str, typer.Option(help="Their name, for people.")]
Agent = Annotated[str | None, typer.Option(help="Which agent of floor.toml they are.", show_default=False)]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration of the running floor.")]
FLOOR = Path("floor.toml")


@app.command("list")
def show(config: Config = FLOOR) -> None:
    """List users."""
    table = Table("user", "name", "role", "teams", "agent", "password", box=None)
    for user in ApiClient(load(config)).get_many("users", UserView):
        has = "yes" if user.has_password else "none"
        row = (user.name, user.full_name, user.role, ", ".join(user.teams), user.agent or "", has)
        table.add_row(*as_typed(row))
    Console().print(table)


@app.command()
def add(
    name: Name,
    role: ItsRole,
    team: Teams = None,
    full_name: FullName = "",
    agent: Agent = None,
    config: Config = FLOOR,
) -> None:
    """Make a user; the password is asked for, or made up and shown where nobody can be asked."""
    password = given_password()
    body = what_it_is(role, team, full_name, agent) | {"name": name, "password": password or made_up()}
    ApiClient(load(config)).post("users", body=body)
    if password is None:
        typer.echo(f"{name} logs in with {body['password']}")


@app.command("set")
def set_(
    name: Name,
    role: ItsRole,
    team: Teams = None,
    full_name: FullName = "",
    agent: Agent = None,
    config: Config = FLOOR,
) -> None:
    """Change what a user is, from now on; what is left out is empty afterwards."""
    ApiClient(load(config)).put("users", name, body=what_it_is(role, team, full_name, agent))


@app.command()
def remove(name: Name, config: Config = FLOOR) -> None:
    """Remove a user; tokens and sessions are worth nothing from now on."""
    ApiClient(load(config)).delete("users", name)


@app.command()
def password(name: Name, config: Config = FLOOR) -> None:
    """Give a user another password, asked for or made up; sessions of before end."""
    given = given_password()
    new = given or made_up()
    ApiClient(load(config)).put("users", name, "password", body={"password": new})
    if given is None:
        typer.echo(f"{name} logs in with {new}")


def given_password() -> str | None:
    """Ask for a password twice, where somebody can be asked."""
    if not sys.stdin.isatty():
        return None
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def made_up() -> str:
    """Make up a password."""
    return secrets.token_urlsafe(12)


def what_it_is(role: Role, teams: list[str] | None, full_name: str, agent: str | None) -> dict[str, Any]:
    """Say what a user is, as the API takes it."""
    return {"role": str(role), "teams": teams or [], "full_name": full_name, "agent": agent}
