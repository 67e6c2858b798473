"""Several may listen to one Asterisk, and the database holds each event once."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.clock import Clock
from ami_listeners.database import Database
from ami_listeners.identity import SharedIds
from ami_listeners.journal import Journal
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.recollection import recollect
from ami_listeners.records import shape
from ami_listeners.restoring import believed
from ami_listeners.settings import DatabaseSettings
from ari_apps.local_asterisk.free_ports import free_port
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    CallEnded,
    CallStarted,
    ContactStarted,
    DeviceChanged,
    Fact,
    Handled,
    OfferMade,
    QueueJoined,
)
from queue_strategies.model import AgentId, AgentState, ContactId, OfferId, QueueName, VisitId
from tests.ami_listeners.native_floor import (
    SECRET,
    Caller,
    NativeFloor,
    Phone,
    run_native_floor,
    successful,
)
from tests.ami_listeners.test_journal import crash, device, rows
from tests.ami_listeners.test_listener import Ear, callfloor
from tests.ami_listeners.waiting import until
from tests.asterisk_lab import AsteriskLab
from tests.command_line import CommandLine, Serving


@contextlib.asynccontextmanager
async def listening(
    floor: NativeFloor, database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Serving]:
    """Listen as a process of its own, with a spool of its own."""
    monkeypatch.setenv("CALLFLOOR_SECRET_AMI", SECRET)
    http = f"127.0.0.1:{free_port()}"
    words = ["--ami", f"127.0.0.1:{floor.ami_port}", "--listen", http, "--database", database_url]
    async with CommandLine(folder).running("listen", *words, http=http) as process:
        assert await until(lambda: "scrape_configs" in process.text, 60), process.text
        yield process


async def test_one_is_killed_and_the_database_is_away_while_another_listens(
    shared_asterisk_lab: AsteriskLab, open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asterisk says when each event was; who was killed comes back with what it had not told yet."""
    floor = await run_native_floor(shared_asterisk_lab, stamps=True)
    server = LocalPostgres(open_folder / "stopping")
    await server.start()
    database = Database(server.url, DatabaseSettings(batch_s=0.01), Clock())
    await database.start()
    (tmp_path / "second").mkdir()
    async with (
        Ear(callfloor(floor), database, tmp_path / "first") as first,
        floor.phone("anna", Phone(ring_s=0.05, talk_s=0.5)),
        floor.phone("bob", Phone(ring_s=0.05, talk_s=0.5)),
    ):
        async with listening(floor, server.url, tmp_path / "second", monkeypatch) as second:
            before = await floor.call("everybody", Caller(), calls=2, rate=4)
            await first.quiet()
            await crash(server, signal.SIGKILL)
            calling = asyncio.create_task(floor.call("everybody", Caller(), calls=6, rate=2))
            await asyncio.sleep(1)
            second.process.kill()
            await second.process.wait()
        await server.start()
        async with listening(floor, server.url, tmp_path / "second", monkeypatch) as again:
            after = await calling
            assert await until(lambda: not first.listener.fold.calls.open)
            await again.stop()
        await first.quiet()
    assert [successful(before), successful(after)] == [2, 6]
    kept = Counter(dict(await rows(server.url, "SELECT kind, count(*) FROM facts WHERE heard GROUP BY kind")))
    for kind in (CallStarted, QueueJoined, Answered, Handled, CallEnded, DeviceChanged, AgentStateChanged):
        assert kept[shape(first.of(kind)[0]).kind] == len(first.of(kind)), kind
    told = "SELECT offered, answered, handled FROM queue_figures WHERE queue = 'everybody'"
    assert await rows(server.url, told) == [(8, 8, 8)]
    by_what_they_say = "SELECT count(*) FROM facts WHERE kind = 'device_changed' AND listener IS NOT NULL"
    devices = {fact.device for fact in first.of(DeviceChanged)}
    assert await rows(server.url, by_what_they_say) == [(len(devices),)], "those of the first look round"
    assert kept["listener_gap"] >= 1
    unheard = "SELECT began_at FROM system_gaps WHERE began_at < (SELECT min(seen_at) FROM listeners)"
    assert await rows(server.url, unheard) == [], "the first listened all the time"
    await database.stop()
    await server.stop()


