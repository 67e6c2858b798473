"""Prometheus calls for somebody when it should, and keeps quiet when not: promtool plays both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ami_listeners.alerting import FILES, alerts, records
from ami_listeners.listening_metrics import Listening
from queue_strategies.facts import ClockCompared, LegQuality, ListenerGap, TrunkChanged
from tests.prometheus_lab import PrometheusInstallation

DEPLOY = Path(__file__).parents[2] / "deploy/prometheus"
HERE = 'job="callfloor", instance="a"'
SALES = f'{HERE}, queue="sales"'
USUAL = "answered_within/answered_and_abandoned_not_short"

Series = Mapping[str, str]
"""Values at every minute, in promtool's notation."""


def queue(**values: str) -> Series:
    """Write series of the queue sales."""
    return {f"callfloor_queue_{name}{{{SALES}}}": told for name, told in values.items()}


def one(name: str, values: str, labels: str = "") -> Series:
    """Write one series of the process."""
    return {f"{name}{{{HERE}{labels}}}": values}


def waiting(waiting: int, kept: int, ready: int, ringing: int) -> Series:
    """Write a queue that stays as it is."""
    states = {"ready": ready, "ringing": ringing}
    agents = {
        f'callfloor_queue_agents{{{SALES}, state="{state}"}}': f"{number}x60"
        for state, number in states.items()
    }
    return {**queue(callers_waiting=f"{waiting}x60", callbacks_pending=f"{kept}x60"), **agents}


def calls(within: int, late: int, abandoned: int, short: int = 0, target: float = 0.8) -> Series:
    """Write so many calls a minute of every kind, measured by the usual formula."""
    answered = within + late
    return {
        **queue(
            answered_total=f"0+{answered}x400",
            answered_within_service_level_total=f"0+{within}x400",
            abandoned_total=f"0+{abandoned}x400",
            short_abandoned_total=f"0+{short}x400",
            offered_total=f"0+{answered + abandoned}x400",
            service_level_target_ratio=f"{target}x400",
        ),
        f'callfloor_queue_service_level_ratio{{{SALES}, formula="{USUAL}", threshold_s="20.0"}}': "0.5x400",
    }


