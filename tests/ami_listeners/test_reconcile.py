"""What was heard of calls is what Asterisk recorded of them; and where it is not, that is told."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import psycopg
import pytest
from click import Command
from click.testing import CliRunner

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.imports.cdr import MASTER, NEW
from ami_listeners.imports.errors import HistoryError
from ami_listeners.reconciling.job import Reconciled, reconcile
from ami_listeners.reconciling.sources import Records, RecordSource, first_after
from ami_listeners.settings import DatabaseSettings
from callfloor import command_line
from tests.ami_listeners.recorded_calls import Recorded
from tests.ami_listeners.test_journal import rows

CALLS = 14
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
        return await reconcile(database, source, recorded.began - minute, recorded.ended + minute)
    finally:
        await database.stop()


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


def test_a_person_may_ask_and_is_told_in_words(recorded: Recorded, tmp_path: Path) -> None:
    asked = ["--cel", str(recorded.cel), "--database", recorded.url, "--config", str(tmp_path / "none"),
             "--from", recorded.began.isoformat(), "--to", recorded.ended.isoformat()]  # fmt: skip
    said = CliRunner().invoke(cast(Command, command_line()), ["reconcile", *asked])
    assert (said.exit_code, said.output) == (0, f"cel: {CALLS} calls compared, no difference\n")


def test_of_a_large_file_only_what_is_late_enough_is_read(tmp_path: Path) -> None:
    """Ten days of events, of which the last hour is asked for, and a day before it for long calls."""
    file = tmp_path / "cel.csv"
    began, days = 1_700_000_000, 10
    line = '"CHAN_START","{at}.5",,,,,,"s","c","PJSIP/a-{at:08x}",,,"3",,"{at}.1","{at}.1",,,,\n'
    times = range(began, began + days * 86_400, 20)
    file.write_text("".join(line.format(at=at) for at in times))
    size = file.stat().st_size
    with file.open("rb") as opened:
        offset = first_after(opened, times[-1] - 3600)
        opened.seek(offset)
        first = opened.readline().decode()
    assert 0.85 < offset / size < 0.9 - 0.004
    assert first.startswith('"CHAN_START"')
    with file.open("rb") as opened:
        assert first_after(opened, began) == 0
