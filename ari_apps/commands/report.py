"""`callfloor report`: ask what days that are over were like."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import zoneinfo
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ami_listeners.clock import Clock, utc_now
from ami_listeners.database import Database
from ami_listeners.local_postgres import database_url
from ami_listeners.reports import as_table, asked
from ami_listeners.reports.answer import Answer
from ami_listeners.reports.ask import ask, contacts
from ami_listeners.reports.errors import QuestionError
from ami_listeners.reports.formats import WRITERS, Format
from ami_listeners.reports.opened import opened
from ami_listeners.reports.question import ContactsQuestion, Question, Step, Subject
from ami_listeners.settings import DatabaseSettings
from ari_apps.commands.routes import only_warnings
from ari_apps.configuration.floor_toml import load
from ari_apps.configuration.secret_files import SecretFiles
from ari_apps.running import database_settings

FLOOR = Path("floor.toml")


class Shown(StrEnum):
    """In what form a report is given."""

    TABLE = "table"
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    HTML = "html"


def report(
    subject: Annotated[Subject, typer.Argument(help="What the report is about.", show_default=False)],
    since: Annotated[
        str,
        typer.Option("--from", help="2026-11-20, 2026-11-20T14:30, today or yesterday."),
    ] = "today",
    until: Annotated[
        str, typer.Option("--to", help="Likewise; a day belongs to it. The end of today if left out.")
    ] = "today",
    by: Annotated[Step, typer.Option(help="How long each span of the report is.")] = Step.ALL,
    tz: Annotated[
        str, typer.Option(metavar="ZONE", help="By which clock, as Europe/Berlin; else the site's.")
    ] = "",
    week_starts: Annotated[str, typer.Option(metavar="DAY", help="On which day weeks begin.")] = "monday",
    name: Annotated[
        list[str] | None,
        typer.Option("--queue", "--agent", "--name", help="Of this queue or agent alone. Repeatable."),
    ] = None,
    formula: Annotated[str, typer.Option(help="The service level by this formula for all queues.")] = "",
    measure: Annotated[
        str, typer.Option("--contacts", metavar="MEASURE", help="List the contacts this number is made of.")
    ] = "",
    number: Annotated[str, typer.Option(help="Calls of this caller alone.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="List so many at most.")] = 10_000,
    form: Annotated[Shown, typer.Option("--format", "-f", help="In what form.")] = Shown.TABLE,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Write to this file; else print.")
    ] = None,
    every_column: Annotated[bool, typer.Option("--all", help="Show every column of the table.")] = False,
    database: Annotated[
        str, typer.Option(metavar="URL", help="The database, when there is no floor.toml.")
    ] = "",
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration.")] = FLOOR,
) -> None:
    """Ask what days that are over were like: figures, and the contacts they are made of."""
    zone = asked.zone(tz, "--tz") if tz else site_zone(config, database)
    now = utc_now()
    begins, ends = asked.beginning(since, zone, now, "--from"), asked.end(until, zone, now, "--to")
    question: Question | ContactsQuestion
    if measure or number or (subject is Subject.CALLS and by is Step.ALL):
        question = ContactsQuestion(
            subject=Subject.CALLS if number else subject,
            measure=measure or "calls",
            since=begins,
            until=ends,
            zone=zone,
            names=tuple(name or ()),
            number=number,
            limit=limit,
        )
    else:
        question = Question(
            subject=subject,
            since=begins,
            until=ends,
            zone=zone,
            step=by,
            week_starts=asked.weekday(week_starts, "--week-starts"),
            names=tuple(name or ()),
            formula=formula,
        )
    with only_warnings():
        answer = asyncio.run(_asked(question, config, database, with_lists=form is Shown.HTML))
    _give(answer, form, output, every_column=every_column)


def site_zone(config: Path, database: str) -> zoneinfo.ZoneInfo:
    """Give the site's clock; UTC where there is no site but a database."""
    if database and not config.exists():
        return zoneinfo.ZoneInfo("UTC")
    return zoneinfo.ZoneInfo(load(config).site.timezone)


async def _asked(
    question: Question | ContactsQuestion, config: Path, url: str, *, with_lists: bool
) -> Answer:
    async with opened_database(config, url) as database:
        if isinstance(question, ContactsQuestion):
            return await contacts(database, question)
        answer = await ask(database, question)
        return await opened(database, answer) if with_lists else answer


@contextlib.asynccontextmanager
async def opened_database(config: Path, url: str) -> AsyncIterator[Database]:
    """Open the database that is named, or the site's; raises DatabaseUnreachable when it is used."""
    if url:
        settings = DatabaseSettings(url=url)
    else:
        configuration = load(config)
        settings = database_settings(configuration, SecretFiles(configuration.secrets_dir()))
    async with database_url(settings) as address:
        database = Database(address, settings, Clock())
        try:
            yield database
        finally:
            await database.stop()


def _give(answer: Answer, form: Shown, output: Path | None, *, every_column: bool) -> None:
    try:
        if form is Shown.TABLE:
            _show(answer, output, every_column=every_column)
        elif output is not None:
            with output.open("wb") as file:
                WRITERS[Format(form)](answer, file)
            typer.echo(f"{output}: {len(answer.rows)} rows", err=True)
        elif form is Shown.XLSX and sys.stdout.isatty():
            raise QuestionError("a workbook is no text for a terminal, name a file: -o report.xlsx")
        else:
            WRITERS[Format(form)](answer, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if output is None:
            raise
        raise QuestionError(f"{output} cannot be written ({error.strerror}), name another file") from None


def _show(answer: Answer, output: Path | None, *, every_column: bool) -> None:
    if output is None:
        as_table.show(Console(highlight=False), answer, every_column=every_column)
        return
    with output.open("w", encoding="utf-8") as file:
        as_table.show(Console(file=file), answer, every_column=every_column)
