"""CDR, CEL and the records of other systems tell of the same calls that were heard."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ami_listeners.clock import Clock, utc_now
from ami_listeners.database import Database
from ami_listeners.imports.call_records import CallRecordReader
from ami_listeners.imports.cdr import MASTER, NEW, cdr_calls
from ami_listeners.imports.cel import cel_calls
from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.history import MakeReader, Summary, facts_of, keep_all, known_place
from ami_listeners.imports.keeper import Keeper
from ami_listeners.imports.mapping import read_mapping
from ami_listeners.imports.problems import Problems
from ami_listeners.imports.readers import CallReader
from ami_listeners.imports.wall_time import WallTime
from ami_listeners.settings import DatabaseSettings
from tests.ami_listeners.recorded_calls import Recorded
from tests.ami_listeners.test_journal import rows

KATHMANDU = ZoneInfo("Asia/Kathmandu")
CALLS = """
    SELECT call, answered, caller_number, caller_name, channel_name, called_number,
        extract(epoch FROM started_at)::float8, duration_s, cause
    FROM calls ORDER BY call
"""


CDR_READER: MakeReader = lambda place: CallReader(place, cdr_calls)  # noqa: E731
CEL_READER: MakeReader = lambda place: CallReader(place, cel_calls)  # noqa: E731
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
FIGURES = """
    SELECT queue, offered, answered, abandoned, short_abandoned, wait_answered_s, talk_s, wrap_up_s
    FROM queue_figures ORDER BY queue
