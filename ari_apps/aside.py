"""Tell a waiting caller something in between: the music stops, a prompt is played, the music goes on.

The call's coroutine begins it and goes on waiting; the prompt's end comes as news like any other. So nothing
waits for a prompt: keys and hang-ups are heard during it, and who answers cuts it off.
"""

from __future__ import annotations

from itertools import cycle

import structlog

from ari_apps.announcer import Announcer, Composed
from ari_apps.ari import OutcomeUnknown, Refused, messages
from ari_apps.call import Call, note_failure
from ari_apps.destinations import Destination
from ari_apps.legs import EVENTS_MISSED
from ari_apps.reaching import Attempt
from queue_strategies.commands import Announce

log = structlog.get_logger()


class Aside:
    """What one waiting caller is told beside the music."""

    def __init__(
        self, call: Call, to: Destination, attempt: Attempt, announcer: Announcer, music: str | None
    ) -> None:
        self._call = call
        self._to = to
        self._attempt = attempt
        self._announcer = announcer
        self._music = music
        self._names = names(call.channel_id)
        self._next = cycle(self._names)
        self._playing: str | None = None
        self._due = False
        """Something was to be announced whose end was not told yet."""

    async def hush(self) -> None:
        """End what an earlier process was announcing."""
        await self._call.stop_playing(*self._names)

    async def note(self, item: object) -> None:
        """Take note of one thing that happened while the caller waits."""
        match item:
            case Announce():
                self._due = True
                self._announcer.compose(self._call, self._to, item)
            case Composed(visit=self._attempt.id, media=media) if self._due:
                await self._begin(media)
            case messages.PlaybackFinished(playback=playback) if playback.id == self._playing:
                note_failure(playback)
                await self._end()
            case _ if item is EVENTS_MISSED and self._playing is not None:
                if await self._call.has_played(self._playing):
                    await self._end()

    async def cut(self) -> None:
        """End whatever is being announced, at once; the music does not go on."""
        playing, self._playing = self._playing, None
        if playing is not None:
            await self._call.stop_playing(playing)
        self._over()

    async def _begin(self, media: tuple[str, ...]) -> None:
        if self._playing is not None:
            await self.cut()
            self._due = True
        if not media:
            self._over()
            return
        await self._call.quiet()
        name = next(self._next)
        try:
            await self._call.start_playing(media, name)
            self._playing = name
        except (Refused, OutcomeUnknown) as refusal:
            log.warning("call.prompt_refused", media=media, why=str(refusal))
            await self._end()

    async def _end(self) -> None:
        self._playing = None
        self._over()
        if self._music is not None and self._call.hears is None:
            await self._call.start_music(self._music)

    def _over(self) -> None:
        if self._due:
            self._due = False
            self._attempt.heard()


def names(channel_id: str) -> list[str]:
    """Name the playbacks so that a later process knows them; one is over before its name comes again."""
    return [f"{channel_id}-aside-{number}" for number in range(2)]
