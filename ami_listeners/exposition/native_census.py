"""Count callers and members of Asterisk's own queues, as the floor counts its."""

from __future__ import annotations

from ami_listeners.fold import Fold
from ami_listeners.native_snapshot import NOBODY
from queue_strategies.floor import Census, Counting, QueueCensus
from queue_strategies.floor.census import NOBODY as NO_MEMBERS
from queue_strategies.floor.census import STEP
from queue_strategies.model import AgentState, QueueName


def native_census(fold: Fold) -> Counting:
    """Count every queue that Asterisk has or somebody is in, a short step at a time."""
    census = Census()
    members: dict[QueueName, dict[AgentState, int]] = {}
    for number, (agent, places) in enumerate(list(fold.members.places.items()), 1):
        state = census.agents[agent] = fold.members.known.get(agent, NOBODY).state
        for queue in {queue for queue, _ in places}:
            if queue not in members:
                members[queue] = dict(NO_MEMBERS)
            members[queue][state] += 1
        if number % STEP == 0:
            yield
    for queue in (*fold.rules, *members):
        census.queues.setdefault(queue, QueueCensus())
    for visit in list(fold.visits.open.values()):
        queue_census = census.queues.setdefault(visit.queue, QueueCensus())
        if visit.talk is None:
            _count_waiting(queue_census, visit.joined)
    for queue, counted in members.items():
        census.queues[queue].agents = counted
    return census


def _count_waiting(counted: QueueCensus, joined: float) -> None:
    since = counted.longest_waiting_since
    counted.waiting += 1
    counted.longest_waiting_since = joined if since is None else min(since, joined)


def together(floor: Census, native: Census) -> Census:
    """Count both as one: of a queue that both have, the callers of both, and agents as the floor has them."""
    queues = native.queues | floor.queues
    for name in floor.queues.keys() & native.queues.keys():
        ours, theirs = floor.queues[name], native.queues[name]
        since = [
            each for each in (ours.longest_waiting_since, theirs.longest_waiting_since) if each is not None
        ]
        ours.waiting += theirs.waiting
        ours.longest_waiting_since = min(since, default=None)
    return Census(queues, native.agents | floor.agents)
