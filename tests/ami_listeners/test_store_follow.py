"""In whatever batches and order facts arrive, the tables say what counting all of them anew says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, LiteralString

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ami_listeners.clock import Clock
from ami_listeners.copy_rows import rows
from ami_listeners.database import Database
from ami_listeners.identity import FactIds
from ami_listeners.queries import literal, queries
from ami_listeners.records import Record, record
from queue_strategies.facts import (
    Answered,
    CallEnded,
    CallStarted,
    ContactEnded,
    ContactStarted,
    Fact,
    Handled,
    OfferEnded,
    QueueJoined,
    SegmentBegan,
    SegmentEnded,
    SegmentKind,
    Transferred,
    VisitEnded,
)
from queue_strategies.model import AgentId, OfferOutcome, VisitOutcome
from tests.ami_listeners.test_figures_agree import Day

CLOCK = Clock(moment=lambda: 0.0, wall=lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))
FOLLOW = ("contacts", "calls", "visits", "offers", "segments", "agent_states")
EMPTY = """
    TRUNCATE facts, corrections, contacts, calls, visits, offers, segments, agent_states,
        queue_quarters, queue_days, agent_quarters, agent_days
"""
READY: LiteralString = "SELECT agent, available_s FROM agent_figures WHERE available_s > 0 ORDER BY agent"
READY_BY_STATES: LiteralString = """
    SELECT agent, sum(lasted_s) AS ready_s FROM agent_states WHERE state = 'ready'
    GROUP BY agent HAVING sum(lasted_s) > 0 ORDER BY agent
"""
RECOUNT = """
    TRUNCATE contacts, calls, visits, offers, segments, agent_states;
    SELECT recount_contacts(array_agg(DISTINCT contact)), recount_calls(array_agg(DISTINCT contact)),
        recount_visits(array_agg(DISTINCT visit)), recount_offers(array_agg(DISTINCT visit)),
        recount_segments(array_agg(DISTINCT contact)), recount_agents(array_agg(id)) FROM facts;
"""


def a_floor_and_its_asterisk(seed: int) -> list[Fact]:
    """Some minutes of a floor by chance, each contact with its call and its segments."""
    day = Day(seed)
    day.pass_by(50)
    return [*day.facts, *(more for fact in day.facts for more in beside(fact))]


def beside(fact: Fact) -> Iterator[Fact]:
    match fact:
        case QueueJoined(contact=contact, moment=moment):
            who: dict[str, Any] = {"caller_number": "+4930", "caller_name": "Zoe", "called_number": "100"}
            call, moment = f"{contact}.1", moment - 1
            yield ContactStarted(moment=moment, contact=contact, channel=call, **who)
            yield CallStarted(moment=moment, call=call, channel_name="PJSIP/a-1", **who, context="in")
        case Answered(contact=contact, moment=moment):
            segment: dict[str, Any] = {
                "call": f"{contact}.1", "segment": f"{contact}.1/talk", "segment_kind": SegmentKind.TALK,
                "channel": f"{contact}.1", "party": "+4930", "visit": fact.visit,
            }  # fmt: skip
            yield SegmentBegan(moment=moment, **segment)
            yield SegmentEnded(
                moment=moment + 9, **segment, agent=fact.agent, lasted_s=9.0, ended_by="hangup"
            )
            yield CallEnded(moment=moment + 9, call=f"{contact}.1", cause=16, duration_s=10.0, answered=True)
            yield ContactEnded(
                moment=moment + 9, contact=contact, ended_by="caller", cause=16, duration_s=10.0
            )
        case Handled(moment=moment):
            for to in ("101", "102"):
                yield Transferred(
                    moment=moment, contact=fact.contact, visit=fact.visit, queue=fact.queue, agent=fact.agent,
                    kind="blind", to=to,
                )  # fmt: skip
        case _:
            pass


def as_asterisk_names(facts: Sequence[Fact]) -> Iterator[Fact]:
    """Give the calls of contacts names that Asterisk would, and let a call of nobody's be beside each."""
    for fact in facts:
        for name in ("call", "channel", "segment"):
            if found := re.match(r"id-(\d+)(\.1.*)", getattr(fact, name, None) or ""):
                named: Any = {name: f"{1_772_000_000 + int(found[1])}{found[2]}"}
                fact = replace(fact, **named)
        if isinstance(fact, CallStarted):
            yield replace(fact, call=f"{fact.call}2", direction="outbound")
            fact = replace(fact, direction="inbound")
        if isinstance(fact, CallEnded):
            yield replace(fact, call=f"{fact.call}2")
        yield fact


