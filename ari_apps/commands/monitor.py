"""`callfloor monitor`: put supervisors on agents' calls, through the REST API of a running floor."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ari_apps.commands.tables import as_typed
from ari_apps.configuration.floor_toml import load
from ari_apps.console.client import ApiClient
from ari_apps.console.monitoring_views import MonitoringView
from queue_strategies.errors import CallfloorError
from queue_strategies.monitoring import Mode


class WrongWordsError(CallfloorError):
    """What was asked for does not go together."""


def monitor(
    agent: Annotated[
        str | None, typer.Argument(help="Whose calls; left out: list who is on whose calls.")
    ] = None,
    supervisor: Annotated[
        str | None,
        typer.Option("--as", help="The supervisor: the phone rings, or who is there is moved."),
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="listen; whisper: to the agent alone; barge: to both; take_over.")
    ] = Mode.LISTEN,
    end: Annotated[bool, typer.Option("--end", help="Let the supervisor go.")] = False,
    config: Annotated[
        Path, typer.Option("--config", "-c", help="The configuration of the running floor.")
    ] = Path("floor.toml"),
) -> None:
    """Listen to an agent's calls, whisper, barge in, take over; list, change and end it."""
    client = ApiClient(load(config))
    if agent is None and supervisor is None:
        show(client.get_many("monitorings", MonitoringView))
    elif supervisor is None:
        raise WrongWordsError("nobody is named who is to hear: say who by --as SUPERVISOR")
    elif end:
        client.delete("monitorings", supervisor)
    elif agent is None:
        raise WrongWordsError("no agent is named: say whose calls, or --end to let the supervisor go")
    else:
        client.put("monitorings", supervisor, body={"agent": agent, "mode": mode})


def show(monitorings: list[MonitoringView]) -> None:
    """Show who is on whose calls."""
    table = Table("supervisor", "agent", "mode", "state", "since", "call", box=None)
    now = dt.datetime.now(dt.UTC)
    for one in monitorings:
        since = f"{max(0.0, (now - one.since).total_seconds()):.0f} s"
        row = (one.supervisor, one.agent, one.mode, one.state, since, one.call or "")
        table.add_row(*as_typed(row))
    Console().print(table)
