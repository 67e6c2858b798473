"""What a connection to Asterisk's manager hands on, and how it says it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ami_listeners.messages import AmiEvent


@dataclass(frozen=True, slots=True)
class Connected:
    """Logged in; whatever was believed before is to be compared with what is."""

    moment: float
    gap_began: float | None
    """When the last connection gave its last sign of life; None the first time."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Events were dropped on our side."""

    began_moment: float
    moment: float
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What Asterisk answered to a question for everything there is of a kind."""

    action: str
    asked_moment: float
    moment: float
    items: Sequence[AmiEvent]


Received = AmiEvent | Connected | Gap | Listing


@dataclass(slots=True)
class AmiHealth:
    """What the connection is doing, for `/readyz` and the metrics."""

    up: bool = False
    reason: str = "not started"
    """Why it is not up; empty while it is."""
    since_moment: float = 0.0
    round_trip_s: float | None = None
    connects: int = 0
    events: int = 0
    ignored: int = 0
    """Events of a kind that nobody asked for."""
    failed: int = 0
    """Events whose callback raised."""
    dropped: int = 0
    """Events that did not fit into the inbox."""
    waiting: int = 0
    """Events in the inbox."""
