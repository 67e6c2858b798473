"""Show Asterisk's own queues at one moment, in the words of the floor's snapshot."""

from __future__ import annotations

from dataclasses import replace

from ami_listeners.fold import Fold
from ami_listeners.fold.members import UNREACHABLE, Known, Member
from ami_listeners.fold.visits.visit import Visit
from queue_strategies.floor import AgentSnapshot, FloorSnapshot, QueueCounts, QueueSnapshot, WaitingCaller
from queue_strategies.model import AgentId, AgentState, QueueName

NOBODY = Known(AgentState.LOGGED_OUT, 0.0, None)


def native_snapshot(fold: Fold, now: float) -> FloorSnapshot:
    """Show everything; takes time in proportion to callers and memberships."""
    visits: dict[QueueName, list[Visit]] = {name: [] for name in fold.rules}
    for visit in fold.visits.open.values():
        visits.setdefault(visit.queue, []).append(visit)
    seated: dict[QueueName, set[AgentId]] = {name: set() for name in visits}
    for agent, places in fold.members.places.items():
        for queue, _ in places:
            seated.setdefault(queue, set()).add(agent)
    names = visits.keys() | seated.keys()
    engaged = visits_of_agents(fold)
    return FloorSnapshot(
        moment=now,
        queues={
            name: queue_snapshot(fold, name, visits.get(name, []), seated.get(name, set()))
            for name in sorted(names)
        },
        agents={
            agent: agent_snapshot(fold, agent, places, engaged.get(agent))
            for agent, places in fold.members.places.items()
        },
    )


def together(floor: FloorSnapshot, native: FloorSnapshot) -> FloorSnapshot:
    """Show both as one: of a queue that both have, the callers of both, and agents as the floor has them."""
    queues = dict(native.queues) | dict(floor.queues)
    for name in floor.queues.keys() & native.queues.keys():
        ours, theirs = floor.queues[name], native.queues[name]
        since = [
            each for each in (ours.longest_waiting_since, theirs.longest_waiting_since) if each is not None
        ]
        counts = replace(
            ours.counts,
            waiting=ours.counts.waiting + theirs.counts.waiting,
            wanting=ours.counts.wanting + theirs.counts.wanting,
            talking=ours.counts.talking + theirs.counts.talking,
        )
        queues[name] = replace(
            ours,
            counts=counts,
            callers=(*ours.callers, *theirs.callers),
            longest_waiting_since=min(since, default=None),
        )
    return FloorSnapshot(floor.moment, queues, dict(native.agents) | dict(floor.agents))


def queue_snapshot(fold: Fold, name: QueueName, visits: list[Visit], seated: set[AgentId]) -> QueueSnapshot:
    """Show one queue."""
    waiting = sorted((visit for visit in visits if visit.talk is None), key=lambda visit: visit.joined)
    agents = dict.fromkeys(AgentState, 0)
    for agent in seated:
        agents[fold.members.known.get(agent, NOBODY).state] += 1
    rules = fold.rules.get(name)
    return QueueSnapshot(
        name=name,
        strategy=rules.strategy if rules is not None else "",
        direct=False,
        counts=QueueCounts(
            waiting=len(waiting),
            wanting=sum(not visit.offers for visit in waiting),
            talking=len(visits) - len(waiting),
            members=len(seated),
            logged_in=len(seated),
            ready=agents[AgentState.READY],
        ),
        callers=tuple(waiting_caller(visit, place) for place, visit in enumerate(waiting, 1)),
        longest_waiting_since=waiting[0].joined if waiting else None,
        agents=agents,
    )


def waiting_caller(visit: Visit, position: int) -> WaitingCaller:
    """Show one caller who waits."""
    return WaitingCaller(
        contact=visit.contact,
        visit=visit.visit,
        queue=visit.queue,
        joined_moment=visit.joined,
        waited_before_s=0.0,
        priority=0,
        position=position,
        ringing=tuple(offer.agent for offer in visit.offers.values()),
        connecting=False,
        attempts=len(visit.offers),
    )


def visits_of_agents(fold: Fold) -> dict[AgentId, Visit]:
    """Find whom each member talks to, or else rings for."""
    found = {offer.agent: visit for visit in fold.visits.open.values() for offer in visit.offers.values()}
    return found | {visit.talk.offer.agent: visit for visit in fold.visits.open.values() if visit.talk}


def agent_snapshot(
    fold: Fold, agent: AgentId, places: dict[tuple[QueueName, str], Member], visit: Visit | None
) -> AgentSnapshot:
    """Show one member of any queue."""
    known = fold.members.known.get(agent, NOBODY)
    return AgentSnapshot(
        agent=agent,
        name=agent,
        state=known.state,
        since_moment=known.since,
        until_moment=fold.members.until(agent),
        logged_in=bool(places),
        pause_reason=known.pause_reason,
        reachable=not places or any(member.device not in UNREACHABLE for member in places.values()),
        queues=tuple(sorted({queue for queue, _ in places})),
        queue=None if visit is None else visit.queue,
        visit=None if visit is None else visit.visit,
        contact=None if visit is None else visit.contact,
        on_hold=visit is not None and visit.talk is not None and visit.talk.held_since is not None,
        idle_since_moment=known.since,
    )
