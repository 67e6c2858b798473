"""Make the floor that is lived on from a floor.toml."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from difflib import get_close_matches

from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.configuration.settings import QueueSettings
from ari_apps.destinations import DestinationKind
from ari_apps.simulation.errors import SimulationError
from queue_strategies.model import Agent, Queue, QueueName, VisitOutcome
from queue_strategies.simulation import Habits, Scenario, Shift


def scenario_of(
    configuration: FloorConfiguration,
    habits: Habits,
    shifts: Sequence[Shift] | None = None,
    pauses: Sequence[Shift] = (),
    staff: Container[str] = (),
) -> Scenario:
    """Make the floor of a floor.toml; agents' own lines are left out.

    Where shifts are known, they are those of the staff; any other agent works all day.
    """
    agents = configuration.floor_agents()
    return Scenario(
        queues=queues_of(configuration),
        agents=agents,
        order=configuration.callers.order,
        ageing_s=configuration.callers.ageing_s,
        shifts=None if shifts is None else complete(shifts, agents, staff),
        pauses=known(pauses, agents),
        habits=habits,
        overflow=overflows(configuration),
    )


def queues_of(configuration: FloorConfiguration) -> tuple[Queue, ...]:
    """Give the queues that callers ask for."""
    return tuple(queue for queue in configuration.floor_queues() if not queue.direct)


def complete(shifts: Sequence[Shift], agents: Sequence[Agent], staff: Container[str]) -> Sequence[Shift]:
    """Keep the shifts of these agents, and let those who are not of the staff work all day."""
    return [*known(shifts, agents), *(Shift(agent.id) for agent in agents if agent.id not in staff)]


def known(shifts: Sequence[Shift], agents: Sequence[Agent]) -> Sequence[Shift]:
    """Keep the shifts of these agents."""
    ids = {agent.id for agent in agents}
    return [shift for shift in shifts if shift.agent in ids]


def overflows(configuration: FloorConfiguration) -> Mapping[tuple[QueueName, VisitOutcome], QueueName]:
    """Find where callers go on to another queue; whatever else awaits them ends their day."""
    return {
        (QueueName(queue.name), VisitOutcome(outcome)): QueueName(destination.name)
        for queue in configuration.queues
        for outcome, destination in queue.overflow
        if destination is not None and destination.kind is DestinationKind.QUEUE
    }


def find_queue(queues: Sequence[QueueSettings], name: str, option: str) -> QueueName:
    """Find a queue of the floor; the only one needs no name. Raise SimulationError with the nearest name."""
    names = [QueueName(queue.name) for queue in queues]
    if not names:
        raise SimulationError("the floor has no queue, so nobody could call")
    if not name and len(names) == 1:
        return names[0]
    if name not in names:
        asked = f"there is no queue {name!r}" if name else "which queue"
        raise SimulationError(f"{option}: {asked}{nearest_of(name, names)}")
    return QueueName(name)


def nearest_of(wrong: str, names: Iterable[str]) -> str:
    """Say which name is meant, or which there are."""
    nearest = get_close_matches(wrong, list(names), n=1)
    known = ", ".join(list(names)[:10]) or "none"
    return f", did you mean {nearest[0]}?" if nearest else f"; there are {known}"
