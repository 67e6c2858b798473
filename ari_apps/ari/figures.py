"""What the client counts, for `/metrics` and `/healthz`."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from ari_apps.ari.settings import Transport

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


@dataclass(slots=True)
class RequestFigures:
    """How often one operation was requested, how it ended and how long it took."""

    total: int = 0
    seconds_sum: float = 0.0
    seconds_max: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    """Requests per bucket of BUCKETS_S, not accumulated; the last is everything slower."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """done, gone, conflict, refused, outcome_unknown, unreachable, cancelled …"""

    def add(self, seconds: float, outcome: str) -> None:
        """Count one request."""
        self.total += 1
        self.seconds_sum += seconds
        self.seconds_max = max(self.seconds_max, seconds)
        self.buckets[bisect_left(BUCKETS_S, seconds)] += 1
        self.outcomes[outcome] += 1


@dataclass(slots=True)
class AriHealth:
    """The state of the connection and everything counted since the start; totals only grow."""

    connected: bool = False
    """Whether events are coming in now."""
    transport: Transport | None = None
    since: datetime | None = None
    """Since when it is as it is, connected or not."""
    reason: str = "not started"
    """Why it is not connected."""
    asterisk_version: str | None = None
    connections_total: int = 0
    reconnects_total: int = 0
    refused_connections_total: int = 0
    """Somebody reached our listener with the wrong user or password."""
    events_total: Counter[str] = field(default_factory=Counter)
    """By type."""
    event_bytes_total: int = 0
    unknown_events_total: Counter[str] = field(default_factory=Counter)
    """Of types this client has never heard of, by type: skipped."""
    foreign_events_total: int = 0
    """Of other applications than ours: skipped."""
    decode_errors_total: int = 0
    kinds_not_decoded: set[str] = field(default_factory=set)
    sink_errors_total: int = 0
    last_event_at: datetime | None = None
    last_event_lag_s: float | None = None
    """From Asterisk making the last event to us handing it on.

    One machine's clock on both ends, or nonsense.
    """
    last_ping_rtt_s: float | None = None
    requests: dict[str, RequestFigures] = field(default_factory=dict)
    """By operation, such as `channels_answer`."""
    requests_under_way: int = 0
