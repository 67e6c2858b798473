"""One customer's call, as its coroutine sees it: verbs to await, and the mailbox behind them."""

from __future__ import annotations

import asyncio
import math
import wave
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import structlog

from ari_apps.ari import Ari, Conflict, Gone, OutcomeUnknown, Refused, messages
from ari_apps.destinations import Destination
from ari_apps.hanging_up import hang_up_surely
from ari_apps.ivr import numerals
from ari_apps.ivr.digits import Collected, Matcher, take, when_over
from ari_apps.legs import EVENTS_MISSED, NO_ANSWER, asterisk_failed, has_ended
from ari_apps.line import CallerGone, Recorded, T
from ari_apps.mailbox import Mailbox
from ari_apps.reaching import Party
from ari_apps.requests import CallRequest, HangUp
from queue_strategies.model import ContactId

log = structlog.get_logger()

PLAYBACK_LIMIT_S = 600.0
"""No prompt lasts longer; a playback whose end is never told must not hold a caller for ever."""
RECORDING_GRACE_S = 5.0
END_TOLD_WITHIN_S = 1.0
RECORDING = "CALLFLOOR_RECORDING"
"""The channel variable that names the recording in progress."""
TYPED_AHEAD_MAX = 64
"""Keys pressed while nobody asks are kept for the next question, up to this many."""
KEY_SOUNDS = {"*": "star", "#": "pound"}

NORMAL = 16
"""Q.850: somebody put the phone down."""


class Waiting(StrEnum):
    """What a customer hears who waits."""

    MUSIC = "music"
    RINGING = "ringing"


