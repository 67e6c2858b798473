"""Whatever happens on the floor, in whatever order, late, twice or by strangers, these stay true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from random import Random
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from queue_strategies.absence import PAUSED
from queue_strategies.announcements import Announcements, EstimateRule, PositionRule
from queue_strategies.callback import CallbackRules, CalledFirst, KeptPlace
from queue_strategies.commands import (
    Announce,
    CallBack,
    Command,
    Connect,
    Release,
    Ring,
    StopCallingBack,
    StopRinging,
)
from queue_strategies.events import (
    AgentAnswered,
    AgentFreed,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentOccupied,
    AgentPaused,
    AgentRang,
    AgentReady,
    AgentRestored,
    AgentUnpaused,
    AnnouncementEnded,
    CallbackChosen,
    CallbackHoursChanged,
    CallerConnected,
    CallerHeld,
    CallerJoined,
    CallerLeft,
    CallerPressed,
    CallerResumed,
    CustomerAnswered,
    CustomerNotReached,
    Event,
    FloorConfigured,
    OfferFailed,
    OfferRestored,
    PhoneChanged,
    PriorityChanged,
    RestoringBegan,
    RestoringEnded,
    TalkEnded,
    TalkRestored,
    TimePassed,
    WrapUpRestored,
)
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    CallbackTaken,
    CallbackTried,
    CalledBack,
    Fact,
    Handled,
    OfferEnded,
    OfferMade,
    QueueJoined,
    VisitEnded,
    WrapUpEnded,
)
from queue_strategies.figures import Figures
from queue_strategies.floor import Floor, demands
from queue_strategies.floor.announcing import LONGEST_S
from queue_strategies.floor.kept import is_dialled_first
from queue_strategies.floor.line import Seat
from queue_strategies.floor.ranking import Ranking
from queue_strategies.floor.visit import Place, Visit
from queue_strategies.model import (
    Absence,
    Agent,
    AgentId,
    AgentState,
    Autopause,
    Caller,
    ContactId,
    EmptyRule,
    Membership,
    OfferId,
    OfferOutcome,
    Queue,
    QueueName,
    Skill,
    VisitId,
    VisitOutcome,
    Widening,
)
from queue_strategies.orders import ORDERS
from queue_strategies.requirement import penalty_for
from queue_strategies.strategies import STRATEGIES

SEVERAL_PHONES = ("ring-all", "ring-progressively")
"""Strategies with which a caller who is being served may want one more agent."""
NOT_TAKEN = (OfferOutcome.RANG_OUT, OfferOutcome.DECLINED, OfferOutcome.UNREACHABLE, OfferOutcome.FAILED)
NOT_PICKED_UP = (OfferOutcome.RANG_OUT, OfferOutcome.FAILED)
AgentEvent = AgentLoggedIn | AgentLoggedOut | AgentUnpaused | AgentReady

QUEUES = [QueueName(name) for name in ("sales", "support", "returns")]
SPANISH = Skill("spanish")
AGENTS = [AgentId(name) for name in ("anna", "bob", "carl", "dora")]

T = TypeVar("T")

LATEST_S = 30.0
"""So much too late may a deadline be noticed."""
durations = st.sampled_from((1.0, 0.0, 0.5, 3.0, 10.0, 30.0))
rules_of_emptiness = st.sampled_from((*[EmptyRule.NEVER] * 8, *EmptyRule)) | st.frozensets(
    st.sampled_from(Absence), max_size=4
)


widenings = st.builds(
    Widening,
    after_s=st.sampled_from((0.0, 0.3, 3.0, 30.0)),
    min_penalty=st.sampled_from((None, None, None, 1, 0)),
    max_penalty=st.sampled_from((None, 0, 1)),
    raise_penalty=st.sampled_from((None, None, 1)),
    skills=st.sampled_from(({}, {SPANISH: 1}, {SPANISH: 0})),
)
rules = st.lists(widenings, max_size=3).map(lambda steps: tuple(sorted(steps, key=lambda step: step.after_s)))
rules = st.just(()) | st.just(()) | rules


callbacks = st.builds(
    CallbackRules,
    first=st.sampled_from(CalledFirst),
    tries=st.integers(1, 3),
    failures=st.sampled_from((12, 3, 1)),
    retry_s=st.sampled_from((0.0, 3.0)),
    ring_s=st.sampled_from((0.0, 30.0)),
    earliest_s=st.sampled_from((0.0, 0.0, 3.0)),
)

announcements = st.builds(
    Announcements,
    position=st.sampled_from(PositionRule),
    only_up=st.booleans(),
    to_first=st.booleans(),
    estimate=st.sampled_from(EstimateRule),
    start_s=durations,
    every_s=durations,
    least_gap_s=durations,
    messages=st.integers(0, 2),
    message_start_s=durations,
    message_every_s=durations,
    random=st.booleans(),
    relative=st.booleans(),
)


def queue_named(name: QueueName) -> st.SearchStrategy[Queue]:
    return st.builds(
        Queue,
        name=st.just(name),
        strategy=st.sampled_from(sorted(STRATEGIES)),
        weight=st.integers(0, 1),
        ring_timeout_s=st.sampled_from((20.0, 20.0, 1.0, 0.0)),
        rest_s=durations,
        unreachable_rest_s=durations,
        wrap_up_s=durations,
        max_wait_s=st.sampled_from((*[None] * 7, 30.0, 1.0, 0.0)),
        max_length=st.sampled_from((*[None] * 7, 3, 1, 0)),
        join_when_empty=rules_of_emptiness,
        leave_when_empty=rules_of_emptiness,
        exit_keys=st.just(frozenset("0")),
        share=st.sampled_from((1.0, 3.0)),
        skills=st.sampled_from((*[{}] * 5, {SPANISH: 2})),
        rule=rules,
        penalty_members_limit=st.sampled_from((0, 0, 0, 2)),
        last_agent_patience_s=st.sampled_from((0.0, 10.0)),
        offers_per_agent=st.sampled_from((None, None, 1, 2)),
        not_responding_after=st.sampled_from((None, None, 1, 2)),
        autopause=st.sampled_from((*[Autopause.NO] * 4, *Autopause)),
        autopause_declined=st.booleans(),
        max_talking=st.sampled_from((None, None, 1, 2)),
        retry_s=st.sampled_from((0.0, 0.0, 3.0)),
        ring_in_use=st.sampled_from((False, False, True)),
        resume_s=st.sampled_from((0.0, 5.0, 100.0)),
        ring_progressively_delay_s=st.sampled_from((10.0, 0.7)),
        callback=callbacks | callbacks | st.none(),
        announcements=st.none() | announcements,
        direct=st.booleans(),
    )


def agent_named(name: AgentId) -> st.SearchStrategy[Agent]:
    memberships = st.fixed_dictionaries(
        {}, optional={queue: st.builds(Membership, penalty=st.integers(0, 1)) for queue in QUEUES}
    )
    skills = st.sampled_from(({}, {SPANISH: 1}, {SPANISH: 3}))
    wrap_up_s = st.none() | durations
    return st.builds(Agent, id=st.just(name), queues=memberships, wrap_up_s=wrap_up_s, skills=skills)


@st.composite
def all_but(draw: st.DrawFn, things: Sequence[st.SearchStrategy[T]]) -> list[T]:
    """Draw all of these, or all but one."""
    missing = draw(st.integers(0, 3 * len(things))) - 1
    return [draw(thing) for number, thing in enumerate(things) if number != missing]


queue_lists = all_but([queue_named(name) for name in QUEUES])
agent_lists = all_but([agent_named(name) for name in AGENTS])
agent_names = st.sampled_from(AGENTS)
picks = st.integers(0, 1_000)

ORDINARY = "connect join connect ring answer fail join part wait work keep reach reach urgent".split()  # noqa: SIM905
Act = tuple[str, int, OfferOutcome]
ordinary_acts: st.SearchStrategy[list[Act]] = st.lists(
    st.tuples(
        st.sampled_from(ORDINARY),
        picks,
        st.sampled_from((*NOT_TAKEN, *NOT_TAKEN, *OfferOutcome)),
    ),
    min_size=2,
    max_size=6,
)
"""What a floor mostly sees. Hypothesis leaves out some rules in each run: the one for these has three."""


class AnyDay(RuleBasedStateMachine):
    """A floor in a world that does as it likes, watched from outside by commands and facts alone."""

    def __init__(self) -> None:
        super().__init__()
        names, self.numbers = count(), count()
        self.floor = Floor(lambda: f"o{next(names)}", chance=Random(7).random)
        self.now = 0.0
        self.steps = self.configured_at = 0
        self.members: set[tuple[AgentId, QueueName]] = set()
        self.callers: dict[VisitId, Caller] = {}
        self.waiting: set[VisitId] = set()
        self.talking: dict[VisitId, AgentId] = {}
        self.ended: Counter[VisitId] = Counter()
        self.legs: dict[OfferId, AgentId] = {}
        self.picked_up: set[OfferId] = set()
        self.called: set[VisitId] = set()
        self.called_just_now: set[VisitId] = set()
        """Customers who are called back and have not answered."""
        self.kept: set[VisitId] = set()
        """Callers who keep the place without the line."""
        self.offers: list[OfferId] = [OfferId("unheard-of")]
        self.visits: list[VisitId] = [VisitId("unheard-of")]
        self.last_moment = 0.0
        self.looking_back = False
        """Facts may be told late, after a restart."""
        self.last_change: dict[AgentId, AgentStateChanged] = {}
        self.joined = self.answered = self.handled = 0
        self.wrapping_up: dict[VisitId, AgentId] = {}
        self.hearing: dict[VisitId, float] = {}
        """Who is being told something, since when."""
        self.figures = Figures()

    # -- what happens ---------------------------------------------------------------------------------------

    @initialize(queues=queue_lists, agents=agent_lists, present=st.sampled_from((True, True, True, False)))
    def open_the_floor(self, queues: Sequence[Queue], agents: Sequence[Agent], present: bool) -> None:
        self.configure(queues, agents)
        if present:
            self.everybody_comes_to_work()

    def everybody_comes_to_work(self) -> None:
        for agent, seen in self.floor.snapshot(self.now).agents.items():
            if not seen.logged_in:
                self.happen(AgentLoggedIn(agent))
            if not seen.reachable:
                self.happen(PhoneChanged(agent, reachable=True))
            self.happen(AgentReady(agent))

    @precondition(lambda self: self.steps > self.configured_at + 15)
    @rule(queues=queue_lists, agents=agent_lists)
    def the_configuration_changes(self, queues: Sequence[Queue], agents: Sequence[Agent]) -> None:
        self.configure(queues, agents)

    @rule(
        queues=st.lists(st.sampled_from(QUEUES), min_size=1, max_size=4),
        priority=st.sampled_from((0, 0, 1, 2)),
        earlier=st.sampled_from((0.0, 0.0, 0.0, 0.0, 0.0, 30.0)),
        adopted=st.sampled_from((False, False, True)),
    )
    def callers_join(self, queues: Sequence[QueueName], priority: int, earlier: float, adopted: bool) -> None:
        for queue in queues:
            self.enter(self.somebody(queue, joined=self.now - earlier, priority=priority, adopted=adopted))

    @rule(acts=ordinary_acts)
    def the_day_goes_on(self, acts: Sequence[Act]) -> None:
        for kind, pick, outcome in acts:
            if kind == "join":
                self.enter(self.somebody(QUEUES[pick % 3], joined=self.now))
            elif kind == "keep" and self.waiting:
                self.a_caller_takes_a_callback(pick, hangs_up=True)
            elif kind == "reach" and self.called:
                self.happen(CustomerAnswered(sorted(self.called)[pick % len(self.called)]))
            elif kind == "urgent":
                self.somebody_urgent_comes_before_an_agent_who_was_away(pick)
            elif kind == "part" and self.talking:
                self.happen(TalkEnded(list(self.talking)[pick % len(self.talking)], "agent"))
            elif kind == "work":
                self.everybody_comes_to_work()
            elif kind == "wait":
                self.a_deadline_passes(0.0)
            elif self.legs:
                self.go_on(list(self.legs)[pick % len(self.legs)], kind, outcome)

    @rule(acts=ordinary_acts)
    def and_on(self, acts: Sequence[Act]) -> None:
        self.the_day_goes_on(acts)

    @rule(acts=ordinary_acts)
    def and_on_and_on(self, acts: Sequence[Act]) -> None:
        self.the_day_goes_on(acts)

    def somebody_urgent_comes_before_an_agent_who_was_away(self, pick: int) -> None:
        """Let a caller for whom phones ring no longer be the first whom an agent who comes would serve."""
        self.everybody_comes_to_work()
        agent = AGENTS[pick % len(AGENTS)]
        queues = sorted(queue for who, queue in self.members if who == agent)
        self.happen(AgentLoggedOut(agent))
        for queue in queues:
            for earlier_s, priority in ((0.0, 0), (LATEST_S, 2)):
                caller = self.somebody(queue, joined=self.now - earlier_s, priority=priority)
                self.enter(replace(caller, skills={}, wants_agent=None))
        self.happen(AgentLoggedIn(agent))

    def go_on(self, offer: OfferId, step: str, outcome: OfferOutcome) -> None:
        if step == "fail":
            self.fail(offer, outcome)
            return
        self.happen(AgentRang(offer))
        if step != "ring":
            self.happen(AgentAnswered(offer))
        if step == "connect":
            self.happen(CallerConnected(offer))

    @precondition(lambda self: self.talking)
    @rule(
        pick=picks,
        by=st.sampled_from(("caller", "agent", "transfer", "lost", "hold", "resume", "leave")),
        to=st.none() | st.just("queue:sales"),
    )
    def a_talk_goes_on(self, pick: int, by: str, to: str | None) -> None:
        visit = list(self.talking)[pick % len(self.talking)]
        match by:
            case "hold":
                self.happen(CallerHeld(visit))
            case "resume":
                self.happen(CallerResumed(visit))
            case "leave":
                self.happen(CallerLeft(visit))
            case _:
                self.happen(TalkEnded(visit, by, to))

    @precondition(lambda self: self.waiting)
    @rule(
        pick=picks,
        event=st.sampled_from((CallerLeft, CallerPressed, PriorityChanged, CallerJoined)),
        priority=st.integers(0, 2),
        outcome=st.sampled_from((VisitOutcome.ABANDONED, *VisitOutcome)),
    )
    def a_waiting_caller_does_something(
        self, pick: int, event: type[Event], priority: int, outcome: VisitOutcome
    ) -> None:
        visit = sorted(self.waiting)[pick % len(self.waiting)]
        if event is CallerLeft:
            self.happen(CallerLeft(visit, outcome))
        elif event is CallerPressed:
            self.happen(CallerPressed(visit, "0" if priority else "5"))
        elif event is PriorityChanged:
            self.happen(PriorityChanged(visit, priority))
        else:
            self.happen(CallerJoined(self.callers[visit]))

    @precondition(lambda self: self.waiting)
    @rule(pick=picks, hangs_up=st.booleans())
    def a_caller_takes_a_callback(self, pick: int, hangs_up: bool) -> None:
        visit = sorted(self.waiting)[pick % len(self.waiting)]
        self.happen(CallbackChosen(visit, f"+49{pick % 3}"))
        if hangs_up:
            kept = visit in self.kept
            self.happen(CallerLeft(visit))
            assert (visit in self.waiting) is kept

    @rule(pick=picks, reached=st.booleans(), outcome=st.sampled_from(NOT_TAKEN))
    def a_customer_is_called_back(self, pick: int, reached: bool, outcome: OfferOutcome) -> None:
        if self.called:
            visit = sorted(self.called)[pick % len(self.called)]
            self.happen(CustomerAnswered(visit) if reached else CustomerNotReached(visit, outcome))

    @rule(queue=st.sampled_from(QUEUES), is_open=st.sampled_from((True, True, False)))
    def the_hour_comes_or_goes(self, queue: QueueName, is_open: bool) -> None:
        self.happen(CallbackHoursChanged(queue, is_open))

    @precondition(lambda self: self.hearing)
    @rule(pick=picks)
    def an_announcement_ends(self, pick: int) -> None:
        visit = sorted(self.hearing)[pick % len(self.hearing)]
        del self.hearing[visit]
        self.happen(AnnouncementEnded(visit))

    @rule(
        agent=agent_names,
        event=st.sampled_from((AgentLoggedIn, AgentLoggedOut, AgentUnpaused, AgentReady)),
    )
    def an_agent_comes_or_goes(self, agent: AgentId, event: type[AgentEvent]) -> None:
        self.happen(event(agent))

    @rule(agent=agent_names, reason=st.sampled_from(("", "lunch", "meeting")))
    def an_agent_pauses(self, agent: AgentId, reason: str) -> None:
        self.happen(AgentPaused(agent, reason))

    @rule(agent=agent_names, queue=st.sampled_from(QUEUES), paused=st.booleans())
    def an_agent_stops_serving_a_queue(self, agent: AgentId, queue: QueueName, paused: bool) -> None:
        self.happen(AgentPaused(agent, "tea", queue) if paused else AgentUnpaused(agent, queue))

    @rule(agent=agent_names, reachable=st.booleans())
    def a_phone_changes(self, agent: AgentId, reachable: bool) -> None:
        self.happen(PhoneChanged(agent, reachable))

    @rule(agent=agent_names, event=st.sampled_from((AgentFreed, AgentOccupied)), pick=st.integers(0, 2))
    def an_agent_has_a_call_of_their_own(
        self, agent: AgentId, event: type[AgentOccupied] | type[AgentFreed], pick: int
    ) -> None:
        self.happen(event(agent, ContactId(f"c{pick}")))

    @rule(seconds=durations)
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.happen(TimePassed())

    @rule(late_s=st.sampled_from((0.0, 0.0, 0.5, LATEST_S)))
    def a_deadline_passes(self, late_s: float) -> None:
        deadline = self.floor.next_deadline()
        if deadline is not None:
            self.now = deadline + late_s
            self.happen(TimePassed())

    # -- what should not happen, and does -------------------------------------------------------------------

    @rule(
        pick=picks,
        event=st.sampled_from((AgentRang, AgentAnswered, CallerConnected, OfferFailed)),
        outcome=st.sampled_from(OfferOutcome),
    )
    def something_late_is_heard_of_an_offer(
        self, pick: int, event: type[Event], outcome: OfferOutcome
    ) -> None:
        offer = self.offers[-1 - pick % len(self.offers)]
        if event is OfferFailed:
            self.fail(offer, outcome)
        else:
            self.happen(event(offer))  # type: ignore[call-arg,arg-type]

    @rule(
        pick=picks,
        what=st.sampled_from(
            ("lost", "ended by agent", "ended by caller", "held", "reached", "not reached", "called back")
        ),
    )
    def something_late_is_heard_of_a_visit(self, pick: int, what: str) -> None:
        visit = self.visits[-1 - pick % len(self.visits)]
        match what:
            case "lost":
                self.happen(CallerLeft(visit, VisitOutcome.LOST))
            case "held":
                self.happen(CallerHeld(visit))
            case "reached":
                self.happen(CustomerAnswered(visit))
            case "not reached":
                self.happen(CustomerNotReached(visit, OfferOutcome.RANG_OUT))
            case "called back":
                self.happen(CallbackChosen(visit, "+490"))
            case _:
                self.happen(TalkEnded(visit, what.removeprefix("ended by ")))

    @rule(pick=picks, queue=st.sampled_from((*QUEUES, QueueName("unheard-of"))))
    def a_contact_joins_once_more(self, pick: int, queue: QueueName) -> None:
        known = self.callers.get(self.visits[-1 - pick % len(self.visits)])
        if known is not None:
            self.enter(replace(self.somebody(queue, joined=self.now), contact=known.contact))

    @rule(back_s=durations)
    def a_clock_goes_back(self, back_s: float) -> None:
        now, self.now = self.now, self.now - back_s
        decision = self.floor.handle(TimePassed(), self.now)
        self.now = now
        assert (list(decision.commands), list(decision.facts)) == ([], [])

    @rule(event=st.sampled_from((AgentLoggedIn, AgentLoggedOut, AgentUnpaused, AgentReady)))
    def a_stranger_comes_or_goes(self, event: type[AgentEvent]) -> None:
        self.happen(event(AgentId("stranger")))

    @precondition(lambda self: self.steps < 12 or self.steps % 9 == 0)
    @rule(
        found=st.lists(
            st.tuples(
                st.sampled_from(
                    ("agent", "wrap-up", "talk", "offer", "caller", "kept", "reserved", "hears", "gone")
                ),
                st.sampled_from((*AGENTS, AgentId("stranger"))),
                st.sampled_from(QUEUES),
                durations,
            ),
            min_size=1,
            max_size=6,
        ),
        at_once=st.booleans(),
    )
    def things_are_found_after_a_restart(
        self, found: Sequence[tuple[str, AgentId, QueueName, float]], at_once: bool
    ) -> None:
        self.looking_back = True
        if at_once:
            self.happen(RestoringBegan())
        for what, agent, queue, earlier in found:
            self.find(what, agent, queue, self.now - earlier)
        self.happen(RestoringEnded())
        self.looking_back = False

    def find(self, what: str, agent: AgentId, queue: QueueName, since: float) -> None:
        caller = self.somebody(queue, joined=since - 1, adopted=True)
        offer = OfferId(f"restored-{caller.visit}")
        self.is_restored(agent)
        match what:
            case "agent":
                pause = "lunch" if queue == QUEUES[0] else None
                self.happen(AgentRestored(agent, queue != QUEUES[1], pause, since, since_moment=since))
            case "wrap-up":
                self.happen(WrapUpRestored(caller, agent, since))
                desk = self.floor._hall.desks.get(agent)
                if desk is not None and desk.wrap_up and desk.wrap_up.visit.caller is caller:
                    self.wrapping_up[caller.visit] = agent
            case "talk":
                self.find_talk(TalkRestored(caller, agent, offer, since))
            case "offer":
                self.offers.append(offer)
                self.legs[offer] = agent
                self.come(caller)
                self.happen(OfferRestored(caller, agent, offer, since))
            case "caller":
                self.enter(caller)
            case "kept":
                self.happen(CallerJoined(self.kept_by(caller, since, dialled=queue == QUEUES[0])))
            case "reserved":
                kept = self.kept_by(caller, since, dialled=queue != QUEUES[0])
                self.happen(OfferRestored(kept, agent, offer, since, reserved=True))
            case "hears":
                kept = self.kept_by(caller, since, dialled=queue != QUEUES[0])
                self.offers.append(offer)
                self.legs[offer] = agent
                self.happen(OfferRestored(kept, agent, offer))
                self.happen(AgentAnswered(offer))
            case _:
                visit = self.visits[-1 - int(since) % len(self.visits)]
                self.happen(CallerLeft(visit, happened_moment=since))
                self.happen(TalkEnded(visit, "caller", happened_moment=since))

    def kept_by(self, caller: Caller, since: float, *, dialled: bool) -> Caller:
        place = KeptPlace(
            number=caller.contact, taken_moment=since, tries=1, dialled_moment=since if dialled else None
        )
        self.kept.add(caller.visit)
        if dialled:
            self.called.add(caller.visit)
        kept = replace(caller, kept=place)
        self.come(kept)
        return kept

    def find_talk(self, event: TalkRestored) -> None:
        had = self.floor.snapshot(self.now).agents.get(event.agent)
        if had is None or had.state is not AgentState.TALKING:
            self.callers[event.caller.visit] = event.caller
            self.talking[event.caller.visit] = event.agent
            self.answered += 1
            self.picked_up.add(event.offer)
        self.visits.append(event.caller.visit)
        self.offers.append(event.offer)
        self.happen(event)

    # -- watching -------------------------------------------------------------------------------------------

    def somebody(
        self, queue: QueueName, *, joined: float, priority: int = 0, adopted: bool = False
    ) -> Caller:
        """Return a caller who was never here."""
        number = next(self.numbers)
        asked = {SPANISH: number % 5} if number % 3 == 0 else {}
        return Caller(
            contact=ContactId(f"c{number}"),
            visit=VisitId(f"v{number}"),
            queue=queue,
            joined_moment=joined,
            waited_before_s=30.0 if number % 5 == 0 else 0.0,
            priority=priority,
            adopted=adopted,
            skills=asked,
            wants_agent=AGENTS[number % 4] if number % 7 == 0 else None,
            number=f"+49{number % 5}",
        )

    def configure(self, queues: Sequence[Queue], agents: Sequence[Agent]) -> None:
        names, ids = {queue.name for queue in queues}, {agent.id for agent in agents}
        stay = {(who, name) for who, name in self.members if who in ids and name not in names}
        self.members = {(agent.id, name) for agent in agents for name in agent.queues if name in names} | stay
        self.configured_at = self.steps
        order = sorted(ORDERS)[(len(queues) + self.steps) % len(ORDERS)]
        for fact in self.happen(FloorConfigured(queues, agents, order)):
            if isinstance(fact, VisitEnded) and fact.outcome is VisitOutcome.WITHDRAWN:
                assert fact.queue not in {name for _, name in stay}, "somebody could have served this caller"

    def enter(self, caller: Caller) -> None:
        self.come(caller)
        self.happen(CallerJoined(caller))

    def come(self, caller: Caller) -> None:
        """Know of a caller who is about to join."""
        self.callers[caller.visit] = caller
        self.visits.append(caller.visit)
        self.waiting.add(caller.visit)
        self.joined += 1

    def is_restored(self, agent: AgentId) -> None:
        """Expect a new chain of facts: what is restored silently was told by the process before."""
        desk = self.floor._hall.desks.get(agent)
        if desk is None or not desk.spoken_of:
            self.last_change.pop(agent, None)

    def fail(self, offer: OfferId, outcome: OfferOutcome) -> None:
        """Report a failure; a leg that never was picked up is over with it."""
        self.happen(OfferFailed(offer, outcome))
        if offer not in self.picked_up:
            self.legs.pop(offer, None)

    def happen(self, event: Event) -> Sequence[Fact]:
        self.steps += 1
        decision = self.floor.handle(event, self.now)
        self.called_just_now.clear()
        for command in decision.commands:
            self.obey(command)
        self.watch(decision.facts)
        connected = {command.visit for command in decision.commands if isinstance(command, Connect)}
        assert connected.isdisjoint(self.kept)
        for agent in self.last_change.keys() - self.floor.snapshot(self.now).agents.keys():
            del self.last_change[agent]
        released = {command.visit for command in decision.commands if isinstance(command, Release)}
        let_go = {
            fact.visit
            for fact in decision.facts
            if isinstance(fact, VisitEnded)
            and fact.outcome not in (VisitOutcome.ABANDONED, VisitOutcome.LOST)
        }
        assert released == let_go
        return decision.facts

    def obey(self, command: Command) -> None:
        match command:
            case Ring():
                assert command.offer not in self.offers
                assert command.timeout_s > 0
                self.offers.append(command.offer)
                self.legs[command.offer] = command.agent
            case StopRinging():
                self.legs.pop(command.offer, None)
                self.picked_up.discard(command.offer)
            case CallBack():
                assert command.visit not in self.called
                assert command.hears is None or command.hears in self.legs
                self.called.add(command.visit)
                self.called_just_now.add(command.visit)
                self.picked_up |= {command.hears} if command.hears is not None else set()
            case StopCallingBack():
                self.called.remove(command.visit)
            case Connect():
                assert command.offer in self.legs
                self.picked_up.add(command.offer)
            case Announce(visit=visit):
                assert visit in self.waiting
                assert visit not in self.floor._hall.visits or not self.floor._hall.visits[visit].off_line
                assert self.now >= self.hearing.get(visit, -LONGEST_S) + LONGEST_S - LATEST_S
                self.hearing[visit] = self.now
            case Release():
                pass

    def watch(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            assert fact.moment <= self.now
            if not isinstance(fact, QueueJoined):  # who comes from elsewhere may have waited there
                assert self.last_moment <= fact.moment or self.looking_back
                self.last_moment = max(self.last_moment, fact.moment)
            self.figures.add(fact)
            match fact:
                case QueueJoined():
                    assert fact.visit in self.waiting
                case OfferMade():
                    assert (fact.agent, fact.queue) in self.members
                    assert fact.visit in self.waiting
                case OfferEnded(outcome=OfferOutcome.ANSWERED):
                    self.legs.pop(fact.offer, None)
                case OfferEnded():  # nobody is blamed whose phone was never to ring
                    assert fact.offer in self.offers or fact.outcome not in NOT_PICKED_UP
                case CallbackTaken():
                    assert fact.visit in self.waiting
                    self.kept.add(fact.visit)
                case CallbackTried():  # and is called anew at once, when it is told late that a try is over
                    self.called -= {fact.visit} - self.called_just_now
                case CalledBack():
                    assert fact.callback_s >= 0
                    self.called.discard(fact.visit)
                    self.kept.remove(fact.visit)
                case Answered():
                    self.kept.discard(fact.visit)
                    self.called.discard(fact.visit)
                    assert fact.wait_s >= 0
                    self.ends(fact.visit)
                    self.talking[fact.visit] = fact.agent
                    self.answered += 1
                case VisitEnded():
                    assert fact.wait_s >= 0
                    assert fact.position >= 1
                    self.ends(fact.visit)
                case Handled():
                    assert fact.talk_s >= -1e-9
                    assert fact.hold_s >= 0
                    assert self.talking.pop(fact.visit) == fact.agent
                    self.handled += 1
                    if fact.wrap_up_follows:
                        self.wrapping_up[fact.visit] = fact.agent
                case WrapUpEnded():
                    self.wrapping_up.pop(fact.visit, None)
                case AgentStateChanged():
                    self.follows(fact)
                case _:
                    pass

    def ends(self, visit: VisitId) -> None:
        self.waiting.remove(visit)
        self.kept.discard(visit)
        self.ended[visit] += 1
        assert self.ended[visit] == 1

    def follows(self, fact: AgentStateChanged) -> None:
        """Facts about an agent join without a gap, so that they add up to the agent's day."""
        before = self.last_change.get(fact.agent)
        assert fact.lasted_s >= 0
        if before is not None and fact.lasted_s > 0:
            assert fact.was is before.state
            assert abs(fact.moment - fact.lasted_s - before.moment) < 1e-6
        self.last_change[fact.agent] = fact

    # -- what stays true ------------------------------------------------------------------------------------

    @invariant()
    def every_caller_is_in_exactly_one_place(self) -> None:
        seen = self.floor.snapshot(self.now)
        in_line = [caller for queue in seen.queues.values() for caller in queue.callers]
        at_desks = {agent.visit: agent for agent in seen.agents.values() if agent.visit is not None}
        talking = {
            visit: agent.agent for visit, agent in at_desks.items() if agent.state is AgentState.TALKING
        }
        assert talking == self.talking
        assert len({caller.visit for caller in in_line}) == len(in_line)
        found_in_a_queue_that_is_gone = self.waiting - {caller.visit for caller in in_line}
        assert {caller.visit for caller in in_line} <= self.waiting
        assert found_in_a_queue_that_is_gone <= set(at_desks)
        contacts = [self.callers[visit].contact for visit in self.waiting]
        assert len(set(contacts)) == len(contacts)

    @invariant()
    def every_phone_that_rings_is_one_reserved_agent(self) -> None:
        ringing = Counter(self.legs.values())
        assert not ringing or max(ringing.values()) == 1
        seen = self.floor.snapshot(self.now).agents
        reserved = self.reserved()
        assert reserved.isdisjoint(ringing)
        busy = {a.agent for a in seen.values() if a.state is AgentState.RINGING}
        assert busy == reserved | set(ringing)
        in_line = self.floor.snapshot(self.now).queues.values()
        offered = [agent for queue in in_line for caller in queue.callers for agent in caller.ringing]
        assert len(set(offered)) == len(offered)
        assert set(offered) <= set(ringing) | reserved

    def reserved(self) -> set[AgentId]:
        """Return the agents whose phone rings once the customer who is called back has answered."""
        hall = self.floor._hall
        offers = [offer for visit in self.called for offer in hall.visits[visit].offers]
        return {offer.desk.agent.id for offer in offers if offer.id not in self.offers}

    @invariant()
    def whoever_keeps_a_place_is_in_the_line_and_called_at_most_once(self) -> None:
        seen = self.floor.snapshot(self.now).queues.values()
        kept = {caller.visit for queue in seen for caller in queue.callers if caller.callback_number}
        assert kept <= self.kept <= self.waiting
        assert self.called <= self.kept
        called = [self.floor._hall.visits[visit].kept for visit in self.called]
        assert all(kept is not None and kept.dialled is not None for kept in called)
        for queue in seen:
            numbers = [caller.callback_number for caller in queue.callers if caller.callback_number]
            assert len(set(numbers)) == len(numbers)

    @invariant()
    def nobody_waits_while_a_matching_agent_is_ready(self) -> None:
        seen = self.floor.snapshot(self.now)
        for queue in seen.queues.values():
            members = [agent for agent in seen.agents.values() if queue.name in agent.queues]
            if members:
                for caller in queue.callers:
                    visit = self.floor._hall.visits[caller.visit]
                    phones = visit.line.strategy.phones_at_once
                    phones = phones if visit.line.strategy.another_phone_after_s is None else visit.phones
                    phones = 1 if is_dialled_first(visit) else phones
                    spared = visit.spared_until is not None
                    rings = len(caller.ringing) >= phones
                    fit = [seat for seat in visit.line.ready if self.is_fit(visit, seat)]
                    stays = rings or not visit.may_be_offered or not self.has_room(visit)
                    assert caller.connecting or spared or stays or not fit

    def has_room(self, visit: Visit) -> bool:
        """Tell whether one is served already, or one more may be, counted afresh."""
        limit = visit.line.queue.max_talking
        served = {one for one in self.floor._hall.visits.values() if one.offers or one.talk is not None}
        return limit is None or visit in served or sum(one.line is visit.line for one in served) < limit

    def is_fit(self, visit: Visit, seat: Seat) -> bool:
        """Tell whether this member may be rung for this caller, looked at afresh."""
        return penalty_for(demands.of(visit, self.floor._hall.now), seat) is not None

    @invariant()
    def callers_stand_in_the_order_of_service(self) -> None:
        for queue in self.floor.snapshot(self.now).queues.values():
            visits = [self.floor._hall.visits[caller.visit] for caller in queue.callers]
            order = [visit.line.order.rank(visit) for visit in visits]
            assert order == sorted(order)
            assert [caller.position for caller in queue.callers] == list(range(1, len(order) + 1))

    @invariant()
    def no_deadline_lies_in_the_past(self) -> None:
        deadline = self.floor.next_deadline()
        assert deadline is None or deadline > self.now

    @invariant()
    def every_transient_state_has_a_deadline(self) -> None:
        hall = self.floor._hall
        for offer in hall.offers.values():
            assert offer.talking or hall.deadlines.of(offer) is not None
        for desk in hall.desks.values():
            if desk.wrap_up is not None or desk.resting_from is not None:
                assert hall.deadlines.of(desk) is not None

    @invariant()
    def the_facts_agree_with_the_floor(self) -> None:
        seen = self.floor.snapshot(self.now)
        assert self.answered - self.handled == len(self.talking)
        assert self.joined - sum(self.ended.values()) == len(self.waiting)
        wrapping_up = [a.agent for a in seen.agents.values() if a.state is AgentState.WRAP_UP]
        assert sorted(self.wrapping_up.values()) == sorted(wrapping_up)
        for agent in seen.agents.values():
            told = self.last_change.get(agent.agent)
            if told is not None and self.floor._hall.desks[agent.agent].spoken_of:
                assert (told.state, told.logged_in, told.pause_reason) == (
                    agent.state,
                    agent.logged_in,
                    agent.pause_reason,
                )

    @invariant()
    def the_books_are_in_order(self) -> None:
        """What the floor keeps sorted or counted is what it would find by looking at everything."""
        hall = self.floor._hall
        for line in hall.lines.values():
            assert not line.closed or line.unanswered or line.talking
            ready = {seat for seat in line.seats.values() if seat.is_open}
            assert set(line.ready) == ready
            standing = {visit: row for row in line.rows() for visit in things(row.wanting)}
            assert sum(len(row.wanting) for row in line.rows()) == len(standing) == line.wanting
            assert set(standing) == {visit for visit in line.unanswered if line.wants(visit)}
            assert all(visit.row is row for visit, row in standing.items())
            rows_of = Counter(visit.row for visit in line.unanswered)
            assert all(row.visits == rows_of[row] for row in line.rows())
            assert set(rows_of) <= set(line.rows())
            for row in line.rows():
                fit = {seat for seat in ready if penalty_for(row.asked, seat) is not None}
                assert things(row.ready) == fit == {seat for seat in line.seats.values() if row in seat.ranks}
                if line.queue.strategy == "longest_idle":
                    assert all(seat.ranks[row][1] == seat.desk.idle_since for seat in fit)
            for visit in line.unanswered:
                if visit.place is Place.WAITING:
                    assert visit.row is line.row(demands.of(visit, hall.now))
            standings = Counter(
                (seat.desk.present_absences() | (PAUSED if seat.paused else 0)) & line.watched
                for seat in line.seats.values()
            )
            assert +line._standings == standings
            engaged = {
                visit for visit in hall.visits.values() if visit.line is line and (visit.offers or visit.talk)
            }
            assert line.engaged == engaged
        for desk in hall.desks.values():
            assert desk.state is desk.present_state()
            assert not desk.removed or desk.talk is not None or desk.offer is not None
        alive = {*hall.offers.values(), *hall.visits.values(), *hall.desks.values()}
        assert set(hall.deadlines._valid) <= alive
        assert all(visit.place is not Place.GONE for visit in hall.visits.values())
        assert not hall.returned
        assert not hall.touched
        assert not hall.calling

    @invariant()
    def everybody_can_be_explained(self) -> None:
        for visit in self.waiting | set(self.talking):
            explained = self.floor.explain(self.callers[visit].contact, self.now)
            assert explained is not None
            everybody = {entry.agent for entry in explained.considered}
            everybody |= {entry.agent for entry in explained.excluded}
            assert set(self.floor.snapshot(self.now).agents) <= everybody

    def teardown(self) -> None:
        """When nobody does anything any more, every phone falls silent and every bridge is given up."""
        for agent in AGENTS:
            self.happen(AgentLoggedOut(agent))
        assert all(self.floor._hall.visits[visit].line.kept for visit in self.kept - self.called)
        for _ in range(1_000):
            deadline = self.floor.next_deadline()
            if deadline is None or self.all_that_is_due_is_announced():
                break
            self.now = deadline
            self.happen(TimePassed())
        assert not self.legs
        assert self.floor.next_deadline() is None or self.all_that_is_due_is_announced()

    def all_that_is_due_is_announced(self) -> bool:
        """Callers whom nobody serves are told things for as long as they wait."""
        due = self.floor._hall.deadlines._valid
        return all(isinstance(one, Visit) and one.line.queue.announcements for one in due)


class AFullDay(AnyDay):
    """Such a day on a floor whose queues ring several phones for each of the few callers they may serve."""

    def configure(self, queues: Sequence[Queue], agents: Sequence[Agent]) -> None:
        few = [
            replace(queue, strategy=SEVERAL_PHONES[number % 2], max_talking=1 + self.steps % 2)
            for number, queue in enumerate(queues)
        ]
        super().configure(few, agents)


def things(ranking: Ranking[T]) -> set[T]:
    found = list(ranking)
    assert len(set(found)) == len(found)
    return set(found)


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestAFullDay = AFullDay.TestCase
TestAFullDay.settings = settings(max_examples=30, stateful_step_count=50, deadline=None)
