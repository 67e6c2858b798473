"""The figures of queues and agents as lines; only those that changed since the last scrape are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from ami_listeners.exposition.family import Family, Kind
from ami_listeners.exposition.figure_families import (
    agent_families,
    bound_text,
    queue_families,
    service_level_family,
    target_family,
)
from ami_listeners.exposition.page import Pieces
from ami_listeners.exposition.sheet import Key, Sheet
from queue_strategies.figures import AgentFigures, Figures, QueueFigures
from queue_strategies.model import AgentId, Queue, QueueName

MOST_AGENTS = 10_000
"""Agents with metrics of their own, the first ever seen; each has some 20 series."""
STEP = 4
"""So many queues are written at once, or eight times as many agents."""


class FigureLines:
    """What has been counted.

    `rules` names queues, `known` agents, that are shown even when nothing was counted yet: Prometheus sees a
    counter grow only from the second sample on.
    """

    def __init__(
        self,
        figures: Figures,
        rules: Callable[[], Mapping[QueueName, Queue]],
        known: Callable[[], Iterable[AgentId]] = tuple,
        *,
        most_agents: int = MOST_AGENTS,
    ) -> None:
        self._known = known
        self._figures, self._rules, self._most_agents = figures, rules, most_agents
        self._queues = Sheet(("queue",), queue_families())
        self._levels = Sheet(("queue", "formula", "threshold_s"), [service_level_family()])
        self._targets = Sheet(("queue",), [target_family()])
        self._agents = Sheet(("agent",), agent_families())
        self._not_shown = Sheet[int]((), [NOT_SHOWN])
        self._level_keys: dict[QueueName, Key] = {}
        self._rules_told: dict[QueueName, Queue] = {}
        """By which rules the lines of a queue were written."""
        self._queues_seen = self._agents_seen = 0
        self._queues_due: dict[QueueName, None] = {}
        self._agents_due: dict[AgentId, None] = {}
        self._agents_known: set[AgentId] = set()
        self._left_out: set[AgentId] = set()

    def __call__(self) -> Pieces:
        """Give the lines as they are now."""
        rules = self._rules()
        self._note_changes(rules)
        for _ in self._write_queues(rules):
            yield None
        for _ in self._write_agents():
            yield None
        self._not_shown.tell((), len(self._left_out))
        for sheet in (self._queues, self._levels, self._targets, self._agents, self._not_shown):
            yield from sheet.pieces()

    def _note_changes(self, rules: Mapping[QueueName, Queue]) -> None:
        """Collect what is to be written; what another scrape has not come to yet stays collected."""
        figures = self._figures
        queues, agents = figures.changed_queues, figures.changed_agents
        if new := [agent for agent in self._known() if agent not in self._agents_known]:
            self._agents_due |= dict.fromkeys(new)
            self._agents_known.update(new)
        self._queues_due |= dict.fromkeys(queues.since(self._queues_seen))
        self._agents_due |= dict.fromkeys(reversed(agents.since(self._agents_seen)))
        self._queues_seen, self._agents_seen = queues.latest, agents.latest
        for (name,) in list(self._queues.keys()):
            if name not in rules and name not in figures.queues:
                self._queues.drop((name,))
        for name in self._level_keys.keys() - rules.keys():
            self._levels.drop(self._level_keys.pop(name))
            self._targets.drop((name,))
            self._rules_told.pop(name, None)
        for name, queue in rules.items():
            before = self._rules_told.get(name)
            if before is not queue and before != queue:
                self._queues_due[name] = None

    def _write_queues(self, rules: Mapping[QueueName, Queue]) -> Iterator[None]:
        while self._queues_due:
            for name in list(islice(self._queues_due, STEP)):
                del self._queues_due[name]
                counted = self._figures.queues.get(name) or QueueFigures()
                self._queues.tell((name,), counted)
                if name in rules:
                    self._write_level(counted, rules[name])
            yield

    def _write_level(self, counted: QueueFigures, queue: Queue) -> None:
        before, key = self._level_keys.get(queue.name), level_key(queue)
        if before is not None and before != key:
            self._levels.drop(before)
        self._levels.tell(key, (counted, queue))
        self._targets.tell((queue.name,), queue)
        self._level_keys[queue.name], self._rules_told[queue.name] = key, queue

    def _write_agents(self) -> Iterator[None]:
        """Write the agents that are shown: those seen first, for as long as there is room."""
        while self._agents_due:
            for agent in list(islice(self._agents_due, 8 * STEP)):
                del self._agents_due[agent]
                if (agent,) in self._agents or len(self._agents) < self._most_agents:
                    self._agents.tell((agent,), self._figures.agents.get(agent) or AgentFigures())
                else:
                    self._left_out.add(agent)
            yield


def level_key(queue: Queue) -> Key:
    """Name a queue's service level, the formula and the threshold beside it."""
    return (queue.name, queue.service_level_formula, bound_text(queue.service_level_s))


NOT_SHOWN: Family[int] = Family(
    "callfloor_agents_not_shown", Kind.GAUGE, "Agents without metrics of their own", lambda number: (number,)
)
