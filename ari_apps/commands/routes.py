"""`callfloor routes`: ask where a call would go, and why."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.text import Text

from ari_apps.configuration.floor_toml import FloorConfiguration, load
from ari_apps.destinations import Destination
from ari_apps.directory import Directory
from ari_apps.ivr.digits import DTMF
from ari_apps.ivr.offline_walk import WAITS, OfflineCall, Walked, walk_offline
from ari_apps.ivr.opening_hours import time_zone
from queue_strategies.errors import CallfloorError

app = typer.Typer(help="Ask where calls go.", no_args_is_help=True)


class RoutesTestError(CallfloorError):
    """What was asked cannot be understood."""


@app.callback()
def routes() -> None:
    """Ask where calls go."""


@app.command("test")
def walk(
    to: Annotated[str, typer.Option(help="The number that is called.")],
    caller: Annotated[str, typer.Option("--from", help="The caller's number; none: a hidden one.")] = "",
    at: Annotated[
        str, typer.Option(help="When: 2026-12-25T10:00, in the site's time zone. Now if left out.")
    ] = "",
    digits: Annotated[
        str,
        typer.Option(help="The keys the caller presses, in order; a comma is a wait until the time is over."),
    ] = "",
    lookup: Annotated[
        list[str] | None, typer.Option(help="What a web service answers; none: it does not. Repeatable.")
    ] = None,
    expect: Annotated[
        str, typer.Option(help="A destination the call must end at or go through, such as queue:sales.")
    ] = "",
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = Path("floor.toml"),
) -> None:
    """Walk a call through routes and menus, without a telephone; exit with 1 unless it goes as expected."""
    if wrong := sorted(set(digits) - set(DTMF + WAITS)):
        raise RoutesTestError(f"{wrong[0]!r} is on no telephone, digits are 0-9, *, #, A-D and commas")
    configuration = load(config)
    expected = Destination.parse(expect) if expect else None
    call = OfflineCall(
        to=to,
        caller=caller,
        at=moment(at, configuration.site.timezone),
        keys=digits,
        lookups=tuple(lookup or ()),
    )
    with only_warnings():
        walked = asyncio.run(_walk(configuration, call))
    Console(highlight=False, soft_wrap=True).print(describe(call, walked))
    if not Directory(configuration).knows(walked.end):
        typer.echo(f"but {config.name} has no {walked.end.kind} {walked.end.name!r}", err=True)
        raise typer.Exit(1)
    if expected is not None and not walked.passed(expected):
        typer.echo(f"expected {expected}, but the call goes to {walked.end}", err=True)
        raise typer.Exit(1)


@contextmanager
def only_warnings() -> Iterator[None]:
    """Keep what is logged for operators out of the answer, for as long as the context is open."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(**before)


async def _walk(configuration: FloorConfiguration, call: OfflineCall) -> Walked:
    return await walk_offline(
        configuration,
        call,
        timezone=configuration.site.timezone,
        language=configuration.site.language,
        extensions={account.extension for account in configuration.accounts() if account.extension},
        folder=configuration.path.absolute().parent,
    )


def moment(text: str, timezone: str) -> dt.datetime:
    """Read a moment, in the site's time zone where it names none; raise RoutesTestError when it is none."""
    zone = time_zone(timezone)
    if not text:
        return dt.datetime.now(zone)
    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        raise RoutesTestError(f"{text!r} is no moment, write it as 2026-12-25T10:00") from None
    return read if read.tzinfo else read.replace(tzinfo=zone)


def describe(call: OfflineCall, walked: Walked) -> Text:
    """Write the way and why, to be read from the top."""
    text = Text()
    text.append(
        f"a call to {call.to} from {call.caller or 'a hidden number'}, {call.at:%a %Y-%m-%d %H:%M %Z}\n"
    )
    for tried in walked.route.tried:
        mark, style = ("✓", "green") if tried.matched else ("✗", "dim")
        text.append(f"  {mark} {tried.place}: {tried.because}\n", style)
    text.append(f"→ {walked.route.destination}", "bold")
    text.append(f"  {_extras(walked)}\n" if walked.route.place else "  no route matches\n")
    for line in walked.way:
        text.append(f"    {line}\n")
    text.append(f"→ {walked.end}", "bold")
    return text


def _extras(walked: Walked) -> str:
    language = f", language {walked.route.language}" if walked.route.language else ""
    return f"by {walked.route.place}, priority {walked.route.priority}{language}"
