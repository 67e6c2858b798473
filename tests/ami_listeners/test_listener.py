"""One who listens to a real Asterisk knows what its callers went through, gaps and restarts or not."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ami_listeners.clock import Clock
from ami_listeners.connection import Connection
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.listener import Listener
from ami_listeners.settings import AmiSettings
from queue_strategies.facts import (
    AgentStateChanged,
    CallEnded,
    Fact,
    Handled,
    ListenerGap,
    MembershipPauseChanged,
    NativeRulesSeen,
    VisitEnded,
)
from queue_strategies.figures import Figures
from queue_strategies.model import AgentId, AgentState, QueueName, VisitOutcome
from tests.ami_listeners.native_floor import (
    Caller,
    NativeFloor,
    Phone,
    lasted_s,
    run_native_floor,
    successful,
)
from tests.ami_listeners.scenes import connected
from tests.ami_listeners.test_journal import rows
from tests.ami_listeners.waiting import until
from tests.ami_listeners.wire import Wire
from tests.asterisk_lab import AsteriskLab


class Ear:
    """A listener with all it needs, and what it heard."""

    def __init__(self, settings: AmiSettings, database: Database, spool: Path) -> None:
        self.figures, self.facts = Figures(), list[Fact]()
        self.reachable: dict[str, bool] = {}
        self.journal = Journal(database, spool, Clock())
        self.listener = Listener(
            settings, journal=self.journal, figures=self.figures, clock=Clock(),
            on_device=self.reachable.__setitem__, on_fact=self.facts.append,
        )  # fmt: skip

    async def __aenter__(self) -> Ear:
        await self.journal.start()
        await self.listener.start()
        await self.listener.connection.connected()
        assert await until(lambda: "anna" in self.reachable), "every phone is told of once it is known"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.listener.stop()
        await self.journal.stop()

    def of(self, kind: type[Any]) -> list[Any]:
        return [fact for fact in self.facts if type(fact) is kind]

    async def quiet(self) -> None:
        """Wait until no call is left and all is written."""
        fold = self.listener.fold
        assert await until(lambda: not fold.calls.open and not fold.visits.open, 10)
        assert await self.journal.drained(10)


@contextlib.asynccontextmanager
async def operator(floor: NativeFloor) -> AsyncIterator[Connection]:
    async with connected(floor, "operator", lambda _: None) as connection:
        yield connection


def callfloor(
    floor: NativeFloor, port: int | None = None, *, heartbeat_timeout_s: float = 5.0, **more: object
) -> AmiSettings:
    """The product's own login: it may read, and change nothing."""
    return floor.settings(
        port, username="callfloor", heartbeat_s=0.5, heartbeat_timeout_s=heartbeat_timeout_s, **more
    )


async def test_figures_of_native_queues_are_what_the_callers_saw(
    native_floor: NativeFloor, database: Database, database_url: str, tmp_path: Path
) -> None:
    """Forty callers: patient ones for two agents, impatient ones for nobody, some who are let go."""
    rng, answering_s = random.Random(7), native_floor.answering_s
    async with (
        Ear(callfloor(native_floor), database, tmp_path) as ear,
        native_floor.phone("anna", Phone(ring_s=0.05, talk_s=0.3)),
        native_floor.phone("bob", Phone(ring_s=0.05, talk_s=0.3)),
    ):
        waits = [rng.uniform(0.2, 3) for _ in range(10)]
        said = await asyncio.gather(
            native_floor.call("everybody", Caller(), calls=12, rate=4),
            native_floor.call("brief", Caller(wait_s=2.3 + answering_s), calls=10, rate=5),
            *(native_floor.call("nobody", Caller(wait_s=wait_s + answering_s)) for wait_s in waits),
        )
        await ear.quiet()
        answered, brief, nobody = (
            ear.figures.queue(QueueName(name)) for name in ("everybody", "brief", "nobody")
        )
        assert successful(said[0]) == answered.answered == answered.handled == answered.offered == 12
        assert answered.abandoned == 0
        assert brief.offered == 0, "the extension is called brief, its queue is nobody"
        assert successful(said[1]) == nobody.outcomes[VisitOutcome.TIMED_OUT] == 10
        assert sum(map(successful, said[2:])) == nobody.abandoned == 10
        waited_s = sum(lasted_s(each) - answering_s for each in said[2:])
        assert nobody.wait_abandoned.sum == pytest.approx(waited_s, abs=1.5)
        assert answered.talk_s == pytest.approx(12 * 0.3, abs=1.5)
        kept = await rows(
            database_url,
            "SELECT queue, offered, answered, abandoned, timed_out, handled, wait_abandoned_s, talk_s"
            " FROM queue_figures ORDER BY queue",
        )
        assert kept == [
            ("everybody", 12, 12, 0, 0, 12, 0, pytest.approx(answered.talk_s)),
            ("nobody", 20, 0, 10, 10, 0, pytest.approx(nobody.wait_abandoned.sum), 0),
        ]
        assert await rows(database_url, "SELECT count(*) FROM calls WHERE ended_at IS NOT NULL") == [(32,)]
        out_of_order = "SELECT count(*) FROM facts WHERE body->>'reason' LIKE '%order%'"
        assert await rows(database_url, out_of_order) == [(0,)], "every event came in its order"
        ((ahead_s, uncertain_s),) = await rows(
            database_url, "SELECT offset_s, uncertainty_s FROM clock_offsets"
        )
        assert abs(ahead_s) <= uncertain_s + 0.001, "one machine has one clock"
        by_agent = dict(
            await rows(database_url, "SELECT agent, handled FROM agent_figures WHERE handled > 0")
        )
        assert sum(by_agent.values()) == 12
        assert by_agent == {agent: each.handled for agent, each in ear.figures.agents.items() if each.handled}


