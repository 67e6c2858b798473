"""End in the trail what an earlier process could not: it died while supervisors were hearing agents."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

from ami_listeners.clock import Clock
from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.journal import Journal
from queue_strategies.facts import Fact, MonitoringEnded
from queue_strategies.model import AgentId

DRAINED_WITHIN_S = 5.0
AGAIN_S = 5.0


async def end_unended(
    journal: Journal, cleared: asyncio.Event, clock: Clock, remember: Callable[[Fact], None]
) -> None:
    """Tell the end of every stretch from before we started, once nobody can hear by it any more."""
    before = clock.wall()
    await cleared.wait()
    at, moment = clock.wall(), clock.moment()
    while True:
        try:
            if await journal.drained(DRAINED_WITHIN_S):
                rows = await journal.rows("monitorings_unended", before=before)
                break
        except DatabaseUnreachable:
            await asyncio.sleep(AGAIN_S)
    for ear, supervisor, agent, contact, mode, began_at in rows:
        remember(
            MonitoringEnded(
                moment=moment,
                heard=False,
                ear=ear,
                supervisor=supervisor,
                agent=AgentId(agent),
                contact=contact,
                mode=mode,
                ended_by="lost",
                lasted_s=lasted_s(began_at, at),
            )
        )


def lasted_s(began_at: dt.datetime, at: dt.datetime) -> float:
    """Say how long a stretch lasted that ended at this time."""
    return max(0.0, (at - began_at).total_seconds())
