"""Put into sounds what waiting callers are told, and what the agent who answers is told of the caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ami_listeners.clock import Clock
from ari_apps.call import Call
from ari_apps.configuration.announcements import AnnouncementSettings
from ari_apps.crew import Crew
from ari_apps.destinations import Destination
from ari_apps.directory import Directory
from ari_apps.ivr.prompts import Prompts, values_of
from ari_apps.ivr.settings import PromptSettings
from queue_strategies.commands import Announce
from queue_strategies.model import VisitId

MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Composed:
    """What a waiting caller is to hear, ready to be played; tells the call's mailbox so."""

    visit: VisitId
    media: tuple[str, ...]


class Announcer:
    """Compose announcements beside the calls, none of which waits for that."""

    def __init__(self, *, prompts: Prompts, directory: Directory, clock: Clock, crew: Crew) -> None:
        self._prompts = prompts
        self._directory = directory
        self._clock = clock
        self._crew = crew

    def compose(self, call: Call, to: Destination, announce: Announce) -> None:
        """Have an announcement put into sounds; the call's mailbox hears Composed."""
        settings = self._directory.announcements_of(to)
        said = list(sayings(settings, announce)) if settings else []
        self._crew.start(self._compose(call, announce, said), f"announce to {call.contact}")

    async def _compose(self, call: Call, announce: Announce, said: list[PromptSettings]) -> None:
        media: list[str] = []
        try:
            texts = [text for prompt in said for text in prompt.spoken_in(call.language)]
            values = values_of(call) | values_told(announce)
            media = await self._prompts.media(texts, language=call.language, values=values)
        finally:  # of what cannot be said the end must be told all the same
            call.mailbox.put(Composed(announce.visit, tuple(media)))

    def briefing_s(self, to: Destination) -> float | None:
        """Return for how long the agent may be told who calls; None: nothing is told."""
        return self._directory.briefing_of(to)[1]

    async def briefing(self, call: Call, to: Destination, joined_moment: float) -> list[str]:
        """Put into sounds what the agent is told of a caller who has waited since then."""
        prompt, _ = self._directory.briefing_of(to)
        waited_s = int(self._clock.moment() - joined_moment)
        waited = {"minutes": str(waited_s // MINUTE_S), "seconds": str(waited_s % MINUTE_S)}
        return await self._prompts.media(
            prompt.spoken_in(call.language),
            language=call.language,
            values=values_of(call) | waited | {"queue": to.name},
        )

    async def tell_of_recording(self, call: Call, to: Destination) -> None:
        """Tell a caller, once, that talks are recorded where the call goes, if it is to be told there."""
        prompt = self._directory.recording_announced_at(to)
        if prompt.by_language and not call.knows_of_recording:
            call.knows_of_recording = True
            texts = prompt.spoken_in(call.language)
            media = await self._prompts.media(texts, language=call.language, values=values_of(call))
            await call.play(media)

    async def prepare(self, language: str) -> None:
        """Speak all that can be spoken before somebody waits."""
        for prompt in self._directory.announced():
            for language_of_it, texts in prompt.by_language.items():
                settled = [text for text in texts if "{" not in text and text.startswith("say:")]
                await self._prompts.media(settled, language=language_of_it or language, values={})


def sayings(settings: AnnouncementSettings, announce: Announce) -> Iterator[PromptSettings]:
    """Yield the prompts of which an announcement is made."""
    if announce.message is not None:
        yield from settings.messages[announce.message : announce.message + 1]
        return
    if announce.position is not None:
        if announce.more_than:
            yield settings.said_more_than
        else:
            yield settings.said_first if announce.position == 1 else settings.said_position
    if announce.estimate_s is not None:
        if announce.estimate_s < MINUTE_S:
            yield settings.said_seconds
        else:
            yield settings.said_one_minute if announce.estimate_s == MINUTE_S else settings.said_estimate
    yield settings.said_thanks


def values_told(announce: Announce) -> dict[str, str]:
    """Return what placeholders stand for in an announcement."""
    values = {} if announce.position is None else {"position": str(announce.position)}
    if announce.estimate_s is not None:
        minutes, seconds = divmod(round(announce.estimate_s), MINUTE_S)
        values |= {"minutes": str(minutes), "seconds": str(seconds)}
    return values
