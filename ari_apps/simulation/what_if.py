"""What if the floor were another one: with more agents, with other settings, or another floor.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ari_apps.configuration.floor_toml import FloorConfiguration, load, load_data
from ari_apps.simulation.errors import SimulationError
from ari_apps.simulation.floors import find_queue, known, nearest_of
from queue_strategies.model import Agent, AgentId, Membership, QueueName
from queue_strategies.simulation import Scenario, Shift, Variant

AS_IT_IS = "as it is"
TABLES = {"queues": "name", "agents": "id"}
"""Lists of floor.toml whose members a change names, and by what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What is asked."""

    agents: str
    """+2 or -1; empty: no question."""
    queue: str
    """Which these serve."""
    settings: Sequence[str]
    """Each as queues.sales.strategy=ring-all; together with `agents` they are one other floor."""
    instead: Sequence[Path]
    """Each another floor."""


def floors_compared(
    configuration: FloorConfiguration, asked: WhatIf, floor_of: Callable[[FloorConfiguration], Scenario]
) -> list[Variant]:
    """Make the floor as it is and those that are asked for; raises SimulationError or ConfigurationError."""
    floors = [Variant(AS_IT_IS, floor_of(configuration))]
    if asked.agents or asked.settings:
        changed = with_settings(configuration, asked.settings)
        scenario, names = floor_of(changed), list(asked.settings)
        if asked.agents:
            more, queue = read_more_agents(asked.agents), find_queue(changed.queues, asked.queue, "--queue")
            scenario = with_agents(scenario, more, queue)
            names.insert(0, f"{asked.agents} agent{'s' if abs(more) > 1 else ''} in {queue}")
        floors.append(Variant(", ".join(names), scenario))
    elif asked.queue:
        raise SimulationError("--queue says which queue --agents serve: give --agents +1 as well")
    floors += [Variant(path.name, floor_of(other_floor(path, configuration))) for path in asked.instead]
    return floors


def other_floor(path: Path, configuration: FloorConfiguration) -> FloorConfiguration:
    """Read another floor.toml, which must have the queues that callers ask for."""
    other = load(path)
    for queue in configuration.queues:
        if other.queue(queue.name) is None:
            raise SimulationError(f"--instead: {path} has no queue {queue.name!r}, where the same callers go")
    return other


def with_settings(configuration: FloorConfiguration, settings: Sequence[str]) -> FloorConfiguration:
    """Read floor.toml again with some settings changed, each as `queues.sales.strategy=round-robin`."""
    data = tomllib.loads(configuration.path.read_text(encoding="utf-8-sig"))
    for setting in settings:
        _change(data, setting, configuration.path.name)
    return load_data(data, configuration.path)


def _change(data: dict[str, Any], setting: str, file: str) -> None:
    place, equals, text = setting.partition("=")
    parts = place.strip().split(".")
    if not equals or len(parts) < 2 or not all(parts):
        raise SimulationError(
            f"--set {setting}: names no setting, write it as queues.sales.strategy=round-robin"
        )
    holder: Any = data
    for depth, part in enumerate(parts[:-1], 1):
        holder = _inside(holder, part, ".".join(parts[:depth]), f"--set {setting}: {file}")
    if not isinstance(holder, dict):
        raise SimulationError(f"--set {setting}: {'.'.join(parts[:-1])} has no settings in it")
    holder[parts[-1]] = _value(text.strip())


def _inside(holder: Any, part: str, place: str, who: str) -> Any:
    if isinstance(holder, list):
        key = TABLES.get(place.partition(".")[0], "name")
        members = {str(member.get(key)): member for member in holder if isinstance(member, dict)}
        if part not in members:
            raise SimulationError(f"{who} has no {place!r}{nearest_of(part, members)}")
        return members[part]
    if not isinstance(holder, dict):
        raise SimulationError(f"{who} has no {place!r}")
    if "." not in place and part in TABLES and part not in holder:
        raise SimulationError(f"{who} has no {part}")
    return holder.setdefault(part, {})


def _value(text: str) -> Any:
    """Read a value as TOML has it; what is none is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def with_agents(scenario: Scenario, more: int, queue: QueueName) -> Scenario:
    """Add agents who serve this queue alone, all day, like its first member; or take the last away."""
    members = [agent for agent in scenario.agents if queue in agent.queues]
    if more >= 0:
        new = [_recruit(members, queue, number) for number in range(1, more + 1)]
        shifts = scenario.shifts
        return replace(
            scenario,
            agents=(*scenario.agents, *new),
            shifts=None if shifts is None else (*shifts, *(Shift(agent.id) for agent in new)),
        )
    if -more > len(members):
        raise SimulationError(f"--agents {more}: only {len(members)} agents serve the queue {queue}")
    gone = {agent.id for agent in members[more:]}
    stays = [agent for agent in scenario.agents if agent.id not in gone]
    return replace(
        scenario,
        agents=stays,
        shifts=None if scenario.shifts is None else known(scenario.shifts, stays),
        pauses=known(scenario.pauses, stays),
    )


def _recruit(members: Sequence[Agent], queue: QueueName, number: int) -> Agent:
    like = members[0] if members else Agent(id=AgentId(""), queues={queue: Membership()})
    return replace(
        like, id=AgentId(f"new {number}"), name=f"new {number}", queues={queue: like.queues[queue]}
    )


def read_more_agents(text: str) -> int:
    """Read `+2` or `-1`; raise SimulationError for anything else."""
    if re.fullmatch(r"[+-][0-9]{1,5}", text) is None or not int(text):
        raise SimulationError(f"--agents {text}: says not how many more or fewer, write +2 or -1")
    return int(text)