CASES: Mapping[str, tuple[str, Series, Series]] = {
    "CallfloorDown": ("3m", one("up", "1 0x60"), one("up", "1 0 1x60")),
    "AsteriskUnreachable": ("3m", one("callfloor_ari_up", "0x60"), one("callfloor_ari_up", "1x60")),
    "QueueStalled": ("5m", waiting(3, 1, 2, 0), waiting(3, 1, 2, 1)),
    "StuckChannels": (
        "10m",
        one("callfloor_asterisk_oldest_call_seconds", "14500+60x60"),
        one("callfloor_asterisk_oldest_call_seconds", "13000+60x60"),
    ),
    "TrunkDown": (
        "5m",
        one("callfloor_trunk_up", "1 1 0x60", ', trunk="carrier"'),
        one("callfloor_trunk_up", "1 1 0 1x60", ', trunk="carrier"'),
    ),
    "ListenerDown": ("5m", one("callfloor_ami_up", "0x60"), one("callfloor_ami_up", "1x60")),
    "ListenerGap": (
        "5m",
        one("callfloor_listener_gap_seconds_total", "0 0 0 7x60", ', source="ami"'),
        one("callfloor_listener_gap_seconds_total", "7x60", ', source="ami"'),
    ),
    "ListenerLagging": (
        "5m",
        one("callfloor_journal_lag_seconds", "70+60x60"),
        {**one("callfloor_journal_lag_seconds", "2x60"), **one("callfloor_ami_events_waiting", "40x60")},
    ),
    "DatabaseDown": ("8m", one("callfloor_database_up", "0x60"), one("callfloor_database_up", "0 0 0 1x60")),
    "DiskFilling": (
        "5m",
        one("callfloor_journal_disk_low", "0 1x60"),
        one("callfloor_journal_disk_low", "0 1 0x60"),
    ),
    "DiskFull": (
        "1m",
        one("callfloor_journal_memory_facts", "5x60"),
        one("callfloor_journal_memory_facts", "0x60"),
    ),
    "FactsLost": (
        "5m",
        one("callfloor_journal_lost_total", "_ _ 3x60", ', kind="answered"'),
        one("callfloor_journal_lost_total", "_ _", ', kind="answered"'),
    ),
    "ClockDrifting": (
        "10m",
        one("callfloor_clock_offset_seconds", "-2x60"),
        {**one("callfloor_clock_offset_seconds", "0.2x60"), **one("callfloor_clock_drift_ppm", "30x60")},
    ),
    "RecordingsFailing": (
        "5m",
        one("callfloor_recordings_failed_total", "0 0 0 1x60"),
        one("callfloor_recordings_failed_total", "3x60"),
    ),
    "RecordingsDiskFilling": (
        "5m",
        one("callfloor_recordings_disk_low", "0 1x60"),
        one("callfloor_recordings_disk_low", "0 1 0x60"),
    ),
    "NoticesGivenUp": (
        "5m",
        one("callfloor_voicemail_notices_given_up_total", "0 0 0 1x60", ', way="mail"'),
        one("callfloor_voicemail_notices_given_up_total", "3x60", ', way="mail"'),
    ),
    "CallsDiffer": (
        "15m",
        one("callfloor_reconcile_mismatches", "0 2x60", ', kind="answered"'),
        one("callfloor_reconcile_mismatches", "0 2x60", ', kind="in_gap"'),
    ),
    "AbandonmentHigh": ("40m", calls(within=8, late=0, abandoned=3, short=1), calls(8, 0, 3, short=3)),
    "ServiceLevelBurning": (
        "75m",
        calls(within=8, late=2, abandoned=0, target=0.9),
        calls(within=8, late=2, abandoned=0, target=0.8),
    ),
}
"""Of each alert: when it is looked at, what sets it off, and what comes near it and does not."""


def test_every_alert_is_played_both_ways() -> None:
    assert {alert.name for alert in alerts()} == set(CASES)


def test_the_files_for_operators_are_those_that_are_written() -> None:
    for name, write in FILES.items():
        assert (DEPLOY / name).read_text() == write(), f"python -m ami_listeners.alerting {DEPLOY}"


def test_promtool_takes_rules_and_configuration(installed_prometheus: PrometheusInstallation) -> None:
    for what, names in (("rules", sorted(FILES)), ("config", ["prometheus.yml"])):
        done = installed_prometheus.promtool("check", what, *(DEPLOY / name for name in names))
        assert done.returncode == 0, done.stdout + done.stderr


def played(cases: Iterable[tuple[Series, list[Mapping[str, Any]]]]) -> str:
    """Write what promtool is to play; JSON is YAML too."""
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": expected,
        }
        for series, expected in cases
    ]
    return json.dumps({"rule_files": [str(DEPLOY / name) for name in FILES], "tests": tests})


def calling(alert: str, at: str, *, fires: bool) -> Mapping[str, Any]:
    """Expect that an alert calls for somebody, or that none does."""
    firing = f'ALERTS{{alertname="{alert}", alertstate="firing"}}'
    told = [{"labels": "{}", "value": 1}]
    return {
        "expr": f"min(count by (severity) ({firing}))",
        "eval_time": at,
        "exp_samples": told if fires else [],
    }


