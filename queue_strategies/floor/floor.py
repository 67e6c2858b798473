"""The Floor: it is told what happens and when, and answers with what to do and what is now true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from queue_strategies import events as happened
from queue_strategies.commands import Command
from queue_strategies.estimates import Estimate
from queue_strategies.facts import Fact
from queue_strategies.floor import (
    agents,
    announcing,
    callbacks,
    callers,
    configuration,
    kept,
    offers,
    outlook,
    restoring,
    serving,
    talks,
)
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.explanation import Explanation, explain
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.snapshot import FloorSnapshot, QueueCounts, floor_snapshot, queue_counts
from queue_strategies.floor.visit import Offer, Visit
from queue_strategies.model import ContactId, QueueName, VisitOutcome
from queue_strategies.strategies import Chance


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one event, each in the order in which it is to be done or became true."""

    commands: Sequence[Command]
    facts: Sequence[Fact]


class Floor:
    """All queues and all agents of one site.

    `new_id` names offers. `chance` is drawn from where a strategy leaves something to it. `lease_s` is how
    long a step that somebody else has to report may stay unreported: a phone that was to ring, a bridge that
    was to be made.
    """

    def __init__(self, new_id: Callable[[], str], *, chance: Chance, lease_s: float = 10.0) -> None:
        self._hall = Hall(new_id, chance, lease_s)

    def handle(self, event: happened.Event, now: float) -> Decision:
        """Settle what is overdue, in the order of the deadlines; then let the event happen; then serve.

        `now` is monotonic; a moment before one that was told already counts as that one. Late, repeated and
        unknown events are settled and never raise. Raises UnknownStrategy or UnknownOrder, with nothing
        changed, for a configuration that names one.
        """
        if isinstance(event, happened.FloorConfigured):
            configuration.check(event)
        hall = self._hall
        now = max(now, hall.now)
        deadlines = hall.deadlines
        if deadlines.is_due(now):
            self._settle(now)
        hall.advance(now)
        self._happen(event)
        if deadlines.is_due(now):
            self._settle(now)
        while (hall.calling or hall.touched or hall.returned) and not hall.restoring:
            if hall.touched or hall.returned:
                callers.let_go_hopeless(hall)
            serving.serve(hall)
        hall.tell_changes()
        decision = Decision(hall.commands, hall.facts)
        hall.commands, hall.facts = [], []
        return decision

    def next_deadline(self) -> float | None:
        """Return the moment at which TimePassed is due, if nothing happens before."""
        return self._hall.deadlines.next()

    def snapshot(self, now: float) -> FloorSnapshot:
        """Show who stands where; takes time in proportion to callers and memberships."""
        return floor_snapshot(self._hall, now)

    def counts(self, queue: QueueName) -> QueueCounts | None:
        """Count one queue's callers and agents in the same short time whatever its size; None if unknown."""
        line = self._hall.lines.get(queue)
        return None if line is None else queue_counts(line)

    def expected_wait(self, queue: QueueName, now: float) -> Estimate | None:
        """Estimate the wait of a caller who joined now; None for an unknown queue, or nothing to go by."""
        line = self._hall.lines.get(queue)
        return None if line is None else outlook.expect_newcomer(line, now)

    def refusal(self, queue: QueueName) -> VisitOutcome | None:
        """Say how one more caller would be let go of at the entrance of a queue; None: let in."""
        return callers.refusal(self._hall, queue)

    def explain(self, contact: ContactId, now: float) -> Explanation | None:
        """Explain why this contact is where it is; None when it neither waits nor talks."""
        return explain(self._hall, contact, now)

    def _settle(self, now: float) -> None:
        hall = self._hall
        while (due := hall.deadlines.pop_due(now)) is not None:
            moment, thing = due
            hall.advance(moment)
            match thing:
                case Offer(visit=Visit() as visit) | (Visit() as visit) if self._is_rung_in_vain(visit):
                    callbacks.dial_is_over(hall, visit)
                case Offer():
                    offers.lease_is_over(hall, thing)
                case Visit():
                    callers.time_is_up(hall, thing)
                case Desk():
                    agents.time_is_up(hall, thing)
                case _:
                    assert_never(thing)

    def _is_rung_in_vain(self, visit: Visit) -> bool:
        over_at = kept.over_at(self._hall, visit)
        return over_at is not None and over_at <= self._hall.now

    def _happen(self, event: happened.Event) -> None:
        hall = self._hall
        match event:
            case happened.TimePassed():
                pass
            case happened.CallerJoined():
                callers.joined(hall, event)
            case happened.AgentRang():
                offers.agent_rang(hall, event)
            case happened.AgentAnswered():
                offers.agent_answered(hall, event)
            case happened.CallerConnected():
                offers.caller_connected(hall, event)
            case happened.OfferFailed():
                offers.offer_failed(hall, event)
            case happened.TalkEnded():
                callers.talk_ended(hall, event)
            case happened.CallerLeft():
                callers.left(hall, event)
            case happened.CallerPressed():
                callers.pressed(hall, event)
            case happened.CallbackChosen():
                callbacks.chosen(hall, event)
            case happened.CustomerAnswered():
                callbacks.customer_answered(hall, event)
            case happened.CustomerNotReached():
                callbacks.customer_not_reached(hall, event)
            case happened.CallbackHoursChanged():
                callbacks.hours_changed(hall, event)
            case happened.AnnouncementEnded():
                announcing.ended(hall, event)
            case happened.PriorityChanged():
                callers.priority_changed(hall, event)
            case happened.CallerHeld():
                talks.caller_held(hall, event)
            case happened.CallerResumed():
                talks.caller_resumed(hall, event)
            case happened.AgentReady():
                agents.ready(hall, event)
            case happened.AgentPaused():
                agents.paused(hall, event)
            case happened.AgentUnpaused():
                agents.unpaused(hall, event)
            case happened.AgentLoggedIn():
                agents.logged_in(hall, event)
            case happened.AgentLoggedOut():
                agents.logged_out(hall, event)
            case happened.PhoneChanged():
                agents.phone_changed(hall, event)
            case happened.AgentOccupied():
                agents.occupied(hall, event)
            case happened.AgentFreed():
                agents.freed(hall, event)
            case happened.RestoringBegan():
                hall.restoring = True
            case happened.RestoringEnded():
                hall.restoring = False
                hall.settle()
            case happened.AgentRestored():
                restoring.agent_restored(hall, event)
            case happened.MembershipPauseRestored():
                restoring.membership_pause_restored(hall, event)
            case happened.WrapUpRestored():
                restoring.wrap_up_restored(hall, event)
            case happened.OfferRestored():
                restoring.offer_restored(hall, event)
            case happened.TalkRestored():
                restoring.talk_restored(hall, event)
            case happened.FloorConfigured():
                configuration.configured(hall, event)
            case _:
                assert_never(event)
