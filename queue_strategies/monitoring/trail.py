"""What is told of monitoring, for good."""

from __future__ import annotations

from queue_strategies.facts import MonitoringBegan, MonitoringEnded, MonitoringRefused
from queue_strategies.monitoring.events import MonitoringAsked
from queue_strategies.monitoring.watched import Ear


def began(ear: Ear, now: float) -> MonitoringBegan:
    """Tell that somebody began to hear."""
    return MonitoringBegan(
        moment=now,
        ear=ear.id,
        supervisor=ear.supervisor,
        agent=ear.agent,
        contact=ear.line.contact,
        channel=ear.line.channel,
        mode=ear.mode,
        asked_by=ear.by,
    )


def ended(ear: Ear, opened: float, now: float) -> MonitoringEnded:
    """Tell that somebody hears no more."""
    return MonitoringEnded(
        moment=now,
        ear=ear.id,
        supervisor=ear.supervisor,
        agent=ear.agent,
        contact=ear.line.contact,
        mode=ear.mode,
        ended_by=ear.ended_by,
        lasted_s=now - opened,
    )


def refused(asked: MonitoringAsked, contact: str, why: str, now: float) -> MonitoringRefused:
    """Tell who asked for what may not be."""
    return MonitoringRefused(
        moment=now,
        supervisor=asked.supervisor,
        agent=asked.agent,
        contact=contact,
        mode=asked.mode,
        asked_by=asked.by,
        why=why,
    )
