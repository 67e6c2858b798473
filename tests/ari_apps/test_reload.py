"""What a running floor tells, and tells no more, when it goes on by another floor.toml."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from ami_listeners.clock import Clock
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.exporter import Exporter
from ami_listeners.health import Health
from ari_apps import running
from ari_apps.calling_back import CallingBack
from ari_apps.commands import serve
from ari_apps.configuration.changes import NeedsRestart, check_reloadable, removed_queues
from ari_apps.configuration.floor_toml import load, load_text
from ari_apps.crew import Crew
from ari_apps.destinations import Destination, DestinationKind
from ari_apps.directory import UNALLOCATED, Directory
from ari_apps.inbound import Inbound
from ari_apps.running import RunningFloor
from queue_strategies.events import CallbackChosen, CallbackHoursChanged, Event
from queue_strategies.figures import Figures
from queue_strategies.model import Queue, QueueName
from tests.queue_strategies.floor_story import ANNA, Story, agent, sales, support, visit_of

NIGHT = Clock(moment=lambda: 0.0, wall=lambda: dt.datetime(2026, 1, 1, 3, tzinfo=dt.UTC))
AT_ALL_HOURS = """
trunks = [{ name = "carrier", address = "sip:127.0.0.1:5080" }]
outbound = { trunk = "carrier" }
calendars.day.hours = { mon-sun = "09:00-17:00" }

[[queues]]
name = "sales"
callback = { numbers = ["0*"], hours = "day" }

[[queues]]
name = "support"
callback = { numbers = ["0*"] }
"""


BY_DAY = AT_ALL_HOURS.replace('["0*"] }', '["0*"], hours = "day" }')


class Told:
    """Hears what the Floor is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, event: Event) -> None:
        self.events.append(event)


