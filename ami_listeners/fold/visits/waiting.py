"""Callers in the line: they join it, leave it, and are let go.

What app_queue tells is not what it means. QueueCallerAbandon is sent whenever it lets go of a caller: one who
hung up (a HangupRequest came before), one who waited too long, one for whom nobody is left, one who was
withdrawn (QUEUESTATUS is set right after), one whom somebody redirected. An exit by key is a QueueCallerLeave
and a dialplan step. A caller refused at the door is a QUEUESTATUS alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ami_listeners.fold.concluded import concluded
from ami_listeners.fold.visits.turns import Turns
from ami_listeners.fold.visits.visit import Visit
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import Fact
from queue_strategies.model import QueueName, VisitOutcome

LET_GO = {
    "TIMEOUT": VisitOutcome.TIMED_OUT,
    "FULL": VisitOutcome.FULL,
    "JOINEMPTY": VisitOutcome.LEFT_EMPTY,
    "JOINUNAVAIL": VisitOutcome.LEFT_EMPTY,
    "LEAVEEMPTY": VisitOutcome.LEFT_EMPTY,
    "LEAVEUNAVAIL": VisitOutcome.LEFT_EMPTY,
    "WITHDRAW": VisitOutcome.WITHDRAWN,
}
"""QUEUESTATUS, which app_queue sets after it has let go of a caller."""
AT_THE_DOOR = frozenset({"FULL", "JOINEMPTY", "JOINUNAVAIL"})
"""Those of callers who never joined."""


class Waiting:
    """Read what is told of callers in the line."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._book = turns, turns.book
        self.handlers = {
            "QueueCallerJoin": self._joined,
            "QueueCallerAbandon": self._abandoned,
            "QueueCallerLeave": self._left,
            "VarSet": self._let_go,
            "Newexten": self._goes_on,
        }

    def _joined(self, event: AmiEvent) -> Iterator[Fact]:
        channel, queue = event.channel, QueueName(event.text("Queue"))
        known = self._book.open.get(channel)
        if channel in self._book.placed and channel in self._book.over_with:
            return
        if known is not None and known.queue == queue and known.may_have_joined(event.moment):
            return
        if known is not None and known.talk is not None:
            yield from concluded(self._turns.part(channel, event.moment, "lost"))
        elif known is not None:
            yield from self._turns.over(channel, event.moment, VisitOutcome.TIMED_OUT)
        yield from self._turns.enter(event, queue, event.moment, event.number("Position"))

    def _abandoned(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._turns.known(event)
        if (visit := self._book.open.get(event.channel)) is not None:
            visit.abandoned = True
            yield from self._settle(event, visit)

    def _left(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._turns.known(event)
        if (visit := self._book.open.get(event.channel)) is not None:
            visit.left, visit.position = event.moment, event.number("Position")
            yield from self._settle(event, visit)

    def _settle(self, event: AmiEvent, visit: Visit) -> Iterator[Fact]:
        """Let an abandon be one as soon as all that belongs to it was heard."""
        if visit.left is not None and visit.abandoned and visit.hung_up and visit.talk is None:
            yield from self._turns.over(event.channel, event.moment, VisitOutcome.ABANDONED)

    def _let_go(self, event: AmiEvent) -> Iterator[Fact]:
        channel, status = event.channel, event.text("Value")
        outcome = LET_GO.get(status)
        if outcome is None or event.text("Variable") != "QUEUESTATUS":
            return
        book = self._book
        visit = book.open.get(channel)
        at_the_door = status in AT_THE_DOOR and channel in book.asked_for
        if visit is None and at_the_door and channel not in book.over_with and channel not in book.gone:
            yield from self._turns.enter(event, book.asked_for[channel], event.moment, 0)
            yield from self._turns.over(channel, event.moment, outcome)
        elif visit is not None and visit.talk is None:
            yield from self._turns.over(channel, visit.left or event.moment, outcome)

    def _goes_on(self, event: AmiEvent) -> Iterable[Fact]:
        """Take in a step of a dialplan: few are of a caller who was in a queue, or lead to one."""
        channel = event.channel
        visit = self._book.open.get(channel)
        facts: Iterable[Fact] = ()
        if visit is not None and visit.left is not None and visit.talk is None:
            facts = self._gone_on(visit, channel, visit.left, event.text("Extension"))
        if event.text("Application") == "Queue":
            facts = list(facts)
            self._book.asked_for[channel] = QueueName(event.text("AppData").partition(",")[0])
            self._book.over_with.pop(channel, None)
        return facts

    def _gone_on(self, visit: Visit, channel: str, left: float, extension: str) -> Iterator[Fact]:
        """Who left, was neither answered nor let go, and goes on, pressed a key or was redirected."""
        redirected = VisitOutcome.LOST if visit.unheard else VisitOutcome.WITHDRAWN
        by_key = not visit.abandoned and not visit.unheard
        outcome = VisitOutcome.EXITED_BY_KEY if by_key else redirected
        return self._turns.over(channel, left, outcome, extension)
