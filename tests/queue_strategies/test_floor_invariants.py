"""Whatever happens on the floor, in whatever order, late, twice or by strangers, these stay true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from queue_strategies.commands import Command, Connect, Release, Ring, StopRinging
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
    CallerConnected,
    CallerHeld,
    CallerJoined,
    CallerLeft,
    CallerPressed,
    CallerResumed,
    Event,
    FloorConfigured,
    OfferFailed,
    PhoneChanged,
    PriorityChanged,
    TalkEnded,
    TalkRestored,
    TimePassed,
)
from queue_strategies.facts import (
    AgentStateChanged,
    Answered,
    Fact,
    Handled,
    OfferEnded,
    OfferMade,
    QueueJoined,
    VisitEnded,
    WrapUpEnded,
)
from queue_strategies.figures import Figures
from queue_strategies.floor import Floor
from queue_strategies.floor.ranking import Ranking
from queue_strategies.floor.visit import Place
from queue_strategies.model import (
    Agent,
    AgentId,
    AgentState,
    Caller,
    ContactId,
    EmptyRule,
    Membership,
    OfferId,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)
from queue_strategies.strategies import STRATEGIES

QUEUES = [QueueName(name) for name in ("sales", "support", "returns")]
AGENTS = [AgentId(name) for name in ("anna", "bob", "carl", "dora")]

T = TypeVar("T")

durations = st.sampled_from((0.0, 0.5, 1.0, 3.0, 10.0, 30.0))
rules_of_emptiness = st.sampled_from((EmptyRule.NEVER, *EmptyRule))


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
        max_wait_s=st.sampled_from((None, None, 30.0, 1.0, 0.0)),
        max_length=st.sampled_from((None, None, 3, 1, 0)),
        join_when_empty=rules_of_emptiness,
        leave_when_empty=rules_of_emptiness,
        exit_keys=st.just(frozenset("0")),
        direct=st.booleans(),
    )


def agent_named(name: AgentId) -> st.SearchStrategy[Agent]:
    memberships = st.fixed_dictionaries(
        {}, optional={queue: st.builds(Membership, penalty=st.integers(0, 1)) for queue in QUEUES}
    )
    return st.builds(Agent, id=st.just(name), queues=memberships, wrap_up_s=st.none() | durations)


queue_lists = st.tuples(*(queue_named(name) for name in QUEUES)).flatmap(
    lambda queues: st.lists(st.sampled_from(queues), unique_by=lambda queue: queue.name, min_size=1)
)
agent_lists = st.tuples(*(agent_named(name) for name in AGENTS)).flatmap(
    lambda agents: st.lists(st.sampled_from(agents), unique_by=lambda agent: agent.id, min_size=2)
)
agent_names = st.sampled_from([*AGENTS, AgentId("stranger")])
queue_names = st.sampled_from([*QUEUES, QueueName("unheard-of")])
picks = st.integers(0, 1_000)


class AnyDay(RuleBasedStateMachine):
    """A floor in a world that does as it likes, watched from outside by commands and facts alone."""

    def __init__(self) -> None:
        super().__init__()
        names, self.numbers = count(), count()
        self.floor = Floor(lambda: f"o{next(names)}")
        self.now = 0.0
        self.members: dict[tuple[AgentId, QueueName], bool] = {}
        self.callers: dict[VisitId, Caller] = {}
        self.waiting: set[VisitId] = set()
        self.talking: dict[VisitId, AgentId] = {}
        self.ended: Counter[VisitId] = Counter()
        self.legs: dict[OfferId, AgentId] = {}
        self.picked_up: set[OfferId] = set()
        self.offers: list[OfferId] = [OfferId("unheard-of")]
        self.visits: list[VisitId] = [VisitId("unheard-of")]
        self.last_moment = 0.0
        self.last_change: dict[AgentId, AgentStateChanged] = {}
        self.joined = self.answered = self.handled = self.wrap_ups = 0
        self.figures = Figures()

    # -- what happens ---------------------------------------------------------------------------------------

    @initialize(queues=queue_lists, agents=agent_lists, present=st.sampled_from((True, True, False)))
    def open_the_floor(self, queues: Sequence[Queue], agents: Sequence[Agent], present: bool) -> None:
        self.configure(queues, agents)
        for agent in agents if present else ():
            self.happen(AgentLoggedIn(agent.id))

    @rule(queues=queue_lists, agents=agent_lists)
    def configure(self, queues: Sequence[Queue], agents: Sequence[Agent]) -> None:
        names = {queue.name for queue in queues}
        self.members = {(agent.id, name): True for agent in agents for name in agent.queues if name in names}
        self.happen(FloorConfigured(queues, agents))

    @rule(queue=queue_names, priority=st.integers(0, 2), earlier=durations, adopted=st.booleans())
    def a_caller_joins(self, queue: QueueName, priority: int, earlier: float, adopted: bool) -> None:
        number = next(self.numbers)
        caller = Caller(
            contact=ContactId(f"c{number}"),
            visit=VisitId(f"v{number}"),
            queue=queue,
            joined_moment=self.now - earlier,
            priority=priority,
            adopted=adopted,
        )
        self.enter(caller)

    @rule(pick=picks, queue=queue_names)
    def a_contact_joins_once_more(self, pick: int, queue: QueueName) -> None:
        visit = self.visits[pick % len(self.visits)]
        if visit in self.callers:
            contact = self.callers[visit].contact
            self.enter(
                Caller(
                    contact=contact,
                    visit=VisitId(f"v{next(self.numbers)}"),
                    queue=queue,
                    joined_moment=self.now,
                )
            )

    @rule(pick=picks)
    def a_join_is_told_twice(self, pick: int) -> None:
        going_on = sorted(self.waiting | set(self.talking))
        if going_on:
            self.happen(CallerJoined(self.callers[going_on[pick % len(going_on)]]))

    @rule(pick=picks, outcome=st.sampled_from(VisitOutcome))
    def a_caller_leaves(self, pick: int, outcome: VisitOutcome) -> None:
        self.happen(CallerLeft(self.visits[-1 - pick % len(self.visits)], outcome))

    @rule(pick=picks, key=st.sampled_from("05"))
    def a_caller_presses_a_key(self, pick: int, key: str) -> None:
        self.happen(CallerPressed(self.visits[-1 - pick % len(self.visits)], key))

    @rule(pick=picks, priority=st.integers(0, 2))
    def a_priority_changes(self, pick: int, priority: int) -> None:
        self.happen(PriorityChanged(self.visits[-1 - pick % len(self.visits)], priority))

    @rule(pick=picks, event=st.sampled_from((AgentRang, AgentAnswered, CallerConnected)))
    def an_offer_goes_on(
        self, pick: int, event: type[AgentRang] | type[AgentAnswered] | type[CallerConnected]
    ) -> None:
        self.happen(event(self.offers[-1 - pick % len(self.offers)]))

    @precondition(lambda self: self.legs)
    @rule(pick=picks)
    def an_agent_answers_and_is_connected(self, pick: int) -> None:
        offer = list(self.legs)[pick % len(self.legs)]
        self.happen(AgentRang(offer))
        self.happen(AgentAnswered(offer))
        self.happen(CallerConnected(offer))

    @precondition(lambda self: self.legs)
    @rule(pick=picks)
    def an_agent_answers_and_cannot_be_connected(self, pick: int) -> None:
        offer = list(self.legs)[pick % len(self.legs)]
        self.happen(AgentAnswered(offer))
        self.fail(offer, OfferOutcome.FAILED)

    @rule(pick=picks, outcome=st.sampled_from(OfferOutcome))
    def an_offer_fails(self, pick: int, outcome: OfferOutcome) -> None:
        self.fail(self.offers[-1 - pick % len(self.offers)], outcome)

    @rule(pick=picks, hold=st.sampled_from((CallerHeld, CallerResumed)))
    def a_caller_is_held_or_not(self, pick: int, hold: type[CallerHeld] | type[CallerResumed]) -> None:
        self.happen(hold(self.visits[-1 - pick % len(self.visits)]))

    @rule(
        pick=picks,
        by=st.sampled_from(("caller", "agent", "transfer", "lost")),
        to=st.none() | st.just("queue:sales"),
    )
    def a_talk_ends(self, pick: int, by: str, to: str | None) -> None:
        self.happen(TalkEnded(self.visits[-1 - pick % len(self.visits)], by, to))

    @rule(
        agent=agent_names,
        event=st.sampled_from((AgentLoggedIn, AgentLoggedOut, AgentUnpaused, AgentReady)),
    )
    def an_agent_comes_or_goes(
        self,
        agent: AgentId,
        event: type[AgentLoggedIn] | type[AgentLoggedOut] | type[AgentUnpaused] | type[AgentReady],
    ) -> None:
        self.happen(event(agent))

    @rule(agent=agent_names, reason=st.sampled_from(("", "lunch", "meeting")))
    def an_agent_pauses(self, agent: AgentId, reason: str) -> None:
        self.happen(AgentPaused(agent, reason))

    @rule(agent=agent_names, reachable=st.booleans())
    def a_phone_changes(self, agent: AgentId, reachable: bool) -> None:
        self.happen(PhoneChanged(agent, reachable))

    @rule(agent=agent_names, event=st.sampled_from((AgentOccupied, AgentFreed)), pick=picks)
    def an_agent_has_a_call_of_their_own(
        self, agent: AgentId, event: type[AgentOccupied] | type[AgentFreed], pick: int
    ) -> None:
        self.happen(event(agent, ContactId(f"c{pick % 3}")))

    @rule(
        agent=agent_names,
        logged_in=st.booleans(),
        pause_reason=st.none() | st.just("lunch"),
        earlier=durations,
    )
    def an_agent_is_restored(
        self, agent: AgentId, logged_in: bool, pause_reason: str | None, earlier: float
    ) -> None:
        since = self.now - earlier
        self.is_restored(agent)
        self.happen(AgentRestored(agent, logged_in, pause_reason, since, since_moment=since))

    @rule(agent=agent_names, queue=queue_names, earlier=durations)
    def a_talk_is_restored(self, agent: AgentId, queue: QueueName, earlier: float) -> None:
        number = next(self.numbers)
        caller = Caller(
            contact=ContactId(f"c{number}"),
            visit=VisitId(f"v{number}"),
            queue=queue,
            joined_moment=self.now - earlier - 1,
        )
        offer = OfferId(f"restored-{number}")
        had = self.floor.snapshot(self.now).agents.get(agent)
        if had is None or had.state is not AgentState.TALKING:
            self.callers[caller.visit] = caller
            self.talking[caller.visit] = agent
            self.answered += 1
            self.picked_up.add(offer)
        self.visits.append(caller.visit)
        self.offers.append(offer)
        self.is_restored(agent)
        self.happen(TalkRestored(caller, agent, offer, self.now - earlier))

    @rule(seconds=durations)
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.happen(TimePassed())

    @rule(late_s=durations)
    def a_deadline_passes(self, late_s: float) -> None:
        deadline = self.floor.next_deadline()
        if deadline is not None:
            self.now = deadline + late_s
            self.happen(TimePassed())

    @rule(back_s=durations)
    def a_clock_goes_back(self, back_s: float) -> None:
        self.watch(self.floor.handle(TimePassed(), self.now - back_s).facts)

    # -- watching -------------------------------------------------------------------------------------------

    def enter(self, caller: Caller) -> None:
        self.callers[caller.visit] = caller
        self.visits.append(caller.visit)
        self.waiting.add(caller.visit)
        self.joined += 1
        self.happen(CallerJoined(caller))

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

    def happen(self, event: Event) -> None:
        decision = self.floor.handle(event, self.now)
        for command in decision.commands:
            self.obey(command)
        self.watch(decision.facts)
        released = {command.visit for command in decision.commands if isinstance(command, Release)}
        let_go = {
            fact.visit
            for fact in decision.facts
            if isinstance(fact, VisitEnded)
            and fact.outcome not in (VisitOutcome.ABANDONED, VisitOutcome.LOST)
        }
        assert released == let_go

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
            case Connect():
                assert command.offer in self.legs
                self.picked_up.add(command.offer)
            case Release():
                pass

    def watch(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            assert self.last_moment <= fact.moment <= self.now
            self.last_moment = fact.moment
            self.figures.add(fact)
            match fact:
                case QueueJoined():
                    assert fact.visit in self.waiting
                case OfferMade():
                    assert (fact.agent, fact.queue) in self.members
                    assert fact.visit in self.waiting
                case OfferEnded(outcome=OfferOutcome.ANSWERED):
                    self.legs.pop(fact.offer, None)
                case Answered():
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
                    self.wrap_ups += fact.wrap_up_follows
                case WrapUpEnded():
                    self.wrap_ups -= 1
                case AgentStateChanged():
                    self.follows(fact)
                case _:
                    pass

    def ends(self, visit: VisitId) -> None:
        self.waiting.remove(visit)
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
        being_connected_for_a_queue_that_is_gone = self.waiting - {caller.visit for caller in in_line}
        assert {caller.visit for caller in in_line} <= self.waiting
        assert being_connected_for_a_queue_that_is_gone <= set(at_desks)
        waiting_only = [caller.contact for caller in in_line if not caller.connecting]
        assert len(set(waiting_only)) == len(waiting_only)

    @invariant()
    def every_phone_that_rings_is_one_reserved_agent(self) -> None:
        ringing = Counter(self.legs.values())
        assert not ringing or max(ringing.values()) == 1
        seen = self.floor.snapshot(self.now).agents
        assert {a.agent for a in seen.values() if a.state is AgentState.RINGING} == set(ringing)
        in_line = self.floor.snapshot(self.now).queues.values()
        offered = [agent for queue in in_line for caller in queue.callers for agent in caller.ringing]
        assert len(set(offered)) == len(offered)
        assert set(offered) <= set(ringing)

    @invariant()
    def nobody_waits_while_a_matching_agent_is_ready(self) -> None:
        seen = self.floor.snapshot(self.now)
        for queue in seen.queues.values():
            members = [agent for agent in seen.agents.values() if queue.name in agent.queues]
            if any(agent.state is AgentState.READY for agent in members):
                for caller in queue.callers:
                    visit = self.floor._hall.visits[caller.visit]
                    spared = visit.spared_until is not None
                    rings = caller.ringing and queue.strategy != "ring_all"
                    assert caller.connecting or spared or rings

    @invariant()
    def callers_stand_in_the_order_of_service(self) -> None:
        for queue in self.floor.snapshot(self.now).queues.values():
            order = [(-caller.priority, caller.joined_moment) for caller in queue.callers]
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
        wrapping_up = [agent for agent in seen.agents.values() if agent.state is AgentState.WRAP_UP]
        assert self.wrap_ups == len(wrapping_up)
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
            assert things(line.ready) == {seat for seat in line.seats.values() if seat.desk.ready}
            assert things(line.wanting) == {visit for visit in line.unanswered if line.wants(visit)}
            standings = [seat.desk.present_standing() for seat in line.seats.values()]
            assert (line._logged_in, line._unpaused, line._reachable) == (
                sum(standing.logged_in for standing in standings),
                sum(standing.unpaused for standing in standings),
                sum(standing.reachable for standing in standings),
            )
            if line.queue.strategy == "longest_idle":
                assert all(seat.rank[1] == seat.desk.idle_since for seat in line.ready if seat.rank)
        for desk in hall.desks.values():
            assert desk.state is desk.present_state()
            assert desk.ready is (desk.state is AgentState.READY)
            assert not desk.removed or desk.talk is not None or desk.offer is not None
        alive = {*hall.offers.values(), *hall.visits.values(), *hall.desks.values()}
        assert set(hall.deadlines._valid) <= alive
        assert all(visit.place is not Place.GONE for visit in hall.visits.values())
        assert not hall.returned
        assert not hall.touched

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
        for _ in range(1_000):
            deadline = self.floor.next_deadline()
            if deadline is None:
                break
            self.now = deadline
            self.happen(TimePassed())
        assert not self.legs
        assert self.floor.next_deadline() is None


def things(ranking: Ranking[T]) -> set[T]:
    found = list(ranking)
    assert len(set(found)) == len(found)
    return set(found)


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
