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


LEAST_PAUSE_S = 1.0
"""Even where no pause is configured, so that a fault cannot spin."""
LONGEST_PAUSE_S = 900.0
"""A line that is there again is found out about within this, unless the configured pause is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRules:
    """How a queue calls back those who asked for it."""

    first: CalledFirst = CalledFirst.AGENT
    tries: int = 3
    """Calls that may be made and not answered, before the visit ends as CALLBACK_FAILED."""
    retry_s: float = 300.0
    """From a call that failed to the next."""
    failures: int = 12
    """Calls in a row that could not be made, no fault of the customer's, before the visit ends likewise.

    Each pause between them is twice the one before, from `retry_s` up to LONGEST_PAUSE_S.
    """
    ring_s: float = 30.0
    """For so long the customer's phone rings."""
    earliest_s: float = 10.0
    """Nobody is called back sooner, so that the line on which it was asked for is free again."""


def pause_s(rules: CallbackRules, failures: int) -> float:
    """Return for how long a customer is not called after so many calls in a row that could not be made."""
    least = max(rules.retry_s, LEAST_PAUSE_S)
    return max(least, min(LONGEST_PAUSE_S, least * 2.0 ** (failures - 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlace:
    """What is known, after a restart, of a caller who keeps the place without the line."""

    number: str
    taken_moment: float
    language: str = ""
    tries: int = 0
    failures: int = 0
    """Calls, the last in a row, that could not be made."""
    tried_moment: float | None = None
    """When the last of all these calls had failed."""
    dialled_moment: float | None = None
    """The customer's phone has been ringing since then, as far as is known."""
    answered_moment: float | None = None
    """The customer has been on the line since then."""
