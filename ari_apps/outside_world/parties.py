"""People outside who can be called: a phone that registers with the floor, a telephone number."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ari_apps.configuration.settings import Address
from ari_apps.ids import new_id
from ari_apps.outside_world.cable import Cable
from ari_apps.outside_world.calls import OutsideCall
from ari_apps.outside_world.registration import Answer, Registration
from ari_apps.outside_world.settings import Account, OutsideWorldError
from ari_apps.outside_world.transfers import Transfers
from ari_apps.outside_world.voices import Voice

ANSWERED_WITHIN_S = 10.0
FIRST_AGAIN_S = 0.5
"""Timer E of RFC 3261; doubled each time."""
EXPIRES_S = 3600


class RegistrationRefused(OutsideWorldError):
    """The floor did not let a phone register."""

    def __init__(self, phone: str, status: int) -> None:
        super().__init__(f"{phone} may not register: the floor answered {status}")
        self.status = status


class Party:
    """Somebody whose phone rings."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: list[OutsideCall] = []
        """Every call that rang here, from the first."""
        self._waiting: asyncio.Queue[OutsideCall] = asyncio.Queue()

    async def rings(self, timeout_s: float | None = 10.0) -> OutsideCall:
        """Wait for the next call nobody has been given yet; raises OutsideWorldError when there is none."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._waiting.get()
        except TimeoutError:
            raise OutsideWorldError(f"{self.name} was not called within {timeout_s:g} s") from None

    @property
    def is_called(self) -> bool:
        """Whether there is a call that `rings` would return at once."""
        return not self._waiting.empty()

    def forget_calls(self) -> None:
        """Let `rings` wait for the next call, whatever rang before."""
        while self.is_called:
            self._waiting.get_nowait()

    def take_call(self, call: OutsideCall) -> None:
        """Let it ring."""
        self.calls.append(call)
        self._waiting.put_nowait(call)


class Number(Party):
    """A telephone number that the carrier can reach."""


class Lines(Protocol):
    """What a phone needs of the world it is in."""

    async def dial_from_phone(self, phone: str, number: str, speaks: Voice) -> OutsideCall:
        """Send an INVITE as this phone."""
        ...

    async def drop_calls(self, phone: str) -> None:
        """Hang up whatever this phone has in hand."""
        ...


class Phone(Party):
    """A phone with an account of the floor's, at the end of a cable."""

    def __init__(
        self, account: Account, cable: Cable, floor: Address, lines: Lines, transfers: Transfers
    ) -> None:
        super().__init__(account.id)
        self.account = account
        self.cable = cable
        self._lines = lines
        self._transfers = transfers
        self._registration = Registration(account.id, floor, new_id)
        self._answer: asyncio.Future[Answer] | None = None
        self.registered = False
        cable.keeps = self._is_answer

    async def plug_in(self, *, wrong_password: bool = False) -> None:
        """Register for an hour; raises RegistrationRefused when the floor says no."""
        self.cable.plugged = True
        await self._register(EXPIRES_S, self.account.password + "?" * wrong_password)
        self.registered = True

    async def sign_off(self) -> None:
        """Unregister, as a phone does that is switched off in good order."""
        await self._register(0, self.account.password)
        self.registered = False

    async def unplug(self) -> None:
        """Vanish: no packet comes or goes any more, and calls in progress fall silent without a goodbye."""
        self.cable.plugged = False
        self.registered = False
        await self._lines.drop_calls(self.name)

    async def dial(self, number: str, *, speaks: Voice = None) -> OutsideCall:
        """Call a number or feature code of the floor; returns as soon as it is dialled."""
        return await self._lines.dial_from_phone(self.name, number, speaks)

    async def _register(self, expires_s: int, password: str) -> None:
        contact, registration = self.cable.address, self._registration
        answer = await self._ask(registration.request(contact, expires_s))
        if answer.status == 401 and answer.challenge:
            request = registration.request(contact, expires_s, password=password, challenge=answer.challenge)
            answer = await self._ask(request)
        if answer.status != 200:
            raise RegistrationRefused(self.name, answer.status)

    async def _ask(self, request: bytes) -> Answer:
        """Send a request until it is answered."""
        self._answer = asyncio.get_running_loop().create_future()
        again_s = FIRST_AGAIN_S
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                while not self._answer.done():
                    self.cable.send(request)
                    await asyncio.wait([self._answer], timeout=again_s)
                    again_s *= 2
        except TimeoutError:
            raise OutsideWorldError(
                f"{self.name} could not register: the floor was silent for {ANSWERED_WITHIN_S:g} s"
            ) from None
        return self._answer.result()

    def _is_answer(self, packet: bytes) -> bool:
        self._transfers.note(packet)
        answer = self._registration.read(packet)
        if answer is None:
            return False
        expected = answer.cseq == self._registration.cseq and answer.status >= 200
        if expected and self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
        return True
