"""Virtual hold: a caller keeps the place in the line without the line, and is called back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CalledFirst(StrEnum):
    """Whose phone rings first when it is the caller's turn."""

    AGENT = "agent"
    """The agent picks up, and hears the customer's phone ring: nobody who is called back ever waits."""
    CUSTOMER = "customer"
    """An agent is reserved while the customer's phone rings: no agent listens to a phone that rings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRules:
    """How a queue calls back those who asked for it."""

    first: CalledFirst = CalledFirst.AGENT
    tries: int = 3
    """Calls that may fail, before the visit ends as CALLBACK_FAILED."""
    retry_s: float = 300.0
    """From a call that failed to the next."""
    ring_s: float = 30.0
    """For so long the customer's phone rings."""
    earliest_s: float = 10.0
    """Nobody is called back sooner, so that the line on which it was asked for is free again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlace:
    """What is known, after a restart, of a caller who keeps the place without the line."""

    number: str
    taken_moment: float
    language: str = ""
    tries: int = 0
    tried_moment: float | None = None
    """When the last of these calls had failed."""
    dialled_moment: float | None = None
    """The customer's phone has been ringing since then, as far as is known."""
    answered_moment: float | None = None
    """The customer has been on the line since then."""
