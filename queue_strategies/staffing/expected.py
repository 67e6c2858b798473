"""What to expect of so many agents, by whichever of Erlang B, C, A and X the traffic asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from queue_strategies.definitions import SERVICE_LEVELS, Quotient, Ratio, Sum
from queue_strategies.metrics import check_formula
from queue_strategies.staffing import erlang_c
from queue_strategies.staffing.erlang_a import ErlangA, erlang_a
from queue_strategies.staffing.erlang_x import load_with_redials
from queue_strategies.staffing.traffic import MOST_AGENTS, StaffingError, Traffic, whole_number

USUAL_WITHIN_S = 20.0
USUAL_SHORT_ABANDON_S = 5.0
USUAL_FORMULA = "answered_within/offered"
BOTH_WITHIN_OF_OFFERED = "answered_and_abandoned_within/offered"


@dataclass(frozen=True, slots=True)
class ExpectedFigures:
    """What to expect in the long run; shares are of all calls, redials and blocked ones included."""

    agents: int
    within_s: float
    """The time of the service level."""
    calls_per_s: float
    """First attempts and redials."""
    load: float
    """Of all these calls, in erlang."""
    waiting: float
    """Share that have to wait, whether they are answered in the end or not."""
    answered: float
    answered_within: float
    abandoned: float
    abandoned_within: float
    abandoned_short: float
    blocked: float
    asa_s: float
    """Mean wait of answered calls."""
    mean_wait_s: float
    """Mean wait of calls that were not blocked, answered or not."""
    queue_length: float
    """Mean number of callers who wait."""
    occupancy: float
    """Share of their time for which agents are busy."""

    def service_level(self, formula: str = USUAL_FORMULA) -> Ratio:
        """Return the service level by a formula's name; raises UnknownFormula with the nearest right name."""
        check_formula(formula)
        return FORMULAS[formula].of(
            {
                "offered": 1.0,
                "full": self.blocked,
                "answered": self.answered,
                "answered_within": self.answered_within,
                "abandoned": self.abandoned,
                "abandoned_within": self.abandoned_within,
                "short_abandoned": self.abandoned_short,
                "removed_within": self.answered_within + self.abandoned_within,
            }
        )


FORMULAS: Mapping[str, Quotient] = {
    **SERVICE_LEVELS,
    "removed_within/queued": Quotient(Sum(("removed_within",)), Sum(("offered",), minus=("full",))),
}
"""The blocked are offered, but never queued."""


def expected(
    traffic: Traffic,
    agents: int,
    *,
    within_s: float = USUAL_WITHIN_S,
    short_abandon_s: float = USUAL_SHORT_ABANDON_S,
) -> ExpectedFigures:
    """Return the figures of a queue with so many agents.

    Raise Overloaded when the queue would grow without end, StaffingError when agents are not a whole number.
    """
    whole_number("agents", agents, MOST_AGENTS)
    for place, seconds in (("service level", within_s), ("short abandon", short_abandon_s)):
        if not (isfinite(seconds) and seconds >= 0):
            raise StaffingError(f"{place}: {seconds:g} s is no time to answer within, give 0 s or more")
    if traffic.patience_s is None and traffic.lines is None:
        return _without_losses(traffic, agents, within_s)
    return _with_losses(traffic, agents, within_s, short_abandon_s)


def _without_losses(traffic: Traffic, agents: int, within_s: float) -> ExpectedFigures:
    load = traffic.load
    waiting = erlang_c.waiting(agents, load)
    wait_s = erlang_c.mean_wait(agents, load) * traffic.aht_s
    return ExpectedFigures(
        agents=agents,
        within_s=within_s,
        calls_per_s=traffic.calls_per_s,
        load=load,
        waiting=waiting,
        answered=1.0,
        answered_within=1.0 - erlang_c.waiting_longer(agents, load, within_s / traffic.aht_s),
        abandoned=0.0,
        abandoned_within=0.0,
        abandoned_short=0.0,
        blocked=0.0,
        asa_s=wait_s,
        mean_wait_s=wait_s,
        queue_length=wait_s * traffic.calls_per_s,
        occupancy=load / agents,
    )


def _with_losses(traffic: Traffic, agents: int, within_s: float, short_abandon_s: float) -> ExpectedFigures:
    room, aht_s = traffic.room(agents), traffic.aht_s
    load = load_with_redials(agents, traffic.load, traffic.impatience, room, traffic.redial)
    became: ErlangA = erlang_a(agents, load, traffic.impatience, room)
    return ExpectedFigures(
        agents=agents,
        within_s=within_s,
        calls_per_s=load / aht_s,
        load=load,
        waiting=became.waiting,
        answered=became.answered,
        answered_within=became.answered_within(within_s / aht_s),
        abandoned=became.abandoned,
        abandoned_within=became.abandoned_within(within_s / aht_s),
        abandoned_short=became.abandoned_within(short_abandon_s / aht_s),
        blocked=became.blocked,
        asa_s=became.speed_of_answer * aht_s,
        mean_wait_s=became.mean_wait * aht_s,
        queue_length=became.queue_length,
        occupancy=became.occupancy,
    )
