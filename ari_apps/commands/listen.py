"""`callfloor listen`: listen to an Asterisk that has queues already, and touch nothing there."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
import uvloop
from psycopg.conninfo import conninfo_to_dict

from ami_listeners.fold.members import EVERY_QUEUE
from ari_apps.commands.serve import log_to
from ari_apps.configuration.errors import validate
from ari_apps.configuration.floor_toml import ConfigurationError, FloorConfiguration
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.crew import first_of
from ari_apps.running import Half, RunningFloor, running
from queue_strategies.errors import CallfloorError

SECRET = "CALLFLOOR_SECRET_AMI"  # noqa: S105 - the name of the variable
LOOKED_ROUND_S = 10.0


class SecretMissingError(CallfloorError):
    """Nobody said by which password Asterisk lets us in."""


def listen(
    ami: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Asterisk's manager, as manager.conf binds it.")
    ] = "127.0.0.1:5038",
    user: Annotated[str, typer.Option(help="The section of manager.conf to log in by.")] = "callfloor",
    name: Annotated[str, typer.Option(help="What this site is called, here alone.")] = "asterisk",
    system: Annotated[
        str, typer.Option(help="What this Asterisk is called, where one database keeps facts of several.")
    ] = "",
    tz: Annotated[str, typer.Option(metavar="ZONE", help="By which clock reports are.")] = "UTC",
    database: Annotated[
        str, typer.Option(metavar="URL", help="Where facts go; else an embedded PostgreSQL.")
    ] = "",
    http: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Where /metrics and the reports are.")
    ] = "127.0.0.1:8081",
    raw: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Keep events of this name as they came; `*`: all nobody counts by."
        ),
    ] = None,
    wrap_up: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[QUEUE=]SECONDS", help="A queue's wrapuptime, which Asterisk does not tell. Repeatable."
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every event.")] = False,
) -> None:
    """Listen to an Asterisk that has queues already: facts, figures and reports; nothing there changes."""
    configuration = configured(
        ami=ami, user=user, name=name, system=system, tz=tz, database=database, http=http, raw=raw or (),
        wrap_ups=wrap_up or (),
    )  # fmt: skip
    learn_secret(configuration)
    log_to(sys.stderr.isatty(), logging.DEBUG if verbose else logging.WARNING)
    uvloop.run(_listen(configuration))


def configured(
    *,
    ami: str,
    user: str,
    name: str,
    system: str,
    tz: str,
    database: str,
    http: str,
    raw: Sequence[str] = (),
    wrap_ups: Sequence[str] = (),
) -> FloorConfiguration:
    """Make the configuration of a floor that has nothing but ears; raises ConfigurationError."""
    configuration, problems = validate(
        FloorConfiguration,
        {
            "site": {"name": name, "timezone": tz},
            "asterisk": {"ami_connect": ami, "ami_user": user, "system": system},
            "http": {"listeners_listen": http},
            "listen": {"raw": list(raw), "wrap_up_s": dict(map(seconds_of_queue, wrap_ups))},
            "database": {"url": database} if database else {},
        },
    )
    if configuration is None or problems:
        raise ConfigurationError("\n".join(map(str, problems)))
    return configuration


def seconds_of_queue(said: str) -> tuple[str, str]:
    """Read `sales=10`; without a queue it is meant for every other one."""
    queue, _, seconds = said.rpartition("=")
    return queue or EVERY_QUEUE, seconds


def learn_secret(configuration: FloorConfiguration) -> None:
    """Find the manager user's password, or ask for it; none is made up, as Asterisk has one already."""
    if SecretFiles(configuration.secrets_dir()).find("ami") is not None:
        return
    if not sys.stdin.isatty():
        raise SecretMissingError(
            f"the password of the manager user {configuration.asterisk.ami_user!r} is not known: "
            f"set {SECRET}, or write it into {configuration.secrets_dir() / 'ami'} (chmod 600)"
        )
    os.environ[SECRET] = typer.prompt(
        f"secret of {configuration.asterisk.ami_user} in manager.conf", hide_input=True
    )


async def _listen(configuration: FloorConfiguration) -> None:
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    async with running(configuration, only=Half.LISTENERS) as floor:
        await first_of(_tell_when_known(floor, stopped), *floor.given_up())


async def _tell_when_known(floor: RunningFloor, stopped: asyncio.Event) -> None:
    """Say what was found once Asterisk has told it, then listen until a signal comes."""
    listener = floor.listener
    assert listener is not None  # noqa: S101 - this half has one
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LOOKED_ROUND_S
    while not stopped.is_set() and loop.time() < deadline:
        if listener.trouble or (listener.health.up and floor.snapshot().queues):
            break
        await asyncio.sleep(0.1)
    typer.echo("\n".join(found(floor)))
    await stopped.wait()


def found(floor: RunningFloor) -> Iterator[str]:
    """Yield what Asterisk has, and where its figures are."""
    configuration, listener, shown = floor.configuration, floor.listener, floor.snapshot()
    asterisk = configuration.asterisk
    yield f"listening to Asterisk at {asterisk.ami_address} as {asterisk.ami_user}; nothing there is changed"
    if listener is not None and listener.trouble:
        yield f"  but {listener.trouble}"
    elif listener is not None and not listener.health.up:
        yield f"  but {listener.health.reason or 'it does not answer yet'}; trying on"
    waiting = sum(len(queue.callers) for queue in shown.queues.values())
    yield f"  {len(shown.queues)} queues, {len(shown.agents)} members, {waiting} callers wait"
    yield f"  {', '.join(sorted(shown.queues)) or 'no queues'}"
    address = configuration.http.listeners_listen.reachable
    yield f"figures   http://{address}/metrics"
    yield f"reports   callfloor report queue --database '{shown_url(floor)}'"
    yield f"          http://{address}/api/v1/reports/queue, token in {configuration.secrets_dir() / 'api'}"
    yield "for prometheus.yml, below scrape_configs:"
    yield f'  - {{job_name: callfloor, static_configs: [{{targets: ["{address}"]}}]}}'


def shown_url(floor: RunningFloor) -> str:
    """Name the database without its password."""
    if floor.configuration.database.url is not None:
        return "URL"
    told = conninfo_to_dict(floor.journal.database.conninfo)
    return f"postgresql://{told.get('user', '')}@/{told.get('dbname', '')}?host={told.get('host', '')}"
