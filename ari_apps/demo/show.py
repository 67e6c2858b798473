"""Show what happens on the floor: a live picture on a terminal, a line for each event elsewhere."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from rich.console import Console
from rich.live import Live

from ari_apps.apps import Apps
from ari_apps.demo.telling import Storyteller, Told
from ari_apps.demo.view import Directions, Scene, clock, draw
from ari_apps.running import RunningFloor
from queue_strategies.facts import ContactEnded, ContactStarted, Fact

REDRAWN_EVERY_S = 0.5
EVENTS_KEPT = 200


class Show:
    """Watch the facts of a floor, and look at it."""

    def __init__(
        self,
        floor: RunningFloor,
        apps: Apps,
        directions: Directions,
        *,
        errors: Callable[[], int],
        lasts_s: float | None,
    ) -> None:
        self._floor = floor
        self._apps = apps
        self._directions = directions
        self._errors = errors
        self._lasts_s = lasts_s
        self._queues = [queue for queue in floor.configuration.floor_queues() if not queue.direct]
        self._storyteller = Storyteller({one.id: one.name for one in floor.configuration.floor_agents()})
        self._callers: dict[str, str] = {}
        self._events: deque[Told] = deque(maxlen=EVENTS_KEPT)
        self._began_moment = floor.clock.moment()
        self._tell: Callable[[Told], None] = self._events.append
        floor.watchers.append(self._watch)

    def _watch(self, fact: Fact) -> None:
        match fact:
            case ContactStarted():
                self._callers[fact.contact] = fact.caller_name or fact.caller_number
            case ContactEnded():
                self._callers.pop(fact.contact, None)
        if (told := self._storyteller.tell(fact)) is not None:
            self._tell(told)

    def scene(self) -> Scene:
        """Look at the floor now."""
        now = self._floor.clock.moment()
        elapsed_s = now - self._began_moment
        return Scene(
            elapsed_s=elapsed_s,
            left_s=None if self._lasts_s is None else self._lasts_s - elapsed_s,
            snapshot=self._apps.floor.snapshot(now),
            figures=self._floor.figures,
            queues=self._queues,
            callers=self._callers,
            checks=self._floor.health.checks(),
            events=self._events,
            directions=self._directions,
            errors=self._errors(),
        )

    async def live(self, console: Console) -> None:
        """Draw the floor on the whole terminal again and again, until nobody looks or it is cancelled."""
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while not console.quiet:
                live.update(draw(self.scene(), console.width, console.height), refresh=True)
                await asyncio.sleep(REDRAWN_EVERY_S)

    async def plain(self, console: Console) -> None:
        """Print where to look and then a line for each event, until nobody reads or it is cancelled."""
        for label, text in self._directions.all:
            console.print(f"{label:<10} {text}", markup=False, soft_wrap=True)
        told: asyncio.Queue[Told] = asyncio.Queue()
        self._tell = told.put_nowait
        for earlier in self._events:
            told.put_nowait(earlier)
        while not console.quiet:
            one = await told.get()
            print_event(console, one, self._began_moment)


def print_event(console: Console, told: Told, began_moment: float) -> None:
    """Print a line for an event; whatever callers call themselves stands in it, and is no markup."""
    console.print(f"{clock(told.moment - began_moment):>7}  {told.text}", markup=False, soft_wrap=True)
