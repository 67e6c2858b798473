"""Customers who are called back, in the moments between two events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

from ami_listeners.clock import Clock
from ari_apps.calling_back import CallingBack
from ari_apps.configuration.floor_toml import load_text
from ari_apps.crew import Crew
from ari_apps.directory import Directory
from ari_apps.legs import Progress
from ari_apps.queueing import Queueing
from ari_apps.reaching import absent
from queue_strategies.callback import KeptPlace
from queue_strategies.commands import CallBack
from queue_strategies.events import CallerLeft
from queue_strategies.floor import Floor
from queue_strategies.model import Caller, ContactId, QueueName, VisitId, VisitOutcome

FLOOR = """
trunks = [{ name = "carrier", address = "sip:127.0.0.1:5080" }]
outbound = { trunk = "carrier" }
[[queues]]
name = "sales"
callback = { numbers = ["0*"] }
"""
CONTACT, VISIT, SALES = ContactId("c1"), VisitId("v1"), QueueName("sales")


class AnsweredLeg:
    """The leg of a customer who has picked up, and whose channel Asterisk is slow to tell of."""

    def __init__(self, meanwhile: Any) -> None:
        self.meanwhile = meanwhile
        self.channel = self
        self.is_up = True

    async def follow(self) -> AsyncIterator[Progress]:
        yield Progress.ANSWERED

    async def get(self) -> object:
        await self.meanwhile()
        return SimpleNamespace(id="back-v1-x")

    async def end(self) -> None:
        self.is_up = False


async def test_a_customer_who_answers_while_the_callback_is_withdrawn_is_not_left_in_silence() -> None:
    configuration, crew, numbers = load_text(FLOOR), Crew(), count()
    clock = Clock(moment=lambda: 10.0)
    nobody: Any = None
    queueing = Queueing(
        Floor(lambda: str(next(numbers)), chance=lambda: 0.0, lease_s=5.0),
        clock=clock,
        remember=lambda fact: None,
        new_leg=nobody,
        endpoint=nobody,
        crew=crew,
    )
    queueing.tell(configuration.floor_configured())
    kept = KeptPlace(number="0170", taken_moment=1.0, dialled_moment=9.0)
    caller = Caller(contact=CONTACT, visit=VISIT, queue=SALES, joined_moment=1.0, kept=kept, adopted=True)
    queueing.join(absent(CONTACT, "0170"), caller)
    floor_task = crew.start(queueing.run(), "floor")

    async def withdraw() -> None:
        queueing.tell(CallerLeft(VISIT, VisitOutcome.WITHDRAWN))
        while queueing.visit(VISIT) is not None:  # noqa: ASYNC110 - the Floor's own task lets go of it
            await asyncio.sleep(0)

    leg = AnsweredLeg(withdraw)
    back = CallingBack(
        queueing=queueing,
        inbound=nobody,
        reception=nobody,
        directory=Directory(configuration),
        virtual_hold=nobody,
        clock=clock,
        crew=crew,
        new_id=nobody,
        new_leg=lambda channel, mailbox: cast("Any", leg),
        new_call=nobody,
    )
    back.follow(CallBack(VISIT, CONTACT, SALES, "0170", 1, 30.0), "back-v1-x")
    while leg.is_up and len(crew) > 1:  # noqa: ASYNC110 - the call to the customer is a task of the crew
        await asyncio.sleep(0)
    assert not leg.is_up
    floor_task.cancel()
    await crew.leave()
