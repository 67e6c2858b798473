"""Supervisors on agents' calls: who may hear whom, and what follows from what they want. Pure."""

from __future__ import annotations

from queue_strategies.monitoring.decision import Decision
from queue_strategies.monitoring.events import (
    EarClosed,
    EarHushed,
    EarOpened,
    Event,
    LineChanged,
    MonitoringAsked,
    MonitoringDropped,
    PauseBegan,
    PauseEnded,
    SupervisorAnswered,
    SupervisorLeft,
    SupervisorPressed,
    SupervisorsConfigured,
)
from queue_strategies.monitoring.model import Line, Mode, Refusal, Refused, Supervisor
from queue_strategies.monitoring.monitors import Monitors
from queue_strategies.monitoring.orders import CloseEar, Deny, LetGo, Look, OpenEar, Order, RingSupervisor
from queue_strategies.monitoring.watched import Ear, Watched

__all__ = [
    "CloseEar",
    "Decision",
    "Deny",
    "Ear",
    "EarClosed",
    "EarHushed",
    "EarOpened",
    "Event",
    "LetGo",
    "Line",
    "LineChanged",
    "Look",
    "Mode",
    "MonitoringAsked",
    "MonitoringDropped",
    "Monitors",
    "OpenEar",
    "Order",
    "PauseBegan",
    "PauseEnded",
    "Refusal",
    "Refused",
    "RingSupervisor",
    "Supervisor",
    "SupervisorAnswered",
    "SupervisorLeft",
    "SupervisorPressed",
    "SupervisorsConfigured",
    "Watched",
]
