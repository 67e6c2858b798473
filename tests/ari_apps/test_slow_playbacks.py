"""Prompts that a busy Asterisk is slow to end: none of them is worth the call."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace
from typing import Any, cast

from ari_apps.announcer import Composed
from ari_apps.ari import OutcomeUnknown, messages
from ari_apps.aside import Aside
from ari_apps.briefing import Briefing
from ari_apps.call import Call
from ari_apps.destinations import HANGUP, Destination, DestinationKind
from ari_apps.legs import EVENTS_MISSED
from ari_apps.reaching import Reached, Visit, absent
from ari_apps.requests import HangUp
from queue_strategies.commands import Announce
from queue_strategies.events import CallerLeft, Event
from queue_strategies.model import Caller, ContactId, QueueName, VisitId, VisitOutcome

QUEUE = Destination(DestinationKind.QUEUE, "sales")
CALLER = Caller(contact=ContactId("c1"), visit=VisitId("v1"), queue=QueueName("sales"), joined_moment=0.0)


class BusyAsterisk:
    """Plays whatever it is told to, and answers no question about it in time."""

    def channel(self, channel_id: str) -> BusyAsterisk:
        return self

    playback = channel

    async def play(self, media: list[str], playback_id: str, lang: str) -> None:
        pass

    async def stop(self) -> None:
        raise OutcomeUnknown("no answer within 5 s")

    async def get(self) -> messages.Playback:
        raise OutcomeUnknown("no answer within 5 s")


def waiting(told: list[Event]) -> tuple[Call, Visit]:
    numbers = count()
    call = Call(
        ari=cast("Any", BusyAsterisk()),
        channel_id="c1",
        contact=CALLER.contact,
        caller_number="1",
        caller_name="",
        called_number="2",
        language="en",
        new_id=lambda: str(next(numbers)),
        started_moment=0.0,
    )
    return call, Visit(told.append, lambda visit: None, CALLER, absent(CALLER.contact, ""))


async def test_a_caller_waits_on_though_asterisk_is_slow_to_end_an_announcement() -> None:
    call, visit = waiting([])
    announcer: Any = SimpleNamespace(compose=lambda call, to, announce: None)
    aside = Aside(call, QUEUE, visit, announcer, "default")
    await aside.hush()
    await call.fall_silent()
    await aside.note(Announce(CALLER.visit, CALLER.contact))
    await aside.note(Composed(CALLER.visit, ("sound:hello",)))
    await aside.note(EVENTS_MISSED)
    await aside.cut()


async def test_a_caller_who_is_hung_up_on_during_the_briefing_goes_nowhere_else() -> None:
    told: list[Event] = []
    call, visit = waiting(told)

    async def said(*_: object) -> list[str]:
        return ["sound:hello"]

    announcer: Any = SimpleNamespace(briefing_s=lambda to: 5.0, briefing=said)
    leg: Any = SimpleNamespace(id="agent-o1", channel=BusyAsterisk())
    briefing = Briefing(call, QUEUE, visit, Reached(visit.id, leg, "desk-anna"), announcer)
    call.mailbox.put(EVENTS_MISSED)
    call.mailbox.put(HangUp())
    assert await briefing.give() == HANGUP
    assert told == [CallerLeft(CALLER.visit, VisitOutcome.WITHDRAWN)]