def concluded(fact: Fact) -> Fact | None:
    """Say of the same what somebody concluded who was not there."""
    match fact:
        case Answered() | VisitEnded():
            return VisitEnded(
                moment=fact.moment + 5, contact=fact.contact, visit=fact.visit, queue=fact.queue, heard=False,
                outcome=VisitOutcome.LOST, wait_s=99.0, short=False, within_service_level=False, position=1,
            )  # fmt: skip
        case OfferEnded():
            return replace(fact, heard=False, outcome=OfferOutcome.FAILED, moment=fact.moment + 5)
        case CallEnded() | ContactEnded() | SegmentEnded():
            return replace(fact, heard=False, moment=fact.moment + 7)
        case _:
            return None


def told(connection: psycopg.Connection[Any], records: Sequence[Record]) -> None:
    with connection.cursor().copy(queries()["copy_arriving"]) as copy:
        copy.write(b"".join(line + b"\n" for line in rows(records)))
    connection.execute(queries()["take_arriving"])
    connection.execute("TRUNCATE arriving")


def read(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: sorted(connection.execute(literal(f"SELECT * FROM {table}")).fetchall(), key=repr)
        for table in FOLLOW
    }


async def test_merging_in_any_batches_and_any_order_is_counting_anew(database: Database) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 10_000), st.randoms(use_true_random=False), st.integers(1, 40), st.booleans())
    def merge(seed: int, chance: Any, size: int, shuffled: bool) -> None:
        facts = list(as_asterisk_names(a_floor_and_its_asterisk(seed)))
        lost = [made for fact in facts if chance.random() < 0.1 and (made := concluded(fact)) is not None]
        facts = sorted(
            [*(fact for fact in facts if chance.random() < 0.95), *lost], key=lambda fact: fact.moment
        )
        ids = FactIds(CLOCK)
        records = [record(fact, ids(), "floor", CLOCK) for fact in facts]
        records += chance.sample(records, len(records) // 10)  # told twice
        if shuffled:
            chance.shuffle(records)
        connection.execute(EMPTY)
        while records:
            batch, records = records[:size], records[size:]
            told(connection, batch)
            size = chance.randint(1, 200)
        merged = read(connection)
        ready: dict[str, float] = dict(connection.execute(READY).fetchall())
        by_states: dict[str, float] = dict(connection.execute(READY_BY_STATES).fetchall())
        assert ready == pytest.approx(by_states, abs=1e-3), "what is counted of agents follows their states"
        connection.execute(RECOUNT)
        counted = read(connection)
        for table in FOLLOW:
            assert merged[table] == counted[table], table
        assert len(counted["visits"]) > 3
        alone, shared = (
            {channel for contact, channel, *_ in counted["contacts"] if (contact == channel) is own}
            for own in (True, False)
        )
        assert alone, "a call is a contact,"
        assert alone.isdisjoint(shared), "unless the floor told of one on its channel"

    with psycopg.connect(database.conninfo) as connection:
        connection.execute(queries()["make_arriving"])
        merge()


async def test_what_somebody_heard_is_believed_whenever_it_comes(database: Database) -> None:
    """One listener was away and concluded that the caller was lost; the other heard who answered."""
    fact = next(fact for fact in a_floor_and_its_asterisk(1) if isinstance(fact, Answered))
    lost = concluded(fact)
    assert lost is not None
    ids = FactIds(CLOCK)
    both = [record(one, ids(), "native", CLOCK) for one in (fact, lost)]
    with psycopg.connect(database.conninfo) as connection:
        connection.execute(queries()["make_arriving"])
        for order in (both, both[::-1]):
            connection.execute("TRUNCATE facts, visits")
            for one in order:
                told(connection, [one])
            assert connection.execute("SELECT outcome, agent, heard FROM visits").fetchall() == [
                ("answered", AgentId(fact.agent), True)
            ]