def test_an_alert_calls_when_it_must_and_is_silent_when_it_need_not(
    installed_prometheus: PrometheusInstallation, tmp_path: Path
) -> None:
    cases = [
        (series, [calling(alert, at, fires=fires)])
        for alert, (at, loud, quiet) in CASES.items()
        for series, fires in ((loud, True), (quiet, False))
    ]
    (tmp_path / "play.yml").write_text(played(cases))
    done = installed_prometheus.promtool("test", "rules", tmp_path / "play.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_says_what_is_wrong_and_what_to_do(
    installed_prometheus: PrometheusInstallation, tmp_path: Path
) -> None:
    (alert,) = [alert for alert in alerts() if alert.name == "AbandonmentHigh"]
    play = json.loads(played([(CASES["AbandonmentHigh"][1], [])]))
    said = {
        "summary": "20% of the callers of sales hang up while they wait",
        "description": alert.remedy,
    }
    labels = {"severity": "warning", "job": "callfloor", "queue": "sales"}
    expected = [{"exp_labels": labels, "exp_annotations": said}]
    play["tests"][0]["alert_rule_test"] = [
        {"eval_time": "40m", "alertname": alert.name, "exp_alerts": expected}
    ]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    done = installed_prometheus.promtool("test", "rules", tmp_path / "play.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_floor_of_two_processes_is_recorded_as_one_by_each_queues_own_formula(
    installed_prometheus: PrometheusInstallation, tmp_path: Path
) -> None:
    apps = calls(within=2, late=2, abandoned=12, short=8)
    listeners = {name.replace('"a"', '"b"'): "0x400" for name in apps if "service_level_ratio" not in name}
    record = "callfloor:queue_service_level:rate5m"
    labels = f'{{job="callfloor", queue="sales", formula="{USUAL}"}}'
    expected: list[Mapping[str, Any]] = [
        {
            "expr": record,
            "eval_time": "30m",
            "exp_samples": [{"labels": f"{record}{labels}", "value": 0.25}],
        },
        {
            "expr": "callfloor:queue_abandonment_rate:rate5m",
            "eval_time": "30m",
            "exp_samples": [
                {
                    "labels": 'callfloor:queue_abandonment_rate:rate5m{job="callfloor", queue="sales"}',
                    "value": 0.75,
                }
            ],
        },
    ]
    (tmp_path / "play.yml").write_text(played([({**apps, **listeners}, expected)]))
    done = installed_prometheus.promtool("test", "rules", tmp_path / "play.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_name_is_recorded_twice_alike() -> None:
    named = [(record.name, *record.labels.values()) for record in records()]
    assert len(named) == len(set(named))


def test_gaps_and_qualities_add_up_and_trunks_and_clocks_are_shown_as_told_last() -> None:
    listening = Listening()
    for lasted_s in (2.0, 3.5):
        listening.take(ListenerGap(moment=50.0, source="ami", began_moment=50.0 - lasted_s, reason="cut"))
    listening.take(
        TrunkChanged(moment=1.0, trunk="carrier", up=True, status="Registered", round_trip_us=2500)
    )
    listening.take(TrunkChanged(moment=2.0, trunk="carrier", up=False, status="Rejected"))
    listening.take(ClockCompared(moment=3.0, offset_s=-0.5, drift_ppm=12.0, uncertainty_s=0.01))
    for mos in (4.35, 3.2):
        listening.take(leg(mos))
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in listening.families()
        for sample in family.samples
    }
    assert told["callfloor_listener_gap_seconds_total", "ami"] == 5.5
    assert told["callfloor_listener_gaps_total", "ami"] == 2
    assert told["callfloor_listener_gaps_total", "ari"] == 0
    assert told["callfloor_trunk_up", "carrier"] == 0
    assert told["callfloor_clock_offset_seconds",] == -0.5
    assert told["callfloor_clock_drift_ppm",] == 12.0
    assert told["callfloor_leg_mos_count", "heard"] == 2
    assert told["callfloor_leg_mos_bucket", "heard", "3.6"] == 1
    assert told["callfloor_leg_mos_sum", "heard"] == pytest.approx(7.55)
    assert told["callfloor_leg_mos_count", "sent"] == 0


def leg(mos: float) -> LegQuality:
    """Let a leg have been heard so."""
    return LegQuality(
        moment=4.0,
        call="1.1",
        channel="1.1",
        party="+491701",
        direction="heard",
        mos=mos,
        worst_mos=mos,
        r=80.0,
        loss=0.0,
        jitter_ms=1.0,
        codec="ulaw",
        reports=3,
    )
