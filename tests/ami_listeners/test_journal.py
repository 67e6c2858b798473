"""Facts reach the database, each once, whatever breaks on the way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.errors import DatabaseTooNew, MigrationChanged, SpoolInUse
from ami_listeners.journal import Journal
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.queries import migrations
from ami_listeners.recollection import recollect
from ami_listeners.settings import DatabaseSettings
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    CallStarted,
    ContactStarted,
    DeviceChanged,
    Fact,
    Handled,
    ListenerGap,
    OfferEnded,
    OfferMade,
    QueueJoined,
    SegmentBegan,
    SegmentEnded,
    SegmentKind,
    VisitEnded,
    VoicemailLeft,
    WrapUpEnded,
)
from queue_strategies.model import (
    AgentId,
    AgentState,
    ContactId,
    OfferId,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)
from tests.ami_listeners.waiting import until

SALES, ANNA = QueueName("sales"), AgentId("anna")
HERE = Path(__file__).parent


async def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return await (await connection.execute(sql)).fetchall()


def device(number: int) -> Fact:
    return DeviceChanged(moment=float(number), device=f"PJSIP/{number}", state="INUSE")


def one_visit(moment: float) -> list[Fact]:
    """A caller waits 4 s of which anna rings 3, talks 60 s with 5 s of hold, and anna wraps up for 10 s."""
    ids: dict[str, Any] = {"contact": ContactId("c1"), "visit": VisitId("v1"), "queue": SALES}
    offer: dict[str, Any] = {**ids, "agent": ANNA, "offer": OfferId("o1")}
    wrapped: dict[str, Any] = {"visit": VisitId("v1"), "queue": SALES, "agent": ANNA}
    return [
        QueueJoined(moment=moment, **ids, priority=3, position=1),
        OfferMade(moment=moment + 1, **offer, because="longest idle, 60 s, of 2"),
        OfferEnded(moment=moment + 4, **offer, outcome=OfferOutcome.ANSWERED, rang_s=3.0),
        Answered(moment=moment + 4, **offer, wait_s=4.0, within_service_level=True),
        Handled(
            moment=moment + 64, **ids, agent=ANNA, talk_s=55, hold_s=5, ended_by="caller",
            wrap_up_follows=True,
        ),
        WrapUpEnded(moment=moment + 74, **wrapped, wrap_up_s=10.0, ended_by="timer"),
    ]  # fmt: skip


async def test_a_visit_is_one_row_that_tells_its_whole_story(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    began = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    clock = Clock(moment=lambda: 1000.0, wall=lambda: began)
    journal = Journal(database, tmp_path, clock)
    await journal.start()
    journal.write_all(one_visit(1000.0))
    assert await journal.drained(5)
    await journal.stop()
    ((joined, decided, wrapped, *story),) = await rows(
        database_url,
        "SELECT joined_at, decided_at, wrapped_up_at, queue, outcome, agent, offer, wait_s, talk_s, hold_s,"
        " wrap_up_s, priority, within_service_level, ended_by, source FROM visits",
    )
    assert (joined, (decided - joined).seconds, (wrapped - joined).seconds) == (began, 4, 74)
    assert story == ["sales", "answered", "anna", "o1", 4, 55, 5, 10, 3, True, "caller", "floor"]
    assert await rows(database_url, "SELECT because, outcome, rang_s FROM offers") == [
        ("longest idle, 60 s, of 2", "answered", 3.0)
    ]
    ((asa, aht, level),) = await rows(
        database_url,
        "SELECT average_speed_of_answer_s, average_handle_time_s, service_level FROM queue_figures",
    )
    assert (asa, aht, level) == (4, 70, 1)


async def test_who_waits_on_the_floor_is_said_to_wait_though_asterisk_tells_of_a_program_alone(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """A menu of 10 s, a wait of 4, the talk; and a menu of somebody else's."""
    clock = Clock(moment=lambda: 1000.0, wall=lambda: datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    journal = Journal(database, tmp_path, clock)
    await journal.start()
    names: dict[str, Any] = {"caller_number": "+4930", "caller_name": "", "called_number": "100"}
    journal.write(ContactStarted(moment=990.0, contact=ContactId("c1"), channel="1.0", **names))
    journal.write_all([fact for fact in one_visit(1000.0) if not isinstance(fact, WrapUpEnded)])
    doings = (("1.0", "ivr", 990.0, 1004.02), ("1.0", "talk", 1004.02, 1064.0), ("2.0", "ivr", 990.0, 1010.0))
    for channel, kind, began, ended in doings:
        doing: dict[str, Any] = {
            "call": channel, "segment": f"{channel}/{kind}", "segment_kind": SegmentKind(kind),
            "channel": channel, "party": "+4930",
        }  # fmt: skip
        journal.write(SegmentBegan(moment=began, **doing), "native")
        over: dict[str, Any] = {"lasted_s": ended - began, "ended_by": "went on"}
        journal.write(SegmentEnded(moment=ended, **doing, **over), "native")
    assert await journal.drained(5)
    await journal.stop()
    assert await rows(
        database_url,
        "SELECT channel, contact, kind, queue, visit, lasted_ms, ended_by FROM call_segments"
        " ORDER BY channel, began_at",
    ) == [
        ("1.0", "c1", "ivr", None, None, 10_000, "waiting"),
        ("1.0", "c1", "waiting", "sales", "v1", 4_020, "went on"),
        ("1.0", "c1", "talk", None, None, 59_980, "went on"),
        ("2.0", None, "ivr", None, None, 20_000, "went on"),
    ]


async def test_what_an_agent_does_is_kept_from_when_to_when(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    def changed(moment: float, was: AgentState, lasted_s: float, state: AgentState, **more: Any) -> Fact:
        told: dict[str, Any] = {"logged_in": state is not AgentState.LOGGED_OUT, "pause_reason": None, **more}
        return AgentStateChanged(moment=moment, agent=ANNA, was=was, lasted_s=lasted_s, state=state, **told)

    journal = Journal(database, tmp_path, Clock(moment=lambda: 0.0))
    await journal.start()
    journal.write(changed(100, AgentState.LOGGED_OUT, 100, AgentState.READY))
    journal.write(changed(130, AgentState.READY, 30, AgentState.RINGING))
    journal.write(changed(133, AgentState.RINGING, 3, AgentState.PAUSED, reason="tea", pause_reason="tea"))
    assert await journal.drained(5)
    assert await rows(
        database_url, "SELECT state, lasted_s, ended_at IS NULL FROM agent_states ORDER BY began_at"
    ) == [("logged_out", 100, False), ("ready", 30, False), ("ringing", 3, False), ("paused", None, True)]
    (anna,) = (await recollect(journal)).agents.values()
    assert (anna.state, anna.logged_in, anna.pause_reason) == ("paused", True, "tea")
    # A crash: nobody measured how long the pause lasted. The next fact begins afresh.
    journal.write(changed(500, AgentState.LOGGED_OUT, 7, AgentState.READY))
    assert await journal.drained(5)
    assert await rows(
        database_url, "SELECT state, lasted_s, ended_at IS NULL FROM agent_states ORDER BY began_at OFFSET 3"
    ) == [("paused", None, False), ("logged_out", 7, False), ("ready", None, True)]
    await journal.stop()


async def test_the_last_state_of_an_agent_is_known_while_the_database_is_away(tmp_path: Path) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", DatabaseSettings(connect_timeout_s=1), Clock())
    journal = Journal(nowhere, tmp_path, Clock())
    await journal.start()
    journal.write(
        AgentStateChanged(
            moment=1, agent=ANNA, was=AgentState.READY, lasted_s=1, state=AgentState.PAUSED,
            logged_in=True, pause_reason="lunch",
        )
    )  # fmt: skip
    assert (await recollect(journal)).agents["anna"].pause_reason == "lunch"
    assert "127.0.0.1:1" in nowhere.health.reason
    assert journal.lag_s() >= 0
    await journal.stop(timeout_s=0.1)
    later = Journal(nowhere, tmp_path, Clock())
    await later.start()
    assert (await recollect(later)).agents["anna"].pause_reason == "lunch"
    await later.stop(timeout_s=0.1)


@pytest.mark.parametrize("told", range(1, 7))
async def test_what_is_not_over_is_known_to_the_last_fact(
    told: int, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Of a story that breaks off at any place, whether in the database or on its way there."""
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    story = one_visit(0.0)[:told]
    story.append(wraps_up(0.0) if told == 5 else device(told))
    journal.write_all(story)
    before, _ = await asyncio.gather(recollect(journal), asyncio.sleep(0))
    assert await journal.drained(5)
    after = await recollect(journal)
    kinds = [fact.kind for fact in after.facts]
    assert after.complete
    assert kinds == ([] if told == 6 else [fact.kind for fact in before.facts if "contact" in fact.body])
    assert len(kinds) == (0 if told == 6 else told)
    assert [fact.id for fact in before.facts][: len(kinds)] == [fact.id for fact in after.facts]
    await journal.stop()
    assert len(await rows(database_url, "SELECT id FROM facts")) == len(story)


async def test_a_wrap_up_that_is_over_is_known_to_be_while_its_caller_is_still_on_the_line(
    database: Database, tmp_path: Path
) -> None:
    """As when the caller was transferred, and talks with another agent."""
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    first, *_ = one_visit(80.0)
    assert isinstance(first, QueueJoined)
    journal.write_all([*one_visit(0.0), replace(first, visit=VisitId("v2"))])
    assert await journal.drained(5)
    assert [fact.kind for fact in (await recollect(journal)).facts] == [
        "queue_joined", "offer_made", "offer_ended", "answered", "handled", "wrap_up_ended", "queue_joined",
    ]  # fmt: skip
    await journal.stop()


async def test_what_members_of_native_queues_do_is_no_memory_of_ours(
    database: Database, tmp_path: Path
) -> None:
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    journal.write(wraps_up(1.0), source="native")
    assert (await recollect(journal)).agents == {}
    assert await journal.drained(5)
    assert (await recollect(journal)).agents == {}
    await journal.stop()


def wraps_up(moment: float) -> Fact:
    return AgentStateChanged(
        moment=moment, agent=ANNA, was=AgentState.TALKING, lasted_s=1, state=AgentState.WRAP_UP,
        logged_in=True, pause_reason=None,
    )  # fmt: skip


async def keep(database: Database, folder: Path, facts: list[Fact]) -> bytes:
    """Let facts get to the database; return what a crash before the spool was emptied leaves in it."""
    journal = Journal(database, folder, Clock())
    await journal.start()
    journal.write_all(facts)
    spooled = (folder / "00000001.jsonl").read_bytes()
    assert await journal.drained(5)
    await journal.stop()
    return spooled


async def test_facts_told_twice_are_kept_once(database: Database, database_url: str, tmp_path: Path) -> None:
    """As after a crash between the commit and the spool being emptied."""
    spooled = await keep(database, tmp_path / "first", one_visit(5.0))
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "00000001.jsonl").write_bytes(spooled + spooled + b'{"id": "torn')
    again = Journal(database, tmp_path / "second", Clock())
    await again.start()
    assert await again.drained(5)
    await again.stop()
    assert await rows(database_url, "SELECT count(*) FROM facts") == [(6,)]
    assert await rows(database_url, "SELECT handled, talk_s, wrap_up_s FROM visits") == [(1, 55, 10)]
    assert not [path.name for path in (tmp_path / "second").glob("*.jsonl")]


async def test_what_is_in_the_database_and_still_in_the_spool_is_known_once(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    talking = one_visit(5.0)[:4]
    spooled = await keep(database, tmp_path / "first", talking)
    (tmp_path / "second").mkdir()
    (tmp_path / "second" / "00000001.jsonl").write_bytes(spooled)
    slow = Database(database_url, DatabaseSettings(batch_s=10), Clock())
    await slow.start()
    again = Journal(slow, tmp_path / "second", Clock())
    await again.start()
    waiting = await again.waiting()
    told = await recollect(again)
    assert len(waiting) == len(await rows(database_url, "SELECT id FROM facts")) == len(talking)
    assert [fact.id for fact in told.facts] == [fact.id for fact in waiting]
    await again.stop(timeout_s=0.1)
    await slow.stop()


async def crash(server: LocalPostgres, how: signal.Signals) -> None:
    """Let the server die without a goodbye."""
    pid = int((server.data_dir / "postmaster.pid").read_text().split()[0])
    os.kill(pid, how)
    async with asyncio.timeout(10):
        while Path(f"/proc/{pid}").exists():  # noqa: ASYNC110, ASYNC240  (it is nobody's child)
            await asyncio.sleep(0.01)


async def test_nothing_is_lost_or_doubled_when_the_database_crashes_under_load(
    open_folder: Path, tmp_path: Path
) -> None:
    server = LocalPostgres(open_folder / "crashing")
    await server.start()
    database = Database(
        server.url, DatabaseSettings(batch_s=0.01, batch_max=50, connect_timeout_s=1), Clock()
    )
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    number = 0
    for how in (signal.SIGQUIT, signal.SIGKILL):
        for _ in range(40):
            for _ in range(25):
                journal.write(device(number))
                number += 1
            await asyncio.sleep(0.005)
        await crash(server, how)
        for _ in range(500):
            journal.write(device(number))
            number += 1
        assert not await journal.drained(0.3)
        assert await until(lambda: not database.health.up)
        assert journal.lag_s() > 0
        await server.start()
        assert await journal.drained(20)
    assert await rows(server.url, "SELECT count(*), count(DISTINCT body->>'device') FROM facts") == [
        (number, number)
    ]
    assert await rows(server.url, "SELECT count(*) FROM devices") == [(number,)]
    assert journal.health().spool_bytes == 0
    await journal.stop()
    await database.stop()
    await server.stop()


WRITER = """
import asyncio, sys
from pathlib import Path
from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.settings import DatabaseSettings
from queue_strategies.facts import DeviceChanged

async def main():
    url, folder, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    journal = Journal(Database(url, DatabaseSettings(batch_s=0.01, batch_max=20), Clock()), folder, Clock())
    await journal.start()
    for number in range(first, first + 1_000_000):
        journal.write(DeviceChanged(moment=0.0, device=f"PJSIP/{number}", state="INUSE"))
        print(number, flush=True)
        if number % 10 == 0:
            await asyncio.sleep(0.001)

asyncio.run(main())
"""


async def test_nothing_is_lost_or_doubled_when_we_are_killed(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    first, written = 0, set[str]()
    for lines in (300, 1000, 2500):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, database_url, str(tmp_path), str(first),
            stdout=asyncio.subprocess.PIPE, cwd=HERE.parent.parent,
        )  # fmt: skip
        assert writer.stdout is not None
        for _ in range(lines):
            written.add((await writer.stdout.readline()).decode().strip())
        writer.send_signal(signal.SIGKILL)
        rest, _ = await writer.communicate()
        written.update(rest.decode().split("\n")[:-1])
        first += 1_000_000
    written = {line for line in written if line.isdigit()}
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    assert await journal.drained(20)
    await journal.stop()
    kept = [name for (name,) in await rows(database_url, "SELECT substr(body->>'device', 7) FROM facts")]
    assert len(kept) == len(set(kept))
    assert written <= set(kept)
    assert len(kept) - len(written) <= 3, "at most the one line per death that was written but not yet said"


async def test_what_a_caller_sends_is_kept_or_put_aside_and_stops_nobody(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    evil = "\x00'; DROP TABLE facts; -- \ud800 \U0001f600 ‮"
    call = CallStarted(
        moment=0,
        call="1",
        channel_name=evil,
        caller_number=evil,
        caller_name=evil,
        called_number="",
        context="",
    )
    nameless: Any = None
    unkeepable = VoicemailLeft(moment=0, contact=ContactId("c"), box=nameless, recording="", duration_s=1)
    journal.write_all([device(1), call, unkeepable, device(2)])
    assert await journal.drained(5)
    assert await rows(database_url, "SELECT caller_name FROM calls") == [
        ("�'; DROP TABLE facts; -- � \U0001f600 ‮",)
    ]
    assert await rows(database_url, "SELECT count(*) FROM facts") == [(3,)]
    assert journal.health().rejected == 1
    assert b"voicemail_left" in (tmp_path / "rejected.jsonl").read_bytes()
    await journal.stop()


async def test_a_gap_is_kept_with_both_its_ends(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    journal = Journal(database, tmp_path, Clock(moment=lambda: 50.0, wall=lambda: at))
    await journal.start()
    journal.write(ListenerGap(moment=50.0, source="ami", began_moment=20.0, reason="frozen"))
    assert await journal.drained(5)
    await journal.stop()
    assert await rows(database_url, "SELECT ended_at, extract(epoch FROM ended_at - began_at) FROM gaps") == [
        (at, 30)
    ]


async def test_a_full_disk_is_told_and_facts_wait_in_memory(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of files is a disk that is full in the middle of a line."""
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    monkeypatch.setattr("ami_listeners.journal.MEMORY_MAX", 3)
    with files_no_larger_than(1000):
        number = 0
        while not journal.health().lost:
            journal.write(device(number))
            number += 1
        health = journal.health()
        assert health.disk_error == "File too large"
        assert health.in_memory == 3
        assert health.lost == {"DeviceChanged": 1}
        assert number > 5
        assert await journal.drained(5), "once the database has taken them, there is room again"
    journal.write(device(number))
    assert await journal.drained(5)
    assert not journal.health().disk_error
    await journal.stop()
    devices = "SELECT substr(body->>'device', 7)::int FROM facts WHERE kind = 'device_changed' ORDER BY id"
    assert await rows(database_url, devices) == [(each,) for each in range(number + 1) if each != number - 1]
    ((source, lasted),) = await rows(database_url, "SELECT source, ended_at > began_at FROM gaps")
    assert (source, lasted) == ("journal", True), "what found no room is a gap"


@contextlib.contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_two_writers_never_share_a_spool(database: Database, tmp_path: Path) -> None:
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    with pytest.raises(SpoolInUse, match="another callfloor"):
        await Journal(database, tmp_path, Clock()).start()
    await journal.stop()


async def test_a_database_of_a_newer_callfloor_is_left_alone(database: Database, database_url: str) -> None:
    async with database.connection() as connection:
        await connection.execute("INSERT INTO migrations VALUES (9999, 'tomorrow', 'x')")
    with pytest.raises(DatabaseTooNew, match=r"9999 \(tomorrow\)"):
        await Database(database_url, DatabaseSettings(), Clock()).start()
    async with database.connection() as connection:
        await connection.execute("DELETE FROM migrations WHERE number = 9999")
        await connection.execute("UPDATE migrations SET checksum = 'x' WHERE number = 1")
    with pytest.raises(MigrationChanged, match=r"0001 \(facts\)"):
        await Database(database_url, DatabaseSettings(), Clock()).start()


async def test_many_callfloors_starting_at_once_migrate_once(database_url: str) -> None:
    databases = [Database(database_url, DatabaseSettings(), Clock()) for _ in range(6)]
    await asyncio.gather(*(each.start() for each in databases))
    assert all(each.health.up for each in databases)
    assert await rows(database_url, "SELECT number FROM migrations ORDER BY 1") == [
        (migration.number,) for migration in migrations()
    ]
    await asyncio.gather(*(each.stop() for each in databases))


async def test_a_queue_is_measured_by_its_own_formula(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    await journal.know_queues([Queue(name=SALES, service_level_formula="answered_within/answered")])
    journal.write_all(one_visit(0.0))
    journal.write(
        VisitEnded(
            moment=90, contact=ContactId("c2"), visit=VisitId("v2"), queue=SALES, wait_s=30, short=False,
            outcome=VisitOutcome.ABANDONED, within_service_level=False, position=1,
        )
    )  # fmt: skip
    assert await journal.drained(5)
    query = "SELECT service_level, service_level_formula, abandonment_rate FROM queue_figures"
    assert await rows(database_url, query) == [(1.0, "answered_within/answered", 0.5)]
    await journal.know_queues([Queue(name=SALES, service_level_formula="answered_within/offered")])
    assert await rows(database_url, query) == [(0.5, "answered_within/offered", 0.5)]
    await journal.stop()
