"""The service level formulas in use; the name, which reads as the formula, is shown beside every figure."""

from __future__ import annotations

from collections.abc import Mapping

from queue_strategies.definitions.expression import Quotient, Sum

_WITHIN = Sum(("answered_within",))
_BOTH_WITHIN = Sum(("answered_within", "abandoned_within"))
_BOTH = Sum(("answered", "abandoned"))

USUAL_SERVICE_LEVEL = "answered_within/answered_and_abandoned_not_short"

SERVICE_LEVELS: Mapping[str, Quotient] = {
    USUAL_SERVICE_LEVEL: Quotient(_WITHIN, Sum(("answered", "abandoned"), minus=("short_abandoned",))),
    # Asterisk's "service level performance" (SL)
    "answered_within/answered": Quotient(_WITHIN, Sum(("answered",))),
    # Asterisk's second one (SL2)
    "answered_and_abandoned_within/answered_and_abandoned": Quotient(_BOTH_WITHIN, _BOTH),
    "answered_and_abandoned_within/offered": Quotient(_BOTH_WITHIN, Sum(("offered",))),
    "answered_within/offered": Quotient(_WITHIN, Sum(("offered",))),
    "answered_within/answered_and_abandoned": Quotient(_WITHIN, _BOTH),
    "answered_within/answered_and_abandoned_late": Quotient(
        _WITHIN, Sum(("answered", "abandoned"), minus=("abandoned_within",))
    ),
    # Amazon Connect: contacts that left the queue in time in whatever way, over contacts queued
    "removed_within/queued": Quotient(Sum(("removed_within",)), Sum(("offered",))),
}
