"""People in the demo: short coroutines that do on real telephones what `behaviour` has drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import partial
from random import Random

from ari_apps.ari import Conflict, Gone
from ari_apps.console.client import ApiClient, ApiError
from ari_apps.console.views import AgentView
from ari_apps.crew import Crew
from ari_apps.demo import behaviour
from ari_apps.demo.behaviour import CallerPlan, Goodbye, Reaction, TalkPlan
from ari_apps.demo.cast import GUEST, NUMBERS, Member
from ari_apps.demo.staging import AGENT_VOICE, CALLER_VOICE
from ari_apps.feature_codes import FeatureCodes
from ari_apps.outside_world import CallRecord, OutsideCall, OutsideWorld, OutsideWorldError, Phone

MENU_ANSWERS_WITHIN_S = 20.0
NEVER_LONGER_S = 600.0
"""No call of the demo lasts longer, whatever happens to it."""
GUEST_TALK_S = 180.0

Rng = Callable[[str], Random]
"""A person's own chance, by name."""


class Word(StrEnum):
    """What a caller hears from an agent."""

    HELLO = "hello"
    PLEASE_WAIT = "please wait, I put you through"
    GOODBYE = "goodbye"


class Appointments:
    """Who talks with whom: a caller knows that somebody has answered because somebody says hello."""

    def __init__(self) -> None:
        self._ears: dict[str, asyncio.Queue[Word]] = {}

    def expect(self, number: str) -> asyncio.Queue[Word]:
        """Let a caller listen."""
        self._ears[number] = asyncio.Queue()
        return self._ears[number]

    def say(self, number: str, word: Word) -> None:
        """Say something to a caller, by the number displayed."""
        if number in self._ears:
            self._ears[number].put_nowait(word)

    def forget(self, number: str) -> None:
        """The caller has hung up."""
        self._ears.pop(number, None)


