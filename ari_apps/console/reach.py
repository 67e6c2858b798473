"""Whom of the floor somebody sees: the own teams, the queues these serve, and the calls in either."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from ari_apps.configuration.floor_toml import FloorConfiguration
from ari_apps.configuration.settings import AgentSettings
from ari_apps.console.views import CallbackView, CallView, FloorView, QueueView
from ari_apps.destinations import Destination, DestinationKind
from queue_strategies.floor import FloorSnapshot
from queue_strategies.model import AgentId
from queue_strategies.rights import ForbiddenError, Person, Role, reaches


class Reach:
    """Decide it from the floor as it is now, and from the teams that floor.toml names."""

    def __init__(
        self, snapshot: Callable[[], FloorSnapshot], configuration: Callable[[], FloorConfiguration]
    ) -> None:
        self._snapshot, self._configuration = snapshot, configuration

    def _team_of(self, agent: str) -> str | None:
        return self._configuration().team_of(agent)

    def check(self, who: Person, path: Mapping[str, str]) -> None:
        """Raise ForbiddenError unless all that a path names is theirs; what is not there is nobody's."""
        for kind, within in (("agent", self.agent), ("queue", self.queue), ("call", self.call)):
            if kind in path and not within(who, path[kind]):
                raise ForbiddenError(f"{kind} {path[kind]!r} is not within reach of {who.name}")

    def agent(self, who: Person, id_: str) -> bool:
        """Tell whether an agent is theirs."""
        return reaches(who, team=self._team_of(id_), agent=AgentId(id_))

    def queue(self, who: Person, name: str) -> bool:
        """Tell whether one of theirs serves a queue."""
        return who.sees_everybody or name in self._queues(who, self._snapshot())

    def call(self, who: Person, id_: str) -> bool:
        """Tell whether one of theirs rings, talks or wraps up for a call, or it waits in a queue they serve.

        An agent's are those of that agent alone.
        """
        return who.sees_everybody or id_ in self._calls(who, self._snapshot())

    # -- where somebody may send a call ---------------------------------------------------------------------

    def check_target(self, who: Person, to: Destination) -> None:
        """Raise ForbiddenError unless a call may be sent there by them."""
        if not self.target(who, to):
            raise ForbiddenError(f"{to.kind} {to.name!r} is not within reach of {who.name}")

    def target(self, who: Person, to: Destination) -> bool:
        """Tell whether a call may be sent there by them: to the own teams, or to what no team has, as a menu.

        Agents may send calls to all of the team they are in, though they see themselves alone.
        """
        match to.kind:
            case DestinationKind.QUEUE:
                return who.sees_everybody or to.name in self._queues_beside(who)
            case DestinationKind.AGENT:
                return self._beside(who, to.name)
            case DestinationKind.EXTENSION:
                account = self._configuration().account_of_extension(to.name)
                return not isinstance(account, AgentSettings) or self._beside(who, account.id)
            case DestinationKind.VOICEMAIL:
                box = self._configuration().voicemail.get(to.name)
                return box is None or box.of is None or self.target(who, box.of)
            case _:
                return True

    def _queues_beside(self, who: Person) -> set[str]:
        agents = self._snapshot().agents.values()
        return {str(name) for one in agents if self._beside(who, one.agent) for name in one.queues}

    def _beside(self, who: Person, agent: str) -> bool:
        if self.agent(who, agent):
            return True
        colleagues = who.role is Role.AGENT and who.agent is not None
        known = self._configuration().agent(agent) is not None
        return colleagues and known and self._team_of(str(who.agent)) == self._team_of(agent)

    # -- what is whose --------------------------------------------------------------------------------------

    def _queues(self, who: Person, floor: FloorSnapshot) -> set[str]:
        theirs = (one for one in floor.agents.values() if self.agent(who, one.agent))
        return {str(name) for one in theirs for name in one.queues}

    def _calls(self, who: Person, floor: FloorSnapshot) -> set[str]:
        busy = ((one.agent, one.contact) for one in floor.agents.values() if one.contact is not None)
        after = ((one.agent, one.work_after.contact) for one in floor.agents.values() if one.work_after)
        theirs = {str(contact) for agent, contact in chain(busy, after) if self.agent(who, agent)}
        if who.role is not Role.AGENT:
            queues = self._queues(who, floor)
            waiting = (queue.callers for queue in floor.queues.values() if queue.name in queues)
            theirs |= {str(caller.contact) for callers in waiting for caller in callers}
        return theirs

    # -- what somebody is shown -----------------------------------------------------------------------------

    def of_floor(self, who: Person, floor: FloorView) -> FloorView:
        """Leave of the floor what is theirs."""
        if who.sees_everybody:
            return floor
        queues = self._queues(who, self._snapshot())
        return FloorView(
            at=floor.at,
            queues=[of_queue(who, one) for one in floor.queues if one.name in queues],
            agents=[one for one in floor.agents if self.agent(who, one.id)],
        )

    def of_calls(self, who: Person, calls: Iterable[CallView]) -> list[CallView]:
        """Leave of calls what is theirs."""
        theirs = set() if who.sees_everybody else self._calls(who, self._snapshot())
        return [one for one in calls if who.sees_everybody or one.id in theirs]

    def of_callbacks(self, who: Person, callbacks: Iterable[CallbackView]) -> list[CallbackView]:
        """Leave of callers who are to be called back those who are theirs."""
        theirs = set() if who.sees_everybody else self._calls(who, self._snapshot())
        return [one for one in callbacks if who.sees_everybody or one.call in theirs]


def of_queue(who: Person, queue: QueueView) -> QueueView:
    """Leave who waits out of what an agent sees of a queue: these are not the agent's calls yet."""
    return queue.model_copy(update={"callers": []}) if who.role is Role.AGENT else queue