async def test_a_listener_that_comes_back_goes_on_where_it_was(
    native_floor: NativeFloor, database: Database, database_url: str, tmp_path: Path
) -> None:
    """One caller waits and one talks while the listener is away; a third comes and goes unheard."""
    async with native_floor.phone("carl", Phone()), operator(native_floor) as boss:
        async with Ear(callfloor(native_floor), database, tmp_path) as before:
            talking = asyncio.create_task(native_floor.call("support", Caller(wait_s=4)))
            waiting = asyncio.create_task(native_floor.call("nobody", Caller(wait_s=4)))
            leaving = asyncio.create_task(native_floor.call("tiny", Caller(wait_s=1.5)))
            support = QueueName("support")
            assert await until(lambda: before.figures.queue(support).answered == 1)
            assert await until(lambda: len(before.listener.fold.visits.open) == 3)
            counts = {name: queue.counts for name, queue in before.listener.snapshot().queues.items()}
            assert (counts[support].talking, counts[QueueName("nobody")].waiting) == (1, 1)
        await leaving
        assert await rows(database_url, "SELECT count(*) FROM waiting_now") == [(2,)]
        async with Ear(callfloor(native_floor), database, tmp_path) as after:
            await asyncio.gather(talking, waiting)
            await after.quiet()
        assert not (await boss.ask_all("CoreShowChannels")).items
    (lost,) = [fact for fact in after.of(VisitEnded) if fact.outcome is VisitOutcome.LOST]
    assert lost.queue == "tiny"
    told = await rows(database_url, "SELECT queue, outcome, wait_s, handled FROM visits ORDER BY queue")
    assert [row[:2] for row in told] == [("nobody", "abandoned"), ("support", "answered"), ("tiny", "lost")]
    assert told[0][2] == pytest.approx(4 - native_floor.answering_s, abs=0.5)
    assert told[1][3] == 1
    kinds = dict(await rows(database_url, "SELECT kind, count(*) FROM facts GROUP BY kind"))
    assert (kinds["call_started"], kinds["call_ended"], kinds["queue_joined"]) == (3, 3, 3)
    assert await rows(database_url, "SELECT count(*) FROM calls WHERE ended_at IS NULL") == [(0,)]
    ((talk_s,),) = await rows(database_url, "SELECT talk_s FROM visits WHERE queue = 'support'")
    assert talk_s == pytest.approx(3.8 - native_floor.answering_s, abs=0.5)


async def test_a_gap_is_told_and_made_up_for(
    native_floor: NativeFloor, database: Database, database_url: str, tmp_path: Path
) -> None:
    """The wire hangs while a caller comes and another goes: nobody is counted twice, and the gap is known."""
    async with (
        Wire(native_floor.ami_port) as wire,
        Ear(
            callfloor(native_floor, wire.port, heartbeat_timeout_s=0.5, backoff_max_s=0.5), database, tmp_path
        ) as ear,
    ):
        first = asyncio.create_task(native_floor.call("nobody", Caller(wait_s=1)))
        assert await until(lambda: len(ear.listener.fold.visits.open) == 1)
        wire.freeze()
        second = asyncio.create_task(native_floor.call("nobody", Caller(wait_s=5)))
        await first
        assert await until(lambda: not ear.listener.health.up, 5)
        assert "unanswered" in ear.listener.health.reason
        wire.thaw()
        await second
        await ear.quiet()
        (gap,) = ear.of(ListenerGap)
        assert gap.source == "ami"
        assert "unanswered" in gap.reason
        outcomes = sorted(fact.outcome for fact in ear.of(VisitEnded))
        assert outcomes in (
            [VisitOutcome.ABANDONED, VisitOutcome.LOST],
            [VisitOutcome.ABANDONED, VisitOutcome.ABANDONED],  # its end was still on the wire
        )
        assert len(ear.of(CallEnded)) == 2
        assert await rows(database_url, "SELECT count(*) FROM gaps WHERE ended_at > began_at") == [(1,)]


