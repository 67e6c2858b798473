"""What Asterisk does alone while callfloor is away: in which queue a call to each number waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ari_apps.destinations import Destination, DestinationKind
from ari_apps.ivr.ivr_settings import IvrSettings
from ari_apps.ivr.settings import MenuSettings, RouteSettings

ANY_NUMBER = "_[0-9+*#]!"

APOLOGY = (
    ("all-circuits-busy-now",),
    ("please-try-call-later", "pls-try-call-later", "please-try-again"),
)
"""What to say in turn; of each the first that was recorded in the language."""


def apology(sounds: Path, language: str) -> list[str]:
    """Name the sounds with which a caller is sent away, of those there are in this language."""
    there = {path.stem for path in (sounds / language).glob("*.*")}
    return [next(name for name in names if name in there) for names in APOLOGY if there & set(names)]


NATIVE = frozenset(
    ("ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "rrordered", "linear", "wrandom")
)
"""The strategies of app_queue, which bear their own names with us."""
NEAREST = {
    "ring-all": "ringall",
    "ring-progressively": "ringall",
    "round-robin": "rrmemory",
    "top-down": "linear",
    "sequentially-by-agent-order": "linear",
    "agent-with-fewest-calls": "fewestcalls",
}
"""What app_queue has that comes nearest to the others."""


@dataclass(frozen=True, slots=True)
class AwayQueue:
    """Calls to this dialplan pattern wait in this native queue."""

    pattern: str
    queue: str


def native_strategy(strategy: str) -> str:
    """Name the strategy of app_queue that is nearest to one of ours; leastrecent where none is near."""
    if strategy in NATIVE:
        return strategy
    return NEAREST.get(strategy.replace("_", "-"), "leastrecent")


def away_queues(settings: IvrSettings) -> list[AwayQueue]:
    """Find a queue for every called number that is routed, the first in the tree for each."""
    found: dict[str, str] = {}
    for route, destination in _nodes(settings.routes, None):
        queue = _queue_behind(destination, settings, frozenset()) if destination else None
        for number in route.to or ("*",):
            if queue is not None:
                found.setdefault(dialplan_pattern(number), queue)
    return [AwayQueue(pattern, queue) for pattern, queue in found.items()]


def _nodes(
    routes: Sequence[RouteSettings], inherited: Destination | None
) -> Iterator[tuple[RouteSettings, Destination | None]]:
    for route in routes:
        destination = route.destination or inherited
        yield route, destination
        yield from ((child, to) for child, to in _nodes(route.routes, destination) if child.to)


def dialplan_pattern(number: str) -> str:
    """Write a route's number as an extension: `+4930*` is `_+4930!`."""
    if number == "*":
        return ANY_NUMBER
    return f"_{number[:-1]}!" if number.endswith("*") else number


def _queue_behind(destination: Destination, settings: IvrSettings, seen: frozenset[str]) -> str | None:
    """Follow menus to the first queue that a caller could come to."""
    if destination.kind is DestinationKind.QUEUE:
        return destination.name
    menu = settings.menus.get(destination.name) if destination.kind is DestinationKind.MENU else None
    if menu is None or destination.name in seen:
        return None
    behind = (_queue_behind(each, settings, seen | {destination.name}) for each in _exits(menu))
    return next((queue for queue in behind if queue), None)


def _exits(menu: MenuSettings) -> Iterator[Destination]:
    yield menu.on_failure
    if menu.then is not None:
        yield menu.then
    yield from (choice.destination for choice in menu.keys.values())
    yield from (choice.destination for choice in menu.answers.values())
