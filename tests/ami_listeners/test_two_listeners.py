"""Several may listen to one Asterisk, and the database holds each event once."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from ami_listeners.database import Database
from ami_listeners.identity import SharedIds
from queue_strategies.facts import AgentStateChanged, CallStarted, DeviceChanged, Fact, QueueJoined
from queue_strategies.model import ContactId, QueueName, VisitId
from tests.ami_listeners.native_floor import Caller, NativeFloor, Phone, successful
from tests.ami_listeners.test_journal import device, rows
from tests.ami_listeners.test_listener import Ear, callfloor


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
    kept = Counter(dict(await rows(database_url, "SELECT kind, count(*) FROM facts GROUP BY kind")))
    assert kept["call_started"] == kept["call_ended"] == len(first.of(CallStarted))
    assert kept["queue_joined"] == kept["answered"] == kept["handled"] == 8
    assert kept["device_changed"] == len(first.of(DeviceChanged))
    assert kept["agent_state_changed"] == len(first.of(AgentStateChanged))
    assert len(second.facts) > 20
    assert len(third.facts) > 20


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
