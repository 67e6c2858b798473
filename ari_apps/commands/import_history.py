"""`callfloor import`: take in what was recorded before, by Asterisk or by another system."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
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

RULES = Queue(name=QueueName(""))


class Kind(StrEnum):
    """What a file has."""

    QUEUE_LOG = "queue-log"
    CDR = "cdr"
    CEL = "cel"
    RECORDS = "records"


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


def import_(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="queue-log: the file, or its table with a header. cdr: Master.csv, or a table such as "
            "asteriskcdrdb.cdr with a header. cel: what cel_custom writes, or a table with a header. "
            "records: those of another system, a row for each stay in a queue, by a mapping of columns.",
            show_default=False,
        ),
    ],
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="In the order of their time; packed by gzip or not.", show_default=False
        ),
    ],
    mapping: Annotated[
        Path | None, typer.Option(help="What the columns of records mean, in TOML.", metavar="MAP.toml")
    ] = None,
    tz: Annotated[
        str, typer.Option("--tz", metavar="ZONE", help="By which clock their times are; else the site's.")
    ] = "",
    system: Annotated[str, typer.Option(metavar="NAME", help="Which of several Asterisks wrote them.")] = "",
    agent: Annotated[
        list[str] | None,
        typer.Option(metavar="MEMBER=AGENT", help="Which agent a member of a queue is. Repeatable."),
    ] = None,
    service_level: Annotated[
        float, typer.Option(min=0, help="In seconds, for queues the database has no rules of.")
    ] = RULES.service_level_s,
    short_abandon: Annotated[
        float, typer.Option(min=0, help="In seconds, for queues the database has no rules of.")
    ] = RULES.short_abandon_s,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write rows that cannot be read there.")
    ] = None,
    encoding: Annotated[str, typer.Option(help="How letters are written, as utf-8 or latin-1.")] = "utf-8",
    database: Annotated[
        str, typer.Option(metavar="URL", help="The database, when there is no floor.toml.")
    ] = "",
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = FLOOR,
) -> None:
    """Take in what was recorded before: the same facts and figures."""
    place = {
        "times": WallTime(zone_of(tz, config, database), utc_now().timestamp),
        "agents": agent_names(pairs(agent or (), "--agent")),
        "other_rules": rules_of(service_level, short_abandon),
    }
    run(
        Import(
            files=files, make=reader_of(kind, mapping), place=place, system=system, dry_run=dry_run,
            rejects=rejects, encoding=encoding, database=database, config=config,
        )
    )  # fmt: skip


def reader_of(kind: Kind, mapping: Path | None) -> MakeReader:
    """Say how files of a kind are read; raises HistoryError."""
    if kind is Kind.RECORDS:
        if mapping is None:
            raise HistoryError("records: nobody knows what their columns mean, name a file by --mapping")
        mapped = read_mapping(mapping)
        return lambda place: CallRecordReader(place, mapped)
    if mapping is not None:
        raise HistoryError(f"{kind}: its columns are known, leave out --mapping")
    if kind is Kind.QUEUE_LOG:
        return QueueLogReader
    return lambda place: CallReader(place, cdr_calls if kind is Kind.CDR else cel_calls)


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
    check(what.encoding)
    with ExitStack() as stack, only_warnings():
        problems = Problems(tell=lambda sentence: typer.echo(sentence, err=True))
        if what.rejects is not None:
            problems.keep = stack.enter_context(Rejected(what.rejects)).write
        summary = Summary(problems)
        asyncio.run(_imported(what, summary))
    typer.echo("\n".join(told(summary, dry_run=what.dry_run)))
    if problems.total:
        raise typer.Exit(1)


def check(encoding: str) -> None:
    """Refuse an encoding in which lines do not end as everywhere; raises HistoryError."""
    try:
        usable = b"a|1\n".decode(encoding) == "a|1\n"
    except (LookupError, ValueError):
        usable = False
    if not usable:
        raise HistoryError(
            f"--encoding: {encoding!r} is no encoding of lines: write utf-8 or latin-1, and the file anew in "
            "one of them if it is in another"
        )


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
