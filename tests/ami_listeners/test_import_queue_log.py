"""What queue_log tells gives the figures that a listener made of the same calls, however often it is read."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from ami_listeners.clock import Clock, utc_now
from ami_listeners.database import Database
from ami_listeners.imports.history import Summary, facts_of, keep_all, known_place
from ami_listeners.imports.keeper import Keeper
from ami_listeners.imports.names import agent_names
from ami_listeners.imports.problems import Problems
from ami_listeners.imports.readers import QueueLogReader
from ami_listeners.imports.wall_time import WallTime
from ami_listeners.settings import DatabaseSettings
from queue_strategies.model import Queue, QueueName
from tests.ami_listeners.recorded_calls import Recorded
from tests.ami_listeners.test_journal import rows

FIGURES = "SELECT * FROM queue_report(ARRAY['2020-01-01', '2100-01-01']::timestamptz[])"
MEMBERS = {"Anna Abel": "anna", "Bob Brown": "bob", "Carl": "carl", "Dora": "dora"}
RULES = {name: Queue(name=name, service_level_s=2) for name in map(QueueName, ("sales", "support"))}
KATHMANDU = ZoneInfo("Asia/Kathmandu")
TALKS = """
    SELECT visit, agent, outcome, key, ended_by, transfer_kind, transferred_to FROM visits
    WHERE handled > 0 ORDER BY visit
"""
STORY = "SELECT visit, outcome, agent, handled FROM visits ORDER BY visit"
CONCLUDED = """
    UPDATE facts SET heard = false, id = gen_random_uuid(), body = jsonb_set(body, '{outcome}', '"lost"')
    WHERE visit = %s AND kind = 'visit_ended'
