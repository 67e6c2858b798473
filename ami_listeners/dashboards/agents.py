"""Agents: what they do with their time, and what becomes of what they are offered."""

from __future__ import annotations

from ami_listeners.dashboards.floor_now import HEARD
from ami_listeners.dashboards.panel import (
    AGENT,
    OF_AGENT,
    OF_THESE_AGENTS,
    UNITS,
    WINDOW,
    Dashboard,
    Panel,
    Query,
)
from ami_listeners.dashboards.told import QUALITY_OF_WHAT_IS_SHOWN, figures_table
from ami_listeners.promql import grown, quotient
from queue_strategies.definitions import AGENT_FIGURES, AGENT_MEASURES

MOST = 20
"""So many agents are drawn."""


def most(expression: str) -> Query:
    """Write the agents with the most of something."""
    return Query(f"topk({MOST}, {expression})", "{{agent}}")


def by(label: str, counter: str) -> str:
    """Write by how much a counter grew, apart by one of its labels, all agents together."""
    return f"sum by ({label}) (increase({counter}{{{OF_AGENT}}}[$window]))"


FIGURES = [
    Panel(
        title=figure.title,
        text=figure.text,
        queries=[most(quotient("agent", figure.of, "$window", OF_AGENT))],
        unit=UNITS[figure.unit],
        good=figure.good,
    )
    for figure in AGENT_FIGURES.values()
]

AGENTS = Dashboard(
    uid="callfloor-agents",
    title="callfloor: agents",
    since="now-8h",
    refresh="1m",
    variables=(AGENT, WINDOW),
    rows=(
        HEARD,
        FIGURES[:2],
        FIGURES[2:],
        (
            Panel(
                title="Time in each state",
                text="Counted when a state ends",
                queries=[Query(by("state", "callfloor_agent_state_seconds_total"), "{{state}}")],
                unit="s",
                stacked=True,
            ),
            Panel(
                title="Offers, by how they ended",
                queries=[Query(by("outcome", "callfloor_agent_offers_total"), "{{outcome}}")],
                stacked=True,
            ),
            Panel(
                title="Not answered",
                text="Offers that rang out, were refused or failed",
                queries=[most(grown("agent", "not_answered", "$window", OF_AGENT))],
            ),
        ),
        (figures_table("agent", AGENT_MEASURES.values(), AGENT_FIGURES.values(), OF_THESE_AGENTS),),
        (QUALITY_OF_WHAT_IS_SHOWN,),
    ),
)
