"""Fold queue_log into the facts that are made of the same calls when they are heard live.

What queue_log does not tell is not known: hold, wrap-up, phones that rang in vain while another answered, and
callers who were refused at the door. Who was hung up on, or taken out of the line, abandoned, as it says.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ami_listeners.imports.names import AgentNames
from ami_listeners.imports.queue_log import Entry
from queue_strategies.facts import (
    Answered,
    ContactStarted,
    Fact,
    Handled,
    OfferEnded,
    OfferMade,
    QueueJoined,
    Transferred,
    VisitEnded,
)
from queue_strategies.model import (
    AgentId,
    ContactId,
    OfferId,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)

OUTCOMES = {
    "ABANDON": VisitOutcome.ABANDONED,
    "EXITWITHTIMEOUT": VisitOutcome.TIMED_OUT,
    "EXITEMPTY": VisitOutcome.LEFT_EMPTY,
    "EXITWITHKEY": VisitOutcome.EXITED_BY_KEY,
    "WITHDRAW": VisitOutcome.WITHDRAWN,
}
REMEMBERED = 100_000
"""Channels of which it is remembered how often they joined, and who joined without an end so far."""


@dataclass(slots=True)
class Stay:
    """One caller in one queue, until the talk is over."""

    contact: ContactId
    visit: VisitId
    queue: QueueName
    joined: float
    position: int
    agent: AgentId | None = None
    answered: float | None = None


class QueueVisits:
    """Take entries in their order, and answer with facts; `moment` of these is Unix time in seconds."""

    def __init__(self, agents: AgentNames, rules: Callable[[QueueName], Queue]) -> None:
        self._agents, self._rules = agents, rules
        self.open: OrderedDict[str, Stay] = OrderedDict()
        """By the unique id of the caller's channel."""
        self._numbers: OrderedDict[str, int] = OrderedDict()
        """How often each channel joined."""
        self._handlers: dict[str, Callable[[Entry], Iterator[Fact]]] = {
            "ENTERQUEUE": self._joined,
            "CONNECT": self._connected,
            "COMPLETEAGENT": self._completed,
            "COMPLETECALLER": self._completed,
            "TRANSFER": self._transferred_blind,
            "BLINDTRANSFER": self._transferred_blind,
            "ATTENDEDTRANSFER": self._transferred_attended,
            "RINGNOANSWER": self._missed,
            "RINGCANCELED": self._missed,
            "AGENTDUMP": self._dumped,
            "SYSCOMPAT": self._dumped,
            "QUEUESTART": self._asterisk_started,
            **dict.fromkeys(OUTCOMES, self._left),
        }
        self.known = frozenset(self._handlers)
        """The events that tell of visits."""

    def handle(self, entry: Entry) -> Iterator[Fact]:
        """Take in one entry; raises Unreadable when it lacks what has to be known of it."""
        handler = self._handlers.get(entry.event)
        return iter(()) if handler is None else handler(entry)

    # -- in the line ----------------------------------------------------------------------------------------

    def _joined(self, entry: Entry) -> Iterator[Fact]:
        position = entry.number(2, "the place in the line") if len(entry.data) > 2 else 0
        if (known := self.open.get(entry.call)) is not None:
            if (known.queue, known.joined) == (entry.queue, entry.at):
                return
            yield from self._lost(entry.call, entry.at)
        yield from self._enter(entry, entry.at, position)

    def _enter(self, entry: Entry, joined: float, position: int) -> Iterator[Fact]:
        number = self._numbers[entry.call] = self._numbers.pop(entry.call, 0) + 1
        name = entry.call
        stay = Stay(ContactId(name), VisitId(f"{name}/{number}"), QueueName(entry.queue), joined, position)
        self.open[entry.call] = stay
        if len(self._numbers) > REMEMBERED:
            self._numbers.popitem(last=False)
        if len(self.open) > REMEMBERED:
            yield from self._lost(next(iter(self.open)), entry.at)
        if entry.event == "ENTERQUEUE" and number == 1:
            yield ContactStarted(
                moment=joined, contact=stay.contact, channel=entry.call, caller_number=entry.text(1),
                caller_name="", called_number="",
            )  # fmt: skip
        yield QueueJoined(
            moment=joined, contact=stay.contact, visit=stay.visit, queue=stay.queue, priority=0,
            position=position,
        )  # fmt: skip

    def _known(self, entry: Entry, joined: float) -> Iterator[Fact]:
        """Make up for a join before the file began, by what the entry tells of the wait."""
        if entry.call not in self.open and entry.call not in self._numbers:
            yield from self._enter(entry, joined, 1)

    def _left(self, entry: Entry) -> Iterator[Fact]:
        by_key = entry.event == "EXITWITHKEY"
        waited_s, position = entry.number(2 + by_key, "a wait"), entry.number(by_key, "a place in the line")
        yield from self._known(entry, entry.at - waited_s)
        stay = self.open.get(entry.call)
        if stay is not None and stay.answered is None and stay.queue == entry.queue:
            del self.open[entry.call]
            key = entry.text(0) if by_key else None
            yield self._ended(stay, entry.at, OUTCOMES[entry.event], position, key)

    def _ended(
        self, stay: Stay, at: float, outcome: VisitOutcome, position: int, key: str | None = None, *,
        heard: bool = True,
    ) -> Fact:  # fmt: skip
        rules, wait_s = self._rules(stay.queue), max(0.0, at - stay.joined)
        return VisitEnded(
            moment=at, heard=heard, contact=stay.contact, visit=stay.visit, queue=stay.queue, outcome=outcome,
            wait_s=wait_s, short=outcome is VisitOutcome.ABANDONED and wait_s <= rules.short_abandon_s,
            within_service_level=wait_s <= rules.service_level_s, position=position, key=key,
        )  # fmt: skip

    def _lost(self, call: str, at: float) -> Iterator[Fact]:
        """Conclude that a visit is over of whose end there is no line."""
        stay = self.open.pop(call)
        if stay.answered is None:
            yield self._ended(stay, at, VisitOutcome.LOST, stay.position, heard=False)
        else:
            yield from self._parted(stay, at, "lost", heard=False)

    def _asterisk_started(self, entry: Entry) -> Iterator[Fact]:
        """Whoever was there when Asterisk ended is lost."""
        for call in list(self.open):
            yield from self._lost(call, entry.at)

    # -- before a member ------------------------------------------------------------------------------------

    def _missed(self, entry: Entry) -> Iterator[Fact]:
        rang_s = entry.number(0, "a ring time") / 1000
        outcome = OfferOutcome.RANG_OUT if rang_s else OfferOutcome.UNREACHABLE
        yield from self._not_taken(
            entry, rang_s, OfferOutcome.CALLER_LEFT if entry.event == "RINGCANCELED" else outcome
        )

    def _dumped(self, entry: Entry) -> Iterator[Fact]:
        yield from self._not_taken(entry, 0.0, OfferOutcome.FAILED)

    def _not_taken(self, entry: Entry, rang_s: float, outcome: OfferOutcome) -> Iterator[Fact]:
        stay = self.open.get(entry.call)
        if stay is not None and stay.answered is None:
            agent = AgentId(self._agents(entry.agent))
            offer = OfferId(f"{stay.visit}/{agent}/{entry.at:.0f}")  # the member's channel is not told
            yield from self._offer(stay, agent, offer, entry.at - rang_s)
            yield self._offer_over(stay, agent, offer, entry.at, rang_s, outcome)

    def _offer(self, stay: Stay, agent: AgentId, offer: OfferId, made: float) -> Iterator[Fact]:
        yield OfferMade(
            moment=max(made, stay.joined), contact=stay.contact, visit=stay.visit, queue=stay.queue,
            agent=agent, offer=offer, because="queue_log says so",
        )  # fmt: skip

    def _offer_over(
        self, stay: Stay, agent: AgentId, offer: OfferId, at: float, rang_s: float, outcome: OfferOutcome
    ) -> Fact:
        return OfferEnded(
            moment=at, contact=stay.contact, visit=stay.visit, queue=stay.queue, agent=agent, offer=offer,
            outcome=outcome, rang_s=rang_s,
        )  # fmt: skip

    # -- with a member --------------------------------------------------------------------------------------

    def _connected(self, entry: Entry) -> Iterator[Fact]:
        yield from self._known(entry, entry.at - entry.number(0, "a wait"))
        stay = self.open.get(entry.call)
        if stay is not None and stay.answered is None and stay.queue == entry.queue:
            rang_s = entry.number(2, "a ring time") if len(entry.data) > 2 else 0
            yield from self._answer(stay, entry, entry.at, entry.text(1), float(rang_s))

    def _answer(self, stay: Stay, entry: Entry, at: float, channel: str, rang_s: float) -> Iterator[Fact]:
        stay.agent, stay.answered = AgentId(self._agents(entry.agent)), at
        offer = OfferId(channel if channel else f"{stay.visit}/{stay.agent}")
        yield from self._offer(stay, stay.agent, offer, at - rang_s)
        yield self._offer_over(stay, stay.agent, offer, at, rang_s, OfferOutcome.ANSWERED)
        wait_s = max(0.0, at - stay.joined)
        yield Answered(
            moment=at, contact=stay.contact, visit=stay.visit, queue=stay.queue, agent=stay.agent,
            offer=offer, wait_s=wait_s,
            within_service_level=wait_s <= self._rules(stay.queue).service_level_s,
        )  # fmt: skip

    def _talked(self, entry: Entry, first: int) -> Iterator[Fact]:
        """Make up for a join and an answer before the file began; wait and talk are its data from `first`."""
        if entry.call not in self.open and entry.call not in self._numbers:
            talk_s = entry.number(first + 1, "a talk time")
            yield from self._known(entry, entry.at - talk_s - entry.number(first, "a wait"))
            yield from self._answer(self.open[entry.call], entry, entry.at - talk_s, "", 0.0)

    def _completed(self, entry: Entry) -> Iterator[Fact]:
        yield from self._talked(entry, 0)
        ended_by = "agent" if entry.event == "COMPLETEAGENT" else "caller"
        yield from self._over(entry, ended_by)

    def _over(self, entry: Entry, ended_by: str) -> Iterator[Fact]:
        stay = self.open.get(entry.call)
        if stay is not None and stay.queue == entry.queue and stay.answered is not None:
            del self.open[entry.call]
            yield from self._parted(stay, entry.at, ended_by)

    def _parted(self, stay: Stay, at: float, ended_by: str, *, heard: bool = True) -> Iterator[Fact]:
        if stay.agent is not None and stay.answered is not None:
            yield Handled(
                moment=at, heard=heard, contact=stay.contact, visit=stay.visit, queue=stay.queue,
                agent=stay.agent, talk_s=max(0.0, at - stay.answered), hold_s=0.0, ended_by=ended_by,
            )  # fmt: skip

    def _transferred_blind(self, entry: Entry) -> Iterator[Fact]:
        yield from self._talked(entry, 2)
        yield from self._transferred(entry, "blind", entry.text(0))

    def _transferred_attended(self, entry: Entry) -> Iterator[Fact]:
        yield from self._talked(entry, -3)
        yield from self._transferred(entry, "attended", "")  # to which bridge, not to whom

    def _transferred(self, entry: Entry, kind: str, to: str) -> Iterator[Fact]:
        stay = self.open.get(entry.call)
        if stay is not None and stay.agent is not None and stay.queue == entry.queue:
            yield Transferred(
                moment=entry.at, contact=stay.contact, visit=stay.visit, queue=stay.queue, agent=stay.agent,
                kind=kind, to=to,
            )  # fmt: skip
            yield from self._over(entry, "transfer")