"""
TORN = (
    "is torn, the file ends within it: import the file again when it is whole; "
    "if it is, end its last line with a line break"
)
AT_THE_DOOR = {"strict": {"left_empty": 1}, "tiny": {"full": 1}}
"""Callers who never joined, of whom queue_log says nothing."""


async def import_queue_log(url: str, *files: Path, zone: str = "UTC") -> tuple[Summary, list[str]]:
    database, told = Database(url, DatabaseSettings(), Clock()), list[str]()
    summary = Summary(Problems(tell=told.append))
    try:
        keeper = Keeper(database)
        times = WallTime(ZoneInfo(zone), utc_now().timestamp)
        place = await known_place(keeper, {"times": times, "agents": agent_names(MEMBERS)})
        reader = QueueLogReader(replace(place, rules=RULES))
        await keep_all(facts_of(files, reader, summary, "utf-8"), keeper, summary)
    finally:
        await database.stop()
    return summary, told


async def figures(url: str) -> dict[str, dict[str, Any]]:
    async with await psycopg.AsyncConnection.connect(url, row_factory=dict_row) as connection:
        return {row["queue"]: row for row in await (await connection.execute(FIGURES)).fetchall()}


async def test_queue_log_gives_the_figures_that_were_heard(recorded: Recorded, database_url: str) -> None:
    """Counts are the same; durations differ by less than the second to which queue_log cuts its times."""
    summary, told = await import_queue_log(database_url, recorded.queue_log)
    assert told == []
    assert summary.kept.new == summary.kept.told > 60
    heard, imported = await figures(recorded.url), await figures(database_url)
    for queue, outcomes in AT_THE_DOOR.items():
        for outcome, number in outcomes.items():
            heard[queue][outcome] -= number
            heard[queue]["offered"] -= number
            heard[queue]["removed_within"] -= number
    del heard["strict"]
    assert heard.keys() == imported.keys() == {"sales", "support", "nobody", "everybody", "leaving", "tiny"}
    for queue, row in heard.items():
        for name, value in row.items():
            if name.endswith("_s") and name not in ("wrap_up_s", "handle_s") and value is not None:
                assert abs(imported[queue][name] - value) < max(1, row["offered"]), (queue, name)
            elif isinstance(value, int):
                assert imported[queue][name] == value, (queue, name)
    assert await rows(database_url, TALKS) == await rows(recorded.url, TALKS)


async def test_importing_again_or_over_what_was_heard_adds_nothing(
    recorded: Recorded, database_url: str, heard_url: str
) -> None:
    """Also when members are called otherwise, by another clock, packed, with Windows line ends, a table."""
    first, _ = await import_queue_log(database_url, recorded.queue_log)
    before = await rows(database_url, "SELECT * FROM facts ORDER BY id")
    packed = recorded.queue_log.with_suffix(".gz")
    packed.write_bytes(gzip.compress(recorded.queue_log.read_bytes().replace(b"\n", b"\r\n")))
    table = recorded.queue_log.with_suffix(".csv")
    table.write_text(as_table(recorded.queue_log.read_text(), KATHMANDU))
    for file, zone in ((recorded.queue_log, "UTC"), (packed, "UTC"), (table, "Asia/Kathmandu")):
        again, told = await import_queue_log(database_url, file, zone=zone)
        assert (again.kept.told, again.kept.new, told) == (first.kept.told, 0, []), file
    assert await rows(database_url, "SELECT * FROM facts ORDER BY id") == before
    heard = await rows(heard_url, "SELECT * FROM facts ORDER BY id")
    over, _ = await import_queue_log(heard_url, recorded.queue_log)
    assert over.kept.new == 0 < over.kept.told
    assert await rows(heard_url, "SELECT * FROM facts ORDER BY id") == heard


async def test_what_nobody_heard_is_known_by_what_was_written(recorded: Recorded, heard_url: str) -> None:
    """Of one call its end was concluded, of one the talk was missed, of one nothing was heard."""
    three = await visits(heard_url, "abandoned", "answered", "timed_out")
    caller, talker, stranger = three
    before = await rows(heard_url, STORY)
    async with await psycopg.AsyncConnection.connect(heard_url) as connection:
        await connection.execute(CONCLUDED, [caller])
        await connection.execute("DELETE FROM facts WHERE visit = %s AND kind = 'handled'", [talker])
        await connection.execute("DELETE FROM facts WHERE visit = %s", [stranger])
        for table in ("visits", "offers"):
            await connection.execute(
                f"DELETE FROM {table} WHERE visit IN (%s, %s, %s)", [caller, talker, stranger]
            )
        both = [[caller, talker]]
        await connection.execute("SELECT recount_visits(%s), recount_offers(%s)", both * 2)
    assert (caller, "lost", None, 0) in await rows(heard_url, STORY)
    summary, _ = await import_queue_log(heard_url, recorded.queue_log)
    assert summary.kept.new == 1 + 1 + 2
    assert await rows(heard_url, STORY) == before
    again, _ = await import_queue_log(heard_url, recorded.queue_log)
    assert again.kept.new == 0


async def visits(url: str, *outcomes: str) -> list[str]:
    """Name a visit of each outcome."""
    of = (
        "SELECT (array_agg(visit ORDER BY visit))[1] FROM visits WHERE outcome = '{}' AND position_joined > 0"
    )
    return [(await rows(url, of.format(outcome)))[0][0] for outcome in outcomes]


async def test_a_file_that_grew_is_imported_as_if_it_had_been_whole_at_once(
    recorded: Recorded, database_url: str
) -> None:
    """The first half is imported, then the whole: figures are as if it had been read at once."""
    half = recorded.queue_log.with_name("half")
    lines = recorded.queue_log.read_bytes().splitlines(keepends=True)
    half.write_bytes(b"".join(lines[: len(lines) // 2]) + lines[len(lines) // 2][:-3])
    _, told = await import_queue_log(database_url, half)
    assert told == [f"half, line {len(lines) // 2 + 1}: {TORN}"]
    await import_queue_log(database_url, recorded.queue_log)
    assert {queue: row["offered"] for queue, row in (await figures(database_url)).items()} == {
        "everybody": 1, "leaving": 1, "nobody": 5, "sales": 2, "support": 3, "tiny": 1
    }  # fmt: skip


def as_table(log: str, zone: ZoneInfo) -> str:
    """Write queue_log as its table, exported with a header, by the clock of a zone."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ["id", "time", "callid", "queuename", "agent", "event", *(f"data{n}" for n in range(1, 6))]
    )
    for number, line in enumerate(log.splitlines()):
        time, *parts = line.split("|")
        local = datetime.fromtimestamp(int(time), zone)
        writer.writerow([number, f"{local:%Y-%m-%d %H:%M:%S}.000000", *(parts + [""] * 9)[:9]])
    return file.getvalue()
