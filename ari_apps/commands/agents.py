"""`callfloor agents`: see what agents do, and do it for them, through the REST API of a running floor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ari_apps.agents import AgentAction
from ari_apps.commands.tables import as_typed
from ari_apps.configuration.floor_toml import load
from ari_apps.console.client import ApiClient
from ari_apps.console.views import AgentView

app = typer.Typer(help="See agents, log them in and out, pause them.", no_args_is_help=True)

Agent = Annotated[str, typer.Argument(help="The agent's id in floor.toml.")]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration of the running floor.")]
FLOOR = Path("floor.toml")


@app.command("list")
def show(config: Config = FLOOR) -> None:
    """List agents and what they are doing."""
    table = Table("agent", "name", "state", "since", "pause", "queues", "call", box=None)
    for agent in ApiClient(load(config)).get_many("agents", AgentView):
        since = f"{agent.state_s:.0f} s"
        row = (
            agent.id,
            agent.name,
            agent.state,
            since,
            agent.pause_reason,
            ", ".join(
                f"{queue} (paused)" if queue in agent.paused_queues else queue for queue in agent.queues
            ),
            agent.call,
        )
        table.add_row(*as_typed(value or "" for value in row))
    Console().print(table)


@app.command()
def log_in(agent: Agent, config: Config = FLOOR) -> None:
    """Log an agent in."""
    _do(config, agent, AgentAction.LOG_IN)


@app.command()
def log_out(agent: Agent, config: Config = FLOOR) -> None:
    """Log an agent out; a call in progress goes on."""
    _do(config, agent, AgentAction.LOG_OUT)


@app.command()
def pause(
    agent: Agent,
    reason: Annotated[str, typer.Option(help="Shown, and kept.")] = "pause",
    queue: Annotated[str | None, typer.Option(help="In this queue alone; left out: altogether.")] = None,
    config: Config = FLOOR,
) -> None:
    """Pause an agent; during a call, as soon as it is over."""
    _do(config, agent, AgentAction.PAUSE, {"reason": reason} | ({"queue": queue} if queue else {}))


@app.command()
def unpause(
    agent: Agent,
    queue: Annotated[
        str | None, typer.Option(help="In this queue alone; left out: all pauses of the agent.")
    ] = None,
    config: Config = FLOOR,
) -> None:
    """End an agent's pause."""
    if queue is None:
        _do(config, agent, AgentAction.UNPAUSE)
    else:
        ApiClient(load(config)).post("agents", agent, "queues", queue, "unpause")


@app.command()
def ready(agent: Agent, config: Config = FLOOR) -> None:
    """End an agent's wrap-up, rest and pause."""
    _do(config, agent, AgentAction.READY)


def _do(config: Path, agent: str, action: AgentAction, body: dict[str, str] | None = None) -> None:
    ApiClient(load(config)).post("agents", agent, action.replace("_", "-"), body=body)
