"""What Prometheus records and when it calls for somebody, as data that its rule files are written from.

`python -m ami_listeners.alerting deploy/prometheus` writes them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ami_listeners.promql import added, quotient, service_level
from queue_strategies.definitions import QUEUE_FIGURES, SERVICE_LEVELS, Sum

MAY_BE_MISSED = "(1 - max without (instance) (callfloor_queue_service_level_target_ratio))"
"""What is promised leaves this to be missed: the budget that burns."""
BURNING = (("5m", "1h", 3.0, "critical"), ("30m", "6h", 1.5, "warning"))
"""Short and long window, how many times too fast the budget burns in both, and how urgent that is."""
WINDOWS = ("5m", "30m", "1h", "6h")
SAME = "on (job, instance, queue)"
HEAD = "# Written by `python -m ami_listeners.alerting deploy/prometheus`; a change belongs there.\n"


class Severity(StrEnum):
    """How urgent an alert is."""

    CRITICAL = "critical"
    """Callers are affected now."""
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Record:
    """A figure that Prometheus keeps ready."""

    name: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """When to call for somebody, and what to say."""

    name: str
    severity: Severity
    expression: str
    lasting: str
    """For how long it must hold."""
    summary: str
    remedy: str


def records() -> Iterator[Record]:
    """Give the figures of every queue over the last minutes, and its service level over more windows."""
    for figure in QUEUE_FIGURES.values():
        yield Record(f"callfloor:queue_{figure.name}:rate5m", quotient("queue", figure.of, "5m"))
    for window in WINDOWS:
        for formula in SERVICE_LEVELS:
            yield Record(
                f"callfloor:queue_service_level:rate{window}",
                service_level(formula, window),
                {"formula": formula},
            )


def alerts() -> Iterator[Alert]:
    """Give all alerts: of callfloor and what it needs, of queues, of Asterisk."""
    yield from ALERTS
    abandoned = quotient("queue", QUEUE_FIGURES["abandonment_rate_not_short"].of, "15m")
    yield Alert(
        "AbandonmentHigh",
        Severity.WARNING,
        f"{abandoned} > 0.1 and {added('queue', Sum(('offered',)), '15m')} >= 20",
        "5m",
        "{{ $value | humanizePercentage }} of the callers of {{ $labels.queue }} hang up while they wait",
        "More agents, or another queue's: `callfloor agents list`, `callfloor calls list`.",
    )
    for short, long, times, severity in BURNING:
        missed = " and ".join(
            f"(1 - callfloor:queue_service_level:rate{window})"
            f" > on (job, queue) group_left () {times:g} * {MAY_BE_MISSED}"
            for window in (short, long)
        )
        yield Alert(
            "ServiceLevelBurning",
            Severity(severity),
            missed,
            "2m",
            f"{{{{ $labels.queue }}}} misses its service level {times:g} times as often as it may,"
            f" for {short} and for {long}",
            "See who is at work in `callfloor agents list`, and what more would do by `callfloor staff`.",
        )


ALERTS: Sequence[Alert] = (
    Alert(
        "CallfloorDown",
        Severity.CRITICAL,
        'up{job="callfloor"} == 0',
        "1m",
        "callfloor does not answer at {{ $labels.instance }}",
        "New calls take the fallback in Asterisk. See `systemctl status callfloor` and its log.",
    ),
    Alert(
        "AsteriskUnreachable",
        Severity.CRITICAL,
        "callfloor_ari_up == 0",
        "30s",
        "{{ $labels.instance }} has no ARI connection",
        "`/readyz` says why.",
    ),
    Alert(
        "QueueStalled",
        Severity.CRITICAL,
        "callfloor_queue_callers_waiting - callfloor_queue_callbacks_pending > 0"
        f' and {SAME} callfloor_queue_agents{{state="ready"}} > 0'
        f' unless {SAME} callfloor_queue_agents{{state="ringing"}} > 0',
        "30s",
        "Callers wait in {{ $labels.queue }}, members are ready, and no phone rings",
        "`callfloor why CALL` tells who is considered, who is not, and for which reason.",
    ),
    Alert(
        "StuckChannels",
        Severity.WARNING,
        "callfloor_asterisk_oldest_call_seconds > 4 * 3600",
        "5m",
        "A call on {{ $labels.instance }} has been up for {{ $value | humanizeDuration }}",
        "See `core show channels verbose` in Asterisk, and hang up what nobody is on.",
    ),
    Alert(
        "TrunkDown",
        Severity.CRITICAL,
        "callfloor_trunk_up == 0",
        "1m",
        "The trunk {{ $labels.trunk }} is down",
        "See `pjsip show registrations` and `pjsip show contacts` in Asterisk, then ask the carrier.",
    ),
    Alert(
        "ListenerDown",
        Severity.WARNING,
        "callfloor_ami_up == 0",
        "1m",
        "No AMI events come in at {{ $labels.instance }}",
        "`/readyz` says why. What happens meanwhile on queues of Asterisk's own is a gap.",
    ),
    Alert(
        "ListenerGap",
        Severity.WARNING,
        "increase(callfloor_listener_gap_seconds_total[10m]) > 0",
        "0s",
        "Events of {{ $value | humanizeDuration }} were not heard at {{ $labels.instance }}",
        "Figures that touch it are doubtful; the table `gaps` has its bounds and why.",
    ),
    Alert(
        "ListenerLagging",
        Severity.WARNING,
        "callfloor_journal_lag_seconds > 60 or callfloor_ami_events_waiting > 5000",
        "1m",
        "{{ $labels.instance }} is behind with events or facts",
        "See the load of the machine and of PostgreSQL; `callfloor_journal_*` tells how much waits.",
    ),
    Alert(
        "DatabaseDown",
        Severity.WARNING,
        "callfloor_database_up == 0",
        "5m",
        "The database of {{ $labels.instance }} does not answer",
        "No call waits for it: facts are kept in the spool on disk, as long as there is room.",
    ),
    Alert(
        "DiskFilling",
        Severity.WARNING,
        "callfloor_journal_disk_low == 1",
        "1m",
        "The disk of the spool of {{ $labels.instance }} is about to be full",
        "Make room at `database.spool_dir`; `callfloor_journal_disk_*` and the log tell how much there is.",
    ),
    Alert(
        "DiskFull",
        Severity.CRITICAL,
        "callfloor_journal_memory_facts > 0",
        "0s",
        "{{ $labels.instance }} keeps facts in memory, as the disk of the spool is full",
        "Make room at `database.spool_dir` at once: what is in memory ends with the process.",
    ),
    Alert(
        "FactsLost",
        Severity.CRITICAL,
        "sum without (kind) (callfloor_journal_lost_total)"
        " > (sum without (kind) (callfloor_journal_lost_total offset 10m)"
        " or 0 * sum without (kind) (callfloor_journal_lost_total))",
        "0s",
        "{{ $labels.instance }} has lost facts",
        "The log and the table `gaps` say from when to when.",
    ),
    Alert(
        "ClockDrifting",
        Severity.WARNING,
        "abs(callfloor_clock_offset_seconds) > 1 or abs(callfloor_clock_drift_ppm) > 200",
        "5m",
        "The clocks of Asterisk and of {{ $labels.instance }} are apart, or going apart",
        "Let NTP keep both machines' clocks.",
    ),
    Alert(
        "RecordingsFailing",
        Severity.CRITICAL,
        "increase(callfloor_recordings_failed_total[10m]) > 0",
        "0s",
        "{{ $labels.instance }} could not record, or not keep, all that it should",
        "The log says of each what (`recording.failed`), and `recordings.failed` in the database.",
    ),
    Alert(
        "RecordingsDiskFilling",
        Severity.WARNING,
        "callfloor_recordings_disk_low == 1",
        "1m",
        "The disk of the recordings of {{ $labels.instance }} is about to be full",
        "Make room at `recordings.folder`, or let queues keep recordings for fewer days.",
    ),
    Alert(
        "NoticesGivenUp",
        Severity.WARNING,
        "increase(callfloor_voicemail_notices_given_up_total[10m]) > 0",
        "0s",
        "Nobody was told by {{ $labels.way }} of a message at {{ $labels.instance }}",
        "`callfloor voicemail list --new` has it; the log says why (`voicemail.given_up`), and"
        " `voicemail_notices.failure` in the database.",
    ),
    Alert(
        "CallsDiffer",
        Severity.WARNING,
        'sum without (kind) (callfloor_reconcile_mismatches{kind!="in_gap"}) > 0',
        "10m",
        "{{ $value }} calls of the last day are not as Asterisk recorded them, at {{ $labels.instance }}",
        "`callfloor reconcile --from yesterday` says which, and in what they differ.",
    ),
)


def recording_rules() -> str:
    """Write the file of what is recorded."""
    return HEAD + rule_file("callfloor", map(record_lines, records()))


def alerting_rules() -> str:
    """Write the file of alerts."""
    return HEAD + rule_file("callfloor-alerts", map(alert_lines, alerts()))


def rule_file(group: str, rules: Iterable[Sequence[str]]) -> str:
    """Write a group of rules as YAML; every text in it is quoted as JSON is, which YAML takes."""
    lines = ["groups:", f"  - name: {group}", "    rules:"]
    for first, *others in rules:
        lines += [f"      - {first}", *(f"        {line}" for line in others)]
    return "\n".join(lines) + "\n"


def record_lines(record: Record) -> list[str]:
    """Write one recorded figure."""
    lines = [f"record: {record.name}", f"expr: {json.dumps(record.expression)}"]
    return [*lines, f"labels: {json.dumps(dict(record.labels))}"] if record.labels else lines


def alert_lines(alert: Alert) -> list[str]:
    """Write one alert."""
    return [
        f"alert: {alert.name}",
        f"expr: {json.dumps(alert.expression)}",
        f"for: {alert.lasting}",
        f"labels: {json.dumps({'severity': alert.severity})}",
        "annotations:",
        f"  summary: {json.dumps(alert.summary)}",
        f"  description: {json.dumps(alert.remedy)}",
    ]


FILES = {"callfloor.rules.yml": recording_rules, "callfloor.alerts.yml": alerting_rules}

if __name__ == "__main__":
    for name, write in FILES.items():
        (Path(sys.argv[1]) / name).write_text(write())
