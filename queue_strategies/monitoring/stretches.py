"""The stretches of hearing there are, and what the trail is told of them."""

from __future__ import annotations

from collections.abc import Callable

from queue_strategies.facts import Fact
from queue_strategies.monitoring import trail
from queue_strategies.monitoring.model import Line
from queue_strategies.monitoring.watched import Ear, Watched


class Stretches:
    """Each ear from its order until it is closed, which may be after the watch is over."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._ears: dict[str, Ear] = {}

    def begin(self, watch: Watched, line: Line) -> Ear:
        """Let a supervisor begin to hear a line, in place of whatever was heard."""
        before = watch.ear
        is_new = before is None or before.line.contact != line.contact
        if before is not None:
            goes_on = before.agent != watch.agent or before.line.channel == line.channel
            before.ended_by = "switched" if goes_on else before.ended_by
        id_ = self._new_id()
        ear = Ear(id_, watch.supervisor.id, watch.agent, line, watch.mode, watch.by, is_new)
        watch.ear = self._ears[id_] = ear
        return ear

    def opened(self, ear_id: str, now: float) -> list[Fact]:
        """Tell that somebody began to hear; nothing of an ear that is there already."""
        ear = self._ears.get(ear_id)
        if ear is None or ear.opened_moment is not None:
            return []
        ear.opened_moment = now
        return [trail.began(ear, now)]

    def closed(self, ear_id: str, now: float) -> tuple[Ear | None, list[Fact]]:
        """Tell that somebody hears no more by an ear, and return it."""
        ear = self._ears.pop(ear_id, None)
        if ear is None or ear.opened_moment is None:
            return ear, []
        return ear, [trail.ended(ear, ear.opened_moment, now)]
