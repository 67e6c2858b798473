"""The places of a floor."""

from __future__ import annotations

from collections.abc import Iterator

from ari_apps.configuration.checks import references
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.destinations import Destination, DestinationKind


def destinations(configuration: FloorConfiguration) -> Iterator[Destination]:
    """Yield every place that a floor.toml sends calls to, and its queues."""
    kinds = set(DestinationKind)
    for used in references(configuration):
        if used.kind in kinds:
            yield Destination(DestinationKind(used.kind), used.name)
    for queue in configuration.queues:
        yield Destination(DestinationKind.QUEUE, queue.name)
