"""Show how telling of messages fares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

WAYS = ("mail", "webhook")


@dataclass(slots=True)
class NoticeFigures:
    """What became of notices here, by way."""

    waiting: Mapping[str, int] = field(default_factory=dict)
    """As the database said at the last look."""
    told: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    """Tries."""
    given_up: Counter[str] = field(default_factory=Counter)

    def families(self) -> Iterator[Metric]:
        """Give them to Prometheus."""
        waiting = GaugeMetricFamily(
            "callfloor_voicemail_notices_waiting", "Notices of messages not given yet", labels=["way"]
        )
        for way in WAYS:
            waiting.add_metric([way], self.waiting.get(way, 0))
        yield waiting
        for name, what, counted in (
            ("told", "Notices of messages that were given", self.told),
            ("failed", "Times a notice of a message could not be given", self.failed),
            ("given_up", "Notices of messages that were never given", self.given_up),
        ):
            family = CounterMetricFamily(f"callfloor_voicemail_notices_{name}", what, labels=["way"])
            for way in WAYS:
                family.add_metric([way], counted[way])
            yield family
