"""The Floor: it is told what happens and when, and answers with what to do and what is now true."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, assert_never

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
    dispositions,
    entrance,
    kept,
    letting_go,
    offers,
    outlook,
    restoring,
    serving,
    talks,
)
from queue_strategies.floor.census import Counting, take_census
from queue_strategies.floor.desk import Desk
from queue_strategies.floor.explanation import Explanation, explain
from queue_strategies.floor.hall import Hall
from queue_strategies.floor.snapshot import FloorSnapshot, QueueCounts, floor_snapshot, queue_counts
from queue_strategies.floor.visit import Offer, Visit
from queue_strategies.model import AgentId, AgentState, ContactId, Queue, QueueName, VisitOutcome
from queue_strategies.strategies import Chance


class Decision(NamedTuple):
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
        unknown events are settled and never raise. Raises UnknownStrategy, UnknownOrder,
        UnknownFormula or ImpossibleFigure,
        with nothing changed, for a configuration with one.
        """
        if isinstance(event, happened.FloorConfigured):
            configuration.check(event)
        hall = self._hall
        if now < hall.now:
            now = hall.now
        deadlines = hall.deadlines
        if deadlines.heap and deadlines.heap[0][0] <= now:
            self._settle(now)
        hall.advance(now)
        WHAT_FOLLOWS[type(event)](hall, event)
        if deadlines.heap and deadlines.heap[0][0] <= now:
            self._settle(now)
        while (hall.calling or hall.touched or hall.returned) and not hall.restoring:
            if hall.touched or hall.returned:
                letting_go.let_go_hopeless(hall)
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

    def census(self) -> Counting:
        """Count callers and agents of every queue, a short step at a time."""
        return take_census(self._hall)

    def counts(self, queue: QueueName) -> QueueCounts | None:
        """Count one queue's callers and agents in the same short time whatever its size; None if unknown."""
        line = self._hall.lines.get(queue)
        return None if line is None else queue_counts(line)

    def closed_queues(self) -> Sequence[Queue]:
        """Return the queues that are no longer configured, and in which somebody still waits or talks."""
        return [line.queue for line in self._hall.lines.values() if line.closed]

    def expected_wait(self, queue: QueueName, now: float) -> Estimate | None:
        """Estimate the wait of a caller who joined now; None for an unknown queue, or nothing to go by."""
        line = self._hall.lines.get(queue)
        return None if line is None else outlook.expect_newcomer(line, now)

    def refusal(self, queue: QueueName) -> VisitOutcome | None:
        """Say how one more caller would be let go of at the entrance of a queue; None: let in."""
        return entrance.refusal(self._hall, queue)

    def contact_with(self, agent: AgentId) -> ContactId | None:
        """Return with whom an agent talks, or for whom the phone rings; None: nobody of a queue."""
        desk = self._hall.desks.get(agent)
        offer = None if desk is None else desk.talk.offer if desk.talk is not None else desk.offer
        return None if offer is None else offer.visit.caller.contact

    def talking(self) -> frozenset[AgentId]:
        """Return the agents who are on a call."""
        on_call = (AgentState.TALKING, AgentState.BUSY)
        return frozenset(id_ for id_, desk in self._hall.desks.items() if desk.state in on_call)

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


def _nothing(hall: Hall, event: happened.TimePassed) -> None:
    """Let time alone have passed."""


def _begin_restoring(hall: Hall, event: happened.RestoringBegan) -> None:
    hall.restoring = True


def _end_restoring(hall: Hall, event: happened.RestoringEnded) -> None:
    hall.restoring = False
    hall.settle()


WHAT_FOLLOWS: Mapping[type[happened.Event], Callable[[Hall, Any], None]] = {
    happened.TimePassed: _nothing,
    happened.CallerJoined: entrance.joined,
    happened.AgentRang: offers.agent_rang,
    happened.AgentAnswered: offers.agent_answered,
    happened.CallerConnected: offers.caller_connected,
    happened.OfferFailed: offers.offer_failed,
    happened.TalkEnded: callers.talk_ended,
    happened.CallerLeft: callers.left,
    happened.CallerPressed: callers.pressed,
    happened.CallbackChosen: callbacks.chosen,
    happened.CustomerAnswered: callbacks.customer_answered,
    happened.CustomerNotReached: callbacks.customer_not_reached,
    happened.CallbackHoursChanged: callbacks.hours_changed,
    happened.AnnouncementEnded: announcing.ended,
    happened.PriorityChanged: callers.priority_changed,
    happened.CallerHeld: talks.caller_held,
    happened.CallerResumed: talks.caller_resumed,
    happened.AgentReady: agents.ready,
    happened.DispositionNoted: dispositions.noted,
    happened.AgentPaused: agents.paused,
    happened.AgentUnpaused: agents.unpaused,
    happened.AgentLoggedIn: agents.logged_in,
    happened.AgentLoggedOut: agents.logged_out,
    happened.PhoneChanged: agents.phone_changed,
    happened.AgentOccupied: agents.occupied,
    happened.AgentFreed: agents.freed,
    happened.RestoringBegan: _begin_restoring,
    happened.RestoringEnded: _end_restoring,
    happened.AgentRestored: restoring.agent_restored,
    happened.MembershipPauseRestored: restoring.membership_pause_restored,
    happened.WrapUpRestored: restoring.wrap_up_restored,
    happened.OfferRestored: restoring.offer_restored,
    happened.TalkRestored: restoring.talk_restored,
    happened.FloorConfigured: configuration.configured,
}
"""Looked up, because a match over so many would ask of every event whether it is one of those before."""
