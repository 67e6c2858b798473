"""A leg that we dial: an agent's phone, a number in the outside world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from ari_apps.ari import Ari, AriError, Channel, Gone, OutcomeUnknown, Refused, messages
from ari_apps.dispatcher import Dispatcher
from ari_apps.hanging_up import hang_up_surely
from ari_apps.mailbox import Mailbox
from queue_strategies.model import OfferOutcome

log = structlog.get_logger()


class Progress(StrEnum):
    """How far a leg got that has not failed."""

    DIALLED = "dialled"
    RANG = "rang"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Failure:
    """The leg ended before it was answered."""

    cause: int
    """Q.850, 0 when Asterisk gave none."""
    outcome: OfferOutcome


CAUSE_OUTCOMES: Mapping[int, OfferOutcome] = {
    16: OfferOutcome.RANG_OUT,
    17: OfferOutcome.DECLINED,
    19: OfferOutcome.RANG_OUT,
    21: OfferOutcome.DECLINED,
    **dict.fromkeys((1, 3, 18, 20, 22, 27, 28, 34, 38, 41, 58), OfferOutcome.UNREACHABLE),
}
"""Q.850 causes of a leg that was never answered; what is not here is FAILED."""
NO_ANSWER = 19
"""Q.850: nobody answered; the phone rang, or it was dead and never said so."""
ABSENT = 20
"""Q.850: the subscriber is absent; also what Asterisk's refusal to dial an unregistered phone means."""

SILENT_WITHIN_S = 2.0
"""For so long a phone that is silenced keeps the next call waiting."""
LATE_S = 60.0
"""For so long Asterisk may yet do what it has not answered."""
SHUTDOWN = 4
"""What an Asterisk that stops says of each channel, in place of a Q.850 cause (AST_SOFTHANGUP_SHUTDOWN)."""


def failure(cause: int) -> Failure:
    """Say what a Q.850 cause means for the offer."""
    return Failure(cause, CAUSE_OUTCOMES.get(cause, OfferOutcome.FAILED))


@dataclass(frozen=True, slots=True)
class LineLost:
    """Asterisk no longer knows this channel: it went while we did not hear Asterisk."""

    channel_id: str
    failed: bool = True
    """Asterisk did, and took the channel along; else whoever was on it hung up."""


EVENTS_MISSED = object()
"""Tells every owner that events may have been lost: what is waited for may have happened already."""
LEG_ENDED = object()
"""Wakes whoever waits for news of a leg that we ended ourselves."""


