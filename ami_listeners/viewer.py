"""Say what a role may read that shows figures to anybody: no customer's number, and no name.

Whoever draws the dashboards may ask for anything as that role, so what it may not see is kept from it by
PostgreSQL. A column that is new is seen only once it is named here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import LiteralString

from ami_listeners.queries import literal

ROLE = "callfloor_viewer"
ALL = ("*",)
SEEN: Mapping[str, Sequence[str]] = {
    "visits": (
        "visit", "contact", "queue", "source", "system", "direct", "heard", "priority", "position_joined",
        "joined_at", "decided_at", "outcome", "wait_s", "within_service_level", "short", "position_left",
        "key", "agent", "offer", "handled", "handled_at", "talk_s", "hold_s", "wrap_up_s", "wrapped_up_at",
        "ended_by", "transfers", "transfer_kind", "callback_taken_at", "callback_tries", "callback_failures",
        "called_back_at", "callback_s",
    ),
    "offers": (
        "offer", "visit", "contact", "queue", "agent", "source", "system", "made_at", "ended_at",
        "outcome", "rang_s", "heard",
    ),
    "agent_states": (
        "fact", "part", "agent", "state", "reason", "pause_reason", "logged_in", "source", "system",
        "began_at", "ended_at", "lasted_s",
    ),
    "contacts": (
        "contact", "direction", "started_at", "ended_at", "ended_by", "cause", "duration_s", "heard",
    ),
    "calls": (
        "call", "system", "context", "started_at", "ended_at", "cause", "answered", "duration_s", "heard",
    ),
    "leg_quality": (
        "fact", "system", "call", "direction", "queue", "agent", "at", "mos", "worst_mos", "r", "loss",
        "jitter_ms", "round_trip_ms", "codec", "reports",
    ),
    "dispositions": ("visit", "contact", "queue", "agent", "disposition", "resolved", "at"),
    "surveys": ("contact", "visit", "queue", "agent", "survey", "offered_at"),
    "survey_answers": (
        "fact", "contact", "visit", "queue", "agent", "survey", "question", "answer", "score", "at",
    ),
    "mismatches": ("system", "call", "kind", "at"),
    **dict.fromkeys(
        (
            "queues", "queue_rules", "queue_quarters", "queue_days", "agent_quarters", "agent_days",
            "queue_figures", "queue_figures_by_quarter_hour", "agent_figures", "gaps", "system_gaps",
            "corrections", "clock_offsets", "trunks", "listeners",
        ),
        ALL,
    ),
}  # fmt: skip
"""Of which tables and views which columns; what there is not is passed over."""


def sql() -> LiteralString:
    """Write what makes the role, where that is allowed, and lets it see this."""
    text = (files("ami_listeners") / "sql" / "viewer.sql").read_text("utf-8")
    return literal(text.replace("{seen}", json.dumps({name: list(seen) for name, seen in SEEN.items()})))
