"""Show the health of the ARI connection to Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from ari_apps.ari import AriHealth
from ari_apps.ari.figures import BUCKETS_S

BOUNDS = (*map(str, BUCKETS_S), "+Inf")


def ari_families(ari: AriHealth) -> Iterator[Metric]:
    """Give how events and requests fare."""
    yield GaugeMetricFamily("callfloor_ari_up", "Whether ARI events are coming in", float(ari.connected))
    yield CounterMetricFamily("callfloor_ari_connects", "Times events began to come", ari.connections_total)
    yield from _events(ari)
    yield from _requests(ari)
    for name, text, value in (
        ("ping_seconds", "Round trip of the last ping", ari.last_ping_rtt_s),
        ("event_lag_seconds", "Age of the last event when it was handed on", ari.last_event_lag_s),
    ):
        if value is not None:
            yield GaugeMetricFamily(f"callfloor_ari_{name}", text, value)


def _events(ari: AriHealth) -> Iterator[Metric]:
    for name, text, counts in (
        ("events", "Events received, by type", ari.events_total),
        ("events_unknown", "Events of types never heard of, skipped", ari.unknown_events_total),
    ):
        family = CounterMetricFamily(f"callfloor_ari_{name}", text, labels=["type"])
        for kind, count in counts.items():
            family.add_metric([kind], count)
        yield family
    yield CounterMetricFamily(
        "callfloor_ari_events_not_decoded", "Events that are not as described", ari.decode_errors_total
    )


def _requests(ari: AriHealth) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        "callfloor_ari_requests", "Requests to Asterisk", labels=["operation", "outcome"]
    )
    seconds = HistogramMetricFamily(
        "callfloor_ari_request_seconds", "Time until Asterisk answered", labels=["operation"]
    )
    for operation, figures in ari.requests.items():
        for outcome, count in figures.outcomes.items():
            requests.add_metric([operation, outcome], count)
        buckets = list(zip(BOUNDS, accumulate(figures.buckets), strict=True))
        seconds.add_metric([operation], buckets, figures.seconds_sum)
    yield from (requests, seconds)
