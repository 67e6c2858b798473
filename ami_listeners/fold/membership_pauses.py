"""Agents who are paused in some of their queues: told apart from a pause in all of them, which is a state.

Asterisk pauses an agent queue by queue, also when all are meant. So it is looked at a moment later.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from queue_strategies.facts import MembershipPauseChanged
from queue_strategies.model import AgentId, QueueName

TOGETHER_S = 0.5
"""Pauses so close to one another are one."""


class Pause(NamedTuple):
    """Whether an agent serves a queue, and why not."""

    paused: bool
    reason: str


class MembershipPauses:
    """Told of what changed, it tells what came of it."""

    def __init__(self) -> None:
        self._told: dict[AgentId, dict[QueueName, str]] = {}
        """Queues in which an agent was paused while serving others, and why."""
        self._changed: dict[AgentId, tuple[float, dict[QueueName, Pause]]] = {}
        self.next_end = math.inf
        """When there is something to tell of."""

    def note(self, agent: AgentId, queues: Mapping[QueueName, Pause], moment: float) -> None:
        """Take in where an agent is paused, and where not."""
        if agent not in self._changed and paused_apart(queues) == self._told.get(agent, {}):
            return
        self._changed[agent] = (moment, dict(queues))
        self.next_end = min(self.next_end, moment + TOGETHER_S)

    def settle(self, moment: float) -> Iterator[MembershipPauseChanged]:
        """Tell of the changes that are complete by now."""
        for agent, (changed, queues) in list(self._changed.items()):
            if changed + TOGETHER_S <= moment:
                del self._changed[agent]
                yield from self._tell(agent, queues, changed)
        self.next_end = min((changed + TOGETHER_S for changed, _ in self._changed.values()), default=math.inf)

    def _tell(
        self, agent: AgentId, queues: Mapping[QueueName, Pause], moment: float
    ) -> Iterator[MembershipPauseChanged]:
        before, now = self._told.pop(agent, {}), paused_apart(queues)
        if now:
            self._told[agent] = now
        for queue in sorted(before.keys() | now.keys()):
            if before.get(queue) != now.get(queue):
                yield MembershipPauseChanged(
                    moment=moment, agent=agent, queue=queue, paused=queue in now, reason=now.get(queue, "")
                )


def paused_apart(queues: Mapping[QueueName, Pause]) -> dict[QueueName, str]:
    """Give the queues in which an agent is paused, and why; none when that is so in all of them."""
    paused = {queue: pause.reason for queue, pause in queues.items() if pause.paused}
    return paused if len(paused) < len(queues) else {}


def by_queue(memberships: Collection[tuple[QueueName, bool, str]]) -> dict[QueueName, Pause]:
    """Sum up memberships; who is in a queue by two phones is paused there when both are."""
    queues: dict[QueueName, Pause] = {}
    for queue, paused, reason in memberships:
        before = queues.get(queue, Pause(True, ""))
        queues[queue] = Pause(before.paused and paused, reason or before.reason)
    return queues
