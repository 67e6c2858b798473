"""`callfloor import`: take in what was recorded before, by Asterisk or by another system."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from ami_listeners.clock import utc_now
from ami_listeners.imports.call_records import CallRecordReader
from ami_listeners.imports.cdr import cdr_calls
from ami_listeners.imports.cel import cel_calls
from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.history import MakeReader, Place, Summary, facts_of, keep_all, known_place
from ami_listeners.imports.keeper import Keeper
from ami_listeners.imports.mapping import read_mapping
from ami_listeners.imports.names import agent_names
from ami_listeners.imports.problems import Problems, Rejected
from ami_listeners.imports.readers import CallReader, QueueLogReader
from ami_listeners.imports.telling import told
from ami_listeners.imports.wall_time import WallTime
from ami_listeners.reports import asked
from ari_apps.commands.report import FLOOR, opened_database, site_zone
from ari_apps.commands.routes import only_warnings
from ari_apps.configuration.floor_toml import load
from queue_strategies.model import Queue, QueueName

app = typer.Typer(no_args_is_help=True, help="Take in what was recorded before: the same facts and figures.")

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="In the order of their time; packed by gzip or not.")
]
Zone = Annotated[
    str, typer.Option("--tz", metavar="ZONE", help="By which clock their times are; else the site's.")
]
System = Annotated[
    str,
    typer.Option("--system", metavar="NAME", help="Which of several Asterisks wrote them."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported.")]
Rejects = Annotated[
    Path | None,
    typer.Option("--rejects", metavar="FILE", help="Write rows that cannot be read there."),
]
Encoding = Annotated[str, typer.Option("--encoding", help="How letters are written, as utf-8 or latin-1.")]
Level = Annotated[
    float, typer.Option("--service-level", min=0, help="In seconds, for queues the database has no rules of.")
]
Short = Annotated[
    float, typer.Option("--short-abandon", min=0, help="In seconds, for queues the database has no rules of.")
]
Members = Annotated[
    list[str] | None,
    typer.Option("--agent", metavar="MEMBER=AGENT", help="Which agent a member of a queue is. Repeatable."),
]
Url = Annotated[
    str, typer.Option("--database", metavar="URL", help="The database, when there is no floor.toml.")
]
Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration.")]
RULES = Queue(name=QueueName(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is imported, and how."""

    files: Sequence[Path]
    make: MakeReader
    place: dict[str, Any]
    system: str
    dry_run: bool
    rejects: Path | None
    encoding: str
    database: str
    config: Path


@app.callback()
def history() -> None:
    """Take in what was recorded before: the same facts and figures."""


@app.command("queue-log")
def queue_log(
    files: Files,
    tz: Zone = "",
    system: System = "",
    agent: Members = None,
    service_level: Level = RULES.service_level_s,
    short_abandon: Short = RULES.short_abandon_s,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    encoding: Encoding = "utf-8",
    database: Url = "",
    config: Config = FLOOR,
) -> None:
    """Import queue_log: the file, or its table with a header."""
    place = {
        "times": WallTime(zone_of(tz, config, database), utc_now().timestamp),
        "agents": agent_names(pairs(agent or (), "--agent")),
        "other_rules": rules_of(service_level, short_abandon),
    }
    run(
        Import(
            files=files, make=QueueLogReader, place=place, system=system, dry_run=dry_run, rejects=rejects,
            encoding=encoding, database=database, config=config,
        )
    )  # fmt: skip


@app.command("cdr")
def cdr(
    files: Files,
    tz: Zone = "",
    system: System = "",
    dry_run: DryRun = False,
    rejects: Rejects = None,
    encoding: Encoding = "utf-8",
    database: Url = "",
    config: Config = FLOOR,
) -> None:
    """Import CDR: Master.csv, or a table such as asteriskcdrdb.cdr with a header."""
    place = {"times": WallTime(zone_of(tz, config, database), utc_now().timestamp)}
    run(
        Import(
            files=files, make=lambda place: CallReader(place, cdr_calls), place=place, system=system,
            dry_run=dry_run, rejects=rejects, encoding=encoding, database=database, config=config,
        )
    )  # fmt: skip


