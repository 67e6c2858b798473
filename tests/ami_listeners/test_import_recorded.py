"""What Asterisk wrote down of its calls, imported or compared, is what a listener heard of the same calls."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import psycopg
import pytest
from click import Command
from click.testing import CliRunner
from psycopg.rows import dict_row

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.imports.cdr import MASTER, NEW
from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.history import Summary
from ami_listeners.imports.readers import QueueLogReader
from ami_listeners.reconciling.compare import Kind
from ami_listeners.reconciling.job import Reconciled, Reconciling, reconcile
from ami_listeners.reconciling.sources import Records, RecordSource
from ami_listeners.settings import DatabaseSettings
from callfloor import command_line
from queue_strategies.model import Queue, QueueName
from tests.ami_listeners.importing import cdr_reader, cel_reader, import_files
from tests.ami_listeners.recorded_calls import Recorded
from tests.ami_listeners.test_journal import rows
from tests.ami_listeners.waiting import until

# -- queue_log ----------------------------------------------------------------------------------------------

FIGURES = "SELECT * FROM queue_report(ARRAY['2020-01-01', '2100-01-01']::timestamptz[])"
MEMBERS = {"Anna Abel": "anna", "Bob Brown": "bob", "Carl": "carl", "Dora": "dora"}
RULES = {name: Queue(name=name, service_level_s=2) for name in map(QueueName, ("sales", "support"))}
KATHMANDU = ZoneInfo("Asia/Kathmandu")
TALKS = """
    SELECT visit, agent, outcome, key, ended_by, transfer_kind, transferred_to FROM visits
    WHERE handled > 0 ORDER BY visit
"""
STORY = "SELECT visit, outcome, agent, handled FROM visits ORDER BY visit"
STATES = """
    SELECT agent, began_at, ended_at, state FROM agent_states WHERE source = '{}' AND part = 1
    ORDER BY agent, began_at, ended_at
"""
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
    return await import_files(url, QueueLogReader, *files, zone=zone, members=MEMBERS, rules=RULES)


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
    """Of one call its end was concluded, of one the talk was missed, of one nothing was heard.

    To whom the first was offered had been heard, and is not told again by another name.
    """
    ((caller,),) = await rows(heard_url, "SELECT visit FROM offers WHERE outcome = 'caller_left'")
    talker, stranger = await visits(heard_url, "answered", "timed_out")
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


async def test_the_day_before_anybody_listened_is_put_before_it(recorded: Recorded, heard_url: str) -> None:
    """The same calls a day earlier: agents' states follow on each other without a hole or an overlap."""
    live = await rows(heard_url, STATES.format("native"))
    earlier = recorded.queue_log.with_name("yesterday")
    day = 86_400

    def a_day_earlier(found: re.Match[str]) -> str:
        return str(int(found[0]) - day)

    earlier.write_text(re.sub(r"\b1\d{9}\b", a_day_earlier, recorded.queue_log.read_text()))
    summary, told = await import_queue_log(heard_url, earlier)
    assert (told, summary.kept.new) == ([], summary.kept.told)
    assert summary.facts["AgentStateChanged"] > 10
    states = await rows(heard_url, STATES.format("import"))
    assert {agent for agent, *_ in states} == {"anna", "carl", "dora", "Local/77@callers"}
    for (agent, _, ended, _), (next_agent, began, _, _) in pairwise(states):
        assert agent != next_agent or began == ended
    assert await rows(heard_url, STATES.format("native")) == live
    assert {state for *_, state in states} >= {"ready", "paused", "talking", "ringing"}


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


# -- CDR and CEL --------------------------------------------------------------------------------------------

NUMBERS = "SELECT contact, direction, caller_number, caller_name FROM contacts ORDER BY contact"
CALLS_TOLD = """
    SELECT call, answered, direction, caller_number, caller_name, channel_name, called_number,
        extract(epoch FROM started_at)::float8, duration_s, cause
    FROM calls ORDER BY call
"""