"""
CONTACTS = "SELECT caller_number, started_at, duration_s FROM contacts ORDER BY started_at"


async def import_calls(
    url: str, make: MakeReader, *files: Path, zone: str = "UTC"
) -> tuple[Summary, list[str]]:
    database, told = Database(url, DatabaseSettings(), Clock()), list[str]()
    summary = Summary(Problems(tell=told.append))
    try:
        keeper = Keeper(database)
        times = WallTime(ZoneInfo(zone), utc_now().timestamp)
        place = await known_place(keeper, {"times": times})
        await keep_all(facts_of(files, make(place), summary, "utf-8"), keeper, summary)
    finally:
        await database.stop()
    return summary, told


async def test_cel_tells_of_the_calls_that_were_heard(
    recorded: Recorded, database_url: str, heard_url: str
) -> None:
    summary, told = await import_calls(database_url, CEL_READER, recorded.cel)
    assert (told, summary.kept.new) == ([], 2 * summary.read["calls"])
    heard, imported = await rows(recorded.url, CALLS), await rows(database_url, CALLS)
    assert [row[:6] for row in imported] == [row[:6] for row in heard]
    assert [row[-1] for row in imported] == [row[-1] for row in heard], "the cause of each end"
    for column in (6, 7):
        assert [row[column] for row in imported] == pytest.approx([row[column] for row in heard], abs=0.2)
    for url, file in ((database_url, recorded.cel), (heard_url, recorded.cel), (heard_url, recorded.cdr)):
        again, _ = await import_calls(url, CEL_READER if file is recorded.cel else CDR_READER, file)
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
    first, told = await import_calls(database_url, CDR_READER, recorded.cdr)
    assert (told, first.kept.new) == ([], 2 * first.read["calls"])
    again, told = await import_calls(database_url, CDR_READER, freepbx, zone="Asia/Kathmandu")
    assert (told, again.kept.new, again.kept.told) == ([], 0, first.kept.told)
    heard, imported = await rows(recorded.url, CALLS), await rows(database_url, CALLS)
    assert [row[:5] for row in imported] == [row[:5] for row in heard]
    for column in (6, 7):
        for ours, theirs in zip(heard, imported, strict=True):
            assert abs(ours[column] - theirs[column]) < 1.1, "CDR cuts its times to seconds"


async def test_a_call_without_an_id_is_taken_of_the_time_before_anybody_listened(
    recorded: Recorded, database_url: str, heard_url: str
) -> None:
    plain = recorded.cdr.with_name("plain.csv")
    with recorded.cdr.open() as master, plain.open("w", newline="") as file:
        csv.writer(file).writerows(row[:16] for row in csv.reader(master))
    summary, _ = await import_calls(database_url, CDR_READER, plain)
    again, _ = await import_calls(database_url, CDR_READER, plain)
    assert summary.kept.new == summary.kept.told > again.kept.new == 0
    late, _ = await import_calls(heard_url, CDR_READER, plain)
    assert (late.kept.told, late.passed_over.total()) == (0, summary.read["calls"])


# -- other systems ------------------------------------------------------------------------------------------

MAPPING = """
[columns]
arrived = "Start"
queue = "Skill"
outcome = "Result"
wait_s = "Wait"
talk_s = "Talk"
wrap_up_s = "ACW"
agent = "Agent"
number = "From"
call = "Call"
[outcomes]
"Handled" = "answered"
"Hung up" = "abandoned"
[time]
zone = "Europe/Berlin"
format = "%d.%m.%Y %H:%M:%S"
"""
RECORDS = """\
Start;Skill;Result;Wait;Talk;ACW;Agent;From;Call;queue
20.11.2025 09:00:00;Sales;Handled;0:12;3:20;10,5;Anna;+4930555;1;x
20.11.2025 09:03:32;Support;Hung up;4;;;;+4930555;1;x
20.11.2025 09:05:00;Sales;Hung up;0:01:05;;;;"";2;x
20.11.2025 09:05:00;Sales;Vanished;5;;;;"";3;x
20.11.2025 09:06:00;Sales;Handled;soon;5;;Bob;"";4;x
"""


def mapping_of(folder: Path, text: str) -> Path:
    path = folder / "map.toml"
    path.write_text(text)
    return path


async def test_records_of_another_system_give_its_figures(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "acd.csv"
    file.write_text(RECORDS, encoding="utf-8-sig")
    mapped = read_mapping(mapping_of(tmp_path, MAPPING))
    summary, told = await import_calls(database_url, lambda place: CallRecordReader(place, mapped), file)
    assert told == [
        "acd.csv, line 5: outcome is 'Vanished', did you mean answered?",
        "acd.csv, line 6: wait_s is 'soon', write seconds from 0 to 86400, such as 12.5",
    ]
    assert await rows(database_url, FIGURES) == [
        ("Sales", 2, 1, 1, 0, 12, 200, 10.5),
        ("Support", 1, 0, 1, 1, 0, 0, 0),
    ]
    assert await rows(database_url, CONTACTS) == [
        ("+4930555", datetime(2025, 11, 20, 8, tzinfo=UTC), 216),
        ("", datetime(2025, 11, 20, 8, 5, tzinfo=UTC), 65),
    ]
    again, _ = await import_calls(database_url, lambda place: CallRecordReader(place, mapped), file)
    assert again.kept.new == 0 < again.kept.told == summary.kept.new


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[columns]\narrived = 'x'", "columns.queue is missing"),
        (MAPPING.replace("talk_s", "talks_s"), "did you mean columns.talk_s?"),
        (MAPPING.replace('"abandoned"', '"abandonned"'), "did you mean abandoned?"),
        (MAPPING.replace("Berlin", "Berlinn"), "write an IANA name such as Europe/Berlin"),
        (MAPPING.replace('"Talk"', '"Wait"'), "is named twice"),
        ("[columns", "is no TOML"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused_with_the_place(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=re.escape(why)) as refused:
        read_mapping(mapping_of(tmp_path, text))
    assert "map.toml" in str(refused.value)


async def test_a_file_with_other_columns_is_refused_by_name(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "acd.csv"
    file.write_text(RECORDS.replace("Skill", "Team"))
    mapped = read_mapping(mapping_of(tmp_path, MAPPING))
    with pytest.raises(HistoryError, match=r"acd.csv: its first line names no columns start, skill, result"):
        await import_calls(database_url, lambda place: CallRecordReader(place, mapped), file)
