"""Whoever looks at the dashboards is shown figures, and can find out nothing about customers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, TypeAlias

import psycopg
import pytest

from ami_listeners.clock import Clock
from ami_listeners.dashboards import DASHBOARDS
from ami_listeners.dashboards.panel import Panel, Store
from ami_listeners.database import Database
from ami_listeners.journal import Journal
from ami_listeners.local_postgres import LocalPostgres
from ami_listeners.queries import literal
from ami_listeners.settings import DatabaseSettings
from ami_listeners.viewer import ROLE
from queue_strategies.facts import (
    CallbackTaken,
    CallEnded,
    CallStarted,
    ContactStarted,
    Fact,
    Handled,
    LegQuality,
    ListenerGap,
    QueueJoined,
    SegmentBegan,
    SegmentKind,
    Transferred,
)
from tests.ami_listeners.conftest import make_database
from tests.ami_listeners.test_figures_agree import QUEUES, Day

Connection: TypeAlias = psycopg.AsyncConnection[Any]
BEGAN = dt.datetime.now(dt.UTC) - dt.timedelta(hours=3)
NUMBER, NAME = "+4930771234", "Zoe Q. Public"
SECRET = (NUMBER, NAME)
FILLED_IN = {"${queue:regex}": ".*", "${agent:regex}": "(agent-1|agent-2)"}
PRIVILEGES = literal(
    """
    SELECT relname, attname, has_column_privilege(c.oid, attnum, 'SELECT')
    FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND attnum > 0
        AND NOT attisdropped
    """
)


def a_day_with_customers() -> Iterator[Fact]:
    """Tell a day on which one customer calls again and again, named wherever that may be."""
    day = Day(6)
    day.pass_by(400)
    who: dict[str, Any] = {"caller_number": NUMBER, "caller_name": NAME, "called_number": "100"}
    for number, fact in enumerate(day.facts):
        match fact:
            case QueueJoined(moment=moment, contact=contact):
                yield ContactStarted(moment=moment, contact=contact, channel=f"{number}.1", **who)
                call = f"{number}.1"
                yield CallStarted(moment=moment, call=call, channel_name="PJSIP/x", **who, context="in")
                yield SegmentBegan(moment=moment, call=call, segment=call, segment_kind=SegmentKind.TALK,
                                   channel=call, party=NUMBER)  # fmt: skip
                yield CallEnded(moment=moment, call=call, cause=16, duration_s=1.0, answered=True)
            case CallbackTaken():
                object.__setattr__(fact, "number", NUMBER)
            case Handled(moment=moment, queue=queue):
                yield LegQuality(moment=moment, call=f"{number}", channel=f"{number}", party=NUMBER,
                                 queue=queue, direction="heard", mos=4.0, worst_mos=3.0, r=80.0, loss=0.01,
                                 jitter_ms=2.0, round_trip_ms=20.0, codec="ulaw", reports=3)  # fmt: skip
                yield Transferred(moment=moment, contact=fact.contact, visit=fact.visit, queue=queue,
                                  agent=fact.agent, kind="blind", to=NUMBER)  # fmt: skip
        yield fact
    yield ListenerGap(moment=50.0, source="ami", began_moment=40.0, reason="cut")


@pytest.fixture(scope="module")
async def viewed(postgres: LocalPostgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database that was told a day, as the address of who looks at figures."""
    clock = Clock(moment=lambda: 0.0, wall=lambda: BEGAN)
    url = await make_database(postgres)
    journal = Journal(
        Database(url, DatabaseSettings(batch_s=0.01), clock), tmp_path_factory.mktemp("s"), clock
    )
    await journal.start()
    await journal.know_queues(QUEUES)
    journal.write_all(a_day_with_customers(), "native")
    assert await journal.drained(60)
    await journal.stop()
    await journal.database.stop()
    return url.replace("callfloor@", f"{ROLE}@")


def asked_of_postgres() -> Iterator[tuple[str, Panel, str]]:
    """Give every query of every panel, filled in as Grafana does."""
    ends = dt.datetime.now(dt.UTC)
    moments = [f"'{moment:%Y-%m-%dT%H:%M:%SZ}'" for moment in (BEGAN - dt.timedelta(hours=5), ends)]
    for dashboard in DASHBOARDS:
        for panel in (panel for row in dashboard.rows for panel in row):
            for query in panel.queries:
                if query.store is Store.POSTGRES:
                    text = query.text.replace("$__timeFrom()", moments[0]).replace("$__timeTo()", moments[1])
                    text = text.replace("$__timeFilter(at)", f"at BETWEEN {moments[0]} AND {moments[1]}")
                    for name, value in FILLED_IN.items():
                        text = text.replace(name, value)
                    assert "$_" not in text
                    yield dashboard.uid, panel, text


async def test_every_panel_that_asks_postgresql_has_data(viewed: str) -> None:
    seen = set()
    async with await psycopg.AsyncConnection.connect(viewed) as connection:
        for uid, panel, text in asked_of_postgres():
            asked = await connection.execute(literal(text))
            rows = await asked.fetchall()
            assert rows, (uid, panel.title)
            assert any(value is not None for row in rows for value in row[1:]), (uid, panel.title)
            names = [column.name for column in asked.description or ()]
            assert {column.name for column in panel.columns} <= {*names}
            seen.add(uid)
    assert seen == {dashboard.uid for dashboard in DASHBOARDS} - {"callfloor-now"}


async def test_who_looks_at_figures_finds_no_number_and_no_name_of_a_customer(viewed: str) -> None:
    async with await psycopg.AsyncConnection.connect(viewed, autocommit=True) as connection:
        hidden: dict[str, list[str]] = {}
        for table, column, is_seen in await told(connection, PRIVILEGES):
            text = literal(f'SELECT "{column}"::text FROM "{table}"')
            if is_seen:
                assert not [value for (value,) in await told(connection, text) if contains(value)], (
                    table,
                    column,
                )
            else:
                hidden.setdefault(table, []).append(column)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await connection.execute(text)
        for table, column in (("contacts", "caller_number"), ("calls", "caller_name"), ("facts", "body"),
                              ("segments", "party"), ("leg_quality", "party"), ("visits", "callback_number"),
                              ("visits", "transferred_to"), ("callbacks_now", "number")):  # fmt: skip
            assert column in hidden[table], "what this is about has another name now"


async def test_what_is_hidden_would_have_told(viewed: str) -> None:
    """The day is one on which every one of these columns says something of the customer."""
    async with await psycopg.AsyncConnection.connect(viewed.replace(ROLE, "callfloor")) as connection:
        for table, column in (("contacts", "caller_number"), ("calls", "caller_name"), ("segments", "party"),
                              ("visits", "callback_number"), ("visits", "transferred_to"),
                              ("leg_quality", "party"), ("facts", "body")):  # fmt: skip
            text = literal(f'SELECT "{column}"::text FROM "{table}"')
            assert any(contains(value) for (value,) in await told(connection, text)), (table, column)


async def test_who_looks_at_figures_changes_nothing(viewed: str) -> None:
    async with await psycopg.AsyncConnection.connect(viewed, autocommit=True) as connection:
        for text in ("DELETE FROM queue_days", "SELECT recount_visits('{v}')", "CREATE TABLE mine (x int)",
                     "SET default_transaction_read_only = off; DELETE FROM queues"):  # fmt: skip
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                await connection.execute(literal(text))


async def told(connection: Connection, text: Any) -> list[Any]:
    return await (await connection.execute(text)).fetchall()


def contains(value: str | None) -> bool:
    return value is not None and any(secret in value for secret in SECRET)
