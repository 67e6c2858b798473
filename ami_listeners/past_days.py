"""Read from the journal what a day was like: who called, and who was there to answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ami_listeners.database import Database
from ami_listeners.errors import ListenerError
from ami_listeners.queries import queries
from queue_strategies.model import AgentId, AgentState, QueueName, VisitOutcome
from queue_strategies.simulation.call_records import CallRecord
from queue_strategies.simulation.history import since_midnight
from queue_strategies.simulation.scenario import Shift

Rows = Sequence[tuple[Any, ...]]
AWAY = frozenset({AgentState.PAUSED, AgentState.BUSY, AgentState.UNREACHABLE})
"""What keeps a logged-in agent from being rung, and is not the floor's doing."""


class NothingHappened(ListenerError):
    """The journal tells of no call on that day."""


@dataclass(frozen=True, slots=True)
class PastDay:
    """What a day was like."""

    records: Sequence[CallRecord]
    shifts: Sequence[Shift]
    pauses: Sequence[Shift]


async def past_day(database: Database, day: dt.date, zone: dt.tzinfo) -> PastDay:
    """Read a day, from midnight to midnight; raises NothingHappened, and DatabaseUnreachable."""
    begins = dt.datetime.combine(day, dt.time(), zone)
    ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
    between = {"begins": begins, "ends": ends}
    async with database.connection() as connection:
        visits: Rows = await (await connection.execute(queries()["visits_of_a_day"], between)).fetchall()
        states: Rows = await (await connection.execute(queries()["agents_of_a_day"], between)).fetchall()
    if not visits:
        raise NothingHappened(f"the journal tells of no caller on {day}, choose a day with calls")
    records = [
        CallRecord(
            arrived=arrived,
            queue=QueueName(queue),
            outcome=VisitOutcome(outcome),
            wait_s=max(0.0, wait_s),
            talk_s=talk_s,
            priority=priority,
        )
        for arrived, queue, outcome, wait_s, talk_s, priority in visits
    ]
    spans = [
        (AgentState(state), _span(agent, began, ended, day, zone)) for agent, state, began, ended in states
    ]
    return PastDay(
        records, joined([span for _, span in spans]), [span for state, span in spans if state in AWAY]
    )


def _span(agent: str, began: dt.datetime, ended: dt.datetime, day: dt.date, zone: dt.tzinfo) -> Shift:
    return Shift(AgentId(agent), since_midnight(began, day, zone), since_midnight(ended, day, zone))


def joined(spans: Sequence[Shift]) -> list[Shift]:
    """Make one shift of what an agent did without going home in between."""
    shifts: list[Shift] = []
    for span in spans:
        last = shifts[-1] if shifts else None
        if last is not None and last.agent == span.agent and span.begins_s <= last.ends_s + 1.0:
            shifts[-1] = Shift(last.agent, last.begins_s, max(last.ends_s, span.ends_s))
        else:
            shifts.append(span)
    return shifts
