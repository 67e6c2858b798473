"""How well both sides of a call were heard, from the RTCP reports of its channels.

What Asterisk reports to a party (RTCPSent) tells what came from there; what the party reports (RTCPReceived)
tells what got there, and how long the way there and back is. A report comes every five seconds of talk.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from ami_listeners.messages import AmiEvent
from queue_strategies.call_quality import mos, mouth_to_ear_ms, r_factor
from queue_strategies.facts import Fact, LegQuality
from queue_strategies.model import AgentId, QueueName

REPORT = re.compile(
    rb"\r\nReport0SourceSSRC: (\S+)\r\nReport0FractionLost: (\d+)\r\nReport0CumulativeLost: (\d+)"
    rb"\r\nReport0HighestSequence: (\d+)\r\nReport0SequenceNumberCycles: (\d+)"
    rb"\r\nReport0IAJitter: (\d+)(?:\r\n|$)"
)
"""A report of a stream as res_rtp_asterisk writes it (rtcp_report_to_ami)."""
USUAL_PACKETS = 250
"""In the five seconds of a report."""
CYCLE = 1 << 16
"""Sequence numbers begin again after so many packets."""
RATES_HZ = {"opus": 48_000}
"""Of RTP's clock, in which jitter is told; of all others it is 8,000 a second (RFC 3551, also for G.722)."""
MOST_STREAMS = 8
"""Of one leg that are told apart; nobody fills our memory by inventing more."""

Place = tuple[AgentId | None, QueueName | None]


@dataclass(slots=True)
class Heard:
    """What the reports of one direction add up to."""

    reports: int = 0
    lost: float = 0.0
    expected: float = 0.0
    jitter_ms: float = 0.0
    r: float = 0.0
    mos: float = 0.0
    worst_mos: float = 5.0
    streams: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    """Of each stream the packets lost so far, and the highest sequence number with its cycles."""

    def losses(self, stream: bytes, lost: int, highest: int, lately: bytes) -> float | None:
        """Count the packets lost since the report before and give their share; None: it tells nothing new.

        The report itself says only of how many in 256 of them were lost (`lately`).
        """
        before = self.streams.get(stream)
        if before is None:
            share, expected = first_report(lost, int(lately) / 256)
            if len(self.streams) >= MOST_STREAMS:
                self.streams.clear()
        elif (expected := highest - before[1]) > 0:
            share = min(1.0, max(0, lost - before[0]) / expected) if lost != before[0] else 0.0
        else:
            return None
        self.streams[stream] = (lost, highest)
        self.lost += share * expected
        self.expected += expected
        return share


@dataclass(slots=True)
class Leg:
    """One channel whose sound is reported of."""

    call: str
    party: str
    agent: AgentId | None = None
    queue: QueueName | None = None
    round_trips: int = 0
    round_trip_ms: float = 0.0
    """Of the last report that knew it."""
    round_trip_sum_ms: float = 0.0
    heard: Heard = field(default_factory=Heard)
    """What came from this party."""
    sent: Heard = field(default_factory=Heard)
    """What got there."""

    def note_round_trip(self, seconds: str) -> None:
        """Note a round trip, as long as it is another one; Asterisk writes 0.0000 before it knows one."""
        if self.sent.reports <= self.round_trips:
            return
        try:
            trip_ms = float(seconds) * 1000
        except ValueError:
            return
        if 0 < trip_ms < math.inf:
            self.round_trips, self.round_trip_ms = self.round_trips + 1, trip_ms
            self.round_trip_sum_ms += trip_ms


class Quality:
    """Fold RTCP reports; a leg's facts come when its channel is gone.

    `place` tells for whom and for which queue a channel talks. Reports do not name the codec: it is the
    site's.
    """

    def __init__(self, place: Callable[[str], Place], codec: str = "ulaw") -> None:
        self._place, self._codec = place, codec
        self._rate_hz = RATES_HZ.get(codec, 8_000)
        self.legs: dict[str, Leg] = {}
        """By the channel's unique id."""

    def reported(self, event: AmiEvent) -> tuple[()]:
        """Take in one report."""
        channel = event.channel
        leg = self.legs.get(channel)
        if leg is None:
            leg = self.legs[channel] = Leg(event.sent("Linkedid"), party(event))
        if leg.queue is None:
            leg.agent, leg.queue = self._place(channel)
        if report := event.find("Report0SourceSSRC", REPORT):
            if event.name == "RTCPReceived":
                self._count(leg, leg.sent, report)
                leg.note_round_trip(event.sent("RTT"))
            else:
                self._count(leg, leg.heard, report)
        return ()

    def ended(self, event: AmiEvent) -> Iterator[Fact]:
        """Take in that a channel is gone."""
        return self._over(event.channel, event.moment, heard=True)

    def listed(self, alive: Container[str], asked: float) -> Iterator[Fact]:
        """Compare with all channels there are; of those that are gone nothing more is to be told."""
        for channel in [each for each in self.legs if each not in alive]:
            yield from self._over(channel, asked, heard=False)

    def _count(self, leg: Leg, heard: Heard, report: tuple[bytes, ...]) -> None:
        stream, lately, lost, highest, cycles, jitter = report
        loss = heard.losses(stream, int(lost), int(cycles) * CYCLE + int(highest), lately)
        if loss is None:
            return
        ticks = int(jitter)
        r, opinion = rating(
            int(leg.round_trip_ms), ticks, self._rate_hz, loss and round(loss, 4), self._codec
        )
        heard.reports += 1
        heard.jitter_ms += ticks * 1000 / self._rate_hz
        heard.r += r
        heard.mos += opinion
        if opinion < heard.worst_mos:
            heard.worst_mos = opinion

    def _over(self, channel: str, moment: float, *, heard: bool) -> Iterator[Fact]:
        leg = self.legs.pop(channel, None)
        if leg is None:
            return
        for direction, told in (("heard", leg.heard), ("sent", leg.sent)):
            if not told.reports:
                continue
            yield LegQuality(
                moment=moment,
                heard=heard,
                call=leg.call,
                channel=channel,
                party=leg.party,
                agent=leg.agent,
                queue=leg.queue,
                direction=direction,
                mos=told.mos / told.reports,
                worst_mos=told.worst_mos,
                r=told.r / told.reports,
                loss=told.lost / told.expected if told.expected else 0.0,
                jitter_ms=told.jitter_ms / told.reports,
                round_trip_ms=leg.round_trip_sum_ms / leg.round_trips if leg.round_trips else None,
                codec=self._codec,
                reports=told.reports,
            )


@lru_cache(maxsize=4096)
def rating(round_trip_ms: int, jitter: int, rate_hz: int, loss: float, codec: str) -> tuple[float, float]:
    """Give R and the opinion of one report, its jitter in ticks of a clock; most reports are like others."""
    delay_ms = mouth_to_ear_ms(round_trip_ms=round_trip_ms, jitter_ms=jitter * 1000 / rate_hz)
    r = r_factor(one_way_delay_ms=delay_ms, loss=loss, codec=codec)
    return r, mos(r)


def first_report(lost: int, share: float) -> tuple[float, float]:
    """Give the share lost, and of how many packets: the first report of a stream tells no more than these."""
    return share, min(USUAL_PACKETS, lost / share) if share and lost > 0 else USUAL_PACKETS


def party(event: AmiEvent) -> str:
    """Name who is on a channel: the caller by the number, whoever was called by the phone or the trunk."""
    if event.channel == event.sent("Linkedid") and (number := event.text("CallerIDNum")):
        return number
    return event.sent("Channel").partition("/")[2].rpartition("-")[0]
