"""Tell the agent who has picked up who calls, while the caller hears music on; then the two are bridged."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from ari_apps.announcer import Announcer
from ari_apps.ari import AriError, messages
from ari_apps.call import Call, note_failure, spelt
from ari_apps.destinations import HANGUP, Destination
from ari_apps.legs import EVENTS_MISSED, has_ended
from ari_apps.reaching import Attempt, NotReached, Reached, Visit
from ari_apps.requests import CallRequest, HangUp
from queue_strategies.model import VisitOutcome

log = structlog.get_logger()


class AgentGone(Exception):
    """The agent hung up before the two were bridged."""


class Briefing:
    """What one agent hears of one caller. A key of the agent's ends it, and so does the deadline."""

    def __init__(
        self, call: Call, to: Destination, attempt: Attempt, met: Reached, announcer: Announcer
    ) -> None:
        self._call = call
        self._to = to
        self._attempt = attempt
        self._met = met
        self._announcer = announcer
        self._playback = f"{met.leg.id}-briefing"

    async def give(self) -> NotReached | Destination | None:
        """Tell the agent; return what ended the wait instead, if anything did.

        Raises AgentGone, and CallerGone when the caller has hung up.
        """
        limit_s = self._announcer.briefing_s(self._to)
        if limit_s is None or not isinstance(self._attempt, Visit):
            return None
        try:
            async with asyncio.timeout(limit_s):
                if self._attempt.caller.adopted:
                    await self._begin_anew()
                if await self._begin(self._attempt.caller.joined_moment):
                    return await self._until_heard()
        except TimeoutError:
            log.info("briefing.too_long", contact=self._call.contact, queue=self._to.name)
            await self._stop()
        return None

    async def _begin_anew(self) -> None:
        """End what an earlier process may have been telling, and take another name than it did."""
        await self._stop()
        self._playback += "-again"

    async def _begin(self, joined_moment: float) -> bool:
        media = await self._announcer.briefing(self._call, self._to, joined_moment)
        language = self._call.language
        uris = [sound for uri in media for sound in spelt(uri, language)]
        if not uris:
            return False
        try:
            await self._met.leg.channel.play(uris, self._playback, lang=language)
        except AriError as refusal:  # if the leg is gone, bridging will tell
            log.warning("briefing.refused", contact=self._call.contact, why=str(refusal))
            return False
        return True

    async def _until_heard(self) -> NotReached | Destination | None:
        leg = self._met.leg.id
        while True:
            match item := await self._call.take():
                case messages.PlaybackFinished(playback=playback) if playback.id == self._playback:
                    note_failure(playback)
                    return None
                case messages.ChannelDtmfReceived(channel=channel) if channel.id == leg:
                    await self._stop()
                    return None
                case NotReached(attempt=self._attempt.id):
                    return item
                case HangUp():
                    self._attempt.left(VisitOutcome.WITHDRAWN)
                    item.done()
                    return HANGUP
                case CallRequest():
                    item.refuse("not before the two are connected")
                case _ if has_ended(item, leg):
                    raise AgentGone
                case _ if item is EVENTS_MISSED:
                    if await self._call.has_played(self._playback):
                        return None

    async def _stop(self) -> None:
        with suppress(AriError):
            await self._call.ari.playback(self._playback).stop()
