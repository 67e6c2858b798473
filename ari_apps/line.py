"""A caller's line as menus, voicemail and Python destinations see it: a telephone call, or a walk offline."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ari_apps.ivr.digits import Collected, Matcher
from queue_strategies.model import ContactId

T = TypeVar("T")


class CallerGone(Exception):
    """The caller hung up; whatever the call's coroutine was about to do is moot."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded; a hang-up ends a recording without losing it."""

    name: str
    """As Asterisk knows the recording."""
    path: Path | None
    """The file, where this machine can reach it."""
    duration_s: float
    talking_s: float | None = None
    """How much of it is not silence, where known."""


class Line(Protocol):
    """Somebody on the telephone."""

    contact: ContactId
    caller_number: str
    caller_name: str
    called_number: str
    language: str
    """Of the prompts; play what follows a change in the new one."""
    skills: dict[str, int]
    """Asked of the agent, at least at these levels."""
    variables: dict[str, str]
    """What was learned of this call: by lookups, digits and Python."""

    async def play(self, media: Sequence[str]) -> None:
        """Play ARI media URIs to the end; go on with the next where one cannot be played.

        Raises CallerGone.
        """
        ...

    async def collect(
        self,
        media: Sequence[str],
        matcher: Matcher,
        *,
        timeout_s: float,
        between_s: float,
        barge_in: bool = True,
    ) -> Collected:
        """Play, and listen to keys until the matcher is settled or a wait is over.

        `timeout_s` runs from the prompt's end to the first key, `between_s` from key to key. Without
        `barge_in` keys pressed during the prompt count when it has ended. Raises CallerGone.
        """
        ...

    async def attend(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for something outside the call; cancelled, raising CallerGone, as soon as the caller goes."""
        ...

    async def record(self, name: str, *, max_s: float, silence_s: float, end_keys: str) -> Recorded:
        """Record until a key, silence (0: never), `max_s` or the hang-up of the caller.

        Raises CallerGone only when the caller had gone before it began.
        """
        ...
