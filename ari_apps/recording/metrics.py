"""Show how recording fares."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from ari_apps.recording.keeping import KeepingFigures


def recording_families(running: int, figures: KeepingFigures) -> Iterator[Metric]:
    """Give how many calls are recorded, what became of recordings, and whether there is room."""
    yield GaugeMetricFamily("callfloor_recordings_running", "Calls recorded at this moment", running)
    yield GaugeMetricFamily("callfloor_recordings_waiting", "Recordings not kept yet", figures.waiting)
    yield CounterMetricFamily("callfloor_recordings_kept", "Recordings whose file is whole", figures.kept)
    yield CounterMetricFamily(
        "callfloor_recordings_failed", "Times something was not recorded or not kept", figures.failed
    )
    yield GaugeMetricFamily(
        "callfloor_recordings_disk_low",
        "Whether the disk of recordings is about to be full",
        figures.disk_low,
    )
