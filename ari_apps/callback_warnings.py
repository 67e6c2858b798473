"""Warn the people who run a floor of calls back that cannot be made, which no customer can tell them of."""

from __future__ import annotations

import structlog

from queue_strategies.facts import CallbackTried, Fact, VisitEnded
from queue_strategies.model import OfferOutcome, VisitOutcome

log = structlog.get_logger()

REMEDY = "see that the trunk named in outbound.trunk is in Asterisk's files (callfloor render), and reachable"
BY_HAND = "call the customer by hand; the number is in visits.callback_number"


class CallbackWarnings:
    """Told every fact, it logs those about which somebody must do something."""

    def __init__(self) -> None:
        self._tried: CallbackTried | None = None
        """The last call that failed; the end of the visit, if it comes to that, is told right after it."""

    def take(self, fact: Fact) -> None:
        """Take note of a fact."""
        match fact:
            case CallbackTried():
                self._tried = fact
                if fact.outcome is OfferOutcome.FAILED:
                    self._not_made(fact)
            case VisitEnded(outcome=VisitOutcome.CALLBACK_FAILED):
                self._given_up(fact)

    def _not_made(self, fact: CallbackTried) -> None:
        log.warning(
            "callback.not_made",
            queue=fact.queue,
            contact=fact.contact,
            failures=fact.failures,
            remedy=REMEDY,
        )

    def _given_up(self, fact: VisitEnded) -> None:
        tried = self._tried
        if tried is None or tried.visit != fact.visit:
            return
        if tried.outcome is OfferOutcome.FAILED:
            remedy = f"{REMEDY}; {BY_HAND}"
            log.warning(
                "callback.given_up",
                queue=fact.queue,
                contact=fact.contact,
                failures=tried.failures,
                remedy=remedy,
            )
        else:
            log.info("callback.not_answered", queue=fact.queue, contact=fact.contact, tries=tried.tries)
