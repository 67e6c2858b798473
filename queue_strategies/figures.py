"""Count what the facts tell: one fold, the same for what happens now, for replays and for reports.

Everything kept here only ever grows, so that it can be scraped, subtracted and added up again. Personal lines
(`direct`) count for the agents alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import add

from queue_strategies.changes import Changes
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    CallbackTaken,
    CallbackTried,
    EstimateJudged,
    Fact,
    Handled,
    OfferEnded,
    SurveyAnswered,
    Transferred,
    VisitEnded,
    WrapUpEnded,
)
from queue_strategies.model import AgentId, AgentState, OfferOutcome, QueueName, VisitId, VisitOutcome
from queue_strategies.survey import Scores

WAIT_BOUNDS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1800.0)
HANDLE_BOUNDS_S = (15.0, 30.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 420.0, 600.0, 900.0, 1800.0, 3600.0)

CALLBACK_BOUNDS_S = (60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0, 86400.0)

ESTIMATE_BOUNDS = (0.25, 0.5, 0.67, 0.8, 0.9, 1.0, 1.11, 1.25, 1.5, 2.0, 4.0, 8.0)
"""Of what was said over what came."""
SHORTEST_WAIT_S = 1.0
"""Waits that came count as no shorter, when something is divided by them."""

NOT_ANSWERED = (
    OfferOutcome.RANG_OUT,
    OfferOutcome.DECLINED,
    OfferOutcome.UNREACHABLE,
    OfferOutcome.FAILED,
)
"""Offers that the agent let go by; those which caller, floor or another agent ended are none of them."""


@dataclass(slots=True)
class Histogram:
    """How many durations fell at or below each bound."""

    bounds: tuple[float, ...]
    """Upper bounds in seconds, ascending; what is longer falls into one more bucket without a bound."""
    counts: list[int] = field(default_factory=list)
    """By bucket, not cumulative."""
    sum: float = 0.0

    def __post_init__(self) -> None:
        """Begin with empty buckets."""
        self.counts = self.counts or [0] * (len(self.bounds) + 1)

    def observe(self, duration_s: float) -> None:
        """Count one duration."""
        self.counts[bisect_left(self.bounds, duration_s)] += 1
        self.sum += duration_s

    def observe_all(self, durations_s: Iterable[float]) -> None:
        """Count many durations at once, which is quicker by far."""
        ordered, below = sorted(durations_s), 0
        for place, bound in enumerate(self.bounds):
            up_to = bisect_right(ordered, bound)
            self.counts[place] += up_to - below
            below = up_to
        self.counts[-1] += len(ordered) - below
        self.sum += sum(ordered)

    @property
    def count(self) -> int:
        """Count all durations."""
        return sum(self.counts)

    def cumulative(self) -> list[tuple[float, int]]:
        """Return (upper bound, count at or below it), the last bound infinite, as Prometheus has it."""
        return list(zip((*self.bounds, float("inf")), accumulate(self.counts), strict=True))


@dataclass(slots=True)
class QueueFigures:
    """What has become of the visits of one queue."""

    answered: int = 0
    answered_within: int = 0
    """Within the queue's service_level_s, as are all that are called so."""
    outcomes: dict[VisitOutcome, int] = field(default_factory=lambda: dict.fromkeys(VisitOutcome, 0))
    """Visits that ended without an answer; ANSWERED stays 0 here."""
    outcomes_within: dict[VisitOutcome, int] = field(default_factory=lambda: dict.fromkeys(VisitOutcome, 0))
    short_abandoned: int = 0
    """Contained in the abandoned."""
    wait_answered: Histogram = field(default_factory=lambda: Histogram(WAIT_BOUNDS_S))
    wait_abandoned: Histogram = field(default_factory=lambda: Histogram(WAIT_BOUNDS_S))
    longest_wait_s: float = 0.0
    """Of any visit that ended, answered or not."""
    callbacks_taken: int = 0
    """Callers who chose to keep the place without the line; how their visits end is counted as ever."""
    callbacks_served: int = 0
    """Contained in the answered."""
    callbacks_not_made: int = 0
    """Calls to customers for which there was no line, or which we could not place on it."""
    time_to_callback: Histogram = field(default_factory=lambda: Histogram(CALLBACK_BOUNDS_S))
    """From taking a callback to being on the line again, of those served."""
    handled: int = 0
    transferred: int = 0
    talk_s: float = 0.0
    """Hold excluded."""
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    handle_time: Histogram = field(default_factory=lambda: Histogram(HANDLE_BOUNDS_S))
    """Talk, hold and wrap-up of visits of which all three are over."""
    estimates: int = 0
    """Waits that were estimated and have come, told to the caller or kept back."""
    estimates_kept_back: int = 0
    """Contained in them."""
    waits_below_p50: int = 0
    waits_below_p80: int = 0
    estimate_ratio: Histogram = field(default_factory=lambda: Histogram(ESTIMATE_BOUNDS))
    """The wait that was announced over the wait that came."""

    scores: Scores = field(default_factory=Scores)
    """What customers answered after the call."""

    def answer(self, wait_s: float, *, within: bool) -> None:
        """Count a visit that was answered."""
        self.answered += 1
        self.answered_within += within
        self.wait_answered.observe(wait_s)
        self.longest_wait_s = max(self.longest_wait_s, wait_s)

    def answer_all(self, waits_s: Sequence[float], service_level_s: float) -> None:
        """Count many visits that were answered."""
        self.answered += len(waits_s)
        self.answered_within += sum(wait_s <= service_level_s for wait_s in waits_s)
        self.wait_answered.observe_all(waits_s)
        self.longest_wait_s = max(self.longest_wait_s, max(waits_s, default=0.0))

    def serve_callback(self, callback_s: float) -> None:
        """Count a visit as called back that was answered."""
        self.callbacks_served += 1
        self.time_to_callback.observe(callback_s)

    def end(self, outcome: VisitOutcome, wait_s: float, *, within: bool, short: bool) -> None:
        """Count a visit that ended without an answer."""
        self.outcomes[outcome] += 1
        self.outcomes_within[outcome] += within
        self.longest_wait_s = max(self.longest_wait_s, wait_s)
        if outcome is VisitOutcome.ABANDONED:
            self.short_abandoned += short
            self.wait_abandoned.observe(wait_s)

    def handle(self, talk_s: float, hold_s: float) -> None:
        """Count a talk that is over."""
        self.handled += 1
        self.talk_s += talk_s
        self.hold_s += hold_s

    def judge(self, estimated: EstimateJudged) -> None:
        """Count an estimate whose wait has come."""
        self.estimates += 1
        self.waits_below_p50 += estimated.actual_s <= estimated.p50_s
        self.waits_below_p80 += estimated.actual_s <= estimated.p80_s
        if estimated.said_s is None:
            self.estimates_kept_back += 1
        else:
            self.estimate_ratio.observe(estimated.said_s / max(estimated.actual_s, SHORTEST_WAIT_S))

    def handle_all(self, talks_s: Sequence[float], wrap_ups_s: Sequence[float]) -> None:
        """Count many talks without hold that are over, and the wrap-up after each."""
        self.handled += len(talks_s)
        self.talk_s += sum(talks_s)
        self.wrap_up_s += sum(wrap_ups_s)
        self.handle_time.observe_all(map(add, talks_s, wrap_ups_s))

    @property
    def offered(self) -> int:
        """Count the visits that ended or are answered, short abandons included."""
        return self.answered + sum(self.outcomes.values())

    @property
    def abandoned(self) -> int:
        """Count the callers who hung up while they waited, short abandons included."""
        return self.outcomes[VisitOutcome.ABANDONED]

    @property
    def abandoned_within(self) -> int:
        """Count those who hung up within the service level's time."""
        return self.outcomes_within[VisitOutcome.ABANDONED]


