"""Everybody who is not us, played by a second real Asterisk: the carrier with its callers, and the phones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from pydantic import SecretStr

from ami_listeners.clock import Clock
from ami_listeners.connection import Connection
from ami_listeners.settings import AmiSettings
from ari_apps.ari import Ari, AriError, AriSettings, messages
from ari_apps.configuration.settings import Address
from ari_apps.crew import Crew
from ari_apps.dispatcher import channel_of
from ari_apps.ids import new_id
from ari_apps.local_asterisk.installation import AsteriskInstallation
from ari_apps.local_asterisk.running import RunningAsterisk
from ari_apps.outside_world.cable import Cable
from ari_apps.outside_world.calls import Exchange, OutsideCall
from ari_apps.outside_world.ears import Ears
from ari_apps.outside_world.parties import Number, Party, Phone
from ari_apps.outside_world.records import CallLog, CallRecord, Side
from ari_apps.outside_world.rendering import APP, OutsidePlan, render_outside
from ari_apps.outside_world.settings import Account, Carrier, OutsideAddresses
from ari_apps.outside_world.transfers import Transfers
from ari_apps.outside_world.voices import Voice

log = structlog.get_logger()

READY_S = 30.0
LONGEST_RINGING_S = 3600
PATIENCE_S = 30.0
"""With requests; whoever shares a small machine with two Asterisks and a load waits now and then."""
UNALLOCATED = 1
"""Q.850: nobody has this number."""
UNHEARD = ("ChannelDialplan", "ChannelVarset", "Dial", "ChannelConnectedLine")


class OutsideWorld:
    """The outside world, for as long as its context is open.

    >>> async with OutsideWorld(installation, folder, floor=Address("127.0.0.1", 5060)) as world:
    ...     caller = await world.call("+4930123", from_number="+491701234567")
    ...     await caller.answered()

    A floor knows it by a trunk whose `address` is `world.addresses.carrier`. `voices` are folders of
    sounds with which people can speak, by name, beside the tones.
    """

    def __init__(
        self,
        installation: AsteriskInstallation,
        folder: Path,
        *,
        floor: Address,
        accounts: Sequence[Account] = (),
        carrier: Carrier | None = None,
        addresses: OutsideAddresses | None = None,
        voices: Mapping[str, Path] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._installation = installation
        self._folder = folder
        self._floor = floor
        self._accounts = accounts
        self._carrier = carrier or Carrier()
        self.addresses = addresses or OutsideAddresses.free()
        self._voices = dict(voices or {})
        self._clock = clock or Clock()
        self.log = CallLog()
        self._calls: dict[str, OutsideCall] = {}
        self._phones: dict[str, Phone] = {}
        self._numbers: dict[str, Number] = {}
        self._transfers = Transfers()
        self._crew = Crew()
        self._stack = AsyncExitStack()

    # -- life -----------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        self._stack.push_async_callback(self._crew.leave)
        for index, account in enumerate(self._accounts):
            self._phones[account.id] = await self._install_phone(account, phone_host(index))
        plan = OutsidePlan(
            floor=self._floor,
            addresses=self.addresses,
            accounts=self._accounts,
            carrier=self._carrier,
            voices=self._voices,
            cables={phone.name: phone.cable.address for phone in self._phones.values()},
        )
        directories = render_outside(plan, self._folder, self._installation)
        self.asterisk = RunningAsterisk(self._installation, directories.etc)
        await self._stack.enter_async_context(self.asterisk)
        await self._connect(plan, directories.spool)

    async def _install_phone(self, account: Account, host: str) -> Phone:
        cable = Cable(self.addresses.phones, self._floor)
        self._stack.callback(cable.close)
        await cable.open(host)
        return Phone(account, cable, self._floor, self, self._transfers)

    async def _connect(self, plan: OutsidePlan, spool: Path) -> None:
        settings = AriSettings(
            url=f"http://127.0.0.1:{self.addresses.ari_port}",
            user=APP,
            password=plan.ari_password,
            app=APP,
            events="inbound",
            ignored_events=UNHEARD,
            request_timeout_s=PATIENCE_S,
        )
        self._ari = await self._stack.enter_async_context(Ari(settings, self))
        await self._ari.ready(READY_S)
        ears = Ears(await self._open_ami(plan.ami_password), spool)
        self._exchange = Exchange(self._ari, self._floor, self._clock, self._crew, ears, self._transfers)

    async def _open_ami(self, password: str) -> Connection:
        settings = AmiSettings(port=self.addresses.ami_port, username=APP, secret=SecretStr(password))
        ami = Connection(settings, clock=self._clock)
        self._crew.start(ami.run(), "outside ami")
        self._stack.callback(ami.close)
        async with asyncio.timeout(READY_S):
            await ami.connected()
        return ami

    # -- people ---------------------------------------------------------------------------------------------

    def phone(self, account: str) -> Phone:
        """Return the phone of one of the accounts; it is not plugged in by that."""
        return self._phones[account]

    def number(self, number: str) -> Number:
        """Let somebody have this telephone number; one that nobody has is unallocated (404)."""
        return self._numbers.setdefault(number, Number(number))

    async def call(
        self,
        number: str,
        *,
        from_number: str | None = "+491700000000",
        from_name: str = "",
        speaks: Voice = None,
    ) -> OutsideCall:
        """Let somebody call the floor over the trunk; returns as soon as it is dialled.

        `from_number` None withholds the number. `speaks` is the tone said once answered, None silence.
        """
        record = self._record(from_number or "anonymous", "outside", number, from_number or "", from_name)
        caller_id = {"CONNECTEDLINE(num,i)": from_number or "", "CONNECTEDLINE(name,i)": from_name}
        if from_number is None:
            caller_id["CONNECTEDLINE(pres,i)"] = "prohib"
        return await self._dial(record, f"PJSIP/{number}@carrier", caller_id, speaks)

    @property
    def calls(self) -> list[OutsideCall]:
        """Every call that is not over, of whichever side."""
        return list(self._calls.values())

    def forget_calls(self) -> None:
        """Let every phone and number wait for its next call."""
        for party in (*self._phones.values(), *self._numbers.values()):
            party.forget_calls()

    # -- what phones need (Lines) ----------------------------------------------------------------------------

    async def dial_from_phone(self, phone: str, number: str, speaks: Voice) -> OutsideCall:
        """Send an INVITE as one of the phones."""
        record = self._record(phone, "outside", number, phone, "")
        return await self._dial(record, f"PJSIP/{number}@{phone}", {}, speaks)

    async def drop_calls(self, phone: str) -> None:
        """Hang up whatever a phone has in hand; its cable keeps the floor from hearing of it."""
        live = [call for call in self._calls.values() if call.record.party == phone]
        await asyncio.gather(*(call.hang_up() for call in live))

    async def _dial(
        self, record: CallRecord, endpoint: str, variables: Mapping[str, str], speaks: Voice
    ) -> OutsideCall:
        call = self._take_in(record, speaks)
        try:
            await self._ari.originate(
                endpoint=endpoint,
                id=record.id,
                app_args="dialled",
                timeout_s=LONGEST_RINGING_S,
                variables=variables,
            )
        except AriError:
            self._forget(call)
            raise
        return call

    def _record(
        self, party: str, by: Side, number: str, from_number: str, from_name: str, id_: str | None = None
    ) -> CallRecord:
        return CallRecord(
            id=id_ or new_id(),
            party=party,
            dialled_by=by,
            number=number,
            from_number=from_number,
            from_name=from_name,
            dialled_at=self._clock.moment(),
        )

    def _take_in(self, record: CallRecord, speaks: Voice = None) -> OutsideCall:
        call = OutsideCall(self._exchange, record, speaks=speaks)
        self._calls[record.id] = call
        self.log.records.append(record)
        return call

    def _forget(self, call: OutsideCall) -> None:
        self._calls.pop(call.record.id, None)

    # -- what Asterisk tells --------------------------------------------------------------------------------

    def event(self, event: messages.Event) -> None:
        """Take in one event of the outside world's Asterisk."""
        match event:
            case messages.StasisStart(args=["phone", name], channel=channel):
                phone = self._phones[name]
                phone.take_call(self._called(phone, channel, event))
            case messages.StasisStart(args=["number", name], channel=channel):
                self._number_called(name, channel, event)
        call = self._calls.get(channel_of(event) or "")
        if call is not None:
            call.note(event)
            if call.is_over:
                self._forget(call)

    def _called(self, party: Party, channel: messages.Channel, event: messages.StasisStart) -> OutsideCall:
        record = self._record(
            party.name,
            "floor",
            channel.dialplan.exten,
            channel.caller.number,
            channel.caller.name,
            channel.id,
        )
        record.dialled_at = record.rang_at = self._clock.moment_at(event.timestamp)
        return self._take_in(record)

    def _number_called(self, name: str, channel: messages.Channel, event: messages.StasisStart) -> None:
        if (number := self._numbers.get(name)) is None:
            self._crew.start(self._ari.channel(channel.id).hangup(UNALLOCATED), f"nobody has {name}")
            return
        self._crew.start(self._ring(number, self._called(number, channel, event)), f"{name} rings")

    async def _ring(self, number: Number, call: OutsideCall) -> None:
        """Ring before anybody can pick up: asked for after the answer, ringing is a tone in the call."""
        try:
            await self._ari.channel(call.record.id).ring()
        finally:
            number.take_call(call)

    def connected(self, gap: bool) -> None:
        """Events come from now on."""
        if gap and self.log.records:
            log.error("outside_world.events_missed")

    def disconnected(self, reason: str) -> None:
        """No events come for now."""
        if self.asterisk.running and reason != "stopped":
            log.error("outside_world.disconnected", reason=reason)


def phone_host(index: int) -> str:
    """Give each phone a loopback address of its own: 127.0.1.1, 127.0.1.2 and so on."""
    return f"127.0.{1 + index // 250}.{1 + index % 250}"
