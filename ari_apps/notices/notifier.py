"""Tell people of new messages, and again until it is done; no call knows of it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import NoReturn, assert_never

import structlog

from ami_listeners.errors import DatabaseUnreachable
from ami_listeners.journal import Journal
from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.notices.ledger import MOST, Ledger
from ari_apps.notices.metrics import WAYS, NoticeFigures
from ari_apps.notices.notice import GiveUp, Notice, NotTold, Told, TryAgain, after_failure
from ari_apps.notices.ways import notify_of
from queue_strategies.facts import Fact, VoicemailLeft

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
CLAIM_S = 300.0
"""Longer than a try may take: after it, whoever was at it is dead."""

Tell = Callable[[Notice], Awaitable[Told | NotTold]]
"""Give a notice in its way, within a deadline."""


class Notifier:
    """Look for what is due: when a message is left, and every few seconds."""

    def __init__(
        self,
        journal: Journal,
        tell: Tell,
        configuration: Callable[[], FloorConfiguration],
        rng: Random,
    ) -> None:
        self._journal, self._tell, self._configuration, self._rng = journal, tell, configuration, rng
        self._ledger = Ledger(journal.database)
        self._wake = asyncio.Event()
        self.figures = NoticeFigures()

    def take(self, fact: Fact) -> None:
        """Wake up when people are to be told of a message."""
        if isinstance(fact, VoicemailLeft) and fact.notices:
            self._wake.set()

    async def keep_telling(self) -> NoReturn:
        """Tell whatever is due, for ever; what a database that is away knows is told when it is back."""
        while True:
            try:
                more = await self.tell_what_is_due()
            except DatabaseUnreachable as away:
                log.warning("voicemail.notices_wait", reason=str(away))
                more = False
            if not more:
                await self._rest()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._wake.wait()
                self._wake.clear()
                await self._journal.drained(LOOK_EVERY_S)  # the message is in the database, too

    async def tell_what_is_due(self) -> bool:
        """Try a few that are due; return whether there may be more. Raises DatabaseUnreachable."""
        boxes, now = self._configuration().voicemail, self._now()
        of = {way: [name for name, box in boxes.items() if way in box.notify.ways()] for way in WAYS}
        due = await self._ledger.claim(**of, now=now, until=now + dt.timedelta(seconds=CLAIM_S))
        for settled in await asyncio.gather(*map(self._give, due), return_exceptions=True):
            if settled is not None:
                raise settled
        self.figures.waiting = await self._ledger.waiting()
        return len(due) == MOST

    async def _give(self, notice: Notice) -> None:
        match await self._outcome(notice):
            case Told():
                self.figures.told[notice.way] += 1
                await self._ledger.told(notice, self._now())
                log.info("voicemail.told", way=notice.way, box=notice.box, tries=notice.tries)
            case NotTold(reason):
                self.figures.failed[notice.way] += 1
                await self._not_given(notice, reason)

    async def _outcome(self, notice: Notice) -> Told | NotTold:
        """Try; a fault with one message must not keep people from being told of all others."""
        try:
            return await self._tell(notice)
        except Exception as fault:
            log.error("voicemail.telling_failed", way=notice.way, box=notice.box, exc_info=fault)
            return NotTold(type(fault).__name__)

    async def _not_given(self, notice: Notice, reason: str) -> None:
        told = {"way": notice.way, "box": notice.box, "voicemail": str(notice.voicemail), "reason": reason}
        give_up_h, now = notify_of(self._configuration(), notice.box).give_up_h, self._now()
        match after_failure(notice, now, give_up_h, self._rng):
            case TryAgain(at):
                await self._ledger.again(notice, at, reason)
                log.warning("voicemail.not_told", tries=notice.tries, again_at=at.isoformat(), **told)
            case GiveUp():
                self.figures.given_up[notice.way] += 1
                await self._ledger.given_up(notice, now, reason)
                log.error("voicemail.given_up", tries=notice.tries, **told)
            case never:
                assert_never(never)

    def _now(self) -> dt.datetime:
        return self._journal.clock.wall()
