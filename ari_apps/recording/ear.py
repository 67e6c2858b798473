"""One ear: what one party says, from one moment to another, in a file of Asterisk's.

A snoop channel spies on what comes in from the party. Of a talking channel itself Asterisk could record no
more than one thing, and would let no prompt be played meanwhile; a snoop has neither limit, and keeps time
also while no sound comes (22 writes silence).

What a party is sent is never spied on: Asterisk 22.10 hands every hook of a channel the sound through one
translator, which drops packets that are older than the last, and whoever a caller is transferred to numbers
packets anew. The next agent would be silent in half of all recordings.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import suppress

from ari_apps.ari import Ari, AriError, messages
from ari_apps.hanging_up import hang_up_surely
from ari_apps.mailbox import Mailbox
from ari_apps.recording.studio import Studio

SNOOP = "rec-"
"""What the ids of our spying channels begin with."""
FOLDER = "callfloor/"
"""Of our recordings in Asterisk."""
BEGINS_WITHIN_S = 10.0
ENDS_WITHIN_S = 5.0
LOOK_AGAIN_S = 0.25


class NotRecorded(AriError):
    """Asterisk did not record; the message says why."""


class Ear:
    """Record what a channel says, under a name such as `recording/1`."""

    def __init__(self, studio: Studio, channel_id: str, name: str) -> None:
        self._studio = studio
        self._ari = studio.ari
        self._channel = studio.ari.channel(channel_id)
        self._snoop = SNOOP + name.replace("/", "-")
        self._mailbox = Mailbox()
        self.file = file_of(name)
        """What Asterisk calls the recording."""
        self.since = 0.0
        """The moment at which it began."""

    async def begin(self) -> dt.datetime:
        """Record from now on; return since when by Asterisk's clock. Raises AriError, and leaves nothing.

        What is left of one that could not begin is cleared away later; of one that is not to begin, at once.
        """
        self._studio.dispatcher.own(self._snoop, self._mailbox)
        try:
            async with asyncio.timeout(BEGINS_WITHIN_S):
                began_at = await self._begin()
        except TimeoutError:
            self._clear_later()
            raise NotRecorded(f"Asterisk did not begin within {BEGINS_WITHIN_S:g} s") from None
        except AriError:
            self._clear_later()
            raise
        except BaseException:
            await self._clear()
            raise
        self.since = self._studio.clock.moment()
        return began_at

    async def _begin(self) -> dt.datetime:
        snoop = await self._channel.snoop(self._snoop, spy="in")
        while not isinstance(await self._mailbox.take(), messages.StasisStart):
            pass
        await snoop.record(self.file)
        while True:
            match await self._mailbox.take():
                case messages.RecordingStarted(timestamp=at):
                    return at
                case messages.RecordingFailed(recording=recording):
                    raise NotRecorded(recording.cause or "Asterisk could not write the file")

    async def end(self) -> float:
        """Record no more; return when Asterisk has closed the file, and for how long it was to record."""
        lasted_s = self._studio.clock.moment() - self.since
        if not self._has_closed_itself():
            with suppress(TimeoutError, AriError):
                async with self._studio.ending:
                    await self._ari.recording(self.file).stop()
                async with asyncio.timeout(ENDS_WITHIN_S):
                    while not await self._is_closed():
                        pass
        await self._clear()
        return lasted_s

    def _has_closed_itself(self) -> bool:
        """Tell whether the file is closed already, as it is when its channel has hung up."""
        while not self._mailbox.is_empty:
            if is_close(self._mailbox.take_at_once()):
                return True
        return False

    async def _is_closed(self) -> bool:
        try:
            return is_close(await self._mailbox.take(LOOK_AGAIN_S))
        except TimeoutError:  # its end may have been told while nobody listened
            return await self._ari.recording(self.file).get() is None

    def _clear_later(self) -> None:
        self._studio.crew.start(self._clear(), f"clear away {self._snoop}")

    async def _clear(self) -> None:
        self._studio.dispatcher.disown(self._snoop)
        await hang_up_surely(self._hang_up, self._snoop)

    async def _hang_up(self) -> None:
        async with self._studio.ending:
            await self._ari.channel(self._snoop).hangup()


def is_close(item: object) -> bool:
    """Tell whether this says that a file is closed."""
    return isinstance(item, messages.RecordingFinished | messages.RecordingFailed)


async def stop(ari: Ari, file: str) -> None:
    """End an ear that an earlier process has begun, wherever it listens."""
    with suppress(AriError):
        await ari.recording(file).stop()
    snoop = SNOOP + file.removeprefix(FOLDER).replace("/", "-")
    await hang_up_surely(ari.channel(snoop).hangup, snoop)


def file_of(name: str) -> str:
    """Say what Asterisk calls the recording of a name."""
    return FOLDER + name
