"""The call records of other systems give the figures they tell of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ami_listeners.imports.call_records import CallRecordReader
from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.mapping import read_mapping
from tests.ami_listeners.importing import import_files
from tests.ami_listeners.test_journal import rows

FIGURES = """
    SELECT queue, offered, answered, abandoned, short_abandoned, wait_answered_s, talk_s, wrap_up_s
    FROM queue_figures ORDER BY queue
"""
CONTACTS = "SELECT caller_number, started_at, duration_s FROM contacts ORDER BY started_at"

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
    summary, told = await import_files(database_url, lambda place: CallRecordReader(place, mapped), file)
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
    again, _ = await import_files(database_url, lambda place: CallRecordReader(place, mapped), file)
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
        await import_files(database_url, lambda place: CallRecordReader(place, mapped), file)
