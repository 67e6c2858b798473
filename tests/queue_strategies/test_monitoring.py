"""Whatever supervisors, agents and callers do, and in whatever order, nobody is heard who must not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from queue_strategies.facts import Fact, MonitoringBegan, MonitoringEnded, MonitoringRefused
from queue_strategies.model import AgentId
from queue_strategies.monitoring import (
    CloseEar,
    Decision,
    Deny,
    EarClosed,
    EarHushed,
    EarOpened,
    Event,
    LetGo,
    Line,
    LineChanged,
    Look,
    Mode,
    MonitoringAsked,
    MonitoringDropped,
    Monitors,
    OpenEar,
    Order,
    PauseBegan,
    PauseEnded,
    Refusal,
    RingSupervisor,
    Supervisor,
    SupervisorAnswered,
    SupervisorLeft,
    SupervisorPressed,
    SupervisorsConfigured,
)
from queue_strategies.rights import ALL_TEAMS

ANNA, BOB, CARL = AgentId("anna"), AgentId("bob"), AgentId("carl")
TEAMS = {ANNA: "north", BOB: "north", CARL: None}
SUE = Supervisor("sue", {"north": frozenset(Mode)})
SAM = Supervisor("sam", {ALL_TEAMS: frozenset({Mode.LISTEN}), "north": frozenset({Mode.TAKE_OVER})})
ADA = Supervisor("ada")
CALL = Line("leg-1", "c1", "customer-1")


class Floor:
    """Monitors, and a log of what they ordered and told."""

    def __init__(self) -> None:
        numbers = count(1)
        self.monitors = Monitors(lambda: f"id-{next(numbers)}")
        self.now = 0.0
        self.facts: list[Fact] = []
        self.tell(SupervisorsConfigured((SUE, SAM, ADA), TEAMS))

    def tell(self, event: Event) -> Decision:
        self.now += 1
        decision = self.monitors.handle(event, self.now)
        self.facts += decision.facts
        return decision

    def hears(self, supervisor: Supervisor, agent: AgentId, mode: Mode, line: Line = CALL) -> str:
        """Let a supervisor be on an agent's call; return the ear."""
        orders = self.tell(MonitoringAsked(supervisor.id, agent, mode, supervisor.id, line)).orders
        watch = next(order.watch for order in orders if isinstance(order, RingSupervisor))
        ear = only(OpenEar, self.tell(SupervisorAnswered(watch)).orders).ear
        self.tell(EarOpened(ear))
        return ear

    def watch(self, supervisor: Supervisor) -> str:
        found = self.monitors.of(supervisor.id)
        assert found is not None
        return found.id

    def press(self, supervisor: Supervisor, key: str, *talking: AgentId) -> Decision:
        return self.tell(SupervisorPressed(self.watch(supervisor), key, frozenset(talking)))


def only(kind: type[OpenEar], orders: Sequence[Order]) -> OpenEar:
    (found,) = [order for order in orders if isinstance(order, kind)]
    return found


def test_a_supervisor_who_came_before_the_call_hears_it_when_it_comes_and_the_next_one_too() -> None:
    floor = Floor()
    floor.tell(MonitoringAsked("sue", ANNA, Mode.WHISPER, "sue"))
    assert not any(
        isinstance(order, OpenEar) for order in floor.tell(SupervisorAnswered(floor.watch(SUE))).orders
    )
    first = only(OpenEar, floor.tell(LineChanged(ANNA, CALL)).orders)
    assert (first.line, first.mode, first.announce) == (CALL, Mode.WHISPER, True)
    assert floor.tell(LineChanged(ANNA, None)).orders == [CloseEar(floor.watch(SUE))]
    second = only(OpenEar, floor.tell(LineChanged(ANNA, Line("leg-2", "c2"))).orders)
    assert (second.line.contact, second.announce) == ("c2", True)


