"""What a queue's waiting callers are told, and when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PositionRule(StrEnum):
    """Which callers are told their place in the line; app_queue's announce-position."""

    NEVER = "never"
    ALWAYS = "always"
    LIMIT = "limit"
    """Those up to `position_limit`; the others hear nothing of it."""
    MORE_THAN = "more_than"
    """Those behind `position_limit` are told that more callers than that wait."""


class EstimateRule(StrEnum):
    """Which estimate of the remaining wait callers are told."""

    NEVER = "never"
    P50 = "p50"
    """Half of the callers are answered sooner."""
    P80 = "p80"
    """Four of five are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcements:
    """The rules of one queue; durations in seconds, those of waiting counted from joining."""

    position: PositionRule = PositionRule.NEVER
    position_limit: int = 5
    only_up: bool = False
    """The place is told only when it is better than the last that was told."""
    to_first: bool = True
    """Whether who is first in line is told anything of place and wait."""
    estimate: EstimateRule = EstimateRule.NEVER
    estimate_once: bool = False
    round_to_s: float = 60.0
    """Estimates are rounded up to multiples of this; from a minute on to whole minutes."""
    start_s: float = 10.0
    """Before so long a wait nothing of place and wait is told."""
    every_s: float = 60.0
    """How often they are told, changed or not."""
    least_gap_s: float = 15.0
    """Between the end of any announcement and the beginning of the next."""
    messages: int = 0
    """How many messages the queue has; each time one of them is played."""
    message_start_s: float = 30.0
    message_every_s: float = 60.0
    random: bool = False
    """Any message is as likely as any other; else they take turns."""
    relative: bool = True
    """What comes every so often is counted from the end of the last; else from its beginning."""

    @property
    def tells_place(self) -> bool:
        """Tell whether anything of place and wait is announced."""
        return self.position is not PositionRule.NEVER or self.estimate is not EstimateRule.NEVER
