"""Visits to Asterisk's own queues (app_queue), folded into the facts the floor makes of its own.

What app_queue tells is not what it means. QueueCallerAbandon is sent whenever it lets go of a caller: one who
hung up (a HangupRequest came before), one who waited too long, one for whom nobody is left, one who was
withdrawn (QUEUESTATUS is set right after), one whom somebody redirected. An exit by key is a QueueCallerLeave
and a dialplan step. A caller refused at the door is a QUEUESTATUS alone. AgentRingNoAnswer stands for every
way of not answering; the hang-up of the agent's channel before it says which.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ami_listeners.fold.channels import Channels, account_of
from ami_listeners.fold.concluded import concluded
from ami_listeners.fold.visit import ON_ITS_WAY_S, Offer, Talk, Visit
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import (
    Answered,
    Fact,
    Handled,
    HoldEnded,
    HoldStarted,
    OfferEnded,
    OfferMade,
    QueueJoined,
    Transferred,
    VisitEnded,
)
from queue_strategies.model import (
    AgentId,
    AgentState,
    ContactId,
    OfferId,
    OfferOutcome,
    Queue,
    QueueName,
    VisitId,
    VisitOutcome,
)

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
TRANSFERS = frozenset({"BlindTransfer", "AttendedTransfer"})
"""Events that name channels by their parts in the transfer."""
REMEMBERED = 10_000
"""Channels of which it is remembered that they are over."""
Remembered = TypeVar("Remembered")


class Visits:
    """Fold app_queue's events; one channel has one visit at a time."""

    def __init__(
        self,
        agent_of: Callable[[AmiEvent], AgentId],
        rules: Callable[[QueueName], Queue],
        channels: Channels,
    ) -> None:
        self._agent_of, self._rules, self._channels = agent_of, rules, channels
        self.open: dict[str, Visit] = {}
        """By the unique id of the caller's channel."""
        self.next_end = math.inf
        """When the next visit ends of which nothing more is told."""
        self._vanished: dict[str, float] = {}
        """When channels of callers in the line went without a word of who hung up."""
        self._numbers: dict[str, int] = {}
        self._asked_for: dict[str, QueueName] = {}
        """The queue a channel's dialplan went to last."""
        self._over_with: dict[str, None] = {}
        """Channels whose last visit is over, the latest last: what is told of it again, or late, is known."""
        self._gone: dict[str, None] = {}
        """Channels that are no more, the latest last: on them nothing begins."""
        self._parted: dict[str, Visit] = {}
        """Whose talk is over, the latest last, by the member's channel: a transfer may be told of late."""
        self._caller_of: dict[str, str] = {}
        """The caller's channel by the member's."""
        self._early: dict[str, tuple[float, str, str]] = {}
        """Transfers told of before the answer, the latest last, by the member's channel."""
        self._offered: dict[str, None] = {}
        """Members' channels of which an offer was told, the latest last; it is told once."""
        self._picked_up: dict[str, AgentId] = {}
        """Who took a call that rang at another member, by the channel."""
        self._ringing: Counter[AgentId] = Counter()
        self._talking: Counter[AgentId] = Counter()
        self._handlers: dict[str, Callable[[AmiEvent], Iterator[Fact]]] = {
            "QueueCallerJoin": self._joined,
            "QueueCallerAbandon": self._abandoned,
            "QueueCallerLeave": self._left,
            "AgentCalled": self._called,
            "AgentRingNoAnswer": self._missed,
            "AgentConnect": self._connected,
            "AgentComplete": self._completed,
            "AgentDump": self._dumped,
            "DialState": self._rings,
            "HangupRequest": self._hangs_up,
            "Hangup": self._hung_up,
            "VarSet": self._let_go,
            "Newexten": self._goes_on,
            "Hold": self._held,
            "Unhold": self._resumed,
            "BlindTransfer": self._transferred_blind,
            "AttendedTransfer": self._transferred_attended,
            "Pickup": self._pick_up,
        }

    def handle(self, event: AmiEvent) -> Iterator[Fact]:
        """Take in one event of a queue or of a channel in one.

        Under load Asterisk tells of a talk's end when it has forgotten the channels, and names none; the
        hang-up has told of it already.
        """
        if not event.text("Uniqueid") and event.name not in TRANSFERS:
            return iter(())
        return self._handlers[event.name](event)

    def engages(self, agent: AgentId) -> AgentState | None:
        """Tell whether a visit makes this member talk or ring."""
        if self._talking[agent]:
            return AgentState.TALKING
        return AgentState.RINGING if self._ringing[agent] else None

    def of(self, channel: str) -> Visit | None:
        """Give the visit of a channel, the caller's or the member's."""
        return self.open.get(self._caller_of.get(channel, channel))

    def waits(self, channel: str) -> bool:
        """Tell whether the caller on this channel is in the line."""
        visit = self.open.get(channel)
        in_line = visit is not None and visit.talk is None and visit.left is None
        return in_line and channel not in self._vanished

    def place_of(self, channel: str) -> tuple[AgentId | None, QueueName | None]:
        """Tell which agent talks on a channel, and for which queue; None for what it is not."""
        visit = self.of(channel)
        if visit is None:
            return None, None
        offer = None if visit.talk is None else visit.talk.offer
        return (offer.agent if offer is not None and offer.offer == channel else None), visit.queue

    # -- in the line ----------------------------------------------------------------------------------------

    def _joined(self, event: AmiEvent) -> Iterator[Fact]:
        channel, queue = event.text("Uniqueid"), QueueName(event.text("Queue"))
        known = self.open.get(channel)
        if known is not None and known.queue == queue and known.may_have_joined(event.moment):
            return
        if known is not None and known.talk is not None:
            yield from concluded(self._part(channel, event.moment, "lost"))
        elif known is not None:
            yield from self._over(channel, event.moment, VisitOutcome.TIMED_OUT)
        yield from self._enter(event, queue, event.moment, event.number("Position"))

    def _enter(self, event: AmiEvent, queue: QueueName, joined: float, position: int) -> Iterator[Fact]:
        channel = event.text("Uniqueid")
        if channel in self._gone:
            return
        self._over_with.pop(channel, None)
        number = self._numbers[channel] = self._numbers.get(channel, 0) + 1
        contact = ContactId(event.text("Linkedid") or channel)
        visit = Visit(contact, VisitId(f"{channel}/{number}"), queue, joined, position)
        self.open[channel] = visit
        yield QueueJoined(
            moment=joined, contact=contact, visit=visit.visit, queue=queue, priority=0, position=position
        )

    def _known(self, event: AmiEvent) -> Iterator[Fact]:
        """Make up for a join that nobody heard, by what the event tells of the wait."""
        channel = event.text("Uniqueid")
        if channel not in self.open and channel not in self._over_with:
            ago_s = event.number("HoldTime") + event.number("TalkTime")
            yield from concluded(self._enter(event, QueueName(event.text("Queue")), event.moment - ago_s, 1))

    def _abandoned(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._known(event)
        if (visit := self.open.get(event.text("Uniqueid"))) is not None:
            visit.abandoned = True
            yield from self._settle(event, visit)

    def _left(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._known(event)
        if (visit := self.open.get(event.text("Uniqueid"))) is not None:
            visit.left, visit.position = event.moment, event.number("Position")
            yield from self._settle(event, visit)

    def _settle(self, event: AmiEvent, visit: Visit) -> Iterator[Fact]:
        """Let an abandon be one as soon as all that belongs to it was heard."""
        if visit.left is not None and visit.abandoned and visit.hung_up and visit.talk is None:
            yield from self._over(event.text("Uniqueid"), event.moment, VisitOutcome.ABANDONED)

    def _let_go(self, event: AmiEvent) -> Iterator[Fact]:
        channel, status = event.text("Uniqueid"), event.text("Value")
        outcome = LET_GO.get(status)
        if outcome is None or event.text("Variable") != "QUEUESTATUS":
            return
        visit = self.open.get(channel)
        at_the_door = status in AT_THE_DOOR and channel in self._asked_for
        if visit is None and at_the_door and channel not in self._over_with and channel not in self._gone:
            yield from self._enter(event, self._asked_for[channel], event.moment, 0)
            yield from self._over(channel, event.moment, outcome)
        elif visit is not None and visit.talk is None:
            yield from self._over(channel, visit.left or event.moment, outcome)

    def _goes_on(self, event: AmiEvent) -> Iterator[Fact]:
        """Who left, was neither answered nor let go, and goes on, pressed a key or was redirected."""
        channel = event.text("Uniqueid")
        visit = self.open.get(channel)
        if visit is not None and visit.left is not None and visit.talk is None:
            redirected = VisitOutcome.LOST if visit.unheard else VisitOutcome.WITHDRAWN
            by_key = not visit.abandoned and not visit.unheard
            outcome = VisitOutcome.EXITED_BY_KEY if by_key else redirected
            yield from self._over(channel, visit.left, outcome, event.text("Extension"))
        if event.text("Application") == "Queue":
            self._asked_for[channel] = QueueName(event.text("AppData").partition(",")[0])
            self._over_with.pop(channel, None)

    def _over(
        self, channel: str, moment: float, outcome: VisitOutcome, key: str | None = None
    ) -> Iterator[Fact]:
        """End a visit without an answer, and whatever offers it had."""
        visit = self._close(channel)
        gone = outcome in (VisitOutcome.ABANDONED, VisitOutcome.LOST)
        for offer_channel in list(visit.offers):
            lost_by = OfferOutcome.CALLER_LEFT if gone else OfferOutcome.WITHDRAWN
            yield from self._offer_over(visit, offer_channel, moment, lost_by)
        rules, wait_s = self._rules(visit.queue), max(0.0, moment - visit.joined)
        yield VisitEnded(
            moment=moment,
            heard=not visit.unheard,
            contact=visit.contact,
            visit=visit.visit,
            queue=visit.queue,
            outcome=outcome,
            wait_s=wait_s,
            short=outcome is VisitOutcome.ABANDONED and wait_s <= rules.short_abandon_s,
            within_service_level=wait_s <= rules.service_level_s,
            position=visit.position,
            key=key if outcome is VisitOutcome.EXITED_BY_KEY else None,
        )

    def _close(self, channel: str) -> Visit:
        remember(self._over_with, channel, None)
        self._vanished.pop(channel, None)
        return self.open.pop(channel)

    # -- before a member ------------------------------------------------------------------------------------

    def _called(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._known(event)
        visit, channel = self.open.get(event.text("Uniqueid")), event.text("DestUniqueid")
        if visit is not None and channel not in visit.offers and visit.talk is None:
            yield from self._offer(event, visit, channel)

    def _pick_up(self, event: AmiEvent) -> Iterator[Fact]:
        """Note who answers for somebody else; app_queue will name the member it had called."""
        self._picked_up[event.sent("Uniqueid")] = AgentId(account_of(event.sent("Channel")))
        yield from ()

    def _offer(self, event: AmiEvent, visit: Visit, channel: str) -> Iterator[Fact]:
        agent = self._picked_up.get(channel) or self._who_answers(event, visit)
        for stale, offer in list(visit.offers.items()):
            if offer.agent == agent and offer.missed is None:
                yield from self._offer_over(visit, stale, event.moment, offer.in_which_way())
        offer = visit.offers[channel] = Offer(OfferId(channel), agent, event.moment)
        offer.told = channel in self._offered
        self._caller_of[channel] = event.text("Uniqueid")
        self._ringing[agent] += 1
        if offer.told:
            return
        remember(self._offered, channel, None)
        yield OfferMade(
            moment=event.moment,
            contact=visit.contact,
            visit=visit.visit,
            queue=visit.queue,
            agent=agent,
            offer=offer.offer,
            because=f"app_queue called {event.text('Interface')}",
        )

    def _who_answers(self, event: AmiEvent, visit: Visit) -> AgentId:
        """Name the member; or, on a line that was not called while others were, who picked the call up."""
        member = self._agent_of(event)
        line = account_of(event.text("DestChannel"))
        picked_up = event.name == "AgentConnect" and visit.offers and line
        return AgentId(line) if picked_up and line != account_of(event.text("Interface") + "-") else member

    def _rings(self, event: AmiEvent) -> Iterator[Fact]:
        offer = self._offer_on(event.text("DestUniqueid"))
        if offer is not None and event.text("DialStatus") in ("RINGING", "PROGRESS"):
            offer.rang = True
        yield from ()

    def _missed(self, event: AmiEvent) -> Iterator[Fact]:
        visit, channel = self.open.get(event.text("Uniqueid")), event.text("DestUniqueid")
        if visit is not None and channel in visit.offers:
            offer = visit.offers[channel]
            offer.missed = event.moment
            if offer.cause:
                yield from self._offer_over(visit, channel, event.moment, offer.in_which_way())

    def _dumped(self, event: AmiEvent) -> Iterator[Fact]:
        visit, channel = self.open.get(event.text("Uniqueid")), event.text("DestUniqueid")
        if visit is not None and channel in visit.offers:
            yield from self._offer_over(visit, channel, event.moment, OfferOutcome.FAILED)

    def _offer_over(self, visit: Visit, channel: str, moment: float, outcome: OfferOutcome) -> Iterator[Fact]:
        offer = visit.offers.pop(channel)
        if offer.missed is not None:
            moment, outcome = offer.missed, offer.in_which_way()
        self._ringing[offer.agent] -= 1
        if outcome is not OfferOutcome.ANSWERED:
            self._caller_of.pop(channel, None)
        if offer.told:
            return
        yield OfferEnded(
            moment=moment,
            heard=offer.missed is None or offer.cause > 0,
            contact=visit.contact,
            visit=visit.visit,
            queue=visit.queue,
            agent=offer.agent,
            offer=offer.offer,
            outcome=outcome,
            rang_s=max(0.0, moment - offer.made),
        )

    # -- with a member --------------------------------------------------------------------------------------

    def _connected(self, event: AmiEvent) -> Iterator[Fact]:
        waited, given = self._caller_of.get(event.text("DestUniqueid")), event.text("Uniqueid")
        if waited is not None and waited != given and waited in self.open:
            yield from self._give_place(waited, given, event.moment)
        yield from self._known(event)
        visit = self.open.get(event.text("Uniqueid"))
        if visit is not None and visit.talk is None:
            yield from self._answer(event, visit, event.moment)

    def _answer(self, event: AmiEvent, visit: Visit, moment: float) -> Iterator[Fact]:
        channel = event.text("DestUniqueid")
        if channel not in visit.offers:
            yield from self._offer(event, visit, channel)
        offer = visit.offers[channel]
        visit.talk = Talk(offer, moment)
        self._talking[offer.agent] += 1
        yield from self._offer_over(visit, channel, moment, OfferOutcome.ANSWERED)
        for other in list(visit.offers):
            yield from self._offer_over(visit, other, moment, OfferOutcome.ANSWERED_ELSEWHERE)
        self._caller_of[channel] = event.text("Uniqueid")
        wait_s = max(0.0, moment - visit.joined)
        yield Answered(
            moment=moment,
            contact=visit.contact,
            visit=visit.visit,
            queue=visit.queue,
            agent=offer.agent,
            offer=offer.offer,
            wait_s=wait_s,
            within_service_level=wait_s <= self._rules(visit.queue).service_level_s,
        )
        if channel in self._early:
            yield self._transfer(visit, visit.talk, *self._early.pop(channel))

    def _completed(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._known(event)
        channel = event.text("Uniqueid")
        visit = self.open.get(channel)
        if visit is None or event.sent("DestUniqueid") in self._parted:
            return
        if visit.talk is None:
            yield from concluded(self._answer(event, visit, event.moment - event.number("TalkTime")))
        yield from self._part(channel, event.moment, event.text("Reason") or "caller")

    def _part(self, channel: str, moment: float, ended_by: str) -> Iterator[Fact]:
        visit = self._close(channel)
        if (talk := visit.talk) is None:
            return
        self._caller_of.pop(talk.offer.offer, None)
        remember(self._parted, talk.offer.offer, visit)
        self._talking[talk.offer.agent] -= 1
        yield from self._hold_over(visit, talk, moment)
        yield Handled(
            moment=moment,
            contact=visit.contact,
            visit=visit.visit,
            queue=visit.queue,
            agent=talk.offer.agent,
            talk_s=max(0.0, moment - talk.began - talk.hold_s),
            hold_s=talk.hold_s,
            ended_by=ended_by,
        )

    def _held(self, event: AmiEvent) -> Iterator[Fact]:
        visit, moment = self._talking_on(event.text("Uniqueid")), event.moment
        if visit is not None and visit.talk is not None and visit.talk.held_since is None:
            visit.talk.held_since = moment
            agent = visit.talk.offer.agent
            yield HoldStarted(moment=moment, contact=visit.contact, visit=visit.visit, agent=agent)

    def _resumed(self, event: AmiEvent) -> Iterator[Fact]:
        visit = self._talking_on(event.text("Uniqueid"))
        if visit is not None and visit.talk is not None:
            yield from self._hold_over(visit, visit.talk, event.moment)

    def _hold_over(self, visit: Visit, talk: Talk, moment: float) -> Iterator[Fact]:
        if talk.held_since is None:
            return
        hold_s = max(0.0, moment - talk.held_since)
        talk.held_since, talk.hold_s = None, talk.hold_s + hold_s
        agent = talk.offer.agent
        yield HoldEnded(moment=moment, contact=visit.contact, visit=visit.visit, agent=agent, hold_s=hold_s)

    def _transferred_blind(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._transferred(
            event, event.text("TransfererUniqueid"), "blind", event.text("Extension")
        )

    def _transferred_attended(self, event: AmiEvent) -> Iterator[Fact]:
        by, given = event.text("OrigTransfererUniqueid"), event.text("TransfereeUniqueid")
        to = event.text("TransferTargetCallerIDNum") or event.text("SecondTransfererConnectedLineNum")
        yield from self._transferred(event, by, "attended", to)
        waits = event.text("SecondTransfererUniqueid")
        if event.sent("DestType") == "App" and waits in self.open and waits != given:
            yield from self._give_place(waits, given, event.moment)

    def _give_place(self, waits: str, given: str, moment: float) -> Iterator[Fact]:
        """Let a caller take the place of who waited in a queue to put the caller through."""
        if given in self.open:
            yield from self._part(given, moment, "transfer")
        visit = self._close(waits)
        self.open[given] = visit
        self._over_with.pop(given, None)
        for member in visit.offers:
            self._caller_of[member] = given

    def _transferred(self, event: AmiEvent, by: str, kind: str, to: str) -> Iterator[Fact]:
        visit = self._talking_on(by) or self._parted.get(by)
        if event.text("Result") not in ("Success", ""):
            return
        if visit is None or visit.talk is None:
            remember(self._early, by, (event.moment, kind, to))
        elif not visit.talk.transferred:
            yield self._transfer(visit, visit.talk, event.moment, kind, to)

    def _transfer(self, visit: Visit, talk: Talk, moment: float, kind: str, to: str) -> Transferred:
        talk.transferred = True
        return Transferred(
            moment=moment,
            contact=visit.contact,
            visit=visit.visit,
            queue=visit.queue,
            agent=talk.offer.agent,
            kind=kind,
            to=to,
        )

    # -- channels -------------------------------------------------------------------------------------------

    def _hangs_up(self, event: AmiEvent) -> Iterator[Fact]:
        channel = event.text("Uniqueid")
        if channel in self.open:
            self.open[channel].hung_up = True
        offer, visit = self._offer_on(channel), self._talking_on(channel)
        if offer is not None:
            offer.cause = event.number("Cause") or offer.cause
        if visit is not None and visit.talk is not None:
            visit.talk.agent_hung_up = True
        yield from ()

    def _hung_up(self, event: AmiEvent) -> Iterator[Fact]:
        channel = event.text("Uniqueid")
        if (offer := self._offer_on(channel)) is not None and offer.missed is not None:
            offer.cause = offer.cause or event.number("Cause")
            offered = self.open[self._caller_of[channel]]
            yield from self._offer_over(offered, channel, offer.missed, offer.in_which_way())
        visit = self.open.get(channel)
        if visit is None or visit.talk is not None or visit.hung_up:
            yield from self._channel_gone(channel, event.moment)
        else:
            self._vanished.setdefault(channel, event.moment)
            self.next_end = min(self.next_end, event.moment + ON_ITS_WAY_S)
        remember(self._gone, channel, None)
        self._numbers.pop(channel, None)
        self._asked_for.pop(channel, None)
        self._picked_up.pop(channel, None)

    def settle(self, moment: float) -> Iterator[Fact]:
        """End the visits of callers who went, once nothing of why can be on its way any more."""
        for channel, went in list(self._vanished.items()):
            if went + ON_ITS_WAY_S <= moment:
                yield from self._channel_gone(channel, went)
        self.next_end = min(self._vanished.values(), default=math.inf) + ON_ITS_WAY_S

    def _channel_gone(self, channel: str, moment: float) -> Iterator[Fact]:
        visit = self.open.get(channel)
        if visit is None:
            return
        if visit.talk is not None:
            by_agent = "agent" if visit.talk.agent_hung_up else "lost"
            yield from self._part(channel, moment, "caller" if visit.hung_up else by_agent)
        else:
            outcome = VisitOutcome.ABANDONED if visit.hung_up else VisitOutcome.LOST
            yield from self._over(channel, visit.left or moment, outcome)

    def _offer_on(self, channel: str) -> Offer | None:
        visit = self.open.get(self._caller_of.get(channel, ""))
        return None if visit is None else visit.offers.get(channel)

    def _talking_on(self, channel: str) -> Visit | None:
        """Find the visit whose member talks on this channel, perhaps behind a Local channel."""
        visit = self.open.get(self._caller_of.get(channel, ""))
        if visit is None and channel not in self.open:
            visit = next(filter(self._talks_through, self._with(channel)), None)
        return visit if visit is not None and visit.talk is not None else None

    def _with(self, channel: str) -> Iterator[Visit]:
        """Give the visits of all who are together with a channel."""
        known = self._channels.known.get(channel)
        for each in () if known is None or known.bridge is None else self._channels.together(known.bridge):
            if each.id in self.open:
                yield self.open[each.id]

    def _talks_through(self, visit: Visit) -> bool:
        """Tell whether app_queue called a Local channel, which may be optimised away by now."""
        called = None if visit.talk is None else self._channels.known.get(visit.talk.offer.offer)
        return visit.talk is not None and (called is None or called.half)

    # -- after a gap ----------------------------------------------------------------------------------------

    def knows(self, visit: Visit) -> bool:
        """Tell whether the visit's channel is in a queue, or was lately."""
        channel = visit.visit.rpartition("/")[0]
        return channel in self.open or channel in self._over_with

    def restore(self, visit: Visit) -> None:
        """Believe a visit of before a restart; the next listings tell whether it still goes on."""
        channel, _, number = visit.visit.rpartition("/")
        self.open[channel] = visit
        self._numbers[channel] = int(number) if number.isdigit() else 1
        if visit.talk is not None:
            self._caller_of[visit.talk.offer.offer] = channel
            self._talking[visit.talk.offer.agent] += 1

    def listed(
        self, entries: Sequence[AmiEvent], asked: float, alive: Callable[[str], bool]
    ) -> Iterator[Fact]:
        """Compare with all callers in all queues, and with the channels that are `alive`.

        Who is in no line any more but still there was answered, and AgentComplete will tell the rest; or was
        let go, and the dialplan will. Who is gone altogether is lost to us.
        """
        there = {entry.text("Uniqueid"): entry for entry in entries}
        for channel, visit in list(self.open.items()):
            if not alive(channel):
                yield from self._channel_gone(channel, asked)
            elif channel not in there and visit.talk is None and visit.left is None:
                visit.left, visit.unheard = asked, not visit.abandoned
        self._numbers = {each: number for each, number in self._numbers.items() if alive(each)}
        self._asked_for = {each: queue for each, queue in self._asked_for.items() if alive(each)}
        self._picked_up = {each: agent for each, agent in self._picked_up.items() if alive(each)}
        for channel, entry in there.items():
            if channel not in self.open:
                queue = QueueName(entry.text("Queue"))
                joined = asked - entry.number("Wait")
                yield from self._enter(entry, queue, joined, entry.number("Position"))


def remember(what: dict[str, Remembered], name: str, value: Remembered) -> None:
    """Remember something of a channel until that is long ago."""
    what[name] = value
    if len(what) > REMEMBERED:
        del what[next(iter(what))]