@dataclass(slots=True)
class AgentFigures:
    """What one agent has done."""

    handled: int = 0
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    state_s: dict[AgentState, float] = field(default_factory=lambda: dict.fromkeys(AgentState, 0.0))
    """Time spent in each state, counted when the state ends."""
    offers: dict[OfferOutcome, int] = field(default_factory=lambda: dict.fromkeys(OfferOutcome, 0))
    scores: Scores = field(default_factory=Scores)
    """What customers answered after talking with the agent last."""

    @property
    def ringing_s(self) -> float:
        """Return the time for which the agent was reserved for callers."""
        return self.state_s[AgentState.RINGING]

    @property
    def available_s(self) -> float:
        """Return the time for which the agent was ready and nobody wanted the agent."""
        return self.state_s[AgentState.READY]

    @property
    def paused_s(self) -> float:
        """Return the time of all pauses."""
        return self.state_s[AgentState.PAUSED]

    @property
    def logged_in_s(self) -> float:
        """Return the time of all states but one."""
        return sum(self.state_s.values()) - self.state_s[AgentState.LOGGED_OUT]

    @property
    def handle_s(self) -> float:
        """Return talk, hold and wrap-up."""
        return self.talk_s + self.hold_s + self.wrap_up_s

    @property
    def not_answered(self) -> int:
        """Count the offers that rang out, were refused or failed."""
        return sum(self.offers[outcome] for outcome in NOT_ANSWERED)