FREEPBX = [
    "calldate",
    "clid",
    "src",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "accountcode",
    "uniqueid",
    "userfield",
    "did",
    "recordingfile",
    "cnum",
    "cnam",
    "outbound_cnum",
    "outbound_cnam",
    "dst_cnam",
    "linkedid",
    "peeraccount",
    "sequence",
]


async def test_cel_tells_of_the_calls_that_were_heard(
    recorded: Recorded, database_url: str, heard_url: str
) -> None:
    summary, told = await import_files(database_url, cel_reader, recorded.cel)
    assert (told, summary.kept.new) == ([], 2 * summary.read["calls"])
    heard, imported = await rows(recorded.url, CALLS_TOLD), await rows(database_url, CALLS_TOLD)
    assert [row[:7] for row in imported] == [row[:7] for row in heard]
    assert [row[-1] for row in imported] == [row[-1] for row in heard], "the cause of each end"
    assert await rows(database_url, NUMBERS) == await rows(recorded.url, NUMBERS)
    for column in (7, 8):
        assert [row[column] for row in imported] == pytest.approx([row[column] for row in heard], abs=0.2)
    for url, file in ((database_url, recorded.cel), (heard_url, recorded.cel), (heard_url, recorded.cdr)):
        again, _ = await import_files(url, cel_reader if file is recorded.cel else cdr_reader, file)
        assert again.kept.new == 0 < again.kept.told


async def test_cdr_tells_of_the_calls_that_were_heard(
    recorded: Recorded, database_url: str, heard_url: str
) -> None:
    """As Master.csv, and as FreePBX has it in its table, by the clock of its site."""
    freepbx = recorded.cdr.with_name("asteriskcdrdb.csv")
    with recorded.cdr.open() as master, freepbx.open("w", newline="\r\n") as table:
        writer = csv.DictWriter(table, FREEPBX, extrasaction="ignore", restval="")
        writer.writeheader()
        for row in csv.DictReader(master, [*MASTER, "uniqueid", "userfield", *NEW]):
            start = datetime.fromisoformat(row["start"]).replace(tzinfo=UTC)
            writer.writerow(row | {"calldate": f"{start.astimezone(KATHMANDU):%Y-%m-%d %H:%M:%S}"})
    first, told = await import_files(database_url, cdr_reader, recorded.cdr)
    assert (told, first.kept.new) == ([], 2 * first.read["calls"])
    again, told = await import_files(database_url, cdr_reader, freepbx, zone="Asia/Kathmandu")
    assert (told, again.kept.new, again.kept.told) == ([], 0, first.kept.told)
    heard, imported = await rows(recorded.url, CALLS_TOLD), await rows(database_url, CALLS_TOLD)
    assert [row[:6] for row in imported] == [row[:6] for row in heard]
    for column in (7, 8):
        for ours, theirs in zip(heard, imported, strict=True):
            assert abs(ours[column] - theirs[column]) < 1.1, "CDR cuts its times to seconds"


async def test_a_call_without_an_id_is_taken_of_the_time_before_anybody_listened(
    recorded: Recorded, database_url: str, heard_url: str
) -> None:
    plain = recorded.cdr.with_name("plain.csv")
    with recorded.cdr.open() as master, plain.open("w", newline="") as file:
        csv.writer(file).writerows(row[:16] for row in csv.reader(master))
    summary, _ = await import_files(database_url, cdr_reader, plain)
    again, _ = await import_files(database_url, cdr_reader, plain)
    assert summary.kept.new == summary.kept.told > again.kept.new == 0
    late, _ = await import_files(heard_url, cdr_reader, plain)
    assert (late.kept.told, late.passed_over.total()) == (0, summary.read["calls"])


# -- reconciling --------------------------------------------------------------------------------------------

