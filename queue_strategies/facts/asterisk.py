"""What is heard of legs, phones, trunks and rules, and how well it was heard, told by the AMI listener."""

from __future__ import annotations

from queue_strategies.facts.fact import Fact
from queue_strategies.message import message
from queue_strategies.model import (
    AgentId,
    QueueName,
)


@message(kw_only=True)
class LegQuality(Fact):
    """How well one side of a call was heard, or heard the other, over the whole leg, by its RTCP reports."""

    call: str
    channel: str
    party: str
    agent: AgentId | None = None
    queue: QueueName | None = None
    direction: str
    """heard: what came from this party; sent: what this party got."""
    mos: float
    """Estimated by the E-model, 1 to 4.5; the mean of the reports."""
    worst_mos: float
    r: float
    loss: float
    """The share of packets that were lost."""
    jitter_ms: float
    round_trip_ms: float | None = None
    codec: str
    reports: int


@message(kw_only=True)
class DeviceChanged(Fact):
    """A device is in another state: NOT_INUSE, INUSE, RINGING, UNAVAILABLE and the like."""

    device: str
    state: str


@message(kw_only=True)
class RegistrationChanged(Fact):
    """A phone registered, was refreshed, became unreachable or went away."""

    endpoint: str
    contact_uri: str
    status: str
    round_trip_us: int | None = None


@message(kw_only=True)
class TrunkChanged(Fact):
    """A trunk came up or went down: what it registers, or what is asked of it by OPTIONS."""

    trunk: str
    up: bool
    status: str
    round_trip_us: int | None = None


@message(kw_only=True)
class NativeRulesSeen(Fact):
    """By which rules a queue of Asterisk's own works."""

    queue: QueueName
    service_level_s: float
    strategy: str


@message(kw_only=True)
class ClockCompared(Fact):
    """How far Asterisk's wall clock was ahead of ours, and how fast it gains."""

    offset_s: float
    drift_ppm: float
    uncertainty_s: float


@message(kw_only=True)
class RawEvent(Fact):
    """An event that nobody folds, kept because that was asked for."""

    name: str
    text: str


@message(kw_only=True)
class ListenerGap(Fact):
    """Events between these two moments were not seen."""

    source: str
    """ari or ami."""
    began_moment: float
    reason: str
