"""Give the fold back what the database remembers: calls, visits, agents and phones as last told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ami_listeners.clock import Clock
from ami_listeners.fold import Believed
from ami_listeners.fold.segments import Segment
from ami_listeners.fold.visits.visit import Offer, Talk, Visit
from ami_listeners.identity import within
from ami_listeners.journal import Journal
from queue_strategies.facts import SegmentKind
from queue_strategies.model import AgentId, AgentState, ContactId, OfferId, QueueName, VisitId


async def believed(journal: Journal, clock: Clock) -> Believed:
    """Read what was open when Asterisk was last listened to; raises DatabaseUnreachable."""
    calls = {
        within(journal.system, call): clock.moment_at(began)
        for call, began in await journal.rows("open_calls")
    }
    visits = [visit(row, clock, journal.system) for row in await journal.rows("open_native_visits")]
    segments = [segment(row, clock, journal.system) for row in await journal.rows("open_segments")]
    agents = {
        AgentId(agent): (AgentState(state), clock.moment_at(since), pause_reason)
        for agent, state, since, pause_reason in await journal.rows("native_agents_now")
    }
    devices: dict[str, str] = dict(await pairs(journal, "devices_now"))
    contacts = {(endpoint, uri): status for endpoint, uri, status in await journal.rows("registrations_now")}
    return Believed(calls, visits, segments, agents, devices, contacts)


async def pairs(journal: Journal, query: str) -> Sequence[tuple[Any, Any]]:
    """Run a query that gives two columns."""
    return [(first, second) for first, second in await journal.rows(query)]


def visit(row: tuple[Any, ...], clock: Clock, system: str = "") -> Visit:
    """Read one open visit, with its talk if it has one."""
    name, contact, queue, joined_at, position, answered_at, agent, offer = row
    name, contact = within(system, name), within(system, contact)
    found = Visit(
        ContactId(contact), VisitId(name), QueueName(queue), clock.moment_at(joined_at), position or 0
    )
    if answered_at is not None:
        began = clock.moment_at(answered_at)
        found.talk = Talk(Offer(OfferId(within(system, offer)), AgentId(agent), began), began)
    return found


def segment(row: tuple[Any, ...], clock: Clock, system: str = "") -> Segment:
    """Read one open segment."""
    name, kind, call, channel, party, agent, contact, visit, queue, bridge, began_at = row
    return Segment(
        segment=within(system, name),
        kind=SegmentKind(kind),
        call=within(system, call),
        channel=within(system, channel),
        party=party or "",
        began=clock.moment_at(began_at),
        number=int(number) if (number := name.rpartition("/")[2]).isdigit() else 0,
        agent=None if agent is None else AgentId(agent),
        contact=None if contact is None else ContactId(within(system, contact)),
        visit=None if visit is None else VisitId(within(system, visit)),
        queue=None if queue is None else QueueName(queue),
        bridge=bridge or "",
    )
