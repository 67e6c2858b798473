"""`callfloor measure`: measure days that are over by other rules than those that held."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ami_listeners.clock import utc_now
from ami_listeners.remeasuring import Remeasured, Rule, remeasure
from ami_listeners.reports import asked
from ari_apps.commands.report import FLOOR, opened_database, site_zone
from ari_apps.commands.routes import only_warnings
from queue_strategies.staffing.notation import read_duration

NOW = "now"


def measure(
    queue: Annotated[str, typer.Argument(help="The queue.", show_default=False)],
    since: Annotated[
        str,
        typer.Option(help="From when on: 2026-11-20, 2026-11-20T14:30 or yesterday.", show_default=False),
    ],
    until: Annotated[str, typer.Option(help="Likewise; a day belongs to it.")] = NOW,
    service_level: Annotated[
        str, typer.Option(metavar="TIME", help="What is in time: 30s, 1min.", show_default=False)
    ] = "",
    short_abandon: Annotated[
        str, typer.Option(metavar="TIME", help="Which abandons are short: 5s.", show_default=False)
    ] = "",
    formula: Annotated[
        str, typer.Option(help="By which formula the service level is counted.", show_default=False)
    ] = "",
    tz: Annotated[
        str, typer.Option(metavar="ZONE", help="By which clock, as Europe/Berlin; else the site's.")
    ] = "",
    database: Annotated[
        str, typer.Option(metavar="URL", help="The database, when there is no floor.toml.")
    ] = "",
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = FLOOR,
) -> None:
    """Measure days that are over by other rules; what happens from now on goes by floor.toml."""
    zone = asked.zone(tz, "--tz") if tz else site_zone(config, database)
    now = utc_now()
    rule = Rule(
        queue=queue,
        since=asked.beginning(since, zone, now, "--since"),
        until=now if until == NOW else asked.end(until, zone, now, "--until"),
        service_level_s=read_duration(service_level) if service_level else None,
        short_abandon_s=read_duration(short_abandon) if short_abandon else None,
        service_level_formula=formula or None,
    )
    with only_warnings():
        came = asyncio.run(_measured(rule, config, database))
    began, ended = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in (rule.since, rule.until))
    typer.echo(f"{queue} from {began} to {ended}, {zone.key}: {told(rule, came)}")


def told(rule: Rule, came: Remeasured) -> str:
    """Say what is measured otherwise now."""
    parts = []
    if rule.service_level_s is not None:
        parts.append(f"in time within {rule.service_level_s:g} s")
    if rule.short_abandon_s is not None:
        parts.append(f"short abandons up to {rule.short_abandon_s:g} s")
    if parts:
        parts.append(f"{came.changed:,} of {came.visits:,} visits changed")
    if rule.service_level_formula is not None:
        parts.append(f"service level by {rule.service_level_formula}")
    return "; ".join(parts)


async def _measured(rule: Rule, config: Path, url: str) -> Remeasured:
    async with opened_database(config, url) as database:
        return await remeasure(database, rule)
