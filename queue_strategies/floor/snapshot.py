"""Show who stands where at one moment, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from queue_strategies.estimates import Estimate
from queue_strategies.floor import outlook
from queue_strategies.floor.desk import Desk, WrapUp
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.line import Line
from queue_strategies.floor.visit import Visit
from queue_strategies.model import AgentId, AgentState, ContactId, QueueName, VisitId


@dataclass(frozen=True, slots=True)
class WaitingCaller:
    """A caller nobody has been bridged with yet."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    joined_moment: float
    waited_before_s: float
    """Waited elsewhere: counts for the position."""
    priority: int
    position: int
    """1 for the next to be served."""
    ringing: tuple[AgentId, ...]
    """The agents before whom the caller is being put."""
    connecting: bool
    """One of them has picked up."""
    attempts: int
    """Offers made so far."""
    callback_number: str | None = None
    """Where the caller is to be called back, who keeps the place without the line; None: is on the line."""
    callback_taken_moment: float | None = None
    callback_tries: int = 0
    """Calls there that were not answered."""
    callback_failures: int = 0
    """Calls there, the last in a row, that could not be made."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many callers and agents a queue has."""

    waiting: int
    """Callers not answered yet, those included for whom a phone rings."""
    wanting: int
    """Those of them for whom one more phone could ring."""
    talking: int
    members: int
    logged_in: int
    ready: int


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """One queue; the callers in the order in which they will be served."""

    name: QueueName
    strategy: str
    direct: bool
    counts: QueueCounts
    callers: tuple[WaitingCaller, ...]
    longest_waiting_since: float | None
    """When the one who has waited longest joined."""
    agents: Mapping[AgentState, int]
    """Members by state."""
    estimate: Estimate | None = None
    """How long a caller would wait who joined now; None when nobody is at work, or nothing known."""
    estimates_trusted: bool = True
    """Estimates have turned out well enough to be announced."""
    closed: bool = False
    """No longer configured: nobody may join, and who is in it is served to the end."""


@dataclass(frozen=True, slots=True)
class WorkAfter:
    """The caller whom an agent wraps up."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    owes: bool
    """It is still to be said what the call was about; before that the wrap-up does not end."""


@dataclass(frozen=True, slots=True)
class AgentSnapshot:
    """One agent."""

    agent: AgentId
    name: str
    state: AgentState
    since_moment: float
    """When the state began."""
    until_moment: float | None
    """When it ends by itself, as wrap-up and rest do."""
    logged_in: bool
    pause_reason: str | None
    """Set also while a pause is asked for but has not begun."""
    reachable: bool
    queues: tuple[QueueName, ...]
    queue: QueueName | None
    """Where the present caller, ringing or talking, came from."""
    visit: VisitId | None
    contact: ContactId | None
    on_hold: bool
    idle_since_moment: float
    paused_queues: Mapping[QueueName, str] = field(default_factory=dict)
    """Those of the queues that the agent does not serve for now, and why."""
    work_after: WorkAfter | None = None
    """Set in wrap-up."""


@dataclass(frozen=True, slots=True)
class FloorSnapshot:
    """The whole floor."""

    moment: float
    queues: Mapping[QueueName, QueueSnapshot]
    agents: Mapping[AgentId, AgentSnapshot]


def floor_snapshot(hall: Hall, now: float) -> FloorSnapshot:
    """Show everything; takes time in proportion to callers and memberships."""
    return FloorSnapshot(
        moment=now,
        queues={name: queue_snapshot(line, now) for name, line in hall.lines.items()},
        agents={id_: agent_snapshot(hall, desk) for id_, desk in hall.desks.items()},
    )


def queue_counts(line: Line) -> QueueCounts:
    """Count one queue; takes the same short time whatever its size."""
    return QueueCounts(
        waiting=len(line.unanswered),
        wanting=line.wanting,
        talking=line.talking,
        members=len(line.seats),
        logged_in=line.logged_in,
        ready=len(line.ready),
    )


def queue_snapshot(line: Line, now: float) -> QueueSnapshot:
    """Show one queue."""
    agents: dict[AgentState, int] = dict.fromkeys(AgentState, 0)
    for seat in line.seats.values():
        agents[seat.desk.state] += 1
    visits = list(line.unanswered)
    return QueueSnapshot(
        name=line.queue.name,
        strategy=line.queue.strategy,
        direct=line.queue.direct,
        counts=queue_counts(line),
        callers=tuple(_caller(visit, position) for position, visit in enumerate(visits, 1)),
        longest_waiting_since=min((visit.began for visit in visits if not visit.off_line), default=None),
        agents=agents,
        estimate=None if line.queue.direct else outlook.expect_newcomer(line, now),
        estimates_trusted=line.outlook.score.trusted,
        closed=line.closed,
    )


def _caller(visit: Visit, position: int) -> WaitingCaller:
    return WaitingCaller(
        contact=visit.caller.contact,
        visit=visit.caller.visit,
        queue=visit.line.queue.name,
        joined_moment=visit.began,
        waited_before_s=visit.before_s,
        priority=visit.priority,
        position=position,
        ringing=tuple(offer.desk.agent.id for offer in visit.offers),
        connecting=any(offer.picked_up is not None for offer in visit.offers),
        attempts=visit.attempts,
        callback_number=visit.kept.number if visit.kept is not None and visit.off_line else None,
        callback_taken_moment=None if visit.kept is None else visit.kept.taken,
        callback_tries=0 if visit.kept is None else visit.kept.tries,
        callback_failures=0 if visit.kept is None else visit.kept.failures,
    )


def agent_snapshot(hall: Hall, desk: Desk) -> AgentSnapshot:
    """Show one agent."""
    offer = desk.talk.offer if desk.talk is not None else desk.offer
    return AgentSnapshot(
        agent=desk.agent.id,
        name=desk.agent.name,
        state=desk.state,
        since_moment=desk.since,
        until_moment=hall.deadlines.of(desk),
        logged_in=desk.logged_in,
        pause_reason=desk.pause_reason,
        reachable=desk.reachable,
        queues=tuple(seat.line.queue.name for seat in desk.seats),
        paused_queues={seat.line.queue.name: seat.paused for seat in desk.seats if seat.paused is not None},
        queue=None if offer is None else offer.visit.line.queue.name,
        visit=None if offer is None else offer.visit.caller.visit,
        contact=None if offer is None else offer.visit.caller.contact,
        on_hold=desk.talk is not None and desk.talk.held_since is not None,
        idle_since_moment=desk.idle_since,
        work_after=None if desk.wrap_up is None else _work_after(desk.wrap_up),
    )


def _work_after(wrap_up: WrapUp) -> WorkAfter:
    visit = wrap_up.visit
    return WorkAfter(
        contact=visit.caller.contact,
        visit=visit.caller.visit,
        queue=visit.line.queue.name,
        owes=wrap_up.owes,
    )
