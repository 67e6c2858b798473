"""Find somebody for whoever waits on a channel: an agent through the Floor, anybody else by dialling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

import msgspec

from ami_listeners.clock import Clock
from ari_apps.call import Call
from ari_apps.calls import Calls
from ari_apps.crew import Crew
from ari_apps.desks import Desks
from ari_apps.destinations import Destination
from ari_apps.directory import Directory
from ari_apps.last_agents import LastAgents
from ari_apps.legs import Leg
from ari_apps.mailbox import Mailbox
from ari_apps.queueing import Queueing
from ari_apps.reaching import Attempt, OutsideCall, Party, Visit
from ari_apps.traces import VARIABLE, CallTrace, write
from queue_strategies.model import Caller, Skill, VisitId

OUTSIDE_LEG = "out-"
"""What the ids of channels begin with that we dial to no agent."""
OUTSIDE_TIMEOUT_S = 60.0


async def _nobody_whispers(_: Collection[str]) -> None:
    """Have nothing to end, as long as nobody monitors."""


class Switchboard:
    """Begin attempts to reach a destination, and look after who waits meanwhile."""

    def __init__(
        self,
        *,
        queueing: Queueing,
        directory: Directory,
        desks: Desks,
        clock: Clock,
        crew: Crew,
        calls: Calls,
        new_id: Callable[[], str],
        new_leg: Callable[[str, Mailbox], Leg],
        last_agents: LastAgents,
    ) -> None:
        self._queueing = queueing
        self._directory = directory
        self._desks = desks
        self._clock = clock
        self._crew = crew
        self._calls = calls
        self._new_id = new_id
        self._new_leg = new_leg
        self._last_agents = last_agents
        self.taken_over: Callable[[str, Mailbox], tuple[Destination, Leg] | None] = lambda _, __: None
        """Gives away the phone of the supervisor who has taken over from an agent's channel."""
        self.hush: Callable[[Collection[str]], Awaitable[None]] = _nobody_whispers
        """Ends whispers that go through these channels, before somebody else hears them."""

    def reach(self, to: Destination, party: Party, call: Call) -> Attempt | None:
        """Begin to find somebody at a destination for a party; None when nobody lives there."""
        if (queue := self._directory.queue_of(to)) is not None:
            caller = Caller(
                contact=call.contact,
                visit=VisitId(self._new_id()),
                queue=queue,
                joined_moment=self._clock.moment() if call.waits_since is None else call.waits_since,
                waited_before_s=call.waited_before_s,
                priority=call.priority,
                skills={Skill(skill): level for skill, level in call.skills.items()},
                number=call.caller_number if party.channel_id == call.channel_id else "",
                wants_agent=self._last_agents.of(call.caller_number),
            )
            call.waits_since, call.waited_before_s = None, 0.0
            return self._queueing.join(party, caller)
        if (endpoint := self._directory.endpoint_of(to)) is not None:
            leg = self._new_leg(OUTSIDE_LEG + self._new_id(), Mailbox())
            shown = self._directory.shown_to(to)
            party = replace(party, caller_id=shown) if shown else party
            outside = self.outside(leg, party, to)
            outside.begin(endpoint, OUTSIDE_TIMEOUT_S)
            return outside
        return None

    def outside(self, leg: Leg, party: Party, to: Destination) -> OutsideCall:
        """Take a leg to a phone or number outside of the Floor for a party."""
        return OutsideCall(self._crew, leg, party, str(to), self._desks.clear_away)

    def dialled(self, agent_leg: str, number: str) -> Destination:
        """Say where a number leads that an agent's phone wants a customer sent to."""
        return Destination.parse(self._directory.dialled(agent_leg, number, self._clock.wall()).destination)

    def anew(self, call: Call) -> Destination:
        """Say where a call from outside would begin that came now."""
        arrival = call.called_number, call.caller_number, self._clock.wall()
        return Destination.parse(self._directory.route(*arrival).destination)

    def call_on(self, channel_id: str) -> Call | None:
        """Find the call that a phone made on this channel."""
        return self._calls.on_channel(channel_id)

    async def welcome(self, call: Call, to: Destination, attempt: Attempt) -> None:
        """Let the waiting customer hear music or ringing, and leave a trace on the channel."""
        if isinstance(attempt, Visit):
            await attempt.after_first_ring()
            if attempt.let_go:  # who is not let in is not answered either: a refusal costs nothing
                return
        music = self._directory.music_of(to)
        if music is None:
            await call.start_ringing()
        else:
            await call.answer()
            await call.start_music(music)
        await self.leave_trace(call, to, attempt)

    async def note_reached(self, call: Call, to: Destination, attempt: Attempt) -> None:
        """Let a later process know that somebody was reached; of a visit the journal tells it."""
        if not isinstance(attempt, Visit):
            await self.leave_trace(call, to, attempt, answered=True)

    async def leave_trace(
        self, call: Call, to: Destination, attempt: Attempt | None = None, *, answered: bool = False
    ) -> None:
        """Write on the customer's channel where the call is."""
        trace = CallTrace(
            contact=call.contact,
            to=str(to),
            started_at=self._wall(call.started_moment),
            answered_at=self._wall(self._clock.moment()) if answered else None,
            priority=call.priority,
            skills=call.skills,
            language=call.language,
            came_from=str(call.came_from) if call.came_from else None,
        )
        if isinstance(attempt, Visit):
            trace = msgspec.structs.replace(
                trace,
                visit=attempt.caller.visit,
                queue=attempt.caller.queue,
                joined_at=self._wall(attempt.caller.joined_moment),
                waited_before_s=attempt.caller.waited_before_s,
            )
        await call.keep(VARIABLE, write(trace))

    def _wall(self, moment: float) -> float:
        return self._clock.at(moment).timestamp()