class People:
    """Everybody who acts in the demo."""

    def __init__(
        self, world: OutsideWorld, api: ApiClient, codes: FeatureCodes, rng: Rng, crew: Crew
    ) -> None:
        self._world = world
        self._api = api
        self._codes = codes
        self._rng = rng
        self._crew = crew
        self._appointments = Appointments()
        self._first_turn = rng("names").randrange(1000)
        self.callers_total = 0

    # -- callers --------------------------------------------------------------------------------------------

    async def keep_calling(self) -> None:
        """Let callers come, one after the other, for ever."""
        rng, loop = self._rng("arrivals"), asyncio.get_running_loop()
        begin, at_s = loop.time(), 0.0
        while True:
            turn = self.callers_total
            plan = behaviour.plan_caller(self._first_turn + turn, self._rng(f"caller {turn}"))
            self.callers_total += 1
            self._crew.start(self._call(plan), f"caller {plan.number}")
            at_s = behaviour.next_arrival_s(at_s, rng)
            await asyncio.sleep(begin + at_s - loop.time())

    async def _call(self, plan: CallerPlan) -> None:
        words = self._appointments.expect(plan.number)
        call = await self._world.call(
            NUMBERS.public, from_number=plan.number, from_name=plan.name, speaks=CALLER_VOICE
        )
        try:
            with suppress(OutsideWorldError, Gone, Conflict):
                await self._press(call, plan)
                await self._wait(call, words, plan.patience_s)
        finally:
            self._appointments.forget(plan.number)
        await call.hang_up()

    async def _press(self, call: OutsideCall, plan: CallerPlan) -> None:
        await call.answered(MENU_ANSWERS_WITHIN_S)
        for press in plan.presses:
            await asyncio.sleep(press.after_s)
            await call.press(press.key)

    async def _wait(self, call: OutsideCall, words: asyncio.Queue[Word], patience_s: float) -> None:
        """Wait until somebody answers or patience ends; stay as long as somebody is there."""
        over = asyncio.create_task(call.ended(NEVER_LONGER_S))
        hears: Word | None = None
        try:
            while hears is not Word.GOODBYE:
                hears = await self._next_word(over, words, None if hears is Word.HELLO else patience_s)
        except TimeoutError:
            return
        finally:
            over.cancel()

    async def _next_word(
        self, over: asyncio.Task[CallRecord], words: asyncio.Queue[Word], patience_s: float | None
    ) -> Word:
        """Return what is said next; GOODBYE too when the line is dead. Raises TimeoutError."""
        news = asyncio.create_task(words.get())
        try:
            await asyncio.wait([over, news], timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                return Word.GOODBYE
            if not news.done():
                raise TimeoutError
            return news.result()
        finally:
            news.cancel()

    # -- agents ---------------------------------------------------------------------------------------------

    async def work(self, member: Member) -> None:
        """Come, log in, take calls, go on breaks, come back, for ever."""
        phone = self._world.phone(member.id)
        rng, loop = self._rng(member.id), asyncio.get_running_loop()
        await phone.plug_in()
        await self._dial_code(phone, self._codes.log_in)
        while True:
            plan = behaviour.plan_break(rng)
            until = loop.time() + plan.work_s
            while (left_s := until - loop.time()) > 0:
                await self._take_calls(phone, member, rng, left_s)
            await self._dial_code(phone, self._codes.pause + plan.reason)
            await self._take_calls(phone, member, rng, plan.away_s)
            await self._dial_code(phone, self._codes.unpause)

    async def _dial_code(self, phone: Phone, code: str) -> None:
        """Dial a feature code and listen to what it says."""
        call = await phone.dial(code)
        with suppress(OutsideWorldError):
            await call.ended(MENU_ANSWERS_WITHIN_S)
        await call.hang_up()

    async def _take_calls(self, phone: Phone, member: Member, rng: Random, seconds: float) -> None:
        """Take the next call, if one comes within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                call = await phone.rings(None)
        except TimeoutError:
            return
        with suppress(OutsideWorldError, ApiError, Gone, Conflict):
            await self._take(call, member, rng)
        await call.hang_up()

    async def _take(self, call: OutsideCall, member: Member, rng: Random) -> None:
        plan, is_guest = behaviour.plan_offer(rng), call.caller_number == GUEST.extension
        await asyncio.sleep(plan.after_s)
        match Reaction.ANSWERS if is_guest else plan.reaction:
            case Reaction.ANSWERS:
                await call.answer(speaks=AGENT_VOICE)
                if is_guest:
                    await call.ended(GUEST_TALK_S)
                else:
                    await self._talk(call, member, behaviour.plan_talk(rng))
            case Reaction.DECLINES:
                await call.decline()
                await call.ended()
            case Reaction.LETS_RING:
                await call.ended(NEVER_LONGER_S)

    async def _talk(self, call: OutsideCall, member: Member, plan: TalkPlan) -> None:
        """Talk as planned; raises CallOver when the caller hangs up before."""
        say, number = self._appointments.say, call.caller_number
        say(number, Word.HELLO)
        await call.stays(plan.talk_s / 2)
        if plan.hold_s:
            await call.hold()
            await call.stays(plan.hold_s)
            await call.unhold()
        await call.stays(plan.talk_s / 2)
        match plan.goodbye:
            case Goodbye.TRANSFER if len(member.queues) == 1:
                say(number, Word.PLEASE_WAIT)
                await call.transfer(NUMBERS.of_queue(other_queue(member)))
            case Goodbye.CONSULT if len(member.queues) == 1:
                say(number, Word.PLEASE_WAIT)
                await self._consult(call, member, plan.consult_s)
            case Goodbye.CALLER:
                say(number, Word.GOODBYE)
                await call.ended()
            case _:
                await call.hang_up()

    async def _consult(self, call: OutsideCall, member: Member, consult_s: float) -> None:
        """Ask a colleague, by REST as a program on the desk would, and leave the caller to that one."""
        agent = await asyncio.to_thread(self._api.get, f"agents/{member.id}", AgentView)
        ask = partial(asyncio.to_thread, self._api.post, "calls", agent.call or "")
        await ask("consult", body={"to": f"queue:{other_queue(member)}"})
        await call.stays(consult_s)
        await ask("complete-transfer")
        await call.ended()


def other_queue(member: Member) -> str:
    """Name the queue in which an agent of one queue does not serve."""
    return "support" if member.queues == ("sales",) else "sales"