class Away:
    """A database that is away for the first few times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.known: list[list[str]] = []

    async def know_queues(self, queues: Iterable[Queue]) -> None:
        self.times -= 1
        if self.times >= 0:
            raise DatabaseUnreachable("away")
        self.known.append([queue.strategy for queue in queues])


def calling_back(told: Told, directory: Directory) -> CallingBack:
    names = ("inbound", "reception", "virtual_hold", "crew", "new_id", "new_leg", "new_call")
    nobody: dict[str, Any] = dict.fromkeys(names)
    return CallingBack(queueing=cast("Any", told), directory=directory, clock=NIGHT, **nobody)


def test_a_reload_by_night_has_nobody_called_but_of_queues_that_lost_their_hours() -> None:
    told, directory = Told(), Directory(load_text(BY_DAY))
    by_night = calling_back(told, directory)
    by_night.tell_hours_anew()
    told.events.clear()
    directory.learn(load_text(AT_ALL_HOURS))
    by_night.tell_hours_anew()
    assert told.events == [
        CallbackHoursChanged(QueueName("support"), open=True),
        CallbackHoursChanged(QueueName("sales"), open=False),
    ]


def test_who_is_in_a_removed_queue_finds_its_rules_and_nobody_else_is_sent_there() -> None:
    directory = Directory(load_text(BY_DAY))
    other = AT_ALL_HOURS.replace("support", "service").replace("calendars.day", "calendars.late")
    directory.learn(load_text(other.replace('hours = "day"', 'hours = "late"')))
    support, service = (Destination(DestinationKind.QUEUE, name) for name in ("support", "service"))
    assert directory.callback_of(support) is not None
    assert dict(directory.callback_hours(NIGHT.wall())) == {"sales": False, "support": False}
    assert (directory.queue_of(support), directory.is_gone(support)) == (None, True)
    assert (directory.queue_of(service), directory.is_gone(service)) == ("service", False)
    directory.learn(load_text(BY_DAY))
    assert (directory.queue_of(support), directory.is_gone(support)) == ("support", False)


def test_a_removed_queue_is_told_with_those_who_are_in_it() -> None:
    story = Story(sales(), support(), agents=[agent(ANNA)]).at(10).join("eva").join("fay").join("kim")
    story.happen(CallbackChosen(visit_of("kim"), "+491701"))
    seen, after = story.floor.snapshot(story.now), load_text('[[queues]]\nname = "other"')
    who = "2 callers wait and 1 is to be called back"
    (told,) = removed_queues(seen, after)
    assert str(told) == f"queue sales: removed, {who}: they are served, nobody new may join"
    assert removed_queues(seen, load_text('[[queues]]\nname = "sales"')) == []


class CallUnderWay:
    """A call in a coroutine that was written for the queues of before."""

    contact = "eva"
    at: Destination | None = None
    waits_since: float | None = None
    cause: int | None = None

    def __init__(self) -> None:
        self.began: list[str] = []

    async def look_around(self) -> None:
        """Notice nothing."""

    async def hang_up(self, cause: int) -> None:
        self.cause = cause

    async def walk(self, _: object, to: Destination) -> Destination:
        self.began.append(str(to))
        return Destination.parse("queue:support")

    def anew(self, _: object) -> Destination:
        return Destination.parse("python:old_ivr:main")


class SaysNothing:
    """No queue tells its callers of recording."""

    async def tell_of_recording(self, call: object, to: Destination) -> None:
        """Say nothing."""


async def test_a_call_that_is_sent_to_a_removed_queue_begins_anew_and_that_but_once() -> None:
    directory, call = Directory(load_text(BY_DAY)), CallUnderWay()
    directory.learn(load_text(AT_ALL_HOURS.replace("support", "service")))
    parts: dict[str, Any] = dict.fromkeys(("steering", "desks", "virtual_hold", "recordings", "surveys"))
    parts["announcer"] = SaysNothing()
    inbound = Inbound(switchboard=cast("Any", call), directory=directory, walk=call.walk, **parts)
    await inbound.handle(cast("Any", call), Destination.parse("queue:support"))
    assert (call.began, call.cause) == (["python:old_ivr:main"], UNALLOCATED.hangup_cause)


async def test_the_database_hears_of_the_newest_rules_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "DATABASE_AGAIN_S", 0.0)
    others = asyncio.all_tasks()  # this test and what it shares with others
    path = tmp_path / "floor.toml"
    path.write_text('[[queues]]\nname = "sales"\n')
    journal = Away(times=3)
    floor = RunningFloor(load(path), NIGHT, Figures(), cast("Any", journal), Health(), Exporter(), Crew())
    floor.tell_queues()
    await asyncio.sleep(0)
    path.write_text('[[queues]]\nname = "sales"\nstrategy = "ringall"\n')
    floor.reload()
    await asyncio.wait(asyncio.all_tasks() - others)
    assert journal.known == [["ringall"]]


class StartingFloor:
    """A floor that is asked to reload while it starts, and stops when it has done so."""

    def __init__(self) -> None:
        self.reloaded = asyncio.Event()
        self.configuration = load_text(BY_DAY)

    @asynccontextmanager
    async def running(self, *_: object, **__: object) -> AsyncIterator[StartingFloor]:
        os.kill(os.getpid(), signal.SIGHUP)
        yield self

    def reload(self) -> None:
        self.reloaded.set()

    def given_up(self) -> Iterator[Coroutine[Any, Any, object]]:
        yield self.reloaded.wait()


async def test_a_floor_that_is_asked_to_reload_while_it_starts_does_so_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    floor = StartingFloor()
    monkeypatch.setattr(serve, "running", floor.running)
    try:
        async with asyncio.timeout(10):
            await serve.serve_until_stopped(floor.configuration, None)
    finally:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().remove_signal_handler(each)
    assert floor.reloaded.is_set()


def test_the_name_that_phones_are_shown_of_an_agent_needs_a_rendering() -> None:
    before, after = (load_text(f'[[agents]]\nid = "anna"\nname = "{name}"\n') for name in ("Abel", "Ando"))
    with pytest.raises(NeedsRestart, match=r"agents anna\.name cannot change while"):
        check_reloadable(before, after)
