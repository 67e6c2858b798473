"""What the spool holds is what was told, whoever sent it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.clock import Clock
from ami_listeners.copy_rows import read, row
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.records import Record, encode, record
from tests.ami_listeners.test_journal import device, one_visit, rows

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
COLUMN = TEXT | st.sampled_from(["\\N", "\\.", "a\tb", "\\", "\r\n", "\\t"])


@given(
    st.uuids(),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
    st.fixed_dictionaries({"contact": COLUMN, "queue": st.none() | COLUMN, "wait_s": st.floats(0, 1e9)}),
    COLUMN,
    COLUMN,
    st.booleans(),
)
def test_a_row_is_one_line_and_reads_back_as_it_was(
    id_: UUID, at: datetime, body: dict[str, object], system: str, listener: str, heard: bool
) -> None:
    told = Record(id_, at, "queue_joined", "native", body, system, listener, heard)
    line = row(told)
    assert b"\n" not in line
    assert read(line) == told


async def test_a_spool_that_was_left_by_a_callfloor_of_before_is_taken(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    clock = Clock(moment=lambda: 0.0)
    facts = [*one_visit(0.0), device(1)]
    lines = [encode(record(fact, UUID(int=number), "floor", clock)) for number, fact in enumerate(facts)]
    (tmp_path / "00000001.jsonl").write_bytes(b"".join(line + b"\n" for line in lines) + b'{"id": "torn"}\n')
    journal = Journal(database, tmp_path, clock)
    await journal.start()
    assert len(await journal.waiting()) in (0, len(facts))
    assert await journal.drained(5)
    assert journal.health().rejected == 1
    await journal.stop()
    assert await rows(database_url, "SELECT outcome, wrap_up_s FROM visits") == [("answered", 10)]
    assert await rows(database_url, "SELECT count(*) FROM facts") == [(len(facts),)]