def test_who_may_not_is_refused_and_the_trail_says_who_tried() -> None:
    floor = Floor()
    for supervisor, agent, mode in (
        ("sue", CARL, Mode.LISTEN),
        ("sam", ANNA, Mode.WHISPER),
        ("ada", ANNA, Mode.LISTEN),
    ):
        decision = floor.tell(MonitoringAsked(supervisor, agent, mode, "eve", CALL))
        assert decision.refused is not None
        assert (decision.refused.kind, decision.orders) == (Refusal.FORBIDDEN, [])
        (told,) = [fact for fact in decision.facts if isinstance(fact, MonitoringRefused)]
        assert (told.supervisor, told.agent, told.mode, told.asked_by, told.contact) == (
            supervisor,
            agent,
            mode,
            "eve",
            "c1",
        )
    assert floor.tell(MonitoringAsked("sam", CARL, Mode.LISTEN, "sam", CALL)).refused is None


def test_keys_change_the_mode_and_the_trail_has_each_stretch() -> None:
    floor = Floor()
    ear = floor.hears(SUE, ANNA, Mode.LISTEN)
    barge = only(OpenEar, floor.press(SUE, "6").orders)
    assert (barge.mode, barge.announce) == (Mode.BARGE, False)
    floor.tell(EarClosed(ear))
    floor.tell(EarOpened(barge.ear))
    watch = floor.watch(SUE)
    assert floor.press(SUE, "*").orders == [LetGo(watch)]
    floor.tell(EarClosed(barge.ear))
    told = [(fact.mode, fact.ended_by) for fact in floor.facts if isinstance(fact, MonitoringEnded)]
    assert told == [(Mode.LISTEN, "switched"), (Mode.BARGE, "supervisor")]


def test_a_key_that_is_not_allowed_is_denied_and_changes_nothing() -> None:
    floor = Floor()
    floor.hears(SAM, ANNA, Mode.LISTEN)
    assert floor.press(SAM, "6").orders == [Deny(floor.watch(SAM))]
    assert isinstance(floor.facts[-1], MonitoringRefused)
    assert floor.press(SAM, "9").orders == [Deny(floor.watch(SAM))]


def test_the_next_agent_is_one_who_may_be_heard_and_rather_one_who_talks() -> None:
    floor = Floor()
    floor.hears(SAM, ANNA, Mode.TAKE_OVER)
    floor.press(SAM, "#", CARL)
    assert [(one.agent, one.mode) for one in floor.monitors] == [(CARL, Mode.LISTEN)]
    floor.press(SAM, "#")
    assert [one.agent for one in floor.monitors] == [ANNA]
    floor.press(SAM, "0")
    assert [one.agent for one in floor.monitors] == [CARL]
    floor.tell(MonitoringAsked("sue", BOB, Mode.LISTEN, "sue"))
    floor.tell(SupervisorAnswered(floor.watch(SUE)))
    floor.press(SUE, "#")
    assert floor.monitors.watched() == {ANNA, CARL}


def test_nobody_hears_card_data() -> None:
    floor = Floor()
    floor.hears(SUE, ANNA, Mode.LISTEN)
    watch = floor.watch(SUE)
    assert floor.tell(PauseBegan("c1")).orders == [LetGo(watch)]
    refused = floor.tell(MonitoringAsked("sue", ANNA, Mode.LISTEN, "sue", CALL)).refused
    assert refused is not None
    assert refused.kind is Refusal.NOT_NOW
    floor.tell(PauseEnded("c1"))
    assert floor.tell(MonitoringAsked("sue", ANNA, Mode.LISTEN, "sue", CALL)).refused is None


def test_one_call_is_taken_over_by_one_supervisor_and_only_where_somebody_is_at_the_other_end() -> None:
    floor = Floor()
    floor.hears(SUE, ANNA, Mode.TAKE_OVER)
    refused = floor.tell(MonitoringAsked("sam", ANNA, Mode.TAKE_OVER, "sam", CALL)).refused
    assert refused is not None
    assert refused.why == "sue has taken over from anna already"
    held = floor.tell(LineChanged(ANNA, replace(CALL, other=None))).orders
    assert held == [CloseEar(floor.watch(SUE))]
    assert only(OpenEar, floor.tell(LineChanged(ANNA, CALL)).orders).mode is Mode.TAKE_OVER
    bound = replace(CALL, led=False, bound="ask the manager")
    refused = floor.tell(MonitoringAsked("sam", BOB, Mode.TAKE_OVER, "sam", bound)).refused
    assert refused is not None
    assert refused.why == "no take over of the call bob is on: ask the manager"
    assert (
        floor.tell(MonitoringAsked("sam", BOB, Mode.TAKE_OVER, "sam", replace(bound, bound=""))).refused
        is None
    )


