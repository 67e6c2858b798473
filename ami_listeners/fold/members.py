"""Members of Asterisk's own queues as agents: one state each across all their queues, as the floor has it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ami_listeners.fold.membership_pauses import MembershipPauses, by_queue
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    Fact,
    Handled,
    OfferEnded,
    OfferMade,
    WrapUpEnded,
)
from queue_strategies.model import AgentId, AgentState, QueueName, VisitId

EVERY_QUEUE = "*"
UNREACHABLE = frozenset({4, 5})
"""Member states: invalid, unavailable."""
IN_USE = frozenset({2, 3, 7, 8})
"""In use, busy, ringing while in use, on hold; a phone that only rings is not on a call."""


@dataclass(slots=True)
class Member:
    """One interface's place in one queue."""

    paused: bool
    reason: str
    device: int
    wrap_up_s: float


@dataclass(slots=True)
class WrapUp:
    """The time app_queue leaves a member alone after a call."""

    visit: VisitId
    queue: QueueName
    began: float
    until: float


@dataclass(frozen=True, slots=True)
class Known:
    """What was told of an agent last."""

    state: AgentState
    since: float
    pause_reason: str | None


class Members:
    """Fold member events; `is_ours` names agents of the floor, whose states the floor tells itself.

    `engages` tells whether a visit makes an agent talk or ring. `wrap_ups` says how many seconds of wrap-up
    members have by queue, or by `*` in any, of whom Asterisk tells none: it does not tell of the queue's own.
    """

    def __init__(
        self,
        agent_of: Callable[[AmiEvent], AgentId],
        is_ours: Callable[[AgentId], bool],
        engages: Callable[[AgentId], AgentState | None],
        wrap_ups: Mapping[str, float] | None = None,
    ) -> None:
        self._agent_of, self._is_ours, self._engages = agent_of, is_ours, engages
        self._queue_wrap_ups = wrap_ups or {}
        self.places: dict[AgentId, dict[tuple[QueueName, str], Member]] = {}
        """Each agent's memberships, by queue and interface."""
        self.known: dict[AgentId, Known] = {}
        self._wrap_ups: dict[AgentId, WrapUp] = {}
        self._pauses = MembershipPauses()
        self.next_end = math.inf
        """When the first wrap-up is over, or a pause complete."""

    def restore(self, agent: AgentId, state: AgentState, since: float, pause_reason: str | None) -> None:
        """Believe an agent's state of before a restart."""
        self.known[agent] = Known(state, since, pause_reason)

    def handle(self, event: AmiEvent) -> tuple[Fact, ...]:
        """Take in a change of one member."""
        agent = self._agent_of(event)
        if event.name == "QueueMemberRemoved":
            self.places.get(agent, {}).pop(place(event), None)
        else:
            self._note(agent, event)
        if event.name != "QueueMemberStatus":
            self._note_pauses(agent, event.moment)
        changed = self._changed(agent, event.moment)
        return () if changed is None else (changed,)

    def listed(self, items: Sequence[AmiEvent], asked: float) -> Iterator[Fact]:
        """Compare with all members of all queues; agents of no queue any more have logged out."""
        before = set(self.places) | set(self.known)
        self.places.clear()
        for item in items:
            self._note(self._agent_of(item), item)
        for agent in before | set(self.places):
            self._note_pauses(agent, asked)
        yield from self._refresh(before | set(self.places), asked)

    def _note(self, agent: AgentId, event: AmiEvent) -> None:
        self.places.setdefault(agent, {})[place(event)] = Member(
            paused=event.flag("Paused"),
            reason=event.text("PausedReason"),
            device=event.number("Status"),
            wrap_up_s=event.number("Wrapuptime"),
        )

    def _note_pauses(self, agent: AgentId, moment: float) -> None:
        places = self.places.get(agent, {}).items()
        if not self._is_ours(agent):
            memberships = [(queue, member.paused, member.reason) for (queue, _), member in places]
            self._pauses.note(agent, by_queue(memberships), moment)
            self.next_end = min(self.next_end, self._pauses.next_end)

    def follow(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        """Let states follow what has become of visits; gives the facts, completed, and then the states."""
        touched, moment = set(), 0.0
        for fact in facts:
            moment = fact.moment
            if isinstance(fact, OfferMade | OfferEnded | Answered | Handled):
                touched.add(fact.agent)
            yield self._with_wrap_up(fact) if isinstance(fact, Handled) else fact
        for agent in touched:
            if self._engages(agent) is None:
                self._free(agent)
        yield from self._refresh(touched, moment)

    def until(self, agent: AgentId) -> float | None:
        """Say when the agent's wrap-up ends, if there is one."""
        wrap_up = self._wrap_ups.get(agent)
        return None if wrap_up is None else wrap_up.until

    def settle(self, moment: float) -> Iterator[Fact]:
        """End the wrap-ups that are over, and tell of pauses that are complete."""
        yield from self._pauses.settle(moment)
        for agent, wrap_up in list(self._wrap_ups.items()):
            if wrap_up.until <= moment:
                yield from self._wrapped_up(agent, wrap_up.until)
        ends = [wrap_up.until for wrap_up in self._wrap_ups.values()]
        self.next_end = min([self._pauses.next_end, *ends])

    def _with_wrap_up(self, fact: Handled) -> Handled:
        wrap_up_s = self._wrap_up_s(fact.queue, fact.agent)
        if wrap_up_s > 0:
            until = fact.moment + wrap_up_s
            self._wrap_ups[fact.agent] = WrapUp(fact.visit, fact.queue, fact.moment, until)
            self.next_end = min(self.next_end, until)
        return replace(fact, wrap_up_follows=wrap_up_s > 0)

    def _wrap_up_s(self, queue: QueueName, agent: AgentId) -> float:
        places = self.places.get(agent, {})
        own = max((member.wrap_up_s for (name, _), member in places.items() if name == queue), default=0.0)
        return own or self._queue_wrap_ups.get(queue, self._queue_wrap_ups.get(EVERY_QUEUE, 0.0))

    def _wrapped_up(self, agent: AgentId, moment: float) -> Iterator[Fact]:
        wrap_up = self._wrap_ups.pop(agent)
        yield WrapUpEnded(
            moment=moment,
            visit=wrap_up.visit,
            queue=wrap_up.queue,
            agent=agent,
            wrap_up_s=max(0.0, moment - wrap_up.began),
            ended_by="timer",
        )
        yield from self._refresh([agent], moment)

    def _free(self, agent: AgentId) -> None:
        """Take the device as idle until told otherwise: its last state was that of the visit that is over."""
        for member in self.places.get(agent, {}).values():
            if member.device in IN_USE:
                member.device = 1

    def _refresh(self, agents: Iterable[AgentId], moment: float) -> Iterator[Fact]:
        for agent in sorted(agents):
            if (changed := self._changed(agent, moment)) is not None:
                yield changed

    def _changed(self, agent: AgentId, moment: float) -> AgentStateChanged | None:
        """Compare with what was told of an agent last; None: nothing is to be told."""
        places = list(self.places.get(agent, {}).values())
        state, pause_reason = self._present(agent, places)
        before = self.known.get(agent)
        if before is None:
            if state is AgentState.LOGGED_OUT:
                return None
            before = Known(AgentState.LOGGED_OUT, moment, None)
        elif before.state is state and before.pause_reason == pause_reason:
            return None
        self.known[agent] = Known(state, moment, pause_reason)
        if self._is_ours(agent):
            return None
        return AgentStateChanged(
            moment=moment,
            agent=agent,
            was=before.state,
            lasted_s=max(0.0, moment - before.since),
            state=state,
            reason=(pause_reason or "") if state is AgentState.PAUSED else "",
            logged_in=bool(places),
            pause_reason=pause_reason,
        )

    def _present(self, agent: AgentId, places: Sequence[Member]) -> tuple[AgentState, str | None]:
        """Derive state and pause; who is paused in every queue is paused."""
        reason = places[0].reason if places and all(place.paused for place in places) else None
        if (engaged := self._engages(agent)) is not None:
            return engaged, reason
        if not places:
            return AgentState.LOGGED_OUT, None
        if agent in self._wrap_ups:
            return AgentState.WRAP_UP, reason
        if any(place.device in IN_USE for place in places):
            return AgentState.BUSY, reason
        if reason is not None:
            return AgentState.PAUSED, reason
        if all(place.device in UNREACHABLE for place in places):
            return AgentState.UNREACHABLE, None
        return AgentState.READY, None


def place(event: AmiEvent) -> tuple[QueueName, str]:
    """Name a membership: the queue and the interface."""
    return QueueName(event.text("Queue")), event.text("Interface") or event.text("Location")