CALLS = 15
COLUMNS = (*MASTER, "uniqueid", "userfield", *NEW)
FOUND = "SELECT call, kind FROM mismatches WHERE source = '{}' ORDER BY call"
TALKED = "SELECT contact FROM visits WHERE handled > 0 AND transfers = 0 ORDER BY contact"
OTHERS = (
    "SELECT call FROM calls WHERE call NOT IN (SELECT contact FROM visits WHERE handled > 0) ORDER BY call"
)
DAMAGE = {
    "answered": "UPDATE calls SET answered = false WHERE call = '{call}'",
    "talk_time": "UPDATE visits SET talk_s = talk_s + 4 WHERE contact = '{call}'",
    "parties": "UPDATE visits SET agent = 'dora' WHERE contact = '{call}' AND handled > 0",
    "transfers": "UPDATE visits SET transfers = 1 WHERE contact = '{call}' AND handled > 0",
    "in_gap": """
        INSERT INTO gaps (fact, source, began_at, ended_at, reason)
        SELECT gen_random_uuid(), 'ami', started_at, ended_at, 'the wire' FROM calls WHERE call = '{call}';
        DELETE FROM calls WHERE call = '{call}'
    """,
    "duration": "UPDATE calls SET duration_s = duration_s + 4 WHERE call = '{call}'",
    "missing_here": "DELETE FROM calls WHERE call = '{call}'",
    "missing_there": """
        INSERT INTO calls (call, started_at, ended_at, duration_s, answered)
        SELECT '{call}9', started_at, ended_at, duration_s, true FROM calls WHERE call = '{call}'
    """,
}
"""By kind, what has to be done to the database that it is found."""
OF_CEL_ALONE = {"talk_time", "transfers"}
"""CDR does not tell."""


async def compared(
    recorded: Recorded, url: str, records: Records, place: str = "", zone: str = "UTC"
) -> Reconciled:
    file = recorded.cdr if records is Records.CDR else recorded.cel
    source = RecordSource(records=records, place=place or str(file), zone=ZoneInfo(zone))
    database = Database(url, DatabaseSettings(), Clock())
    minute = timedelta(minutes=1)
    try:
        done = await reconcile(database, source, recorded.began - minute, recorded.ended + minute)
    finally:
        await database.stop()
    assert source.problems.total == 0, "rows of who listens in are read, and are no calls"
    return done


async def test_what_was_heard_is_what_asterisk_recorded(recorded: Recorded) -> None:
    for records in Records:
        done = await compared(recorded, recorded.url, records)
        assert (list(done.mismatches), done.calls) == ([], CALLS)


async def test_whatever_is_wrong_in_the_database_is_found_and_nothing_else(
    recorded: Recorded, heard_url: str
) -> None:
    """Each kind is done to another call; the first of all was alone, so a gap may be as long as it."""
    talked = [call for (call,) in await rows(heard_url, TALKED)]
    others = [call for (call,) in await rows(heard_url, OTHERS)]
    damaged = dict(zip(DAMAGE, [*talked[:4], others[0], *others[-3:]], strict=True))
    async with await psycopg.AsyncConnection.connect(heard_url, autocommit=True) as connection:
        for kind, call in damaged.items():
            for statement in DAMAGE[kind].format(call=call).split(";"):
                await connection.execute(statement)
    damaged["missing_there"] += "9"
    expected = {
        Records.CEL: damaged,
        Records.CDR: {kind: call for kind, call in damaged.items() if kind not in OF_CEL_ALONE},
    }
    for records, wrong in expected.items():
        done = await compared(recorded, heard_url, records)
        assert {each.kind: each.call for each in done.mismatches} == wrong
        assert len(done.mismatches) == len(wrong) == len(done.faults) + 1, "what lies in a gap is no fault"
        kept = await rows(heard_url, FOUND.format(records))
        assert kept == sorted((call, kind) for kind, call in wrong.items())
    ((badge,),) = await rows(heard_url, "SELECT badge FROM data_quality(now() - interval '1 hour', now())")
    assert badge == "doubtful", "what reports say of that hour"
    await rows_done(heard_url, f"UPDATE calls SET answered = true WHERE call = '{damaged['answered']}'")
    await compared(recorded, heard_url, Records.CEL)
    assert "answered" not in {kind for _, kind in await rows(heard_url, FOUND.format(Records.CEL))}


