"""The state machine of all monitoring: told what happened and when, it says what to do and what is true.

    ringing ── the supervisor answers ──▶ waiting ── the agent is on a call ──▶ hearing
    hearing ── the call ends ──▶ waiting        hearing ── key 4-7, REST ──▶ hearing, by another ear
    any ── *, the phone is put down, REST, card data are read out ──▶ over

An ear is one stretch of hearing: one supervisor, one call, one mode. What is wanted is compared with the ear
there is after every event; whatever differs, another ear takes its place. Who is at the other end, and who
else is heard on the call, may change within one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

from queue_strategies.model import AgentId
from queue_strategies.monitoring import events as happened
from queue_strategies.monitoring import trail
from queue_strategies.monitoring.decision import Decision
from queue_strategies.monitoring.keys import END_KEY, MODE_KEYS, NEXT_KEY, PREVIOUS_KEY, nearest
from queue_strategies.monitoring.model import Line, Mode, Refusal, Refused
from queue_strategies.monitoring.orders import CloseEar, Deny, LetGo, Look, OpenEar, Order, RingSupervisor
from queue_strategies.monitoring.roster import Roster
from queue_strategies.monitoring.stretches import Stretches
from queue_strategies.monitoring.watched import Watched
from queue_strategies.monitoring.watches import Watches


class Monitors:
    """All supervisors who are on agents' calls, or wait for them."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._now = 0.0
        self._decision = Decision()
        self._roster = Roster()
        self._stretches = Stretches(new_id)
        self._watches = Watches()
        self._paused: set[str] = set()

    # -- looking --------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Watched]:
        return iter(self._watches)

    def of(self, supervisor: str) -> Watched | None:
        """Find what a supervisor is on."""
        return self._watches.of(supervisor)

    def watched(self) -> frozenset[AgentId]:
        """Return the agents whose lines matter."""
        return self._watches.agents()

    # -- deciding -------------------------------------------------------------------------------------------

    def handle(self, event: happened.Event, now: float) -> Decision:
        """Say what follows from an event at the moment `now`, which never goes back."""
        self._now = max(now, self._now)
        self._decision = decision = Decision()
        match event:
            case happened.SupervisorsConfigured():
                self._configured(event)
            case happened.MonitoringAsked():
                self._asked(event)
            case happened.MonitoringDropped():
                if (watch := self._watches.of(event.supervisor)) is not None:
                    self._end(watch, event.by)
            case happened.SupervisorAnswered():
                if (watch := self._watches.named(event.watch)) is not None:
                    watch.answered = True
            case happened.SupervisorLeft():
                if (watch := self._watches.named(event.watch)) is not None:
                    self._end(watch, event.by)
            case happened.SupervisorPressed():
                if (watch := self._watches.named(event.watch)) is not None and watch.answered:
                    self._pressed(watch, event.key, event.talking)
            case happened.LineChanged():
                self._line_changed(event)
            case happened.EarOpened():
                decision.facts.extend(self._stretches.opened(event.ear, self._now))
            case happened.EarClosed():
                self._closed(event.ear)
            case happened.EarHushed():
                self._hushed(event.ear)
            case happened.PauseBegan():
                self._paused.add(event.contact)
            case happened.PauseEnded():
                self._paused.discard(event.contact)
            case _:
                assert_never(event)
        for watch in self:
            self._follow(watch)
        for watch in self:
            self._arrange(watch)
        return decision

    def _follow(self, watch: Watched) -> None:
        """Let the ear there is be the one that is wanted."""
        line = self._watches.line(watch.agent)
        ear = watch.ear
        if ear is not None and ear.line.contact in self._paused:
            self._end(watch, "paused")
            return
        if line is None or line.contact in self._paused or not watch.can_hear(line):
            if ear is not None:
                ear.ended_by = "call" if line is None and ear.agent == watch.agent else "switched"
                self._order(CloseEar(watch.id))
                watch.ear = None
            return
        if ear is None or not ear.is_of(watch, line):
            self._stretches.begin(watch, line)
        elif ear.line != line:
            ear.line = line

    def _arrange(self, watch: Watched) -> None:
        """Have the ear opened that is wanted, or as the line has become."""
        ear = watch.ear
        if ear is None or ear.is_hushed:
            return
        wanted = ear.line, self._watches.companions(watch, ear)
        if ear.arranged == wanted:
            return
        announce, ear.is_new = ear.is_new, False
        ear.arranged = wanted
        self._order(OpenEar(watch.id, ear.id, watch.agent, ear.line, ear.mode, announce, wanted[1]))

    def _end(self, watch: Watched, by: str) -> None:
        if watch.ear is not None:
            watch.ear.ended_by = by
        if self._watches.drop(watch):
            self._order(LetGo(watch.id))

    def _order(self, order: Order) -> None:
        self._decision.orders.append(order)

    # -- what is asked for ----------------------------------------------------------------------------------

    def _asked(self, asked: happened.MonitoringAsked) -> None:
        line = asked.line or self._watches.line(asked.agent)
        if (refused := self.refusal(asked.supervisor, asked.agent, asked.mode, line)) is not None:
            self._refuse(asked, refused, line)
            return
        watch = self._watches.of(asked.supervisor)
        if watch is None:
            self._ring(asked)
        else:
            self._move(watch, asked.agent, asked.mode, asked.by)
        if asked.line is not None:
            self._watches.see(asked.agent, asked.line)

    def _ring(self, asked: happened.MonitoringAsked) -> None:
        if (supervisor := self._roster.supervisor(asked.supervisor)) is None:
            return
        watch = Watched(self._new_id(), supervisor, asked.agent, asked.mode, asked.by, self._now)
        self._watches.add(watch)
        self._order(RingSupervisor(watch.id, supervisor.id, watch.agent))
        self._order(Look(watch.agent))

    def _move(self, watch: Watched, agent: AgentId, mode: Mode, by: str) -> None:
        watch.mode, watch.by = mode, by
        if watch.agent != agent:
            self._watches.move(watch, agent)
            self._order(Look(agent))

    def refusal(self, supervisor: str, agent: AgentId, mode: Mode, line: Line | None) -> Refused | None:
        """Say why a supervisor cannot be on an agent's calls in a mode now; None: can."""
        if (refused := self._roster.refusal(supervisor, agent, mode)) is not None:
            return refused
        if line is not None and line.contact in self._paused:
            return Refused(Refusal.NOT_NOW, f"nobody may hear {agent} while card data are read out")
        if mode is Mode.TAKE_OVER and line is not None and line.bound:
            return Refused(Refusal.NOT_NOW, f"no take over of the call {agent} is on: {line.bound}")
        if mode is Mode.TAKE_OVER and (other := self._watches.has_taken(agent, supervisor)) is not None:
            return Refused(Refusal.NOT_NOW, f"{other} has taken over from {agent} already")
        return None

    def _refuse(self, asked: happened.MonitoringAsked, refused: Refused, line: Line | None) -> None:
        self._decision.refused = refused
        if refused.kind is Refusal.UNKNOWN:
            return
        contact = line.contact if line else ""
        self._decision.facts.append(trail.refused(asked, contact, refused.why, self._now))

    def _pressed(self, watch: Watched, key: str, talking: frozenset[AgentId]) -> None:
        by = watch.supervisor.id
        if key == END_KEY:
            self._end(watch, "supervisor")
        elif key in MODE_KEYS:
            self._asked(happened.MonitoringAsked(by, watch.agent, MODE_KEYS[key], by))
        elif key in (NEXT_KEY, PREVIOUS_KEY):
            self._go_beside(watch, self._roster.others(watch.agent, backwards=key == PREVIOUS_KEY), talking)
        else:
            self._order(Deny(watch.id))
        if self._decision.refused is not None:
            self._order(Deny(watch.id))

    def _go_beside(self, watch: Watched, others: Sequence[AgentId], talking: frozenset[AgentId]) -> None:
        to = nearest(others, talking, lambda agent: self._mode_with(watch, agent))
        if to is None:
            self._order(Deny(watch.id))
        else:
            self._move(watch, *to, watch.supervisor.id)

    def _mode_with(self, watch: Watched, agent: AgentId) -> Mode | None:
        """Say how an agent may be heard: as the one before, if not by listening."""
        who, line = watch.supervisor.id, self._watches.line(agent)
        wanted = (mode for mode in (watch.mode, Mode.LISTEN) if self.refusal(who, agent, mode, line) is None)
        return next(wanted, None)

    # -- what happens ---------------------------------------------------------------------------------------

    def _configured(self, event: happened.SupervisorsConfigured) -> None:
        self._roster.configure(event)
        for watch in self:
            now = self._roster.supervisor(watch.supervisor.id)
            if now is None or self._roster.refusal(now.id, watch.agent, watch.mode) is not None:
                self._end(watch, "withdrawn")
            else:
                watch.supervisor = now

    def _line_changed(self, event: happened.LineChanged) -> None:
        self._watches.see(event.agent, event.line)
        for watch in self:
            if watch.agent == event.agent and watch.ear is not None:
                watch.ear.is_hushed = False

    def _hushed(self, ear_id: str) -> None:
        for watch in self:
            if watch.ear is not None and watch.ear.id == ear_id:
                watch.ear.is_hushed, watch.ear.arranged = True, None
                self._order(Look(watch.agent))

    def _closed(self, ear_id: str) -> None:
        ear, facts = self._stretches.closed(ear_id, self._now)
        self._decision.facts.extend(facts)
        for watch in self:
            if ear is not None and watch.ear is ear:  # the line may be gone too: it is looked at first
                watch.ear = None
                self._watches.see(watch.agent, None)
                self._order(Look(watch.agent))
