"""What is counted of an agent's talks, offers and states, and the figures that are made of it."""

from __future__ import annotations

from collections.abc import Mapping

from queue_strategies.definitions.expression import Quotient, Sum
from queue_strategies.definitions.handling import AVERAGE_HANDLE_TIME, TIMES
from queue_strategies.definitions.measure import Condition, Figure, Good, Measure, Unit, by_name
from queue_strategies.definitions.satisfaction import CSAT, MEAN_SCORE, SCORE_MEASURES
from queue_strategies.figures import NOT_ANSWERED, AgentFigures
from queue_strategies.model import AgentState, OfferOutcome

_LOGGED_IN = tuple(state for state in AgentState if state is not AgentState.LOGGED_OUT)


def _time_in(name: str, text: str, *states: AgentState) -> Measure[AgentFigures]:
    return Measure(
        name=name,
        text=text,
        counted=lambda agent: sum(agent.state_s[state] for state in states),
        where=(Condition("state", tuple(state.value for state in states)),),
        column="lasted_s",
        unit=Unit.SECONDS,
    )


TALK_MEASURES: Mapping[str, Measure[AgentFigures]] = by_name(
    [
        Measure(
            name="handled",
            text="Talks that are over",
            counted=lambda agent: agent.handled,
            column="handled",
            metric="handled",
        ),
        *TIMES,
    ]
)
"""Of the visits that the agent answered."""

STATE_MEASURES: Mapping[str, Measure[AgentFigures]] = by_name(
    [
        _time_in("talking_s", "Time with callers, hold included", AgentState.TALKING),
        _time_in("wrapping_up_s", "Time of the work after talks", AgentState.WRAP_UP),
        _time_in("ringing_s", "Time reserved for callers", AgentState.RINGING),
        _time_in("available_s", "Time ready while nobody wanted the agent", AgentState.READY),
        _time_in("paused_s", "Time of all pauses", AgentState.PAUSED),
        _time_in("logged_in_s", "Time of all states but logged out", *_LOGGED_IN),
    ]
)
"""Of the agent's states, each counted when it ends."""

OFFER_MEASURES: Mapping[str, Measure[AgentFigures]] = by_name(
    [
        Measure(
            name="offers",
            text="Offers that are over",
            counted=lambda agent: sum(agent.offers.values()),
        ),
        Measure(
            name="offers_answered",
            text="Offers that the agent took",
            counted=lambda agent: agent.offers[OfferOutcome.ANSWERED],
            where=(Condition("outcome", (OfferOutcome.ANSWERED.value,)),),
        ),
        Measure(
            name="not_answered",
            text="Offers that rang out, were refused or failed",
            counted=lambda agent: agent.not_answered,
            where=(Condition("outcome", tuple(outcome.value for outcome in NOT_ANSWERED)),),
            good=Good.LOWER,
        ),
    ]
)
"""Of the offers made to the agent."""

AGENT_MEASURES: Mapping[str, Measure[AgentFigures]] = {
    **TALK_MEASURES,
    **STATE_MEASURES,
    **OFFER_MEASURES,
    **SCORE_MEASURES,
}

_HANDLING = ("talking_s", "wrapping_up_s")
"""Handling by the agent's states, which can be shared out over short intervals."""

AGENT_FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        AVERAGE_HANDLE_TIME,
        Figure(
            name="occupancy",
            title="occupancy",
            text="Talk, hold, wrap-up and ringing, over that and the time available; pauses are outside",
            unit=Unit.RATIO,
            of=Quotient(Sum((*_HANDLING, "ringing_s")), Sum((*_HANDLING, "ringing_s", "available_s"))),
        ),
        Figure(
            name="utilization",
            title="utilization",
            text="Handling over logged-in time",
            unit=Unit.RATIO,
            of=Quotient(Sum(_HANDLING), Sum(("logged_in_s",))),
        ),
        Figure(
            name="handled_an_hour",
            title="handled an hour",
            text="Handled contacts over logged-in hours",
            unit=Unit.AN_HOUR,
            of=Quotient(Sum(("handled",)), Sum(("logged_in_s",), unit=3600.0)),
        ),
        CSAT,
        MEAN_SCORE,
    )
}
