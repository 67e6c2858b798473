"""Tell facts as sentences, for people who watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    ContactStarted,
    Fact,
    Handled,
    HoldStarted,
    IvrStep,
    OfferEnded,
    OfferMade,
    QueueJoined,
    Transferred,
    VisitEnded,
    VoicemailLeft,
)
from queue_strategies.model import AgentId, AgentState, ContactId, OfferOutcome, QueueName, VisitOutcome

NAMES_KEPT = 1000
REFUSALS = {
    OfferOutcome.DECLINED: "declined",
    OfferOutcome.RANG_OUT: "let it ring",
    OfferOutcome.UNREACHABLE: "could not be reached",
    OfferOutcome.FAILED: "was not connected",
}
ENDS = {
    VisitOutcome.ABANDONED: "gave up",
    VisitOutcome.TIMED_OUT: "waited too long",
    VisitOutcome.LEFT_EMPTY: "found nobody there",
    VisitOutcome.FULL: "found the queue full",
    VisitOutcome.EXITED_BY_KEY: "left by a key",
    VisitOutcome.WITHDRAWN: "was taken out",
    VisitOutcome.LOST: "was cut off",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened."""

    moment: float
    kind: str
    """arrived, waiting, ringing, talking, lost, agent or other: the colour it is shown in."""
    text: str


class Storyteller:
    """Tell facts one after the other; remembers who is on which call."""

    def __init__(self, agents: Mapping[AgentId, str]) -> None:
        self._agents = agents
        self._callers: dict[ContactId, str] = {}

    def tell(self, fact: Fact) -> Told | None:
        """Tell a fact; None for those that people need not see."""
        match fact:
            case ContactStarted():
                name = fact.caller_name or fact.caller_number or "somebody"
                self._remember(fact.contact, name)
                if fact.called_number.startswith("*"):  # what a feature code does is told by itself
                    return None
                return Told(fact.moment, "arrived", f"{name} calls {fact.called_number}")
        told = self._of_caller(fact) or self._of_agent(fact)
        return Told(fact.moment, *told) if told else None

    def _remember(self, contact: ContactId, name: str) -> None:
        """Keep a name; what agents do about a call goes on when the caller has gone."""
        self._callers[contact] = name
        if len(self._callers) > NAMES_KEPT:
            del self._callers[next(iter(self._callers))]

    def _of_caller(self, fact: Fact) -> tuple[str, str] | None:
        match fact:
            case IvrStep(step="chose"):
                return "other", f"{self._caller(fact.contact)} presses {fact.choice}"
            case IvrStep(step="invalid" | "timed_out"):
                return "other", f"{self._caller(fact.contact)} presses no key of the menu"
            case QueueJoined():
                place = f"{fact.position} in line" if fact.position > 1 else "next in line"
                return "waiting", f"{self._caller(fact.contact)} waits for {self._queue(fact.queue)}, {place}"
            case VisitEnded(wait_s=wait_s):
                return "lost", f"{self._caller(fact.contact)} {ENDS[fact.outcome]} after {wait_s:.0f} s"
            case VoicemailLeft():
                return "other", f"{self._caller(fact.contact)} left a message of {fact.duration_s:.0f} s"
            case Answered():
                who = f"{self._agent(fact.agent)} answers {self._caller(fact.contact)}"
                return "talking", f"{who} after {fact.wait_s:.0f} s"
            case Transferred():
                who = f"{self._agent(fact.agent)} transfers {self._caller(fact.contact)}"
                return "waiting", f"{who} to {fact.to}"
            case HoldStarted():
                return "other", f"{self._agent(fact.agent)} puts {self._caller(fact.contact)} on hold"
            case Handled():
                who = f"{self._agent(fact.agent)} and {self._caller(fact.contact)}"
                return "other", f"{who} have talked for {fact.talk_s:.0f} s"
        return None

    def _of_agent(self, fact: Fact) -> tuple[str, str] | None:
        match fact:
            case OfferMade():
                return "ringing", f"{self._agent(fact.agent)}'s phone rings for {self._caller(fact.contact)}"
            case OfferEnded(outcome=outcome) if outcome in REFUSALS:
                return "lost", f"{self._agent(fact.agent)} {REFUSALS[outcome]}"
            case AgentStateChanged(state=AgentState.PAUSED) if fact.was is not AgentState.PAUSED:
                return "agent", f"{self._agent(fact.agent)} is away: {fact.pause_reason or 'pause'}"
            case AgentStateChanged(was=AgentState.PAUSED) if fact.state is not AgentState.PAUSED:
                return "agent", f"{self._agent(fact.agent)} is back"
            case AgentStateChanged(was=AgentState.LOGGED_OUT) if fact.logged_in:
                return "agent", f"{self._agent(fact.agent)} logs in"
            case AgentStateChanged(state=AgentState.LOGGED_OUT) if fact.was is not AgentState.LOGGED_OUT:
                return "agent", f"{self._agent(fact.agent)} logs out"
        return None

    def _caller(self, contact: ContactId) -> str:
        return self._callers.get(contact, "a caller")

    def _queue(self, queue: QueueName) -> str:
        """Name a queue; a personal line by its agent."""
        return self._agent(AgentId(queue.rpartition("/")[2]))

    def _agent(self, agent: AgentId) -> str:
        return self._agents.get(agent) or agent