class Leg:
    """A channel of our making: its id is ours, and somebody listens before it exists."""

    def __init__(self, ari: Ari, dispatcher: Dispatcher, channel_id: str, mailbox: Mailbox) -> None:
        self._ari = ari
        self._dispatcher = dispatcher
        self.channel: Channel = ari.channel(channel_id)
        self.mailbox = mailbox
        self._dialled = False
        self._ended = False
        dispatcher.own(channel_id, mailbox)

    @property
    def id(self) -> str:
        """The channel's id."""
        return self.channel.id

    async def ring(
        self,
        endpoint: str,
        *,
        caller: str | None,
        caller_id: str,
        timeout_s: float,
        carries: Sequence[str] = (),
        enters_as: Sequence[str] | None = None,
    ) -> AsyncIterator[Progress | Failure]:
        """Dial `endpoint` for the channel `caller`, if any: yield DIALLED, RANG, then ANSWERED or a Failure.

        The leg carries `carries` in its arguments, for a later process to read. It enters our application
        when it is answered, as a leg or with the arguments `enters_as`. A leg that is ended meanwhile yields
        no more.
        """
        if self._ended:
            return
        self._dialled = True
        try:
            await self._ari.originate(
                endpoint=endpoint,
                id=self.id,
                app_args=["leg", *carries] if enters_as is None else list(enters_as),
                originator=caller,
                caller_id=caller_id,
                timeout_s=timeout_s,
            )
            yield Progress.DIALLED
        except (Gone, Refused):
            self.has_left()
            yield failure(ABSENT)
        except OutcomeUnknown as unknown:
            log.error("leg.not_dialled", leg=self.id, endpoint=endpoint, why=str(unknown))
            self._ended = True
            yield failure(0)
            await self._end_late()
            return
        except AriError as error:
            log.error("leg.not_dialled", leg=self.id, endpoint=endpoint, why=str(error))
            self.has_left()
            yield failure(0)
        if self._ended:  # in the middle of the request, which may have come too late to be undone
            await hang_up_surely(self.channel.hangup, self.id)
            return
        async for progress in self._progress():
            yield progress

    async def _end_late(self) -> None:
        """Hang up a leg that a busy Asterisk may yet dial, as soon as anything is heard of it."""
        try:
            async with asyncio.timeout(LATE_S):
                while not isinstance(await self.mailbox.take(), messages.ChannelDestroyed):
                    await hang_up_surely(self.channel.hangup, self.id)
        except TimeoutError:
            pass
        finally:
            self._dispatcher.disown(self.id)

    async def follow(self) -> AsyncIterator[Progress | Failure]:
        """Go on with a leg that an earlier process has dialled, from wherever it has got to."""
        self.mailbox.put(EVENTS_MISSED)
        async for progress in self._progress():
            yield progress

    async def _progress(self) -> AsyncIterator[Progress | Failure]:
        while not self._ended:
            item = await self.mailbox.take()
            if item is EVENTS_MISSED or isinstance(item, LineLost):
                item = await self._present()
            match item:
                case (
                    messages.ChannelStateChange(channel=messages.Channel(state="Ringing"))
                    | messages.Channel(state="Ringing")
                ):
                    yield Progress.RANG
                case messages.StasisStart() | messages.Channel(state="Up"):
                    yield Progress.ANSWERED
                    return
                case messages.ChannelDestroyed(cause=cause, channel=channel):
                    self.has_left()
                    silent = cause == NO_ANSWER and channel.state == "Down"
                    yield failure(ABSENT if silent else cause)
                case LineLost():
                    self.has_left()
                    yield failure(0)

    async def _present(self) -> messages.Channel | LineLost | None:
        """Look at the leg as it is now; None when Asterisk could not be asked."""
        try:
            return await self.channel.get() or LineLost(self.id)
        except AriError:
            return None

    def hand_to(self, mailbox: Mailbox) -> None:
        """Let another coroutine own what happens to this leg from now on."""
        self.mailbox = mailbox
        self._dispatcher.own(self.id, mailbox)

    async def end(self) -> None:
        """Hang up, whatever the leg is doing; no event of it is of interest any more."""
        if not self._ended:
            self.has_left()
            self.mailbox.put(LEG_ENDED)
            await hang_up_surely(self.channel.hangup, self.id)

    async def silence(self) -> None:
        """Stop a phone that nobody has picked up, and return when it is silent, or is silent too late."""
        if self._ended:
            return
        if not self._dialled:
            await self.end()
            return
        self._ended = True
        self.mailbox.put(LEG_ENDED)
        await hang_up_surely(self.channel.hangup, self.id)
        try:
            async with asyncio.timeout(SILENT_WITHIN_S):
                while not isinstance(await self.mailbox.take(), messages.ChannelDestroyed | LineLost):
                    pass
        except TimeoutError:
            log.info("leg.still_rings", leg=self.id)
        finally:
            self._dispatcher.disown(self.id)

    def has_left(self) -> None:
        """Note that the leg has hung up by itself."""
        self._ended = True
        self._dispatcher.disown(self.id)


def asterisk_failed(item: object) -> bool:
    """Tell whether this says that Asterisk ends, or has ended, and every channel with it."""
    match item:
        case LineLost(failed=failed):
            return failed
        case messages.ChannelHangupRequest(soft=True, cause=cause):
            return cause == SHUTDOWN
    return False


def has_ended(item: object, channel_id: str) -> bool:
    """Tell whether this says that the channel has hung up, is about to, or is known to be gone."""
    match item:
        case LineLost(channel_id=lost):
            return lost == channel_id
        case (
            messages.ChannelHangupRequest(channel=channel)
            | messages.StasisEnd(channel=channel)
            | messages.ChannelDestroyed(channel=channel)
        ):
            return channel.id == channel_id
    return False
