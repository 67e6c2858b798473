"""Record the calls that Asterisk's own queues lead, as the listener tells of them."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from contextlib import suppress
from typing import TYPE_CHECKING, assert_never

from ami_listeners.fold import Fold
from ari_apps.recording.rules import native_talk_of
from queue_strategies.facts import Fact
from queue_strategies.native_talks import (
    Happening,
    NativeCustomerLeft,
    NativeHoldBegan,
    NativeHoldEnded,
    NativeTalkBegan,
    NativeTalks,
)
from queue_strategies.recording import HoldBegan, HoldEnded

if TYPE_CHECKING:
    from ari_apps.recording.recordings import Recordings

LISTENER_KNOWS_S = 10.0
"""So long is waited for what the listener finds, before what nobody has taken up is finished."""
LOOK_AGAIN_S = 0.2
NO_CHANCE = 1.0
"""Below no percentage: what is recorded by chance was decided before."""
SETTLED_S = 2.0
"""So long after it knows the channels it has told what each does, if that was not known before."""


class NativeRecordings:
    """Tell the tapes of native calls what becomes of these."""

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings
        self._talks = NativeTalks()
        self._fold: Fold | None = None

    def listen_by(self, fold: Fold) -> None:
        """Go by what this listener finds; in a process that leads calls alone there is none."""
        self._fold = fold

    def take(self, fact: Fact) -> None:
        """Follow a native call by what the listener tells of it."""
        for happening in self._talks.handle(fact):
            self._follow(happening)

    async def go_on(self, calls: Container[str]) -> None:
        """Take up the talks there are; then finish what belongs to none of them, and to none of `calls`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LISTENER_KNOWS_S):
                while self._fold is None or not self._fold.caught_up:  # noqa: ASYNC110 (it forgets again)
                    await asyncio.sleep(LOOK_AGAIN_S)
        for fact in self._fold.segments.now() if self._fold is not None else ():
            self.take(fact)
        await asyncio.sleep(SETTLED_S)
        self._recordings.part(calls)

    def _follow(self, happening: Happening) -> None:
        recordings = self._recordings
        match happening:
            case NativeTalkBegan():
                tape = recordings.tape(happening.contact, happening.channel)
                chance = NO_CHANCE if happening.again else recordings.chance()
                talk = native_talk_of(happening, recordings.directory, chance)
                recordings.go_on(tape, talk, held=False, by_chance=not happening.found)
            case NativeHoldBegan():
                recordings.tell(happening.contact, HoldBegan())
            case NativeHoldEnded():
                recordings.tell(happening.contact, HoldEnded())
            case NativeCustomerLeft():
                recordings.left(happening.contact)
            case _:
                assert_never(happening)
