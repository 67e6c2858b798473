"""Let a customer and whoever picked up meet: the agent is told who calls, then the two are bridged."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from ari_apps.announcer import Announcer
from ari_apps.ari import AriError
from ari_apps.briefing import AgentGone, Briefing
from ari_apps.call import Call
from ari_apps.desks import Desks
from ari_apps.destinations import Destination
from ari_apps.directory import Directory
from ari_apps.line import CallerGone
from ari_apps.reaching import Attempt, NotReached, Reached
from ari_apps.recording.recordings import Recordings
from ari_apps.succession import DiallerGone
from ari_apps.switchboard import Switchboard
from queue_strategies.model import VisitOutcome


@dataclass(frozen=True, slots=True)
class Meeting:
    """Everything that is needed for it."""

    _switchboard: Switchboard
    _desks: Desks
    _announcer: Announcer
    _directory: Directory
    _recordings: Recordings

    async def succeed(self, gone: DiallerGone) -> None:
        """Let whom an agent had dialled go on with the supervisor who has taken over."""
        heir, new = gone.heir, gone.successor
        try:
            try:
                await self._desks.meet(new.met.desk, heir.channel_id, new.met.leg.id)
            finally:
                gone.left.ended("caller")
            self._recordings.passed_on(heir, new.to, new.attempt, new.met)
            with suppress(
                CallerGone
            ):  # the conversation will hear of it, and has the supervisor's leg to end
                await self._switchboard.leave_trace(heir, new.to, new.attempt, answered=True)
        except AriError:
            new.attempt.left(VisitOutcome.LOST)
            raise

    async def bridge(
        self, call: Call, to: Destination, attempt: Attempt, met: Reached
    ) -> Reached | NotReached | Destination | None:
        """Tell the agent who calls, then let the two meet; the caller waits on when the agent is gone."""
        await call.answer()
        with suppress(AgentGone):
            if (over := await self._brief(call, to, attempt, met)) is not None:
                return over
            if await self._meet(call, to, attempt, met):
                return met
        await met.leg.end()
        attempt.could_not_connect(met)
        await self._switchboard.welcome(call, to, attempt)
        return None

    async def _brief(
        self, call: Call, to: Destination, attempt: Attempt, met: Reached
    ) -> NotReached | Destination | None:
        music = self._directory.music_of(to)
        if self._announcer.briefing_s(to) is not None and music is not None and call.hears is None:
            await call.start_music(music)
        return await Briefing(call, to, attempt, met, self._announcer).give()

    async def _meet(self, call: Call, to: Destination, attempt: Attempt, met: Reached) -> bool:
        await call.quiet()
        if await self._desks.meet(met.desk, call.channel_id, met.leg.id):
            attempt.connected(met)
            self._recordings.talk_began(call, to, attempt, met)
            with suppress(CallerGone):  # the conversation will hear of it, and has the agent's leg to end
                await self._switchboard.note_reached(call, to, attempt)
            return True
        return False
