"""One call as a caller or a phone outside has it in hand: verbs to do, and milestones to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from ami_listeners.clock import Clock
from ari_apps.ari import Ari, AriError, messages
from ari_apps.configuration.settings import Address
from ari_apps.crew import Crew
from ari_apps.outside_world.records import CallRecord
from ari_apps.outside_world.settings import OutsideWorldError
from ari_apps.outside_world.transfers import Transfers
from ari_apps.outside_world.voices import Voice, voice_name

BUSY, DECLINED, NORMAL = 17, 21, 16
"""Q.850; SIP says 486, 403 and BYE or CANCEL."""
TRANSFERRED_WITHIN_S = 10.0
KEY_S = 0.2
"""A key is held for half of it."""


class CallOver(OutsideWorldError):
    """The call ended before what was waited for."""


class TransferRefused(OutsideWorldError):
    """The floor did not do a transfer that a phone asked for."""


class Recorder(Protocol):
    """Records what a channel receives."""

    async def record(self, channel_id: str, seconds: float) -> Path:
        """Return a WAV file of what the channel received from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a call needs to act."""

    ari: Ari
    floor: Address
    clock: Clock
    crew: Crew
    recorder: Recorder
    transfers: Transfers


class OutsideCall:
    """A call between somebody outside and the floor.

    Waiting for a milestone returns at once when it has passed; raises CallOver when the call ended without
    it, and OutsideWorldError when it did not come in time.
    """

    def __init__(self, exchange: Exchange, record: CallRecord, *, speaks: Voice = None) -> None:
        self._exchange = exchange
        self._channel = exchange.ari.channel(record.id)
        self.record = record
        self.caller_number = record.from_number
        """As displayed now."""
        self.caller_name = record.from_name
        self.held_by_floor = False
        self._speaks = speaks
        self._on_hold = False
        self._in_hand = record.dialled_by == "floor"
        """Whether Asterisk lets us act on it; after the answer to a call of ours that takes a moment."""
        self._listens = False
        self._asked_cause: int | None = None
        self._news = asyncio.Event()

    def __repr__(self) -> str:
        return f"<call of {self.record.party}, {self.state}>"

    # -- how it stands --------------------------------------------------------------------------------------

    @property
    def is_ringing(self) -> bool:
        """Whether it rings and is not answered yet."""
        return self.record.rang_at is not None and not self.is_answered and not self.is_over

    @property
    def is_answered(self) -> bool:
        """Whether it was answered; stays so afterwards."""
        return self.record.answered_at is not None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.record.ended_at is not None

    @property
    def state(self) -> str:
        """Say in a word or two how it stands."""
        if self.is_over:
            return f"ended by {self.record.ended_by} with cause {self.record.cause}"
        if self.is_answered:
            return "answered"
        return "ringing" if self.is_ringing else "dialled"

    async def rings(self, timeout_s: float = 10.0) -> None:
        """Wait until it rings (180); an answer without ringing will do."""
        await self._until(lambda: self.record.rang_at is not None or self.is_answered, "ring", timeout_s)

    async def answered(self, timeout_s: float = 10.0) -> None:
        """Wait until it is answered (200)."""
        await self._until(lambda: self.is_answered and self._in_hand, "be answered", timeout_s)

    async def ended(self, timeout_s: float = 10.0) -> CallRecord:
        """Wait until it is over; return what is known of it."""
        await self._until(lambda: self.is_over, "end", timeout_s)
        return self.record

    async def stays(self, seconds: float) -> None:
        """Let so much time pass in this call; raises CallOver when it ends before."""
        try:
            async with asyncio.timeout(seconds):
                while not self.is_over:
                    await self._news.wait()
        except TimeoutError:
            return
        raise CallOver(f"{self!r}: too late to go on")

    async def shows(self, number: str, timeout_s: float = 10.0) -> None:
        """Wait until this number is displayed as the other side's."""
        await self._until(lambda: self.caller_number == number, f"show {number}", timeout_s)

    async def was_held(self, timeout_s: float = 10.0) -> None:
        """Wait until the floor has put this side on hold by SIP."""
        await self._until(lambda: self.held_by_floor, "be held", timeout_s)

    async def hears_keys(self, keys: str, timeout_s: float = 10.0) -> None:
        """Wait until these keys have come from the other side."""
        await self._until(lambda: keys in self.record.keys_heard, f"hear {keys}", timeout_s)

    async def _get_line(self, timeout_s: float = 10.0) -> None:
        """Wait until Asterisk lets us act on the call."""
        await self._until(lambda: self._in_hand, "get a line", timeout_s)

    async def _until(self, reached: Callable[[], bool], what: str, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not reached():
                    if self.is_over:
                        raise CallOver(f"{self!r}: too late to {what}")
                    await self._news.wait()
        except TimeoutError:
            raise OutsideWorldError(f"{self!r} did not {what} within {timeout_s:g} s") from None

    # -- what people do -------------------------------------------------------------------------------------

    async def answer(self, *, speaks: Voice = None) -> None:
        """Pick up, and speak this tone; None is silence, of which nothing is sent."""
        self._speaks = speaks if speaks is not None else self._speaks
        await self._channel.answer()
        await self._make_sound()

    async def decline(self) -> None:
        """Refuse (403, as Asterisk words it)."""
        await self.hang_up(DECLINED)

    async def busy(self) -> None:
        """Say that the phone is in use (486)."""
        await self.hang_up(BUSY)

    async def hang_up(self, cause: int = NORMAL) -> None:
        """Put the phone down: BYE, CANCEL, or the refusal that the Q.850 cause stands for."""
        self._asked_cause = cause
        await self._channel.hangup(cause)

    async def press(self, keys: str) -> None:
        """Press keys one after the other, once there is a line; return when the last is up again."""
        await self._get_line()
        await self._channel.send_dtmf(keys)
        await asyncio.sleep(len(keys) * KEY_S)

    async def speak(self, voice: Voice) -> None:
        """Say a tone (300 to 3300 Hz in steps of 20) or another voice from now on; None is silence.

        What is said before there is a line is heard once there is one.
        """
        await self._get_line()
        self._speaks = voice
        await self._make_sound()

    async def hold(self) -> None:
        """Put the other side on hold (re-INVITE, sendonly) and send nothing meanwhile, as most phones do."""
        self._on_hold = True
        await self._make_sound()
        await self._channel.hold()

    async def unhold(self) -> None:
        """Take the other side back."""
        self._on_hold = False
        await self._channel.unhold()
        await self._make_sound()

    async def transfer(self, number: str) -> None:
        """Send the other side to a number of the floor by REFER, and hang up when it has gone there.

        Raises TransferRefused when the floor says no; the call goes on then.
        """
        await self._refer(f"PJSIP/sip:{quote(number, safe='+*')}@{self._exchange.floor}")

    async def transfer_to(self, other: OutsideCall) -> None:
        """Put this call's other side through to that of another call of this phone (REFER with Replaces)."""
        there = other._channel
        call_id, local, remote = [
            quote(await there.get_variable(f"CHANNEL(pjsip,{name})") or "", safe="")
            for name in ("call-id", "local_tag", "remote_tag")
        ]
        replaces = f"Replaces={call_id}%3Bto-tag%3D{remote}%3Bfrom-tag%3D{local}"
        number = quote(other.record.number, safe="+*")
        await self._refer(f"PJSIP/<sip:{number}@{self._exchange.floor}?{replaces}>")

    async def _refer(self, to: str) -> None:
        call_id = await self._channel.get_variable("CHANNEL(pjsip,call-id)") or ""
        outcome = self._exchange.transfers.expect(call_id)
        await self._channel.redirect(to)
        outcome.add_done_callback(lambda _: self._tell_news())
        await self._until(lambda: outcome.done() or self.is_over, "get transferred", TRANSFERRED_WITHIN_S)
        if outcome.done() and outcome.result() >= 300:
            raise TransferRefused(f"{self!r}: the floor answered the transfer with {outcome.result()}")
        if not self.is_over:
            await self.hang_up()

    async def recorded(self, seconds: float) -> Path:
        """Listen for so long; return a WAV file of what this side heard, gaps as silence."""
        await self._get_line()
        self._listens = True
        await self._make_sound()
        return await self._exchange.recorder.record(self.record.id, seconds)

    async def _make_sound(self) -> None:
        """Send what is to be heard: a tone, nothing, or silence for the recorder to tell the time by."""
        if self._on_hold or (self._speaks is None and not self._listens):
            await self._channel.stop_moh()
        else:
            await self._channel.start_moh(voice_name(self._speaks))

    # -- what Asterisk tells --------------------------------------------------------------------------------

    def note(self, event: messages.Event) -> None:
        """Take in one event of this call's channel."""
        at = self._exchange.clock.moment_at(event.timestamp)
        self._in_hand |= isinstance(event, messages.StasisStart)
        match event:
            case messages.ChannelStateChange(channel=messages.Channel(state="Ringing")):
                self.record.rang_at = self.record.rang_at or at
            case messages.ChannelStateChange(channel=messages.Channel(state="Up")):
                self.record.answered_at = self.record.answered_at or at
            case messages.StasisStart() if self._speaks is not None and self.record.dialled_by == "outside":
                self._exchange.crew.start(self._speak_if_there(), f"{self.record.party} speaks")
            case messages.ChannelHangupRequest():
                self._note_end(event.cause)
            case messages.ChannelDestroyed():
                self._note_end(event.cause)
                self.record.sip_status = event.tech_cause or 0
                self.record.ended_at = self.record.ended_at or at
            case messages.StasisEnd():
                self._note_end(None)
                self.record.ended_at = self.record.ended_at or at
            case messages.ChannelCallerId(channel=channel):
                self.caller_number, self.caller_name = channel.caller.number, channel.caller.name
            case messages.ChannelHold():
                self.held_by_floor = True
            case messages.ChannelUnhold():
                self.held_by_floor = False
            case messages.ChannelDtmfReceived(digit=digit):
                self.record.keys_heard += digit
        self._tell_news()

    def _tell_news(self) -> None:
        self._news.set()
        self._news.clear()

    def _note_end(self, cause: int | None) -> None:
        by_us = self._asked_cause is not None
        self.record.ended_by = self.record.ended_by or ("outside" if by_us else "floor")
        self.record.cause = self._asked_cause or cause or self.record.cause

    async def _speak_if_there(self) -> None:
        try:
            await self._make_sound()
        except AriError:
            if not self.is_over:
                raise
