"""`callfloor serve`: run the floor."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop
from aiohttp.http import HttpProcessingError

from ari_apps.commands.log_stream import never_failing
from ari_apps.configuration.floor_toml import FloorConfiguration, load
from ari_apps.console.client import ApiClient
from ari_apps.console.views import ReloadedView
from ari_apps.crew import first_of
from ari_apps.running import VERSION, Half, RunningFloor, running
from queue_strategies.errors import CallfloorError

log = structlog.get_logger()


def serve(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = Path("floor.toml"),
    only: Annotated[Half | None, typer.Option(help="Run one half, as one of two processes.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every event and request.")] = False,
) -> None:
    """Run the floor until Ctrl-C or SIGTERM; calls in Asterisk go on."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the file is yet to be read
    log_to(sys.stderr.isatty(), logging.DEBUG if verbose else logging.INFO)
    uvloop.run(serve_until_stopped(load(config), only))


def reload(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = Path("floor.toml"),
) -> None:
    """Let the running floor read its floor.toml anew; callers who wait keep their places."""
    told = ReloadedView.model_validate_json(ApiClient(load(config)).post("reload"))
    typer.echo("\n".join([f"the floor goes on by {config}", *told.removed]))


async def serve_until_stopped(configuration: FloorConfiguration, only: Half | None) -> None:
    """Serve until a signal comes, or until trying further is vain."""
    stopped, asked = asyncio.Event(), asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    async with running(configuration, only=only) as floor:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, take_over, floor)
        log.info("callfloor.serves", site=configuration.site.name, only=only or "all", version=VERSION)
        if asked.is_set():
            take_over(floor)
        await first_of(stopped.wait(), *floor.given_up())
    log.info("callfloor.stopped")


def take_over(floor: RunningFloor) -> None:
    """Go on by what floor.toml says now, or tell why not."""
    try:
        floor.reload()
    except CallfloorError as error:
        log.error("callfloor.reload_refused", problems=str(error).splitlines())
    else:
        log.info("callfloor.reloaded", config=str(floor.configuration.path))


def log_to(terminal: bool, level: int) -> None:
    """Log facts to standard error: for people on a terminal, as JSON lines elsewhere."""
    shape: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(never_failing(sys.stderr)),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(level, logging.INFO), stream=sys.stderr)
    logging.getLogger("aiohttp.server").addFilter(concerns_us)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # we tell ourselves, once, that it is away


def concerns_us(record: logging.LogRecord) -> bool:
    """Tell whether a log record is more than the answer 400 to bytes that are no HTTP."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
