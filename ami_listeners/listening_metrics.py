"""Show what the listeners heard of Asterisk itself: gaps, clocks, trunks, and how long calls have been up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from ami_listeners.exposition.figure_families import bound_text
from ami_listeners.fold.call import Call
from ami_listeners.fold.trunks import REMOVED
from queue_strategies.facts import ClockCompared, Fact, LegQuality, ListenerGap, TrunkChanged
from queue_strategies.figures import Histogram

MOS_BOUNDS = (1.5, 2.0, 2.6, 3.1, 3.4, 3.6, 3.8, 4.0, 4.1, 4.2, 4.3, 4.4)
"""Of the E-model's scale, which ends at 4.5."""
DIRECTIONS = ("heard", "sent")


class Listening:
    """Keep what was told last, to be shown when it is asked for."""

    def __init__(self) -> None:
        self.gaps: dict[str, tuple[int, float]] = {"ami": (0, 0.0), "ari": (0, 0.0)}
        """How many and how long, by where events were not heard."""
        self.quality = {direction: Histogram(MOS_BOUNDS) for direction in DIRECTIONS}
        """How well legs were heard."""
        self.trunks: dict[str, TrunkChanged] = {}
        self.clock: ClockCompared | None = None

    def take(self, fact: Fact) -> None:
        """Take in one fact; most kinds change nothing."""
        match fact:
            case ListenerGap():
                number, lasted_s = self.gaps.get(fact.source, (0, 0.0))
                self.gaps[fact.source] = number + 1, lasted_s + max(0.0, fact.moment - fact.began_moment)
            case LegQuality():
                self.quality[fact.direction].observe(fact.mos)
            case TrunkChanged():
                self.trunks[fact.trunk] = fact
                if fact.status == REMOVED:
                    del self.trunks[fact.trunk]  # nobody is to be called for what is meant to be gone
            case ClockCompared():
                self.clock = fact
            case _:
                pass

    def families(self) -> Iterator[Metric]:
        """Give it all; what nothing was told of is absent."""
        gaps = CounterMetricFamily(
            "callfloor_listener_gaps", "Times when events were not heard", labels=["source"]
        )
        lasted = CounterMetricFamily(
            "callfloor_listener_gap_seconds", "Time for which events were not heard", labels=["source"]
        )
        for source, (number, lasted_s) in self.gaps.items():
            gaps.add_metric([source], number)
            lasted.add_metric([source], lasted_s)
        yield from (gaps, lasted)
        yield self._quality_family()
        yield from self._trunk_families()
        if self.clock is not None:
            yield GaugeMetricFamily(
                "callfloor_clock_offset_seconds", "Asterisk's clock ahead of ours", self.clock.offset_s
            )
            yield GaugeMetricFamily(
                "callfloor_clock_drift_ppm", "How fast Asterisk's clock gains on ours", self.clock.drift_ppm
            )

    def _quality_family(self) -> Metric:
        family = HistogramMetricFamily(
            "callfloor_leg_mos", "MOS of one side of a leg, by RTCP", labels=["direction"]
        )
        for direction, moses in self.quality.items():
            buckets = [(bound_text(bound), count) for bound, count in moses.cumulative()]
            family.add_metric([direction], buckets, moses.sum)
        return family

    def _trunk_families(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("callfloor_trunk_up", "Whether the trunk can be used", labels=["trunk"])
        trip = GaugeMetricFamily(
            "callfloor_trunk_round_trip_seconds",
            "Time of OPTIONS there and back when the trunk came up",
            labels=["trunk"],
        )
        for name, trunk in self.trunks.items():
            up.add_metric([name], trunk.up)
            if trunk.round_trip_us is not None:
                trip.add_metric([name], trunk.round_trip_us / 1e6)
        yield from (up, trip)


def call_families(calls: Mapping[str, Call], now: float) -> Iterator[Metric]:
    """Give how many calls Asterisk has, whoever made them, and since when the oldest has been up."""
    yield GaugeMetricFamily("callfloor_asterisk_calls", "Calls that are up", len(calls))
    oldest_s = max((now - call.began for call in calls.values()), default=0.0)
    yield GaugeMetricFamily("callfloor_asterisk_oldest_call_seconds", "Age of the oldest call", oldest_s)