@dataclass(slots=True)
class Call:
    """A customer's line. Every verb raises CallerGone once the customer has hung up."""

    ari: Ari
    channel_id: str
    contact: ContactId
    caller_number: str
    caller_name: str
    called_number: str
    language: str
    new_id: Callable[[], str]
    started_moment: float
    knows_of_recording: bool = False
    """The customer was told, where callers are told of it."""
    phone: str = ""
    """The account of the house that made the call; empty: a customer did."""
    recordings: Path | None = None
    """Where Asterisk keeps recordings, if this machine can reach it."""
    mailbox: Mailbox = field(default_factory=Mailbox)
    variables: dict[str, str] = field(default_factory=dict)
    priority: int = 0
    skills: dict[str, int] = field(default_factory=dict)
    answered: bool = False
    hears: Waiting | None = None
    is_over: bool = False
    """The customer's line has ended."""
    lost: bool = False
    """It ended by no one's doing: Asterisk did."""
    ended_by: str = "us"
    hangup_cause: int = 0
    we_hung_up: bool = False
    at: Destination | None = None
    """Where the call is."""
    resumes: str = ""
    """A recording that an earlier process has begun, and that goes on."""
    waits_since: float | None = None
    """The moment since when the customer waits to be greeted at all, if that was long."""
    waited_before_s: float = 0.0
    """Waited in a queue that the customer was moved from; counts in the next one."""
    watch: Callable[[object], None] | None = None
    """Looks at whatever happens while a prompt is played or a question asked, and may raise."""
    came_from: Destination | None = None
    """Where the customer talked last; who is transferred to nobody goes back there."""
    _typed_ahead: str = ""
    _playbacks: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        """Name the playbacks so that a later process knows their names."""
        self._playbacks = cycle(playback_names(self.channel_id))

    @property
    def party(self) -> Party:
        """This call as somebody who waits to be connected."""
        return Party(self.contact, self.channel_id, self.caller_id, self.mailbox)

    @property
    def caller_id(self) -> str:
        """Who calls, as phones are shown it: `"Name" <number>`."""
        name = "".join(letter for letter in self.caller_name if letter not in '"<>\\')
        return f'"{name}" <{self.caller_number}>'

    # -- what happens ---------------------------------------------------------------------------------------

    async def take(self, timeout_s: float | None = None) -> object:
        """Return what happened next; raises CallerGone at the end, TimeoutError when nothing did."""
        item = await self.mailbox.take(timeout_s)
        if asterisk_failed(item):  # of whichever channel that is told first, the customer's is gone too
            self.is_over = self.lost = True
        elif has_ended(item, self.channel_id):
            self.is_over = True
            self.hangup_cause = getattr(item, "cause", 0) or self.hangup_cause
        if self.is_over:
            raise CallerGone
        return item

    async def ends_within(self, seconds: float) -> bool:
        """Wait so long for the line's end, whatever else happens; tell whether it came."""
        try:
            async with asyncio.timeout(seconds):
                while not self.is_over:
                    await self.take()
        except TimeoutError:
            return False
        except CallerGone:
            pass
        return True

    async def _listen(self) -> object:
        """Take what happens while no agent is there; what people ask for is answered here."""
        item = await self.take()
        if self.watch is not None:
            self.watch(item)
        if isinstance(item, HangUp):
            await self.hang_up()
            item.done()
        elif isinstance(item, CallRequest):
            item.refuse("not while the caller is in a menu")
        return item

    async def _do(self, verb: Awaitable[T]) -> T:
        """Await a verb of the customer's channel; a channel that is gone is a customer who is gone."""
        try:
            return await verb
        except (Gone, Conflict):
            await self.ends_within(END_TOLD_WITHIN_S)  # and by whose doing
            raise CallerGone from None

    async def _bring_about(self, verb: Awaitable[None]) -> None:
        """Await a verb that says how it shall be; a busy Asterisk does it late, and the call goes on."""
        try:
            await self._do(verb)
        except OutcomeUnknown as unknown:
            log.warning("call.served_late", contact=self.contact, why=str(unknown))

    # -- plain verbs ----------------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Answer, unless that was done."""
        if self.is_over:
            raise CallerGone
        if not self.answered:
            self.answered = True
            try:
                await self._bring_about(self.ari.channel(self.channel_id).answer())
            except Refused as refusal:  # the caller hangs up in this very moment
                log.info("call.answer_refused", contact=self.contact, why=str(refusal))
                await self.ari.channel(self.channel_id).hangup(NORMAL)
                raise CallerGone from None

    async def hang_up(self, cause: int = NORMAL) -> None:
        """End the call with a Q.850 cause; one that nobody answered is not cleared as if somebody had."""
        if self.we_hung_up:
            return
        self.hangup_cause = NO_ANSWER if cause == NORMAL and not self.answered else cause
        hang_up = partial(self.ari.channel(self.channel_id).hangup, self.hangup_cause)
        await hang_up_surely(hang_up, self.channel_id, self.ends_within)
        self.we_hung_up = True

    async def look_around(self) -> None:
        """Take note of what has happened already; who has hung up is not to be led any further."""
        while not self.mailbox.is_empty:
            self._pressed(await self._listen())

    async def start_music(self, music: str) -> None:
        """Let the customer hear music, until `quiet`."""
        await self._bring_about(self.ari.channel(self.channel_id).start_moh(music))
        self.hears = Waiting.MUSIC

    async def start_ringing(self) -> None:
        """Let the customer hear that it rings, until `quiet`."""
        await self.quiet()
        await self._bring_about(self.ari.channel(self.channel_id).ring())
        self.hears = Waiting.RINGING

    async def quiet(self) -> None:
        """End music and ringing, neither of which ends by itself when the customer is bridged."""
        hears, self.hears = self.hears, None
        match hears:
            case Waiting.MUSIC:
                await self._bring_about(self.ari.channel(self.channel_id).stop_moh())
            case Waiting.RINGING:
                await self._bring_about(self.ari.channel(self.channel_id).ring_stop())

    async def keep(self, name: str, value: str) -> None:
        """Set a channel variable, for a later process to find."""
        await self._bring_about(self.ari.channel(self.channel_id).set_variable(name, value))

    # -- Line: prompts, digits, recordings ------------------------------------------------------------------

    async def play(self, media: Sequence[str]) -> None:
        """Play media URIs to the end; go on with the next where one cannot be played."""
        await self.answer()
        for uri in media if not self.resumes else ():
            await self._play(uri, until_key=False)

    async def start_playing(self, media: Sequence[str], playback_id: str) -> None:
        """Begin to play media URIs as one playback, whose end comes as a PlaybackFinished.

        Raises Refused and OutcomeUnknown.
        """
        uris = [sound for uri in media for sound in spelt(uri, self.language)]
        await self._do(self.ari.channel(self.channel_id).play(uris, playback_id, lang=self.language))

    async def fall_silent(self) -> None:
        """End whatever is being played, and forget the keys pressed meanwhile."""
        self._typed_ahead = ""
        await self.stop_playing(*playback_names(self.channel_id))

    async def stop_playing(self, *playback_ids: str) -> None:
        """End playbacks, as far as Asterisk can; none of them is worth the call."""
        stops = (self.ari.playback(one).stop() for one in playback_ids)
        for failure in await asyncio.gather(*stops, return_exceptions=True):
            if isinstance(
                failure, Refused | OutcomeUnknown
            ):  # a number only Asterisk can say is said to its end
                log.info("call.prompt_not_stopped", contact=self.contact, why=str(failure))
            elif isinstance(failure, BaseException):
                raise failure

    async def has_played(self, playback_id: str) -> bool:
        """Tell whether a playback is over; where Asterisk does not say, its end is still to be told."""
        try:
            return await self.ari.playback(playback_id).get() is None
        except (Refused, OutcomeUnknown) as failure:
            log.info("call.prompt_not_known", contact=self.contact, why=str(failure))
            return False

    async def hush(self) -> None:
        """End whatever an earlier process was playing, and find out what it was recording."""
        await self.fall_silent()
        name = await self._do(self.ari.channel(self.channel_id).get_variable(RECORDING))
        self.resumes = name or ""

    async def collect(
        self,
        media: Sequence[str],
        matcher: Matcher,
        *,
        timeout_s: float,
        between_s: float,
        barge_in: bool = True,
    ) -> Collected:
        """Play, and listen to keys until the matcher is settled or a wait is over."""
        await self.answer()
        for uri in media:
            if self._typed_ahead and barge_in:
                break
            await self._play(uri, until_key=barge_in)
        while (settled := self._settle(matcher)) is None:
            try:
                await self._key(between_s if self._typed_ahead else timeout_s)
            except TimeoutError:
                dialled, self._typed_ahead = self._typed_ahead, ""
                return when_over(matcher, dialled)
        return settled

    async def record(self, name: str, *, max_s: float, silence_s: float, end_keys: str) -> Recorded:
        """Record until a key, silence, `max_s` or the customer's hang-up."""
        await self.answer()
        if self.resumes:
            name, self.resumes = self.resumes, ""
            self.mailbox.put(EVENTS_MISSED)
        else:
            await self.keep(RECORDING, name)
            await self._do(
                self.ari.channel(self.channel_id).record(
                    name, format="wav", max_duration_s=math.ceil(max_s), max_silence_s=math.ceil(silence_s)
                )
            )
        try:
            with suppress(CallerGone):  # the file is whole only when its end is told
                recorded = await self._until_recorded(name, self._listen, max_s + RECORDING_GRACE_S, end_keys)
                with suppress(CallerGone):
                    await self.keep(RECORDING, "")
                return recorded
            return await self._until_recorded(name, self.mailbox.take, RECORDING_GRACE_S)
        except TimeoutError:
            return self._recorded(name)

    async def attend(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for something outside the call, and keep the keys pressed meanwhile; a hang-up cancels it."""
        done = object()
        task = asyncio.create_task(work)
        task.add_done_callback(lambda _: self.mailbox.put(done))
        try:
            while (item := await self._listen()) is not done:
                self._pressed(item)
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _settle(self, matcher: Matcher) -> Collected | None:
        settled, self._typed_ahead = take(matcher, self._typed_ahead)
        return settled

    async def _key(self, timeout_s: float) -> None:
        """Wait until a key was pressed; other news does not stop the clock."""
        async with asyncio.timeout(timeout_s):
            while not self._pressed(await self._listen()):
                pass

    def _pressed(self, item: object) -> bool:
        if isinstance(item, messages.ChannelDtmfReceived) and len(self._typed_ahead) < TYPED_AHEAD_MAX:
            self._typed_ahead += item.digit
            return True
        return False

    async def _play(self, uri: str, *, until_key: bool) -> None:
        playback_id = next(self._playbacks)
        try:
            await self._do(
                self.ari.channel(self.channel_id).play(
                    spelt(uri, self.language), playback_id, lang=self.language
                )
            )
        except (Refused, OutcomeUnknown) as refusal:
            log.warning("call.prompt_refused", media=uri, why=str(refusal))
            return
        async with asyncio.timeout(PLAYBACK_LIMIT_S):
            while True:
                item = await self._listen()
                if self._pressed(item) and until_key:
                    with suppress(
                        Refused, OutcomeUnknown
                    ):  # a number is spoken to its end, whatever is pressed
                        await self.ari.playback(playback_id).stop()
                        return
                if item is EVENTS_MISSED and await self.has_played(playback_id):
                    return
                if isinstance(item, messages.PlaybackFinished) and item.playback.id == playback_id:
                    note_failure(item.playback)
                    return

    async def _until_recorded(
        self, name: str, news: Callable[[], Awaitable[object]], timeout_s: float, end_keys: str = ""
    ) -> Recorded:
        async with asyncio.timeout(timeout_s):
            while True:
                match await news():
                    case item if item is EVENTS_MISSED and await self.ari.recording(name).get() is None:
                        return self._recorded(name)
                    case messages.ChannelDtmfReceived(digit=digit) if digit in end_keys:
                        await self.ari.recording(name).stop()
                    case messages.RecordingFinished(recording=recording) if recording.name == name:
                        return self._recorded(name, recording)
                    case messages.RecordingFailed(recording=recording) if recording.name == name:
                        log.error("call.recording_failed", recording=name, why=recording.cause)
                        return Recorded(name, None, 0.0)

    def _recorded(self, name: str, recording: messages.LiveRecording | None = None) -> Recorded:
        path = self.recordings / f"{name}.wav" if self.recordings else None
        told_s = float(recording.duration or 0) if recording else 0.0
        measured_s = wav_duration_s(path)
        duration_s = told_s if measured_s is None else measured_s  # Asterisk tells whole seconds only
        return Recorded(name, path, duration_s, recording.talking_duration if recording else None)


def playback_names(channel_id: str) -> list[str]:
    """Name the playbacks of a channel: enough of them that one is over before its name comes again."""
    return [f"{channel_id}-prompt-{number}" for number in range(4)]


def spelt(uri: str, language: str) -> list[str]:
    """Return what to play: of digits and numbers, which Asterisk cannot stop, the sounds they are made of."""
    kind, _, keys = uri.partition(":")
    match kind:
        case "digits":
            return [f"sound:digits/{KEY_SOUNDS.get(key, key)}" for key in keys]
        case "number" if (words := numerals.sounds(int(keys), language)) is not None:
            return [f"sound:{word}" for word in words]
        case _:
            return [uri]


def note_failure(playback: messages.Playback) -> None:
    """Log a prompt that could not be played; the call goes on without it."""
    if playback.state == "failed":
        log.warning("call.prompt_not_played", media=playback.media_uri)


def wav_duration_s(path: Path | None) -> float | None:
    """Return how long a WAV file lasts; None where there is none that can be read."""
    if path is None:
        return None
    try:
        with wave.open(str(path)) as file:
            return float(file.getnframes() / file.getframerate())
    except (OSError, EOFError, wave.Error):
        return None