async def test_a_phone_that_is_plugged_in_can_be_reached_and_one_that_is_unplugged_cannot(
    native_floor: NativeFloor, database: Database, database_url: str, tmp_path: Path
) -> None:
    async with Ear(callfloor(native_floor), database, tmp_path) as ear:
        assert ear.reachable["anna"]
        assert not ear.reachable["dora"]
        await native_floor.register("dora", expires_s=60)
        assert await until(lambda: ear.reachable["dora"])
        known = ear.listener.fold.members.known
        assert await until(lambda: known[AgentId("dora")].state is AgentState.READY)
        await native_floor.register("dora", expires_s=0)
        assert await until(lambda: not ear.reachable["dora"])
        await ear.quiet()
        assert await rows(database_url, "SELECT state FROM devices WHERE device = 'PJSIP/dora'") == [
            ("UNAVAILABLE",)
        ]
        statuses = await rows(
            database_url,
            "SELECT body->>'status' FROM facts WHERE kind = 'registration_changed'"
            " AND body->>'endpoint' = 'dora' ORDER BY at, id",
        )
        assert statuses[0] == ("NonQualified",)
        assert statuses[-1] == ("Removed",)


async def test_a_pause_in_one_of_several_queues_is_told_apart_from_a_pause_in_all(
    native_floor: NativeFloor, database: Database, tmp_path: Path
) -> None:
    async with Ear(callfloor(native_floor), database, tmp_path) as ear, operator(native_floor) as boss:
        assert {(each.queue, each.strategy) for each in ear.of(NativeRulesSeen)} >= {("everybody", "ringall")}

        async def pause(paused: str, queue: str = "") -> None:
            await boss.ask("QueuePause", Interface="PJSIP/anna", Paused=paused, Queue=queue, Reason="tea")

        def told() -> list[tuple[str, bool, str]]:
            return [(each.queue, each.paused, each.reason) for each in ear.of(MembershipPauseChanged)]

        await pause("true", "sales")
        assert await until(lambda: told() == [("sales", True, "tea")])
        await pause("true")
        assert await until(lambda: told()[1:] == [("sales", False, "")])
        await pause("false")
        states = [each.state for each in ear.of(AgentStateChanged) if each.agent == "anna"]
        assert await until(lambda: ear.of(AgentStateChanged)[-1].was is AgentState.PAUSED)
        assert states.count(AgentState.PAUSED) == 1
        assert len(told()) == 2


async def test_a_listener_that_is_refused_says_so_and_stays_away(
    native_floor: NativeFloor, database: Database, tmp_path: Path
) -> None:
    journal = Journal(database, tmp_path, Clock())
    await journal.start()
    settings = native_floor.settings(username="stranger")
    listener = Listener(settings, journal=journal, figures=Figures(), clock=Clock())
    await listener.start()
    assert await until(lambda: listener.failure != "")
    assert "stranger" in listener.failure
    assert not listener.health.up
    await listener.stop()
    await journal.stop()


async def test_asterisk_dies_and_comes_back_and_every_visit_has_an_end(
    asterisk_lab: AsteriskLab, database: Database, database_url: str, tmp_path: Path
) -> None:
    floor = await run_native_floor(asterisk_lab)
    async with (
        floor.phone("carl", Phone()),
        Ear(callfloor(floor, backoff_max_s=0.5), database, tmp_path) as ear,
    ):
        calls = [asyncio.create_task(floor.call(queue, Caller(wait_s=60))) for queue in ("support", "nobody")]
        assert await until(lambda: ear.figures.queue(QueueName("support")).answered == 1)
        assert await until(lambda: len(ear.listener.fold.visits.open) == 2)
        await floor.asterisk.kill()
        assert await until(lambda: not ear.listener.health.up)
        await floor.asterisk.start()
        assert await until(lambda: ear.listener.health.up, 20)
        await ear.quiet()
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        (gap,) = ear.of(ListenerGap)
        assert gap.began_moment < gap.moment
        assert [(fact.queue, fact.outcome) for fact in ear.of(VisitEnded)] == [("nobody", VisitOutcome.LOST)]
        (handled,) = ear.of(Handled)
        assert (handled.agent, handled.ended_by) == ("carl", "lost")
        assert ear.listener.fold.members.known[AgentId("carl")].state is AgentState.READY
        assert ear.listener.connection.health.connects == 2
        assert await rows(database_url, "SELECT count(*) FROM calls WHERE ended_at IS NULL") == [(0,)]
