"""Import files into a database of a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from ami_listeners.clock import Clock, utc_now
from ami_listeners.database import Database
from ami_listeners.imports.cdr import cdr_calls
from ami_listeners.imports.cel import cel_calls
from ami_listeners.imports.history import MakeReader, Place, Summary, facts_of, keep_all, known_place
from ami_listeners.imports.keeper import Keeper
from ami_listeners.imports.names import agent_names
from ami_listeners.imports.problems import Problems
from ami_listeners.imports.readers import CallReader
from ami_listeners.imports.wall_time import WallTime
from ami_listeners.settings import DatabaseSettings
from queue_strategies.model import Queue, QueueName


def cdr_reader(place: Place) -> CallReader:
    return CallReader(place, cdr_calls)


def cel_reader(place: Place) -> CallReader:
    return CallReader(place, cel_calls)


async def import_files(
    url: str,
    make: MakeReader,
    *files: Path,
    zone: str = "UTC",
    members: Mapping[str, str] | None = None,
    rules: Mapping[QueueName, Queue] | None = None,
) -> tuple[Summary, list[str]]:
    """Do what the command does, and give what came of it and what was said of rows."""
    database, told = Database(url, DatabaseSettings(), Clock()), list[str]()
    summary = Summary(Problems(tell=told.append))
    try:
        keeper = Keeper(database)
        times = WallTime(ZoneInfo(zone), utc_now().timestamp)
        place = await known_place(keeper, {"times": times, "agents": agent_names(members or {})})
        reader = make(place if rules is None else replace(place, rules=rules))
        await keep_all(facts_of(files, reader, summary, "utf-8"), keeper, summary)
    finally:
        await database.stop()
    return summary, told