@app.command("cel")
def cel(
    files: Files,
    tz: Zone = "",
    system: System = "",
    dry_run: DryRun = False,
    rejects: Rejects = None,
    encoding: Encoding = "utf-8",
    database: Url = "",
    config: Config = FLOOR,
) -> None:
    """Import CEL: what cel_custom writes, or a table with a header."""
    place = {"times": WallTime(zone_of(tz, config, database), utc_now().timestamp)}
    run(
        Import(
            files=files, make=lambda place: CallReader(place, cel_calls), place=place, system=system,
            dry_run=dry_run, rejects=rejects, encoding=encoding, database=database, config=config,
        )
    )  # fmt: skip


@app.command("records")
def records(
    files: Files,
    mapping: Annotated[Path, typer.Option(help="What their columns mean, in TOML.", metavar="MAP.toml")],
    tz: Zone = "",
    system: System = "",
    agent: Members = None,
    service_level: Level = RULES.service_level_s,
    short_abandon: Short = RULES.short_abandon_s,
    dry_run: DryRun = False,
    rejects: Rejects = None,
    encoding: Encoding = "utf-8",
    database: Url = "",
    config: Config = FLOOR,
) -> None:
    """Import call records of another system, a row for each stay in a queue, by a mapping of columns."""
    mapped = read_mapping(mapping)
    place = {
        "times": WallTime(zone_of(tz, config, database), utc_now().timestamp),
        "agents": agent_names(pairs(agent or (), "--agent")),
        "other_rules": rules_of(service_level, short_abandon),
    }
    run(
        Import(
            files=files, make=lambda place: CallRecordReader(place, mapped), place=place, system=system,
            dry_run=dry_run, rejects=rejects, encoding=encoding, database=database, config=config,
        )
    )  # fmt: skip


def rules_of(service_level_s: float, short_abandon_s: float) -> Queue:
    """Make the rules of queues of which the database knows none."""
    return Queue(name=QueueName(""), service_level_s=service_level_s, short_abandon_s=short_abandon_s)


def zone_of(tz: str, config: Path, database: str) -> ZoneInfo:
    """Read by which clock times are; the site's if nothing is said, UTC if there is none."""
    if tz:
        return asked.zone(tz, "--tz")
    return site_zone(config, database or "none") if config.exists() else ZoneInfo("UTC")


def system_of(config: Path) -> str:
    """Say which of several Asterisks is the site's; empty where there is one."""
    return load(config).asterisk.system if config.exists() else ""


def pairs(said: Sequence[str], option: str) -> dict[str, str]:
    """Read what is said as one=other; raises HistoryError."""
    read = {}
    for each in said:
        one, sign, other = each.rpartition("=")
        if not (one and sign and other):
            raise HistoryError(f"{option}: {each!r} names no pair, write it as 'Anna Abel=anna'")
        read[one] = other
    return read


def run(what: Import) -> None:
    """Import, and say what came of it; ends with 1 when rows could not be read."""
    try:
        codecs.lookup(what.encoding)
    except LookupError:
        raise HistoryError(f"--encoding: {what.encoding!r} is no encoding, write utf-8 or latin-1") from None
    with ExitStack() as stack, only_warnings():
        problems = Problems(tell=lambda sentence: typer.echo(sentence, err=True))
        if what.rejects is not None:
            problems.keep = stack.enter_context(Rejected(what.rejects)).write
        summary = Summary(problems)
        asyncio.run(_imported(what, summary))
    typer.echo("\n".join(told(summary, dry_run=what.dry_run)))
    if problems.total:
        raise typer.Exit(1)


async def _imported(what: Import, summary: Summary) -> None:
    if what.dry_run:
        reader = what.make(Place(**what.place))
        await keep_all(facts_of(what.files, reader, summary, what.encoding), None, summary)
        return
    async with opened_database(what.config, what.database) as database:
        keeper = Keeper(
            database,
            what.system or system_of(what.config),
            reject=lambda sentence: typer.echo(sentence, err=True),
        )
        reader = what.make(await known_place(keeper, what.place))
        await keep_all(facts_of(what.files, reader, summary, what.encoding), keeper, summary)
