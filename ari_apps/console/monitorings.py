"""What can be done by REST about supervisors on agents' calls."""

from __future__ import annotations

from ami_listeners.clock import Clock
from ari_apps.ari import AriError
from ari_apps.console.desk import NotFoundError
from ari_apps.console.monitoring_views import MonitoringView, Wanted
from ari_apps.console.operation import Asked, Operation
from ari_apps.directory import Directory
from ari_apps.monitoring.monitoring import Monitoring
from ari_apps.requests import NotNow
from queue_strategies.model import AgentId
from queue_strategies.monitoring import Refusal, Refused, Watched
from queue_strategies.rights import ForbiddenError, Person, Role, Scope, reaches

ROOT = "/api/v1/monitorings"


class MonitoringDesk:
    """Look at supervisors, and ask for them; who asks may do it for themselves, administrators for all."""

    def __init__(self, monitoring: Monitoring, directory: Directory, clock: Clock) -> None:
        self._monitoring = monitoring
        self._directory = directory
        self._clock = clock

    def operations(self) -> tuple[Operation, ...]:
        """List what this desk can do."""
        needs, one = Scope.MONITOR, f"{ROOT}/{{supervisor}}"
        return (
            Operation(
                method="GET", path=ROOT, needs=needs, answer=self._list, gives=MonitoringView, many=True,
                summary="List supervisors who are on agents' calls, or wait for them",
            ),
            Operation(
                method="GET", path=one, needs=needs, answer=self._show, gives=MonitoringView,
                summary="Show what a supervisor is on",
            ),
            Operation(
                method="PUT", path=one, needs=needs, answer=self._put, takes=Wanted, gives=MonitoringView,
                summary="Put a supervisor on an agent's calls, or on another's, or in another mode",
            ),
            Operation(
                method="DELETE", path=one, needs=needs, answer=self._end,
                summary="Let a supervisor go",
            ),
        )  # fmt: skip

    async def _list(self, asked: Asked) -> list[MonitoringView]:
        return [self._view(one) for one in self._monitoring if is_own(asked.who, one.supervisor.id)]

    async def _show(self, asked: Asked) -> MonitoringView:
        return self._view(self._find(asked))

    async def _put(self, asked: Asked) -> MonitoringView:
        supervisor, wanted, who = asked.path["supervisor"], asked.body, asked.who
        agent = AgentId(wanted.agent)
        if not self._may(who, supervisor, agent):
            why = f"{who.name} may not put {supervisor} on calls of {agent}"
            self._monitoring.forbid(supervisor, agent, wanted.mode, who.name, why)
            raise ForbiddenError(why)
        try:
            refused = await self._monitoring.ask(supervisor, agent, wanted.mode, who.name)
        except AriError as error:
            raise NotNow(f"nobody can hear {agent} until Asterisk answers: {error}") from None
        if refused is not None:
            raise in_words_of_rest(refused)
        if why := await self._monitoring.why_silent(supervisor):
            raise NotNow(f"the phone of {supervisor} {why}")
        found = self._monitoring.of(supervisor)
        if found is None:
            raise NotNow(f"{supervisor} was let go at once")
        return self._view(found)

    async def _end(self, asked: Asked) -> None:
        self._monitoring.drop(self._find(asked).supervisor.id, asked.who.name)

    def _find(self, asked: Asked) -> Watched:
        supervisor, who = asked.path["supervisor"], asked.who
        if not is_own(who, supervisor):
            raise ForbiddenError(f"what {supervisor!r} is on is not for {who.name}")
        if (found := self._monitoring.of(supervisor)) is None:
            raise NotFoundError(f"no supervisor {supervisor!r} is on anybody's calls")
        return found

    def _may(self, who: Person, supervisor: str, agent: AgentId) -> bool:
        return is_own(who, supervisor) and reaches(who, team=self._directory.team_of(agent), agent=agent)

    def _view(self, watched: Watched) -> MonitoringView:
        ear = watched.ear
        return MonitoringView(
            supervisor=watched.supervisor.id,
            agent=watched.agent,
            mode=watched.mode,
            state=watched.state,
            call=ear.line.contact if ear is not None else None,
            since=self._clock.at(watched.since_moment),
        )


def is_own(who: Person, supervisor: str) -> bool:
    """Tell whether what a supervisor is on is theirs to see and to end."""
    return who.role is Role.ADMINISTRATOR or who.name == supervisor


def in_words_of_rest(refused: Refused) -> Exception:
    """Make the error that answers 404, 403 or 409."""
    match refused.kind:
        case Refusal.UNKNOWN:
            return NotFoundError(refused.why)
        case Refusal.FORBIDDEN:
            return ForbiddenError(refused.why)
        case Refusal.NOT_NOW:
            return NotNow(refused.why)
