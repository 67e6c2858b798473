"""However a file of records was damaged, what can be read is taken, and the rest told of and kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from click import Command
from click.testing import CliRunner

from ami_listeners.imports.cdr import cdr_calls
from ami_listeners.imports.errors import HistoryError
from ami_listeners.imports.history import Place, Summary, facts_of
from ami_listeners.imports.problems import Problems
from ami_listeners.imports.readers import QueueLogReader
from ami_listeners.imports.source import Source
from ami_listeners.imports.wall_time import WallTime
from callfloor import command_line
from queue_strategies.facts import QueueJoined

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
TIMES = WallTime(ZoneInfo("UTC"), datetime(2026, 12, 1, tzinfo=UTC).timestamp)
HEADER = "calldate,src,dst,channel,dstchannel,duration,disposition,uniqueid,clid"


def cdr(number: int, clid: str = "Anna") -> str:
    parts = "PJSIP/a-00000001,PJSIP/b-00000002,9,ANSWERED"
    return f"2026-11-20 12:00:00,{number},100,{parts},{NOON}.{number},{clid}"


def read_cdr(folder: Path, *rows: str) -> tuple[list[str], list[str], list[str]]:
    """Give who called, what was told, and what was kept."""
    told, kept = list[str](), list[str]()
    file = folder / "cdr.csv"
    file.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    source = Source(file, Problems(tell=told.append, keep=kept.append))
    return [call.caller_number for call in cdr_calls(source, TIMES)], told, kept


@pytest.mark.parametrize(
    "others",
    [
        ["Bob", "Carl", "Dora"],
        ["Bob", '"Carl"', '"Dora"'],
        ["Bob", '"Carl ""C"" Cox"', "Dora"],
        ["Bob"] * 3000,
    ],
)
def test_a_quotation_mark_that_is_never_closed_takes_no_other_row_with_it(
    others: list[str], tmp_path: Path
) -> None:
    torn = cdr(1).replace(",1,", ',"1,')
    rows = [cdr(number, clid) for number, clid in enumerate(others, 2)]
    callers, told, kept = read_cdr(tmp_path, torn, *rows)
    assert callers == [str(number) for number, _ in enumerate(others, 2)]
    assert [sentence.partition(":")[0] for sentence in told] == ["cdr.csv, line 2"]
    assert kept == [torn]


def test_a_row_that_is_whole_but_for_a_quotation_mark_is_taken(tmp_path: Path) -> None:
    callers, told, kept = read_cdr(tmp_path, cdr(1, '"Anna'), cdr(2, '"Bob"'), cdr(3))
    assert callers == ["1", "2", "3"]
    assert (told, kept) == ([], [])


def test_two_rows_with_a_torn_quotation_each_do_not_become_one(tmp_path: Path) -> None:
    """The fields of both together are as many as there are columns."""
    row = cdr(2).replace(f"{NOON}.2", f'"{NOON}.2"')
    callers, told, kept = read_cdr(tmp_path, torn := cdr(1).replace(f"{NOON}.1", f'"{NOON}.1'), row)
    assert callers == ["2"]
    assert [sentence.partition(":")[0] for sentence in told] == ["cdr.csv, line 2"]
    assert kept == [torn]


def test_a_row_of_several_lines_is_one_and_kept_as_it_stands_there(tmp_path: Path) -> None:
    torn = cdr(3, '"Carl,\nCox"').replace(",ANSWERED", "")
    callers, told, kept = read_cdr(tmp_path, cdr(1, '"Anna\nAbel"'), cdr(2, '"Bob, ""B"""'), torn, cdr(4))
    assert callers == ["1", "2", "4"]
    assert [sentence.partition(":")[0] for sentence in told] == ["cdr.csv, line 5", "cdr.csv, line 6"]
    assert "\n".join(kept) == torn


def test_a_row_that_cannot_be_read_is_kept_with_its_quotation_marks(tmp_path: Path) -> None:
    unread = cdr(1, '"Abel, Anna"').replace(",9,", ",soon,")
    callers, _, kept = read_cdr(tmp_path, unread, cdr(2))
    assert callers == ["2"]
    assert kept == [unread]


def test_letters_of_another_encoding_are_told_of_and_stay_apart(tmp_path: Path) -> None:
    file, told = tmp_path / "queue_log", list[str]()
    queues = ["Käufer", "Köufer", "sales"]
    text = "".join(
        f"{NOON}|{NOON}.{turn}|{queue}|NONE|ENTERQUEUE||1|1\n" for turn, queue in enumerate(queues)
    )
    file.write_text(text, encoding="latin-1")
    summary = Summary(Problems(tell=told.append, keep=pytest.fail))
    facts = list(facts_of([file], QueueLogReader(Place(times=TIMES)), summary, "utf-8"))
    assert [fact.queue for fact in facts if isinstance(fact, QueueJoined)] == queues
    assert len(told) == 1
    assert told[0].startswith("queue_log, line 1: is not written in utf-8")
    assert "--encoding" in told[0]


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("nonsense", "utf-8"), ("hex", "utf-8"), ("utf-16", "utf-16"), ("utf-8", "utf-16"), ("cp037", "utf-8")],
)
def test_an_encoding_without_lines_is_refused_in_a_sentence(
    encoding: str, written: str, tmp_path: Path
) -> None:
    file = tmp_path / "queue_log"
    file.write_text(f"{NOON}|{NOON}.1|sales|NONE|ENTERQUEUE||1|1\n", encoding=written)
    words = ["import", "queue-log", str(file), "--dry-run", "--encoding", encoding]
    said = CliRunner().invoke(cast(Command, command_line()), words)
    assert isinstance(said.exception, HistoryError)
    assert "utf-" in str(said.exception)