async def test_what_two_asterisks_call_alike_is_told_apart(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """One visit, one offer and one phone, of the same names in north, in south, and in one without a name."""
    call, now = "1772438400.1", Clock().moment()
    ids: dict[str, Any] = {
        "contact": ContactId(call), "visit": VisitId(f"{call}/1"), "queue": QueueName("sales"),
    }  # fmt: skip
    offer: dict[str, Any] = {**ids, "agent": AgentId("anna"), "offer": OfferId(f"{call}/1/PJSIP/anna-1/1")}
    story = [
        CallStarted(moment=now - 3, call=call, channel_name="PJSIP/x-1", caller_number="4930", caller_name="",
                    called_number="100", context="in"),
        QueueJoined(moment=now - 3, **ids, priority=0, position=1),
        OfferMade(moment=now - 2, **offer, because=""),
        Answered(moment=now - 1, **offer, wait_s=2.0, within_service_level=True),
        DeviceChanged(moment=now - 1, device="PJSIP/anna", state="INUSE"),
        AgentStateChanged(moment=now - 1, agent=AgentId("anna"), was=AgentState.READY, lasted_s=2.0,
                          state=AgentState.TALKING, logged_in=True, pause_reason=None),
    ]  # fmt: skip
    journals = [Journal(database, tmp_path / f"at-{name}", Clock(), name) for name in ("", "north", "south")]
    also = Journal(database, tmp_path / "also", Clock(), "north")
    for journal in (*journals, also):
        await journal.start()
        journal.write_all(story, "native", stamp="1772438403.25")
        assert await journal.drained(5)
    for table in ("calls", "visits", "offers", "devices", "agent_states WHERE ended_at IS NULL"):
        assert await rows(database_url, f"SELECT count(*) FROM {table}") == [(3,)], table
    assert await rows(database_url, "SELECT count(*) FROM facts") == [(3 * len(story),)]
    assert await rows(database_url, "SELECT visit, contact FROM visits WHERE system = 'north'") == [
        (f"north/{call}/1", f"north/{call}")
    ]
    assert await rows(database_url, "SELECT answered FROM queue_figures WHERE queue = 'sales'") == [(3,)]
    for journal in journals:
        known = await believed(journal, journal.clock)
        assert list(known.calls) == [call], "each believes what it heard, by the names Asterisk gave"
        assert [visit.visit for visit in known.visits] == [ids["visit"]]
        assert list(known.agents) == ["anna"]
    for journal in (*journals, also):
        await journal.stop()


async def test_a_floor_finds_its_lines_again_whatever_its_asterisk_is_called(
    database: Database, tmp_path: Path
) -> None:
    line = ContactStarted(
        moment=1, contact=ContactId("id-1"), channel="1772438400.1", caller_number="", caller_name="",
        called_number="",
    )  # fmt: skip
    for name in ("north", "south"):
        journal = Journal(database, tmp_path / name, Clock(), name)
        await journal.start()
        journal.write(replace(line, contact=ContactId(name)))
        for known in (await recollect(journal), await journal.drained(5) and await recollect(journal)):
            assert known
            assert [fact.body["channel"] for fact in known.facts] == ["1772438400.1"]
            assert [fact.body["contact"] for fact in known.facts] == [name], "and no other's"
        await journal.stop()


async def test_calls_that_two_listened_to_are_kept_once(
    native_floor: NativeFloor, database: Database, database_url: str, tmp_path: Path
) -> None:
    """A third comes in the middle of calls, the second goes; this Asterisk puts no time on its events."""
    settings = callfloor(native_floor)
    async with (
        Ear(settings, database, tmp_path / "first") as first,
        native_floor.phone("anna", Phone(ring_s=0.05, talk_s=0.5)),
        native_floor.phone("bob", Phone(ring_s=0.05, talk_s=0.5)),
    ):
        async with Ear(settings, database, tmp_path / "second") as second:
            said = await native_floor.call("everybody", Caller(), calls=4, rate=4)
            await second.quiet()
        calling = asyncio.create_task(native_floor.call("everybody", Caller(), calls=4, rate=2))
        await asyncio.sleep(0.8)
        async with Ear(settings, database, tmp_path / "third") as third:
            said_later = await calling
            await third.quiet()
            await first.quiet()
    assert successful(said) == successful(said_later) == 4
    told = "SELECT offered, answered, handled FROM queue_figures WHERE queue = 'everybody'"
    assert await rows(database_url, told) == [(8, 8, 8)]
    heard = "SELECT kind, count(*) FROM facts WHERE heard GROUP BY kind"
    kept = Counter(dict(await rows(database_url, heard)))
    assert kept["call_started"] == kept["call_ended"] == len(first.of(CallStarted))
    assert kept["queue_joined"] == kept["answered"] == kept["handled"] == 8
    assert kept["device_changed"] == len(first.of(DeviceChanged))
    assert kept["agent_state_changed"] == len(first.of(AgentStateChanged))
    assert len(second.facts) > 20
    assert len(third.facts) > 20


async def test_who_comes_in_the_middle_of_a_second_visit_knows_that_it_is_the_second(
    native_floor: NativeFloor, database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = callfloor(native_floor)
    async with (
        Ear(settings, database, tmp_path / "first") as first,
        native_floor.phone("anna", Phone(ring_s=1.5, talk_s=0.5)),
    ):
        calling = asyncio.create_task(native_floor.call("twice", Caller()))
        assert await until(lambda: len(first.of(QueueJoined)) == 2)
        assert await first.journal.drained(5)
        async with Ear(settings, database, tmp_path / "second") as second:
            assert successful(await calling) == 1
            await second.quiet()
        await first.quiet()
    told = "SELECT right(visit, 2), queue, outcome, handled FROM visits ORDER BY visit"
    assert await rows(database_url, told) == [
        ("/1", "nobody", "timed_out", 0), ("/2", "sales", "answered", 1),
    ]  # fmt: skip


async def test_a_change_is_the_same_whatever_somebody_new_believed_of_the_time_before(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """Who began to listen in the middle did not hear that her phone rang."""

    def talks(was: AgentState, moment: float) -> Fact:
        return AgentStateChanged(
            moment=moment, agent=AgentId("anna"), was=was, lasted_s=3.0, state=AgentState.TALKING,
            logged_in=True, pause_reason=None,
        )  # fmt: skip

    for name, told in (
        ("first", [talks(AgentState.RINGING, 100.0)]),
        ("second", [talks(AgentState.READY, 100.9), talks(AgentState.READY, 102.0)]),
    ):
        journal = Journal(database, tmp_path / name, Clock(moment=lambda: 0.0))
        await journal.start()
        journal.write_all(told, "native")
        assert await journal.drained(5)
        await journal.stop()
    kept = "SELECT body->>'was' FROM facts ORDER BY at"
    assert await rows(database_url, kept) == [("ringing",), ("ready",)], "another time is another change"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30))
def test_all_who_hear_the_same_give_it_the_same_names(heard: list[tuple[int, int]]) -> None:
    """Changes of four devices, stamped to the microsecond; several by one event, and again at another."""
    first, second = SharedIds(), SharedIds()

    def named(ids: SharedIds) -> list[UUID | None]:
        return [
            ids(device(number), "", f"1772438400.{stamp:06}")
            for number, stamp in sorted(heard, key=lambda x: x[1])
        ]

    names = named(first)
    assert names == named(second)
    assert None not in names
    assert len(set(names)) == len(names), "and each another"
    assert names == sorted(names, key=lambda name: str(name)[:18]), "in the order of time"


def test_what_was_heard_and_what_was_concluded_are_two_facts() -> None:
    joined: dict[str, Any] = {
        "contact": ContactId("1772438400.1"), "visit": VisitId("1772438400.1/1"), "queue": QueueName("sales"),
        "priority": 0, "position": 1,
    }  # fmt: skip

    def name(system: str = "", **more: Any) -> UUID | None:
        fact: Fact = QueueJoined(moment=1.0, **{**joined, **more})
        return SharedIds()(fact, system, "")

    assert name() == name(position=2)
    assert len({name(), name(heard=False), name("other"), name(visit=VisitId("1772438400.1/2"))}) == 4
    assert name(contact=ContactId("x"), visit=VisitId("y")) is None, "nothing says when it came to be"
