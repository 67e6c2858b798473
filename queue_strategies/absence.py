"""Say when a queue counts as having nobody to serve it: app_queue's joinempty and leavewhenempty.

A rule names the absences that matter. Whoever is logged out is absent by every rule but `never`. What a
member's absences are is a set of bits, so that thousands of members are counted by a handful of numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from queue_strategies.model import Absence, AgentState, EmptyRule

BITS: Mapping[Absence, int] = {absence: 1 << number for number, absence in enumerate(Absence)}
LOGGED_OUT = BITS[Absence.LOGGED_OUT]
PAUSED = BITS[Absence.PAUSED]
UNREACHABLE = BITS[Absence.UNREACHABLE]
NOT_RESPONDING = BITS[Absence.NOT_RESPONDING]
PENALTY = BITS[Absence.PENALTY]
AWAY = LOGGED_OUT | PAUSED | UNREACHABLE | NOT_RESPONDING
"""Whoever has none of these takes callers, now or as soon as the present one is gone."""

OF_STATE: Mapping[AgentState, int] = {
    state: BITS[Absence(state.value)] if state.value in set(Absence) else 0 for state in AgentState
}
"""What follows from an agent's state alone."""

_OF_RULE: Mapping[StrEnum | str, int] = {
    EmptyRule.NEVER: 0,
    EmptyRule.NOBODY_LOGGED_IN: LOGGED_OUT,
    EmptyRule.NOBODY_UNPAUSED: LOGGED_OUT | PAUSED,
    EmptyRule.NOBODY_REACHABLE: AWAY,
}


def bits_of(rule: EmptyRule | Collection[Absence]) -> int:
    """Return the absences that a rule heeds."""
    if isinstance(rule, str):
        return _OF_RULE[rule]
    bits = LOGGED_OUT
    for absence in rule:
        bits |= BITS[absence]
    return bits
