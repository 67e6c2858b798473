"""Read what people say of callers and agents whose days are simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.simulation.callers import Habit
from ari_apps.simulation.errors import SimulationError
from ari_apps.simulation.floors import find_queue, nearest_of
from queue_strategies.errors import CallfloorError
from queue_strategies.model import AgentId, QueueName, Skill
from queue_strategies.simulation import AT_ONCE, Asked, Distribution, Habits, read_distribution
from queue_strategies.staffing.notation import (
    read_duration,
    read_number,
    read_rate,
    read_share,
    read_whole_number,
)

T = TypeVar("T")

SLOWEST = 100.0


@dataclass(frozen=True, slots=True)
class CallersSaid:
    """The options that say what callers are like."""

    aht: Sequence[str]
    patience: Sequence[str]
    asks: Sequence[str]
    transfers: Sequence[str]
    redial: str
    redial_after: str


@dataclass(frozen=True, slots=True)
class AgentsSaid:
    """The options that say what agents are like."""

    ring: str
    declined: str
    rung_out: str
    unreachable: str
    pace: Sequence[str]


def rates(configuration: FloorConfiguration, calls: Sequence[str]) -> Mapping[QueueName, Sequence[float]]:
    """Read how many calls an hour come to each queue, one part of the day after the other."""
    read = _of_queues(configuration, "--calls", calls, _profile)
    if None in read:
        return {find_queue(configuration.queues, "", "--calls"): read[None]}
    return {queue: profile for queue, profile in read.items() if queue is not None}


def habit_of_each(configuration: FloorConfiguration, said: CallersSaid) -> Mapping[QueueName, Habit]:
    """Read what the callers of each queue are like."""
    talks = _of_queues(configuration, "--aht", said.aht, _distribution)
    patiences = _of_queues(configuration, "--patience", said.patience, _distribution)
    passed_on = _of_queues(configuration, "--transfers", said.transfers, partial(_transfer, configuration))
    _refuse_own(passed_on, [QueueName(queue.name) for queue in configuration.queues])
    asked_for = [
        pair
        for text in said.asks
        for pair in _of_queues(configuration, "--asks", [text], partial(_skill, configuration)).items()
    ]
    share = _asked("--redial", read_share, said.redial) or 0.0
    after = _asked("--redial-after", _distribution, said.redial_after) if share else None
    habits = {}
    for name in (QueueName(queue.name) for queue in configuration.queues):
        to, transfer_share = passed_on.get(name) or passed_on.get(None) or (None, 0.0)
        habits[name] = Habit(
            talk=talks.get(name, talks.get(None)),
            patience=patiences.get(name, patiences.get(None)),
            redial_share=share,
            redial_after=after,
            asks=[asked for queue, asked in asked_for if queue in (name, None)],
            transfer_share=0.0 if to == name else transfer_share,
            transfer_to=None if to == name else to,
        )
    return habits


def habits_of_agents(configuration: FloorConfiguration, said: AgentsSaid) -> Habits:
    """Read how agents treat a phone that rings, and how long they take."""
    habits = Habits(
        ring=_asked("--ring", _constant, said.ring) or AT_ONCE,
        declined=_asked("--declined", read_share, said.declined) or 0.0,
        rung_out=_asked("--rung-out", read_share, said.rung_out) or 0.0,
        unreachable=_asked("--unreachable", read_share, said.unreachable) or 0.0,
        paces=dict(_pace(configuration, text) for text in said.pace),
    )
    if habits.declined + habits.rung_out + habits.unreachable >= 1:
        raise SimulationError("--declined, --rung-out and --unreachable: leave some offers that are taken")
    return habits


def _of_queues(
    configuration: FloorConfiguration, option: str, texts: Sequence[str], read: Callable[[str], T]
) -> dict[QueueName | None, T]:
    """Read what an option says, by queue; under None what goes for all."""
    told: dict[QueueName | None, T] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        queue = find_queue(configuration.queues, name, option) if equals else None
        told[queue] = _read(option, read, value)
    return told


def _profile(text: str) -> list[float]:
    """Read `60/h`, or `30/h,90/h,60/h` for three equal parts of the day; return calls an hour."""
    return [3600 * read_rate(part) for part in text.split(",")]


def _distribution(text: str) -> Distribution:
    return read_distribution(text, read_duration)


def _constant(text: str) -> Distribution:
    return read_distribution(text, read_duration, usual="constant")


def _skill(configuration: FloorConfiguration, text: str) -> Asked:
    """Read `spanish:30%` or `spanish:2:30%`, a skill that some agent has."""
    name, *rest = text.split(":")
    known = sorted({skill for agent in configuration.agents for skill in agent.skills})
    if name not in known:
        raise SimulationError(f"no agent has the skill {name!r}{nearest_of(name, known)}")
    if len(rest) not in (1, 2):
        raise SimulationError(f"{text!r} says not how many ask for it, write {name}:30%")
    level = read_whole_number(rest[0]) if len(rest) == 2 else 1
    return Asked(Skill(name), level, read_share(rest[-1]))


def _transfer(configuration: FloorConfiguration, text: str) -> tuple[QueueName, float]:
    """Read `support:10%`."""
    name, colon, share = text.rpartition(":")
    if not colon:
        raise SimulationError(f"{text!r} says not how many are passed on there, write {text}:10%")
    return find_queue(configuration.queues, name, "to"), read_share(share)


def _refuse_own(
    passed_on: Mapping[QueueName | None, tuple[QueueName, float]], queues: Sequence[QueueName]
) -> None:
    """Refuse a queue that passes on to itself; of what goes for all queues it is just left out."""
    for name, (to, _) in passed_on.items():
        if name == to or (name is None and [to] == queues):
            raise SimulationError(
                f"--transfers: {to} cannot pass callers on to itself, name another queue or leave it out"
            )


def _pace(configuration: FloorConfiguration, text: str) -> tuple[AgentId, float]:
    """Read `anna=1.3`."""
    agent, equals, pace = text.partition("=")
    known = [AgentId(one.id) for one in configuration.agents]
    if not equals or agent not in known:
        raise SimulationError(f"--pace: there is no agent {agent!r}{nearest_of(agent, known)}")
    times = _read("--pace", read_number, pace)
    if not 0 < times <= SLOWEST:
        raise SimulationError(f"--pace: {text} is no pace, write {agent}=1.3 for one who takes 30 % longer")
    return AgentId(agent), times


def _asked(option: str, read: Callable[[str], T], text: str) -> T | None:
    """Read an option; None when it was left out."""
    return _read(option, read, text) if text else None


def _read(option: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except CallfloorError as error:
        raise SimulationError(f"{option}: {error}") from None