async def test_the_job_compares_by_itself_and_shows_what_it_found(recorded: Recorded, heard_url: str) -> None:
    await rows_done(heard_url, "UPDATE calls SET answered = false")
    later = Clock(wall=lambda: recorded.ended + timedelta(minutes=5))
    database = Database(heard_url, DatabaseSettings(), later)
    source = RecordSource(records=Records.CEL, place=str(recorded.cel))
    job = Reconciling(database, [source, replace(source, records=Records.CDR, place="nowhere")])
    assert list(job.families()) == []
    comparing = asyncio.create_task(job.keep_comparing())
    try:
        assert await until(lambda: list(job.families()) != [], 20)
    finally:
        comparing.cancel()
        await asyncio.wait([comparing])
        await database.stop()
    (family,) = job.families()
    shown = {sample.labels["kind"]: sample.value for sample in family.samples}
    assert shown == dict.fromkeys(Kind, 0) | {Kind.ANSWERED: CALLS}


async def rows_done(url: str, sql: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(sql)


async def test_records_may_be_in_a_database_by_the_clock_of_its_site(
    recorded: Recorded, heard_url: str
) -> None:
    """As cdr_pgsql keeps them: times without a zone."""
    texts = ", ".join(
        f'"{name}" text' for name in COLUMNS if name not in ("start", "answer", "end", "duration")
    )
    async with await psycopg.AsyncConnection.connect(heard_url, autocommit=True) as connection:
        await connection.execute("SET timezone = 'UTC'")
        await connection.execute(
            f'CREATE TABLE cdr (calldate timestamp, answer timestamp, "end" timestamp, duration int, {texts})'
        )
        for row in csv.DictReader(io.StringIO(recorded.cdr.read_text()), COLUMNS):
            row["calldate"] = row.pop("start")
            names = ", ".join(f'"{name}"' for name in row)
            sql = f"INSERT INTO cdr ({names}) VALUES ({', '.join(['%s'] * len(row))})"
            await connection.execute(sql, [value or None for value in row.values()])
        shift = "interval '5 hours 45 minutes'"
        await connection.execute(f'UPDATE cdr SET calldate = calldate + {shift}, "end" = "end" + {shift}')
    done = await compared(recorded, heard_url, Records.CDR, heard_url, "Asia/Kathmandu")
    assert (list(done.mismatches), done.calls) == ([], CALLS)
    with pytest.raises(HistoryError, match=r"the cel table cannot be read \(relation .cel. does not exist"):
        await compared(recorded, heard_url, Records.CEL, heard_url)


def test_a_person_may_import_and_compare_and_is_told_in_words(
    recorded: Recorded, database_url: str, tmp_path: Path
) -> None:
    where = ["--database", database_url, "--config", str(tmp_path / "none")]
    for kind, file, told in (
        ("queue-log", recorded.queue_log, "rows read"),
        ("cdr", recorded.cdr, f"{2 * CALLS} facts: {2 * CALLS} new, 0 known already"),
        ("cel", recorded.cel, f"{2 * CALLS} facts: 0 new, {2 * CALLS} known already"),
    ):
        said = CliRunner().invoke(cast(Command, command_line()), ["import", kind, str(file), *where])
        assert said.exit_code == 0, said.output
        assert told in said.output
    asked = ["--cel", str(recorded.cel), "--database", recorded.url, "--config", str(tmp_path / "none"),
             "--from", recorded.began.isoformat(), "--to", recorded.ended.isoformat()]  # fmt: skip
    said = CliRunner().invoke(cast(Command, command_line()), ["reconcile", *asked])
    assert (said.exit_code, said.output) == (0, f"cel: {CALLS} calls compared, no difference\n")
