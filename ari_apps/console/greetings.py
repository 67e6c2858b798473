"""The greetings that people have spoken for their boxes, by REST: of the own boxes alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from ari_apps.console.desk import NotFoundError
from ari_apps.console.operation import Asked, Operation
from ari_apps.console.views import View
from ari_apps.greetings import Greetings
from queue_strategies.rights import ForbiddenError, Person, Scope

ROOT = "/api/v1/voicemail-greetings"


class GreetingView(View):
    """What callers of a box hear in place of the greeting in floor.toml."""

    box: str
    spoken_by: str
    spoken_at: dt.datetime
    duration_s: float


class GreetingDesk:
    """Answer those whose boxes they are."""

    def __init__(self, greetings: Greetings, theirs: Callable[[Person], set[str] | None]) -> None:
        self._greetings = greetings
        self._theirs = theirs
        """Names the boxes of somebody; None: all."""

    def operations(self) -> tuple[Operation, ...]:
        """List what can be asked."""
        return (
            Operation(
                method="GET", path=ROOT, needs=Scope.WORK, answer=self._list, gives=GreetingView, many=True,
                summary="List the greetings that were spoken by phone for one's boxes",
            ),
            Operation(
                method="DELETE", path=f"{ROOT}/{{box}}", needs=Scope.WORK, answer=self._remove,
                summary="Delete the greeting that was spoken for a box; the one in floor.toml is heard again",
            ),
        )  # fmt: skip

    async def _list(self, asked: Asked) -> list[GreetingView]:
        theirs = self._theirs(asked.who)
        return [
            GreetingView(
                box=box,
                spoken_by=greeting.spoken_by,
                spoken_at=dt.datetime.fromtimestamp(greeting.spoken_at, dt.UTC),
                duration_s=greeting.duration_s,
            )
            for box, greeting in self._greetings.spoken.items()
            if theirs is None or box in theirs
        ]

    async def _remove(self, asked: Asked) -> None:
        box, theirs = asked.path["box"], self._theirs(asked.who)
        if theirs is not None and box not in theirs:
            raise ForbiddenError(f"voicemail {box[:40]!r} is not within reach of {asked.who.name}")
        if box not in self._greetings.spoken:
            raise NotFoundError(f"nobody has spoken a greeting for the box {box[:40]!r}")
        await self._greetings.remove(box, asked.who.name)
