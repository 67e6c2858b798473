"""The health of callfloor, and of what it needs."""

from __future__ import annotations

from ami_listeners.dashboards.floor_now import HEARD
from ami_listeners.dashboards.panel import BYTES, ON_OFF, PER_SECOND, Dashboard, Kind, Panel, Query
from ami_listeners.dashboards.told import GAPS
from queue_strategies.definitions import Good

BY_INSTANCE = "{{instance}}"


def up(title: str, metric: str) -> Panel:
    """Show whether something is there."""
    return Panel(
        title=title,
        queries=[Query(metric, BY_INSTANCE)],
        kind=Kind.NUMBER,
        unit=ON_OFF,
        good=Good.HIGHER,
        alarm=1,
    )


def lines(title: str, *queries: tuple[str, str], unit: str = "short", text: str = "") -> Panel:
    """Draw metrics over time, each with its legend."""
    return Panel(title=title, queries=[Query(*query) for query in queries], unit=unit, text=text)


HEALTH = Dashboard(
    uid="callfloor-health",
    title="callfloor: health",
    since="now-6h",
    rows=(
        (
            up("callfloor", 'up{job="callfloor"}'),
            up("ARI", "callfloor_ari_up"),
            up("AMI", "callfloor_ami_up"),
            up("Database", "callfloor_database_up"),
            Panel(
                title="Alerts",
                queries=[Query('count (ALERTS{alertstate="firing"}) or vector(0)')],
                kind=Kind.NUMBER,
                alarm=1,
            ),
            *HEARD,
        ),
        (
            lines(
                "Age of the oldest fact not in the database",
                ("callfloor_journal_lag_seconds", BY_INSTANCE),
                unit="s",
            ),
            lines(
                "Facts on disk, and room for more",
                ("callfloor_journal_spool_bytes", "facts, " + BY_INSTANCE),
                ("callfloor_journal_disk_free_bytes", "room, " + BY_INSTANCE),
                unit=BYTES,
            ),
            lines(
                "Facts a second",
                ("rate(callfloor_journal_written_total[$__rate_interval])", "written, " + BY_INSTANCE),
                ("rate(callfloor_journal_committed_total[$__rate_interval])", "committed, " + BY_INSTANCE),
                unit=PER_SECOND,
            ),
        ),
        (
            lines(
                "AMI events a second",
                ("rate(callfloor_ami_events_total[$__rate_interval])", "received, " + BY_INSTANCE),
                ("rate(callfloor_ami_events_dropped_total[$__rate_interval])", "dropped, " + BY_INSTANCE),
                unit=PER_SECOND,
            ),
            lines("AMI events not folded yet", ("callfloor_ami_events_waiting", BY_INSTANCE)),
            lines(
                "ARI events a second",
                ("sum by (instance) (rate(callfloor_ari_events_total[$__rate_interval]))", BY_INSTANCE),
                unit=PER_SECOND,
            ),
        ),
        (
            lines("Calls in Asterisk", ("callfloor_asterisk_calls", BY_INSTANCE)),
            lines(
                "Age of the oldest call", ("callfloor_asterisk_oldest_call_seconds", BY_INSTANCE), unit="s"
            ),
            lines("Trunks", ("callfloor_trunk_up", "{{trunk}}"), unit=ON_OFF),
        ),
        (
            lines("Memory", ('process_resident_memory_bytes{job="callfloor"}', BY_INSTANCE), unit=BYTES),
            lines(
                "Cores in use",
                ('rate(process_cpu_seconds_total{job="callfloor"}[$__rate_interval])', BY_INSTANCE),
            ),
            lines(
                "Asterisk's clock ahead of ours", ("callfloor_clock_offset_seconds", BY_INSTANCE), unit="s"
            ),
        ),
        (GAPS,),
    ),
)
