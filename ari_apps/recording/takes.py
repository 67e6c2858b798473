"""The takes of a recording in Asterisk: an ear on the caller, and one on everybody the caller hears.

What has been begun is in the note before Asterisk is asked, so that a later process finds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import msgspec

from ari_apps.recording.ear import Ear
from ari_apps.recording.notes import Note, TakeNote, VoiceNote
from ari_apps.recording.studio import Studio


class Takes:
    """Begin and end the ears of one recording."""

    def __init__(self, studio: Studio, note: Note) -> None:
        self._studio = studio
        self.note = note
        self._caller: Ear | None = None
        """While a take runs."""
        self._voices: dict[str, Ear] = {}
        """By the channel they listen to."""

    @property
    def running(self) -> bool:
        """Tell whether the caller is recorded now."""
        return self._caller is not None

    @property
    def heard(self) -> frozenset[str]:
        """The channels beside the caller's that are recorded now."""
        return frozenset(self._voices)

    async def begin(self) -> None:
        """Begin a take with the caller's side; raises AriError."""
        ear = await self._ear()
        began_at = await ear.begin()
        self._settle(ear, TakeNote(ear.file, began_at.timestamp()))
        self._caller = ear
        await self._write()

    async def hear(self, channel: str, *, beside: bool) -> None:
        """Let a voice belong to the running take; raises AriError."""
        ear = await self._ear(channel)
        began_at = await ear.begin()
        *earlier, take = self.note.takes
        voice = VoiceNote(ear.file, began_at.timestamp() - take.began_at, beside)
        self._settle(ear, *earlier, msgspec.structs.replace(take, voices=(*take.voices, voice)), anew=True)
        self._voices[channel] = ear
        await self._write()

    async def drop(self, channels: Collection[str]) -> None:
        """Hear these voices no more."""
        ears = [ear for channel in channels if (ear := self._voices.pop(channel, None)) is not None]
        if ears:
            await self._ended(ears)

    async def end(self) -> None:
        """End the take; returns when Asterisk has closed its files."""
        caller, self._caller = self._caller, None
        voices, self._voices = self._voices, {}
        if caller is not None:
            recorded_s = self.note.recorded_s + self._studio.clock.moment() - caller.since
            await self._ended([caller, *voices.values()])
            self.note = msgspec.structs.replace(self.note, recorded_s=recorded_s)
            await self._write()

    async def change(self, **changes: object) -> None:
        """Note something else."""
        self.note = msgspec.structs.replace(self.note, **changes)
        await self._write()

    # -- the note -------------------------------------------------------------------------------------------

    async def _ear(self, channel: str = "") -> Ear:
        name = f"{self.note.recording}/{self._studio.new_id()}"
        ear = Ear(self._studio, channel or self.note.channel, name)
        await self.change(strays=(*self.note.strays, ear.file))
        return ear

    def _settle(self, ear: Ear, *takes: TakeNote, anew: bool = False) -> None:
        """Let an ear that has begun be no stray."""
        strays = tuple(file for file in self.note.strays if file != ear.file)
        kept = () if anew else self.note.takes
        self.note = msgspec.structs.replace(self.note, strays=strays, takes=(*kept, *takes))

    async def _ended(self, ears: Collection[Ear]) -> None:
        """End ears at the same time, and note for how long each was to record."""
        lasted_s = await asyncio.gather(*(ear.end() for ear in ears))
        by_file = {ear.file: seconds for ear, seconds in zip(ears, lasted_s, strict=True)}
        takes = tuple(timed(take, by_file) for take in self.note.takes)
        self.note = msgspec.structs.replace(self.note, takes=takes)
        await self._write()

    async def _write(self) -> None:
        """Write the note beside the event loop: its disk may be slow."""
        await self._studio.keeping.note(self.note)


def timed(take: TakeNote, lasted_s: dict[str, float]) -> TakeNote:
    """Note for how long the files of a take were to be."""
    voices = tuple(
        msgspec.structs.replace(voice, lasted_s=lasted_s.get(voice.file, voice.lasted_s))
        for voice in take.voices
    )
    caller_s = lasted_s.get(take.caller, take.lasted_s)
    return msgspec.structs.replace(take, voices=voices, lasted_s=caller_s)
