"""Say which changes of a floor.toml a running floor can take over, and for whom that means something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ari_apps.configuration.floor_toml import ConfigurationError, FloorConfiguration
from queue_strategies.floor import FloorSnapshot

FIXED = (
    "site", "asterisk", "http", "listen", "database", "retention", "reconcile", "recordings", "music",
    "phones", "trunks", "feature_codes",
)  # fmt: skip
"""What Asterisk's own configuration, listening sockets and open connections were made of."""
OF_A_PHONE = ("name", "phone", "webrtc", "extension")


@dataclass(frozen=True, slots=True)
class RemovedQueue:
    """A queue that is no more, and those who are in it still; `str()` of it is what people read."""

    name: str
    waiting: int
    """On the line, those included for whom a phone rings."""
    kept: int
    """To be called back."""

    def __str__(self) -> str:
        waiting = f"{self.waiting} caller{' waits' if self.waiting == 1 else 's wait'}"
        kept = f"{self.kept} {'is' if self.kept == 1 else 'are'} to be called back"
        who = " and ".join(told for many, told in ((self.waiting, waiting), (self.kept, kept)) if many)
        return f"queue {self.name}: removed, {who}: they are served, nobody new may join"


def removed_queues(floor: FloorSnapshot, after: FloorConfiguration) -> list[RemovedQueue]:
    """Return the queues that this configuration has no more, and in which somebody waits."""
    removed = []
    for queue in floor.queues.values():
        kept = sum(caller.callback_number is not None for caller in queue.callers)
        if queue.callers and not queue.direct and after.queue(queue.name) is None:
            removed.append(RemovedQueue(queue.name, len(queue.callers) - kept, kept))
    return removed


class NeedsRestart(ConfigurationError):
    """A floor.toml differs in something that a running floor cannot change."""


def check_reloadable(before: FloorConfiguration, after: FloorConfiguration) -> None:
    """Raise NeedsRestart, naming every place, unless a running floor can take the change over."""
    places = list(_fixed(before, after))
    if places:
        raise NeedsRestart(
            f"{after.path.name}: {', '.join(places)} cannot change while callfloor runs: render and reload "
            "Asterisk's configuration where it is concerned, then restart callfloor; calls go on meanwhile"
        )


def _fixed(before: FloorConfiguration, after: FloorConfiguration) -> Iterator[str]:
    for field in FIXED:
        if getattr(before, field) != getattr(after, field):
            yield field
    for id_ in sorted(before.agents_by_id.keys() ^ after.agents_by_id.keys()):
        yield f"agents {id_} (new or gone)"
    for id_, agent in after.agents_by_id.items():
        earlier = before.agents_by_id.get(id_)
        for field in OF_A_PHONE:
            if earlier is not None and getattr(earlier, field) != getattr(agent, field):
                yield f"agents {id_}.{field}"
