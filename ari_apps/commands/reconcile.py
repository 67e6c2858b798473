"""`callfloor reconcile`: compare what was heard of calls with what Asterisk itself recorded of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ami_listeners.clock import utc_now
from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.problems import Problems
from ami_listeners.imports.wall_time import at_of
from ami_listeners.reconciling.compare import Kind, Mismatch
from ami_listeners.reconciling.job import Reconciled, reconcile
from ami_listeners.reconciling.sources import Records, RecordSource
from ami_listeners.reports import asked
from ari_apps.commands.report import FLOOR, opened_database, site_zone
from ari_apps.commands.routes import only_warnings
from ari_apps.configuration.floor_toml import load
from ari_apps.running import record_sources

TOLD = 50
"""So many differences are told one by one."""


def reconcile_calls(
    since: Annotated[str, typer.Option("--from", help="2026-11-20, a moment, today or yesterday.")] = "today",
    until: Annotated[str, typer.Option("--to", help="Likewise; a day belongs to it.")] = "today",
    cdr: Annotated[
        str, typer.Option(metavar="FILE|URL", help="Master.csv, or a PostgreSQL with a table cdr.")
    ] = "",
    cel: Annotated[
        str, typer.Option(metavar="FILE|URL", help="What cel_custom writes, or one with a table cel.")
    ] = "",
    tz: Annotated[
        str, typer.Option(metavar="ZONE", help="By which clock their times are; else the site's.")
    ] = "",
    system: Annotated[str, typer.Option(metavar="NAME", help="Which of several Asterisks wrote them.")] = "",
    database: Annotated[
        str, typer.Option(metavar="URL", help="The database, when there is no floor.toml.")
    ] = "",
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = FLOOR,
) -> None:
    """Compare calls as they were heard with what Asterisk recorded of them; differences are kept."""
    shown = site_zone(config, database) if config.exists() else ZoneInfo("UTC")
    problems = Problems(tell=lambda sentence: typer.echo(sentence, err=True))
    sources = sources_of(cdr, cel, tz, shown, config, problems)
    now = utc_now()
    begins, ends = asked.beginning(since, shown, now, "--from"), asked.end(until, shown, now, "--to")

    async def compared() -> list[Reconciled]:
        async with opened_database(config, database) as opened:
            return [
                await reconcile(opened, source, begins, min(ends, now), system or system_of(config))
                for source in sources
            ]

    with only_warnings():
        done = asyncio.run(compared())
    for each in done:
        typer.echo("\n".join(told(each, shown)))
    if any(each.faults for each in done):
        raise typer.Exit(1)


def sources_of(
    cdr: str, cel: str, tz: str, shown: ZoneInfo, config: Path, problems: Problems
) -> Sequence[RecordSource]:
    """Say which records there are: those that are named, or else those of floor.toml; raises HistoryError."""
    zone = asked.zone(tz, "--tz") if tz else shown
    named = {Records.CDR: cdr, Records.CEL: cel}
    sources = [
        RecordSource(records=records, place=place, zone=zone, problems=problems)
        for records, place in named.items()
        if place
    ]
    sources = sources or (list(record_sources(load(config))) if config.exists() else [])
    if not sources:
        raise HistoryError(
            "there is nothing to compare with: name --cdr or --cel, or set them in [reconcile] of floor.toml"
        )
    return sources


def system_of(config: Path) -> str:
    """Say which of several Asterisks is the site's; empty where there is one."""
    return load(config).asterisk.system if config.exists() else ""


def told(done: Reconciled, zone: ZoneInfo) -> Iterator[str]:
    """Yield what came of it in lines."""
    by_kind = ", ".join(f"{kind} {number}" for kind, number in sorted(done.by_kind().items()))
    yield f"{done.records}: {done.calls:,} calls compared, {by_kind or 'no difference'}"
    for found in done.mismatches[:TOLD]:
        yield f"  {at_of(found.at).astimezone(zone):%Y-%m-%d %H:%M:%S}  {found.call:<20}  {difference(found)}"
    if len(done.mismatches) > TOLD:
        yield f"  and {len(done.mismatches) - TOLD:,} more, which the table mismatches has"


def difference(found: Mismatch) -> str:
    """Say in words in what a call differs."""
    if found.kind is Kind.MISSING_HERE:
        return f"{found.kind}: recorded, and never heard"
    if found.kind is Kind.MISSING_THERE:
        return f"{found.kind}: heard, and not recorded"
    if found.kind is Kind.IN_GAP:
        return f"{found.kind}: nobody listened then"
    here, there = (next(iter(each.values()), None) for each in (found.ours, found.theirs))
    return f"{found.kind}: heard {here}, recorded {there}"
