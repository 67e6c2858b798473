"""Callers with members: they are bridged, put on hold, given away, and part."""

from __future__ import annotations

from collections.abc import Iterator

from ami_listeners.fold.concluded import concluded
from ami_listeners.fold.lately import Lately
from ami_listeners.fold.visits import telling
from ami_listeners.fold.visits.turns import Turns
from ami_listeners.fold.visits.visit import Visit
from ami_listeners.messages import AmiEvent
from queue_strategies.facts import Fact


class Talking:
    """Read what is told of talks."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self._book = turns, turns.book
        self._early = Lately[tuple[float, str, str]]()
        """Transfers told of before the answer, by the member's channel."""
        self.handlers = {
            "AgentConnect": self._connected,
            "AgentComplete": self._completed,
            "Hold": self._held,
            "Unhold": self._resumed,
            "BlindTransfer": self._transferred_blind,
            "AttendedTransfer": self._transferred_attended,
            "ParkedCall": self._parked,
        }

    def _connected(self, event: AmiEvent) -> Iterator[Fact]:
        member, given = event.text("DestUniqueid"), event.channel
        waited = self._book.caller_of.get(member)
        if waited is not None and waited != given and waited in self._book.open:
            yield from self._turns.give_place(waited, given, event.moment)
        yield from self._turns.known(event)
        visit = self._book.open.get(given)
        if visit is not None and visit.talk is None:
            yield from self._answer(event, visit, event.moment)

    def _answer(self, event: AmiEvent, visit: Visit, moment: float) -> Iterator[Fact]:
        yield from self._turns.answer(event, visit, moment)
        early = self._early.pop(event.text("DestUniqueid"), None)
        if early is not None and visit.talk is not None:
            visit.talk.transferred = True
            yield telling.transferred(visit, visit.talk, *early)

    def _completed(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._turns.known(event)
        channel = event.channel
        visit = self._book.open.get(channel)
        of_another = visit is not None and visit.queue != event.text("Queue")
        if visit is None or of_another or event.sent("DestUniqueid") in self._book.parted:
            return
        if visit.talk is None:
            began = event.moment - event.number("TalkTime")
            yield from concluded(self._answer(event, visit, began))
        yield from self._turns.part(channel, event.moment, event.text("Reason") or "caller")

    def _held(self, event: AmiEvent) -> Iterator[Fact]:
        visit = self._book.talking_on(event.channel)
        if visit is not None and visit.talk is not None and visit.talk.held_since is None:
            visit.talk.held_since = event.moment
            yield telling.hold_began(visit, visit.talk, event.moment)

    def _resumed(self, event: AmiEvent) -> Iterator[Fact]:
        visit = self._book.talking_on(event.channel)
        if visit is not None and visit.talk is not None:
            yield from self._turns.hold_over(visit, visit.talk, event.moment)

    def _parked(self, event: AmiEvent) -> Iterator[Fact]:
        """End the talk of a caller who is parked: the member's line may stay for as long as the caller's."""
        parked = event.text("ParkeeUniqueid")
        visit = self._book.open.get(parked)
        if visit is not None and visit.talk is not None:
            yield from self._turns.part(parked, event.moment, "transfer")

    # -- given away -----------------------------------------------------------------------------------------

    def _transferred_blind(self, event: AmiEvent) -> Iterator[Fact]:
        yield from self._transferred(
            event, event.text("TransfererUniqueid"), "blind", event.text("Extension")
        )

    def _transferred_attended(self, event: AmiEvent) -> Iterator[Fact]:
        by, given = event.text("OrigTransfererUniqueid"), event.text("TransfereeUniqueid")
        to = event.text("TransferTargetCallerIDNum") or event.text("SecondTransfererConnectedLineNum")
        yield from self._transferred(event, by, "attended", to)
        waits = event.text("SecondTransfererUniqueid")
        if event.sent("DestType") != "App" or waits == given:
            return
        if waits in self._book.open:
            yield from self._turns.give_place(waits, given, event.moment)
        elif waits not in self._book.over_with:
            self._book.placed.note(waits, given)

    def _transferred(self, event: AmiEvent, by: str, kind: str, to: str) -> Iterator[Fact]:
        visit = self._book.talking_on(by) or self._book.parted.get(by)
        if event.text("Result") not in ("Success", ""):
            return
        if visit is None or visit.talk is None:
            self._early.note(by, (event.moment, kind, to))
        elif not visit.talk.transferred:
            visit.talk.transferred = True
            yield telling.transferred(visit, visit.talk, event.moment, kind, to)
