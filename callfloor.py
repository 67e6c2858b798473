"""callfloor: the call-centre floor on Asterisk. The command line."""

from __future__ import annotations

import sys
from errno import EDQUOT, ENOSPC
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from typer.core import TyperGroup

from ari_apps.commands import CommandAtNeed
from queue_strategies.errors import CallfloorError

COMMANDS = (
    CommandAtNeed(
        "demo", "demo:demo", "Show a living call centre: real calls between two Asterisks, until Ctrl-C."
    ),
    CommandAtNeed("serve", "serve:serve", "Run the floor until Ctrl-C or SIGTERM; calls in Asterisk go on."),
    CommandAtNeed(
        "reload",
        "serve:reload",
        "Let the running floor read its floor.toml anew; callers who wait keep their places.",
    ),
    CommandAtNeed("check", "configuration:check", "Say what is wrong in a floor.toml and where."),
    CommandAtNeed(
        "render",
        "configuration:render",
        "Write Asterisk's whole configuration; doing it again changes nothing.",
    ),
    CommandAtNeed("agents", "agents:app", "See agents, log them in and out, pause them."),
    CommandAtNeed("calls", "calls:app", "See calls, and say where those who wait go on waiting."),
    CommandAtNeed(
        "monitor",
        "monitor:monitor",
        "Listen to an agent's calls, whisper, barge in, take over; list, change and end it.",
    ),
    CommandAtNeed("voicemail", "voicemail:app", "List, hear, answer and delete messages that callers left."),
    CommandAtNeed(
        "recordings", "recordings:app", "Record calls; find, hear, export and erase what was recorded."
    ),
    CommandAtNeed(
        "why",
        "why:why",
        "Explain who was considered for a call, now and at each offer, and who was not.",
    ),
    CommandAtNeed("routes", "routes:app", "Ask where calls go."),
    CommandAtNeed("strategies", "strategies:strategies", "List the ways to choose agents and callers."),
    CommandAtNeed("ivr", "ivr:app", "See routes and menus."),
    CommandAtNeed(
        "staff",
        "staff:staff",
        "Say how many agents a promise takes (Erlang B, C, A, X), and what a few more or fewer would do.",
    ),
    CommandAtNeed(
        "simulate",
        "simulate:simulate",
        "Live days on the floor before they come, and say what other agents or rules would change.",
    ),
    CommandAtNeed(
        "listen",
        "listen:listen",
        "Listen to an Asterisk that has queues already: facts, figures and reports; nothing there changes.",
    ),
    CommandAtNeed(
        "report",
        "report:report",
        "Ask what days that are over were like: figures, and the contacts they are made of.",
    ),
    CommandAtNeed(
        "measure",
        "measure:measure",
        "Measure days that are over by other rules; what happens from now on goes by floor.toml.",
    ),
    CommandAtNeed(
        "import",
        "import_history:import_",
        "Take in what was recorded before: the same facts and figures.",
    ),
    CommandAtNeed(
        "personal-data",
        "personal_data:app",
        "Show, mask or erase what is kept of one customer.",
    ),
    CommandAtNeed("user", "user:app", "Say who may log in, and as what."),
    CommandAtNeed("token", "token:app", "Let programs use the REST API."),
    CommandAtNeed(
        "audit",
        "audit:audit",
        "List who changed or heard what through the REST API, or wanted to; the latest first.",
    ),
    CommandAtNeed(
        "reconcile",
        "reconcile:reconcile_calls",
        "Compare calls as they were heard with what Asterisk recorded of them; differences are kept.",
    ),
    CommandAtNeed("asterisk", "asterisk:app", "Get an Asterisk, run it, see how it is."),
)

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"callfloor {version('callfloor')}")
        raise typer.Exit


@app.callback()
def callfloor(
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version.")
    ] = False,
) -> None:
    """Run the call-centre floor on Asterisk."""


def command_line() -> TyperGroup:
    """Make the command line."""
    group = typer.main.get_group(app)
    for command in COMMANDS:
        group.add_command(command)
    return group


def main() -> None:
    """Run the command line; what a person should know is one sentence, not a traceback."""
    try:
        command_line()()
    except CallfloorError as error:
        give_up(str(error))
    except OSError as error:
        if error.errno not in (ENOSPC, EDQUOT):
            raise
        give_up("there is no space left on the disk for what has to be written: free some and start again")


def give_up(sentence: str) -> NoReturn:
    """Say why, and end."""
    typer.secho(f"error: {sentence}", fg=typer.colors.RED, err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
