"""Tell an agent that a supervisor has come: a sound that the agent alone hears, over whatever is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from ari_apps.ari import Ari, AriError, messages
from ari_apps.dispatcher import Dispatcher
from ari_apps.hanging_up import hang_up_surely
from ari_apps.legs import has_ended
from ari_apps.mailbox import Mailbox
from ari_apps.monitoring.names import EAR
from queue_strategies.monitoring import Line

log = structlog.get_logger()

LONGEST_S = 15.0


class Announcement:
    """Play through a snoop that only whispers, so that nothing on the line is interrupted."""

    def __init__(self, ari: Ari, dispatcher: Dispatcher, new_id: Callable[[], str]) -> None:
        self._ari = ari
        self._dispatcher = dispatcher
        self._new_id = new_id

    async def give(self, line: Line, media: Sequence[str]) -> None:
        """Let an agent hear this; a line that ends meanwhile, or is not there, hears nothing."""
        whisperer, mailbox = f"{EAR}{self._new_id()}", Mailbox()
        self._dispatcher.own(whisperer, mailbox)
        try:
            async with asyncio.timeout(LONGEST_S):
                if line.other is None or not line.led:
                    await self._ari.channel(line.channel).snoop(whisperer, whisper="out")
                else:
                    await self._ari.channel(line.other).snoop(whisperer, whisper="in")
                await self._play(whisperer, mailbox, media)
        except (AriError, TimeoutError) as failure:
            log.info("monitoring.not_announced", channel=line.channel, why=str(failure))
        finally:
            self._dispatcher.disown(whisperer)
            await hang_up_surely(self._ari.channel(whisperer).hangup, whisperer)

    async def _play(self, whisperer: str, mailbox: Mailbox, media: Sequence[str]) -> None:
        while True:
            match item := await mailbox.take():
                case messages.StasisStart():
                    await self._ari.channel(whisperer).play(media, f"{whisperer}-sound")
                case messages.PlaybackFinished():
                    return
                case _ if has_ended(item, whisperer):
                    return