class Figures:
    """All queues and agents, as the facts that were added tell it."""

    def __init__(self) -> None:
        self.queues: dict[QueueName, QueueFigures] = {}
        self.agents: dict[AgentId, AgentFigures] = {}
        self.changed_queues: Changes[QueueName] = Changes()
        self.changed_agents: Changes[AgentId] = Changes()
        self._unfinished: dict[VisitId, float] = {}
        """Talk and hold of visits whose wrap-up goes on."""

    def add(self, fact: Fact) -> None:
        """Take in one fact; kinds that no figure is made of change nothing."""
        match fact:
            case Answered(direct=False):
                self.queue(fact.queue).answer(fact.wait_s, within=fact.within_service_level)
                if fact.callback_s is not None:
                    self.queue(fact.queue).serve_callback(fact.callback_s)
            case CallbackTaken():
                self.queue(fact.queue).callbacks_taken += 1
            case EstimateJudged():
                self.queue(fact.queue).judge(fact)
            case VisitEnded(direct=False):
                self.queue(fact.queue).end(
                    fact.outcome, fact.wait_s, within=fact.within_service_level, short=fact.short
                )
            case OfferEnded():
                self.agent(fact.agent).offers[fact.outcome] += 1
            case CallbackTried(outcome=OfferOutcome.FAILED):
                self.queue(fact.queue).callbacks_not_made += 1
            case Transferred(direct=False):
                self.queue(fact.queue).transferred += 1
            case Handled():
                self._handled(fact)
            case WrapUpEnded():
                self._wrapped_up(fact)
            case SurveyAnswered(score=int(score)):
                self.queue(fact.queue).scores.add(score)
                if fact.agent is not None:
                    self.agent(fact.agent).scores.add(score)
            case AgentStateChanged():
                self.agent(fact.agent).state_s[fact.was] += fact.lasted_s
            case _:
                pass

    def add_all(self, facts: Iterable[Fact]) -> None:
        """Take in facts in their order."""
        for fact in facts:
            self.add(fact)

    def queue(self, name: QueueName) -> QueueFigures:
        """Return the figures of a queue to count in, empty ones for a queue not heard of yet."""
        self.changed_queues.tell(name)
        if name not in self.queues:
            self.queues[name] = QueueFigures()
        return self.queues[name]

    def agent(self, agent: AgentId) -> AgentFigures:
        """Return the figures of an agent to count in, empty ones for an agent not heard of yet."""
        self.changed_agents.tell(agent)
        if agent not in self.agents:
            self.agents[agent] = AgentFigures()
        return self.agents[agent]

    def _handled(self, fact: Handled) -> None:
        agent = self.agent(fact.agent)
        agent.handled += 1
        agent.talk_s += fact.talk_s
        agent.hold_s += fact.hold_s
        if fact.direct:
            return
        queue = self.queue(fact.queue)
        queue.handle(fact.talk_s, fact.hold_s)
        if fact.wrap_up_follows:
            self._unfinished[fact.visit] = fact.talk_s + fact.hold_s
        else:
            queue.handle_time.observe(fact.talk_s + fact.hold_s)

    def _wrapped_up(self, fact: WrapUpEnded) -> None:
        self.agent(fact.agent).wrap_up_s += fact.wrap_up_s
        if fact.direct:
            return
        queue = self.queue(fact.queue)
        queue.wrap_up_s += fact.wrap_up_s
        before_s = self._unfinished.pop(fact.visit, None)
        if before_s is not None:
            queue.handle_time.observe(before_s + fact.wrap_up_s)