def test_supervisors_whom_the_customer_hears_are_heard_by_all_others_on_the_call() -> None:
    floor = Floor()
    floor.hears(SAM, ANNA, Mode.LISTEN)
    ear = floor.hears(SUE, ANNA, Mode.LISTEN)
    orders = [one for one in floor.press(SUE, "6").orders if isinstance(one, OpenEar)]
    heard = {one.watch: one.companions for one in orders}
    assert heard == {floor.watch(SUE): frozenset(), floor.watch(SAM): {floor.watch(SUE)}}
    floor.tell(EarClosed(ear))
    left = only(OpenEar, floor.tell(MonitoringDropped("sue", "sue")).orders)
    assert (left.watch, left.companions) == (floor.watch(SAM), frozenset())
    assert len([fact for fact in floor.facts if isinstance(fact, MonitoringBegan)]) == 2


def test_hold_and_consultation_arrange_hearing_anew_and_are_one_stretch() -> None:
    floor = Floor()
    ear = floor.hears(SUE, ANNA, Mode.WHISPER)
    for other in (None, "bob", "customer-1"):
        line = replace(CALL, other=other)
        order = only(OpenEar, floor.tell(LineChanged(ANNA, line)).orders)
        assert (order.ear, order.line, order.announce) == (ear, line, False)
        floor.tell(EarOpened(order.ear))
    assert len([fact for fact in floor.facts if isinstance(fact, MonitoringBegan)]) == 1


def test_nothing_is_whispered_anew_until_it_is_known_with_whom_the_agent_is() -> None:
    floor = Floor()
    ear = floor.hears(SUE, ANNA, Mode.WHISPER)
    assert floor.tell(EarHushed(ear)).orders == [Look(ANNA)]
    assert floor.tell(PauseEnded("c2")).orders == []
    again = only(OpenEar, floor.tell(LineChanged(ANNA, CALL)).orders)
    assert (again.ear, again.line, again.announce) == (ear, CALL, False)


def test_rights_that_are_taken_away_let_the_supervisor_go() -> None:
    floor = Floor()
    floor.hears(SUE, ANNA, Mode.BARGE)
    watch = floor.watch(SUE)
    less = replace(SUE, modes={"north": frozenset({Mode.LISTEN})})
    assert floor.tell(SupervisorsConfigured((less,), TEAMS)).orders == [LetGo(watch)]


supervisors = st.sampled_from([SUE, SAM, ADA])
agents = st.sampled_from([*TEAMS])
contacts = st.sampled_from(["c1", "c2", "c3"])
modes = st.sampled_from([*Mode])


