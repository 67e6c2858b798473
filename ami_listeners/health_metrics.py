"""Show the health of the journal, its database and the AMI connection to Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from ami_listeners.connection import AmiHealth
from ami_listeners.database import DatabaseHealth
from ami_listeners.journal import JournalHealth


def journal_families(journal: JournalHealth, database: DatabaseHealth, now: float) -> Iterator[Metric]:
    """Give how facts fare on their way to PostgreSQL."""
    waiting = journal.waiting_since_moment
    yield GaugeMetricFamily("callfloor_database_up", "Whether the database answers", float(database.up))
    yield CounterMetricFamily("callfloor_journal_written", "Facts written to the spool", journal.written)
    yield CounterMetricFamily("callfloor_journal_committed", "Facts committed", journal.committed)
    yield CounterMetricFamily(
        "callfloor_journal_rejected", "Facts the database can never take", journal.rejected
    )
    yield GaugeMetricFamily(
        "callfloor_journal_lag_seconds",
        "Age of the oldest fact not yet in the database",
        0.0 if waiting is None else now - waiting,
    )
    yield GaugeMetricFamily("callfloor_journal_spool_bytes", "Facts on disk", journal.spool_bytes)
    yield GaugeMetricFamily(
        "callfloor_journal_memory_facts", "Facts in memory as the disk is full", journal.in_memory
    )
    for name, text, value in (
        ("free_bytes", "Room on the disk of the spool", journal.disk.free_bytes),
        ("full_in_seconds", "Until that disk is full, if it goes on so", journal.disk.full_in_s),
    ):
        if value is not None:
            yield GaugeMetricFamily(f"callfloor_journal_disk_{name}", text, value)
    yield GaugeMetricFamily(
        "callfloor_journal_disk_low",
        "1 while somebody should make room for facts",
        float(bool(journal.disk.warning)),
    )
    lost = CounterMetricFamily("callfloor_journal_lost", "Facts lost, by kind", labels=["kind"])
    for kind, count in journal.lost.items():
        lost.add_metric([kind], count)
    yield lost


def ami_families(ami: AmiHealth) -> Iterator[Metric]:
    """Give how the AMI connection fares."""
    yield GaugeMetricFamily("callfloor_ami_up", "Whether AMI events are coming in", float(ami.up))
    yield CounterMetricFamily("callfloor_ami_connects", "Times the connection was made", ami.connects)
    yield CounterMetricFamily("callfloor_ami_events", "Events received", ami.events)
    yield CounterMetricFamily("callfloor_ami_events_ignored", "Events nobody asked for", ami.ignored)
    yield CounterMetricFamily("callfloor_ami_events_failed", "Events whose handling failed", ami.failed)
    yield CounterMetricFamily("callfloor_ami_events_dropped", "Events that found no room", ami.dropped)
    yield GaugeMetricFamily("callfloor_ami_events_waiting", "Events not folded yet", ami.waiting)
    if ami.round_trip_s is not None:
        yield GaugeMetricFamily("callfloor_ami_round_trip_seconds", "Time of the last Ping", ami.round_trip_s)
