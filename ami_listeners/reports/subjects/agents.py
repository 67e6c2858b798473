"""Reports of agents: talks, offers, and what they did how long."""

from __future__ import annotations

from ami_listeners.reports.counts import Source, of_measure
from ami_listeners.reports.subjects.definition import Definition, scores
from queue_strategies.definitions import (
    AGENT_FIGURES,
)
from queue_strategies.definitions.agents import OFFER_MEASURES, STATE_MEASURES, TALK_MEASURES

AGENTS = Definition(
    title="Agents",
    bars_title="what agents did",
    rolled_up="agent_counts",
    keys=("agent",),
    sources=(
        Source(
            counts=tuple(map(of_measure, TALK_MEASURES.values())),
            rows="visits",
            at="coalesce(decided_at, handled_at)",
            within="decided_at >= %(since)s AND decided_at < %(until)s "
            "OR decided_at IS NULL AND handled_at >= %(since)s AND handled_at < %(until)s",
            such="agent IS NOT NULL",
            keys=("agent",),
            listed="listed_visits",
        ),
        Source(
            counts=tuple(map(of_measure, OFFER_MEASURES.values())),
            rows="offers",
            at="ended_at",
            within="ended_at >= %(since)s AND ended_at < %(until)s",
            such="agent IS NOT NULL",
            keys=("agent",),
            listed="listed_offers",
        ),
        Source(
            counts=tuple(map(of_measure, STATE_MEASURES.values())),
            at="ended_at",
            within="ended_at >= %(since)s AND began_at < %(until)s",
            such="lasted_s IS NOT NULL",
            keys=("agent",),
            listed="listed_states",
        ),
        scores("agent"),
    ),
    made=tuple(AGENT_FIGURES.values()),
    main=(
        "handled",
        "average_handle_time_s",
        "occupancy",
        "not_answered",
        "logged_in_s",
        "available_s",
        "paused_s",
        "utilization",
        "handled_an_hour",
        "customer_satisfaction",
    ),
    bars=("talking_s", "wrapping_up_s", "ringing_s", "available_s", "paused_s"),
    line="occupancy",
)