class AnyDay(RuleBasedStateMachine):
    """Everything that may happen, told early, late, twice, or by strangers."""

    @initialize()
    def begin(self) -> None:
        self.floor = Floor()
        self.paused: set[str] = set()
        self.lines: dict[AgentId, Line | None] = {}
        self.ordered: dict[str, OpenEar | None] = {}
        self.ears: dict[str, OpenEar] = {}
        self.answered: set[str] = set()

    def tell(self, event: Event) -> None:
        for order in self.floor.tell(event).orders:
            match order:
                case RingSupervisor(watch=watch):
                    self.ordered[watch] = None
                case OpenEar(watch=watch, ear=ear):
                    self.ordered[watch] = self.ears[ear] = order
                    assert watch in self.answered
                case CloseEar(watch=watch):
                    self.ordered[watch] = None
                case LetGo(watch=watch):
                    del self.ordered[watch]

    @rule(who=supervisors, agent=agents, mode=modes)
    def ask(self, who: Supervisor, agent: AgentId, mode: Mode) -> None:
        self.tell(MonitoringAsked(who.id, agent, mode, "somebody", self.lines.get(agent)))

    @rule(who=supervisors)
    def drop(self, who: Supervisor) -> None:
        self.tell(MonitoringDropped(who.id, "somebody"))

    @rule(number=st.integers(0, 5), key=st.sampled_from("0123456789*#"), talking=st.frozensets(agents))
    def press(self, number: int, key: str, talking: frozenset[AgentId]) -> None:
        self.tell(SupervisorPressed(self._watch(number), key, talking))

    @rule(number=st.integers(0, 5))
    def answer(self, number: int) -> None:
        self.answered.add(self._watch(number))
        self.tell(SupervisorAnswered(self._watch(number)))

    @rule(number=st.integers(0, 5))
    def hang_up(self, number: int) -> None:
        self.tell(SupervisorLeft(self._watch(number)))

    @rule(agent=agents, contact=contacts, other=st.sampled_from(["x", "y", None]), bound=st.booleans())
    def talk(self, agent: AgentId, contact: str, other: str | None, bound: bool) -> None:
        why = "so it is" if bound else ""
        self.lines[agent] = Line(f"{agent}-{contact}", contact, other, led=not bound, bound=why)
        self.tell(LineChanged(agent, self.lines[agent]))

    @rule(agent=agents)
    def part(self, agent: AgentId) -> None:
        self.lines[agent] = None
        self.tell(LineChanged(agent, None))

    @rule(contact=contacts)
    def pause(self, contact: str) -> None:
        self.paused.add(contact)
        self.tell(PauseBegan(contact))

    @rule(contact=contacts)
    def go_on(self, contact: str) -> None:
        self.paused.discard(contact)
        self.tell(PauseEnded(contact))

    @rule(number=st.integers(0, 50))
    def open(self, number: int) -> None:
        self.tell(EarOpened(self._ear(number)))

    @rule(number=st.integers(0, 50))
    def close(self, number: int) -> None:
        ear = self._ear(number)
        for watch, order in self.ordered.items():
            if order is not None and order.ear == ear:  # the line it was on has ended
                self.ordered[watch] = None
        self.tell(EarClosed(ear))

    @rule(number=st.integers(0, 50))
    def hush(self, number: int) -> None:
        self.tell(EarHushed(self._ear(number)))

    def _watch(self, number: int) -> str:
        known = [*self.ordered]
        return known[number % len(known)] if known else "nobody"

    def _ear(self, number: int) -> str:
        known = [*self.ears]
        return known[number % len(known)] if known else "none"

    @invariant()
    def nobody_hears_who_must_not_be_heard(self) -> None:
        for order in filter(None, self.ordered.values()):
            assert order.line.contact not in self.paused
            watch = next(one for one in self.floor.monitors if one.id == order.watch)
            assert order.mode in watch.supervisor.modes_with(TEAMS[order.agent])
            assert order.mode is not Mode.TAKE_OVER or (not order.line.bound and order.line.other is not None)

    @invariant()
    def a_call_is_taken_over_by_one(self) -> None:
        taken = [one.agent for one in self.floor.monitors if one.mode is Mode.TAKE_OVER]
        assert len(taken) == len({*taken})

    @invariant()
    def everybody_hears_by_the_ear_that_was_ordered_last_and_nobody_else_is_there(self) -> None:
        there = {one.id: one.ear and one.ear.id for one in self.floor.monitors}
        assert there == {watch: order and order.ear for watch, order in self.ordered.items()}
        assert len({one.supervisor.id for one in self.floor.monitors}) == len(there)

    @invariant()
    def each_stretch_begins_once_and_ends_once_at_most(self) -> None:
        began = [fact.ear for fact in self.floor.facts if isinstance(fact, MonitoringBegan)]
        ended = [fact.ear for fact in self.floor.facts if isinstance(fact, MonitoringEnded)]
        assert len(began) == len({*began})
        assert len(ended) == len({*ended})
        assert {*ended} <= {*began}


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
