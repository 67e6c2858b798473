"""What each report is made of: whose rows are counted, and which figures follow."""

from __future__ import annotations

from collections.abc import Mapping

from ami_listeners.reports.question import Subject
from ami_listeners.reports.subjects.abandoned import ABANDONED
from ami_listeners.reports.subjects.agents import AGENTS
from ami_listeners.reports.subjects.calls import CALLS
from ami_listeners.reports.subjects.definition import Definition
from ami_listeners.reports.subjects.dispositions import DISPOSITIONS
from ami_listeners.reports.subjects.quality import QUALITY
from ami_listeners.reports.subjects.queues import OUTCOMES, QUEUES, TRANSFERS

__all__ = ["DEFINITIONS", "Definition"]

DEFINITIONS: Mapping[Subject, Definition] = {
    Subject.QUEUE: QUEUES,
    Subject.AGENT: AGENTS,
    Subject.CALLS: CALLS,
    Subject.ABANDONED: ABANDONED,
    Subject.TRANSFERS: TRANSFERS,
    Subject.QUALITY: QUALITY,
    Subject.OUTCOMES: OUTCOMES,
    Subject.DISPOSITIONS: DISPOSITIONS,
}
